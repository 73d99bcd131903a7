# SPDX-License-Identifier: GPL-2.0-only
"""Pin, follow, keep or manual: the rules, and the decisions of people."""
