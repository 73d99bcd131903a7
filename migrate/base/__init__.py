# SPDX-License-Identifier: GPL-2.0-only
"""The lowest layer: processes, git, the database, the codec, errors."""
