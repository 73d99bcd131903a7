# SPDX-License-Identifier: GPL-2.0-only
"""The text of the C code being edited: tokens, layout, comments, drafts."""
