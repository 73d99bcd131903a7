# SPDX-License-Identifier: GPL-2.0-only
"""Macros with arguments, spelled as functions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from migrate.analysis.frontend.syntax import CONTAINERS, Origin, Source, name_of

VARIADIC = "__VA_ARGS__"
"""The parameter of a macro that takes all arguments that are left."""


def macro_bodies(source: Source, name: str) -> Iterator[tuple[bytes, Origin]]:
    """Each definition of the function-like macro `name`, spelled as a C function."""
    queue = [source.root]
    while queue:
        node = queue.pop()
        if node.type == "preproc_function_def":
            named = node.child_by_field_name("name")
            if named is not None and name_of(named) == name:
                yield _macro_as_function(node), Origin(source.place(node), source.line(node))
        elif node.type in CONTAINERS:
            queue.extend(node.children)


def _macro_as_function(node: Node) -> bytes:
    listed, value = node.child_by_field_name("parameters"), node.child_by_field_name("value")
    children = listed.children if listed is not None else []
    names = [
        c.text or b"" if c.type == "identifier" else VARIADIC.encode()
        for c in children
        if c.type in ("identifier", "...")
    ]
    body = (value.text or b"" if value is not None else b"").replace(b"\\\n", b" \n")
    body = body.replace(b"##", b"").strip()
    if any(c.type == "ERROR" and c.text == b"..." for c in children) and names:
        # GNU's `args...` is `...` by a name of its own.
        own, names[-1] = names[-1], VARIADIC.encode()
        body = re.sub(rb"\b" + re.escape(own) + rb"\b", names[-1], body)
    if not body.startswith((b"do", b"{", b"if", b"for", b"while")) and not body.endswith(b";"):
        body = b"return " + body
    parameters = b", ".join(b"void *" + n for n in names) or b"void"
    return b"static void macro(" + parameters + b")\n{\n" + body + b";\n}\n"
