# SPDX-License-Identifier: GPL-2.0-only
"""Files and folders, and the messages for those that cannot be used."""
