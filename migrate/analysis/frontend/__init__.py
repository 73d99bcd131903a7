# SPDX-License-Identifier: GPL-2.0-only
"""C as it is written: syntax, types, preprocessor conditions, includes, the kernel's API."""
