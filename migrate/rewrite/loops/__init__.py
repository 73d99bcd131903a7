# SPDX-License-Identifier: GPL-2.0-only
"""Loops that release pages one by one, folded into one call."""
