# SPDX-License-Identifier: GPL-2.0-only
"""A branch at work: who takes and who releases each pin, seen in a kernel that runs."""
