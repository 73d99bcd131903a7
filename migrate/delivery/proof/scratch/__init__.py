# SPDX-License-Identifier: GPL-2.0-only
"""The kernel of a proof: its scratch copy, the record of pins, its configuration, its build."""
