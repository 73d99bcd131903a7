# SPDX-License-Identifier: GPL-2.0-only
"""Who maintains a file, and the addresses of maintainers."""
