# SPDX-License-Identifier: GPL-2.0-only
"""The report: HTML, Markdown, JSON, SARIF, and the explanation of one site."""
