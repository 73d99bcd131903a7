# SPDX-License-Identifier: GPL-2.0-only
"""C source files: syntax, types, preprocessor conditions, includes, the kernel's API."""
