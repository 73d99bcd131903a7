# SPDX-License-Identifier: GPL-2.0-only
"""Other programs and processes: the only way to start them."""
