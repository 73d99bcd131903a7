# SPDX-License-Identifier: GPL-2.0-only
"""Where pages go, forward from an acquire: the transfer of statements and of calls."""
