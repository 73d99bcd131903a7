# SPDX-License-Identifier: GPL-2.0-only
"""Paths through one function: analyses over its control flow graph."""
