# SPDX-License-Identifier: GPL-2.0-only
"""The tree after the rewrite, scanned and audited again."""
