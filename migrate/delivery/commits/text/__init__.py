# SPDX-License-Identifier: GPL-2.0-only
"""What a message says of one group: its calls, the lines that show why, what a pin changes."""
