# SPDX-License-Identifier: GPL-2.0-only
"""The machines that a kernel is booted on, the program that runs there, and what it says."""
