# SPDX-License-Identifier: GPL-2.0-only
"""Profiles: which API to migrate to, and whether a profile may be trusted."""
