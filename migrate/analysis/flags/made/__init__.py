# SPDX-License-Identifier: GPL-2.0-only
"""Objects while they are new, before other code can reach them."""
