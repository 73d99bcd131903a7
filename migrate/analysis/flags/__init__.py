# SPDX-License-Identifier: GPL-2.0-only
"""Flags beside the pages that say where they come from, and the stores to the flags."""
