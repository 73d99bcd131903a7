# SPDX-License-Identifier: GPL-2.0-only
"""The stage `build`: the objects of every commit, before and after it."""
