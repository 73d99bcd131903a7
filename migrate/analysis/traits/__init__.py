# SPDX-License-Identifier: GPL-2.0-only
"""Properties of a site or a path: notifiers, follow_page() candidates, conditions."""
