# SPDX-License-Identifier: GPL-2.0-only
"""Findings of an audit whose remedy is certain, mended by semantic patches."""
