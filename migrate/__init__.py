# SPDX-License-Identifier: GPL-2.0-only
"""Migrate the callers of get_user_pages*() in a Linux kernel checkout."""

__version__ = "0.1.0"
