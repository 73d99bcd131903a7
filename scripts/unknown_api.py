# SPDX-License-Identifier: GPL-2.0-only
"""Which functions that take or drop references to user pages a kernel has, and we do not know.

    python -m scripts.unknown_api LINUX

The headers of the kernel are read: what they declare under a name of the family, and what they
define inline over a function of it. A name belongs into migrate/kernel/signatures.py when it
acquires, into kernel_api.toml of migrate/analysis/frontend/data/ when it does anything else with a
page; :data:`FOLLOWED` has those that need no entry, each with the reason.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

from tree_sitter import Node

from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.frontend.syntax import parse
from migrate.kernel.signatures import DIRECT_NAMES
from migrate.kernel.tree import Tree, open_tree

HEADERS = "include/linux/"
_FAMILY = re.compile(
    rb"\b((?:get|pin|unpin|put|release)_user_(?:page|folio)\w*|get_user_page\w*|pin_user_page\w*"
    rb"|memfd_pin_\w+|unpin_folio\w*|folio_walk_\w+|iov_iter_(?:get|extract)_\w+)\s*\("
)
"""What the functions of the family are called; others are found by what they call."""

FOLLOWED = {
    **dict.fromkeys(
        ("__skb_frag_unref", "skb_page_unref", "put_dev_sector", "svc_free_res_pages"),
        "read where it is called: its pages are in an object that is not the caller's",
    ),
    "folio_detach_private": "drops the reference of private data, which is the page cache's",
    "readahead_folio": "drops a reference of the page cache",
    "iov_iter_get_pages": "found as a helper over GUP",
    "iov_iter_get_pages2": "found as a helper over GUP",
    "iov_iter_get_pages_alloc": "found as a helper over GUP",
    "iov_iter_get_pages_alloc2": "found as a helper over GUP",
}


def unknown(tree: Tree) -> tuple[str, ...]:
    """The names of the functions, sorted."""
    known = {*DIRECT_NAMES, *knowledge().exact, *FOLLOWED}
    return tuple(sorted({*_declared(tree), *_inline(tree)} - known))


def _headers(tree: Tree) -> Iterator[tuple[str, bytes]]:
    names = [p for p in tree.files if p.startswith(HEADERS) and p.endswith(".h")]
    yield from tree.read_many(names).items()


def _declared(tree: Tree) -> Iterator[str]:
    """What headers declare or define; a comment or a call names no type before."""
    for path, text in _headers(tree):
        if not _FAMILY.search(text):
            continue
        source = parse(path, text)
        for node in _declarators(source.root):
            named = node.child_by_field_name("declarator")
            name = named.text if named is not None else None
            if name is not None and _FAMILY.fullmatch(name + b"("):
                yield name.decode()


def _declarators(root: Node) -> Iterator[Node]:
    queue = [root]
    while queue:
        node = queue.pop()
        if node.type == "function_declarator":
            yield node
        elif node.type != "compound_statement":
            queue.extend(node.named_children)


def _inline(tree: Tree) -> Iterator[str]:
    """The inline functions that call a function which acquires or releases."""
    names = "|".join(re.escape(n) for n in sorted({*DIRECT_NAMES, *knowledge().releases}))
    calls = re.compile(rb"\b(?:" + names.encode() + rb")\s*\(")
    for path, text in _headers(tree):
        if not calls.search(text):
            continue
        source = parse(path, text)
        for function in source.functions:
            body = text[function.start : function.end]
            body = body[body.find(b"{") :]
            if calls.search(body):
                yield function.name


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.unknown_api", description="New names.")
    parser.add_argument("linux", type=Path, help="a git checkout of a kernel, only read")
    print("\n".join(unknown(open_tree(parser.parse_args().linux))))


if __name__ == "__main__":
    main()
