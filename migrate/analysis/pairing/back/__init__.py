# SPDX-License-Identifier: GPL-2.0-only
"""The steps of the backward walk from one function to another."""
