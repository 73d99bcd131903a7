# SPDX-License-Identifier: GPL-2.0-only
"""Names that only the kernels of distributions define, in conditions such as
`#if defined(RHEL_RELEASE_CODE) && RHEL_RELEASE_CODE >= RHEL_RELEASE_VERSION(9, 4)`.

In a tree that does not define them they are 0 for the preprocessor, and not defined. A module that
defines one of them itself, for its own comparisons, defines it as 0.
"""

from __future__ import annotations

import re
from functools import cache

from migrate.analysis.frontend.text.conditions import ABSENT
from migrate.kernel.tree import Tree

_OF_MAKEFILE = frozenset(
    {"RHEL_RELEASE_CODE", "RHEL_RELEASE_VERSION", "RHEL_RELEASE", "RHEL_MAJOR", "RHEL_MINOR"}
)
_OF_KCONFIG = frozenset({"CONFIG_SUSE_KERNEL", "SLE_VERSION_CODE", "SLE_VERSION"})
_CONDITION = re.compile(rb"^([ \t]*#[ \t]*)(ifdef|ifndef|if|elif)\b((?:\\\r?\n|[^\n])*)", re.M)
_ZERO = ABSENT.encode()
_ALONE = re.compile(rb"[ \t]+(\w+)")
_ANY = (b"RHEL_", b"SLE_", b"CONFIG_SUSE")


def absent_names(tree: Tree) -> frozenset[str]:
    """The names that distributions add to kernels, and that are not in `tree`."""
    red_hat = b"RHEL_" in (tree.read("Makefile") or b"")
    options = (tree.read(path) or b"" for path in ("init/Kconfig", "init/Kconfig.suse", "Kconfig"))
    suse = any(b"SUSE_KERNEL" in text for text in options)
    none = frozenset[str]()
    return (none if red_hat else _OF_MAKEFILE) | (none if suse else _OF_KCONFIG)


def without_vendors(text: bytes, absent: frozenset[str]) -> bytes:
    """`text` with numbers for names in conditions that the tree does not define; its length does
    not change."""
    if not absent or not any(word in text for word in _ANY):
        return text
    own, asked = _patterns(absent)
    if own.search(text) is not None:
        return text
    return _CONDITION.sub(lambda found: _answered(found, absent, asked), text)


_Numbers = tuple[tuple[re.Pattern[bytes], bytes], ...]


@cache
def _patterns(absent: frozenset[str]) -> tuple[re.Pattern[bytes], _Numbers]:
    """A pattern for definitions of the names as anything but 0, and the number for each form in
    which a condition has one of them."""
    names = b"(?:" + b"|".join(sorted(name.encode() for name in absent)) + rb")\b"
    own = rb"^[ \t]*#[ \t]*define[ \t]+" + names + rb"(?!\()[ \t]+(?!0[ \t]*$)"
    asked = rb"\bdefined[ \t]*(?:\([ \t]*" + names + rb"[ \t]*\)|" + names + rb")"
    numbers = (
        (asked, _ZERO),
        (rb"\b" + names + rb"[ \t]*\([^()\n]*\)", b"1"),  # a version, which is more than 0
        (rb"\b" + names, _ZERO),
    )
    return re.compile(own, re.M), tuple((re.compile(what), n) for what, n in numbers)


def _answered(found: re.Match[bytes], absent: frozenset[str], asked: _Numbers) -> bytes:
    """A directive with numbers for the names."""
    head, kind, rest = found[1], found[2], found[3]
    if kind in (b"if", b"elif"):
        for pattern, number in asked:
            rest = pattern.sub(lambda m, n=number: n.ljust(len(m[0])), rest)
        return head + kind + rest
    alone = _ALONE.match(rest)
    if alone is None or alone[1].decode() not in absent:
        return found[0]
    plain = head + (b"if " if kind == b"ifdef" else b"if !") + _ZERO
    end = len(head) + len(kind) + alone.end()
    return plain.ljust(end) + found[0][end:]
