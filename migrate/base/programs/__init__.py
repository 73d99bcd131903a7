# SPDX-License-Identifier: GPL-2.0-only
"""Other programs and other processes: the one door to them."""
