# SPDX-License-Identifier: GPL-2.0-only
"""From verdicts to edits: profiles, plans, applying semantic patches, checking the result."""
