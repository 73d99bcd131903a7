# SPDX-License-Identifier: GPL-2.0-only
"""From a rewritten tree to a branch: one commit per subsystem, with its message."""
