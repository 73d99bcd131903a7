# SPDX-License-Identifier: GPL-2.0-only
"""Finds acquires: calls of get_user_pages*() and of helpers that call it."""
