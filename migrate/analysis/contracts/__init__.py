# SPDX-License-Identifier: GPL-2.0-only
"""Facts that a person states: parsed, compared with the tree, suggested where one is missing."""
