# SPDX-License-Identifier: GPL-2.0-only
"""What is known about a checkout: its version, API signatures, MAINTAINERS, Kbuild."""
