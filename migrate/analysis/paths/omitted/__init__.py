# SPDX-License-Identifier: GPL-2.0-only
"""Releases that one path of a function has, and another lacks."""
