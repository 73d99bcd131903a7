# SPDX-License-Identifier: GPL-2.0-only
"""What is made of the text of a file before it is parsed; no byte moves."""
