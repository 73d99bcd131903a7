# SPDX-License-Identifier: GPL-2.0-only
"""Persistent state: repositories, stage files, the cache, and locks."""
