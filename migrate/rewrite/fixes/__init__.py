# SPDX-License-Identifier: GPL-2.0-only
"""Fixes findings of an audit by semantic patches, where the fix is certain."""
