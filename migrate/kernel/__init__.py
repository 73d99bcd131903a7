# SPDX-License-Identifier: GPL-2.0-only
"""Facts about a checkout: its version, API signatures, MAINTAINERS, Kbuild."""
