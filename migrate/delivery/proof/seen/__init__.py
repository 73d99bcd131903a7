# SPDX-License-Identifier: GPL-2.0-only
"""What a guest showed, in the lines and groups of the user's tree."""
