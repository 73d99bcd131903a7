# SPDX-License-Identifier: GPL-2.0-only
"""What the tree looks like after the rewrite, scanned and audited again."""
