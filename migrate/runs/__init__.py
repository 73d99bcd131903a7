# SPDX-License-Identifier: GPL-2.0-only
"""A run: its stages, its workspace, and the hand-over to the user's repository."""
