# SPDX-License-Identifier: GPL-2.0-only
"""Makes pin groups: acquires with all of their releases."""
