# SPDX-License-Identifier: GPL-2.0-only
"""Files and places on the disk, and what the system says when one is of no use."""
