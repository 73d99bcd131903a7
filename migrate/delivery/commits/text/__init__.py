# SPDX-License-Identifier: GPL-2.0-only
"""The text about one group in a message: its calls, the lines that show why, the effects of a
pin."""
