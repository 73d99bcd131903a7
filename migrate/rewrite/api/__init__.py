# SPDX-License-Identifier: GPL-2.0-only
"""The patch that introduces the API, its exports, documentation and guard rules."""
