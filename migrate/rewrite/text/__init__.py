# SPDX-License-Identifier: GPL-2.0-only
"""The text of the C that is edited: tokens, layout, comments, drafts."""
