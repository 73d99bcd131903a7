# SPDX-License-Identifier: GPL-2.0-only
"""Other names for the memory of a struct member."""
