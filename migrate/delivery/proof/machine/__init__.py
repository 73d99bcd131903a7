# SPDX-License-Identifier: GPL-2.0-only
"""The machines on which a kernel is booted, the program that runs there, and its output."""
