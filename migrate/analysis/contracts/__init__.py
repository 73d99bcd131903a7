# SPDX-License-Identifier: GPL-2.0-only
"""Facts that a person states: read, checked against the tree, offered where one is missing."""
