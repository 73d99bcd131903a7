# SPDX-License-Identifier: GPL-2.0-only
"""The command line: options, commands, and every line on the terminal."""
