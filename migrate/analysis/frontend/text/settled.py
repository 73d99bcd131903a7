# SPDX-License-Identifier: GPL-2.0-only
"""Conditionals that the grammar does not understand, without their directives."""

from __future__ import annotations

from migrate.analysis.frontend.text.conditional_lists import with_plain_lists
from migrate.analysis.frontend.text.lexical import blanked
from migrate.analysis.frontend.text.release import Release
from migrate.analysis.frontend.text.split_blocks import may_be_split, with_whole_blocks
from migrate.analysis.frontend.text.uneven_sides import with_even_sides
from migrate.analysis.frontend.text.vendors import without_vendors

_DECIDED = (b"LINUX_VERSION_CODE", b"if 0", b"if 1")


def settled(text: bytes, release: Release) -> bytes:
    """`text` without the code that is not compiled for a release, and without directives around the
    ends of blocks, where the grammar would not understand the rest otherwise; its length does not
    change."""
    if b"#" not in text:
        return text
    text = without_vendors(text, release.absent)
    asked = (*_DECIDED, *(name.encode() for name in release.counts))
    if any(word in text for word in asked):
        plain = bytes(blanked(text))
        even = with_even_sides(text, plain, release)
        if even is not text:
            plain = bytes(blanked(even))
        text = with_plain_lists(even, plain, release)
    return with_whole_blocks(text, bytes(blanked(text))) if may_be_split(text) else text
