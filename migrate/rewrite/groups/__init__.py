# SPDX-License-Identifier: GPL-2.0-only
"""Which groups are rewritten, in which order, and the engine."""
