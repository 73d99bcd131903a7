# SPDX-License-Identifier: GPL-2.0-only
"""Objects: which pointers may point to the same one, what escapes, and what an unknown write may
change."""
