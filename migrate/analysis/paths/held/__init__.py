# SPDX-License-Identifier: GPL-2.0-only
"""Typestate of the pages that one function holds."""
