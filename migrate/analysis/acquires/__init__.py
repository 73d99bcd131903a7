# SPDX-License-Identifier: GPL-2.0-only
"""Where pages are acquired: the callers of get_user_pages*() and of helpers over it."""
