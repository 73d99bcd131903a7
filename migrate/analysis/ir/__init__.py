# SPDX-License-Identifier: GPL-2.0-only
"""What one function does with its values, lowered from its syntax."""
