# SPDX-License-Identifier: GPL-2.0-only
"""All relevant functions: their callers, the locations they name, pointers to them."""
