# SPDX-License-Identifier: GPL-2.0-only
"""All functions that matter: their callers, the locations they name, pointers to them."""
