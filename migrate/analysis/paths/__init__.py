# SPDX-License-Identifier: GPL-2.0-only
"""The ways through one function: statements and jumps walked with a question."""
