# SPDX-License-Identifier: GPL-2.0-only
"""Kernels that print which one they are.

A compiler cache may mistake one object for another; then the guest boots a kernel that is not the
one that was built, and a spoiled release is not spoiled.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from migrate.delivery.proof.machine.console import Console
from migrate.kernel.tree import Tree

RECORD = "mm/gup_prove.c"
_NAME = re.compile(rb'\A#define GUP_PROVE_KERNEL "(\w+)"\n')


def named(files: Mapping[str, bytes], parent: Tree) -> dict[str, bytes]:
    """`files`, which are added to `parent`, with a name in the record of pins that no other files
    have."""
    total = hashlib.sha256(parent.commit.encode())
    for path, text in sorted(files.items()):
        total.update(b"%s\0%d\0" % (path.encode(), len(text)) + text)
    record = files.get(RECORD) or parent.read(RECORD) or b""
    line = f'#define GUP_PROVE_KERNEL "{total.hexdigest()[:16]}"\n'
    return {**files, RECORD: line.encode() + _NAME.sub(b"", record)}


def of_kernel(console: Console, tree: Tree) -> Console:
    """`console`, with a problem if the guest ran another kernel than that of `tree`."""
    table = console.last
    if table is not None and table.kernel != name_of(tree):
        console.problem = "the kernel that ran is not the one that was built"
    return console


def name_of(tree: Tree) -> str:
    """The name that the kernel of `tree` prints."""
    found = _NAME.match(tree.read(RECORD) or b"")
    return found[1].decode() if found else ""
