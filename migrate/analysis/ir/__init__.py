# SPDX-License-Identifier: GPL-2.0-only
"""The values in one function, lowered from its syntax."""
