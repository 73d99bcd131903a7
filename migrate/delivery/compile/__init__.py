# SPDX-License-Identifier: GPL-2.0-only
"""One call of make in one build folder, and its results."""
