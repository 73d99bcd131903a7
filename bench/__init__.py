# SPDX-License-Identifier: GPL-2.0-only
"""What is measured, and against what."""
