# SPDX-License-Identifier: GPL-2.0-only
"""A run: its stages, its workspace, and what it hands over to the user's repository."""
