# SPDX-License-Identifier: GPL-2.0-only
"""Facts that only a person knows: which are missing, and the questions about them."""
