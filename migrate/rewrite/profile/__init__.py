# SPDX-License-Identifier: GPL-2.0-only
"""Profiles: the target API, and whether a profile is trusted."""
