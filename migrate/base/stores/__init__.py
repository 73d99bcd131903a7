# SPDX-License-Identifier: GPL-2.0-only
"""What is kept: repositories, stage files, the cache, and their locks."""
