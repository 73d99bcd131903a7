# SPDX-License-Identifier: GPL-2.0-only
"""Flags beside the pages that say whose they are, and where they are set."""
