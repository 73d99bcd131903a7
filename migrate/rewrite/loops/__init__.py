# SPDX-License-Identifier: GPL-2.0-only
"""Folds loops that release pages one by one into one call."""
