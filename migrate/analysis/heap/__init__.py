# SPDX-License-Identifier: GPL-2.0-only
"""Objects: which of two may be one, what escapes, and what an unknown write may change."""
