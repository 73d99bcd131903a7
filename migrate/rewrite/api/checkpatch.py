# SPDX-License-Identifier: GPL-2.0-only
"""A check for the tree's own scripts/checkpatch.pl that warns about new callers of GUP.

It does not use the script's list of deprecated functions, which has one replacement per function
and no folders in which a function is allowed.
"""

from __future__ import annotations

import re

from migrate.base.data import data_folder
from migrate.kernel.signatures import GUP_NAMES, read_signatures
from migrate.kernel.tree import Tree

SCRIPT = "scripts/checkpatch.pl"
TYPE = "GET_USER_PAGES"
"""The name of the warning, for --types and --ignore."""

_BESIDE = (b"# check for deprecated apis", b"# check for various structs that are normally const")
"""Checks of single lines before which it is inserted; the first has existed since 5.0."""


def with_check(tree: Tree, pin: str) -> tuple[bytes, bytes] | None:
    """The script before and after; None if it has the check already, or no place for it.

    `pin` is the function that new callers should use.
    """
    text = tree.read(SCRIPT)
    if text is None or f'"{TYPE}"'.encode() in text:
        return None
    declared = read_signatures(tree)
    names = "|".join(sorted(name for name in GUP_NAMES if name in declared))
    for mark in _BESIDE:
        places = [m.start() for m in re.finditer(rb"^%s" % re.escape(mark), text, re.M)]
        if len(places) == 1 and names:
            check = _check().replace("NAMES", names).replace("TYPE", TYPE).replace("PIN", pin)
            return text, text[: places[0]] + check.encode() + text[places[0] :]
    return None


def _check() -> str:
    """The Perl code for the script, followed by an empty line; NAMES, TYPE and PIN are
    placeholders."""
    text = (data_folder("cocci") / "guard" / "gup-callers.checkpatch.pl").read_text("utf-8")
    return text.split("\n", 1)[1]
