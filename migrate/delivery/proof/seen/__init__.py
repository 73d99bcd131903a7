# SPDX-License-Identifier: GPL-2.0-only
"""The observations in a guest, mapped to lines and groups of the user's tree."""
