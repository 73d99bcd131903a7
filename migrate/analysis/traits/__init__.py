# SPDX-License-Identifier: GPL-2.0-only
"""What is special about a site or a path: notifiers, follow_page() candidates, conditions."""
