# SPDX-License-Identifier: GPL-2.0-only
"""The edits of one group, site by site, and how they are applied."""
