# SPDX-License-Identifier: GPL-2.0-only
"""A branch at run time: who takes and who releases each pin, observed in a running kernel."""
