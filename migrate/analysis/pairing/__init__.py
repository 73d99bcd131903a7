# SPDX-License-Identifier: GPL-2.0-only
"""Groups: the acquires and the releases that belong together."""
