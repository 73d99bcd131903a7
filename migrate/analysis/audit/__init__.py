# SPDX-License-Identifier: GPL-2.0-only
"""Pages that are released the wrong way, or not at all."""
