# SPDX-License-Identifier: GPL-2.0-only
"""From edits to mails: commits, builds, series, report."""
