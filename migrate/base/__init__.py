# SPDX-License-Identifier: GPL-2.0-only
"""What every layer stands on: processes, git, the database, the codec, errors."""
