# SPDX-License-Identifier: GPL-2.0-only
"""The value-flow graph, and the walk forward over it from an acquire."""
