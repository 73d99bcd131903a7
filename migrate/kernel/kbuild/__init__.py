# SPDX-License-Identifier: GPL-2.0-only
"""How the kernel is built: makefiles, Kconfig, toolchains, remedies for old trees."""
