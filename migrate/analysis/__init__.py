# SPDX-License-Identifier: GPL-2.0-only
"""From C to verdicts: the two finders, facts, pairing, classification, audit."""
