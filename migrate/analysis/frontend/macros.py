# SPDX-License-Identifier: GPL-2.0-only
"""Macros with arguments, spelled as functions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from migrate.analysis.frontend.syntax import CONTAINERS, Origin, Source, name_of
from migrate.analysis.place import Place

_PREFIX = re.compile(rb"(?<=\()[ \t]*[A-Z_][A-Z0-9_]*(?=[ \t]+[a-z_]\w*[ \t]*[,)])")
"""A name that stands for a string in front of a parameter: `printk(KERN_DEBUG fmt, ...)`."""

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
                text, before = _macro_as_function(node)
                body = _body(source, node) if before is not None else None
                lines = _lines(source, node, body) if body is not None else ()
                yield text, Origin(source.place(node), source.line(node), body, before or 0, lines)
        elif node.type in CONTAINERS:
            queue.extend(node.children)


def _lines(source: Source, node: Node, body: Place) -> tuple[str, ...]:
    """The lines of the file from where `body` begins to the end of the macro, stripped."""
    rows = source.text[: node.end_byte].decode("utf-8", "replace").split("\n")[body.line - 1 :]
    whole = source.text[node.end_byte :].partition(b"\n")[0].decode("utf-8", "replace")
    return tuple(row.strip() for row in [*rows[:-1], rows[-1] + whole])


def _body(source: Source, node: Node) -> Place | None:
    """Where the body of a macro begins."""
    value = node.child_by_field_name("value")
    if value is None or value.text is None:
        return None
    return source.place_at(value.end_byte - len(value.text.replace(b"\\\n", b" \n").lstrip()))


def _macro_as_function(node: Node) -> tuple[bytes, int | None]:
    """A macro as a function, and how many bytes are before its body on the line where that begins;
    None when the body is not what is in the file, byte by byte."""
    listed, value = node.child_by_field_name("parameters"), node.child_by_field_name("value")
    children = listed.children if listed is not None else []
    names = [
        c.text or b"" if c.type == "identifier" else VARIADIC.encode()
        for c in children
        if c.type in ("identifier", "...")
    ]
    body = (value.text or b"" if value is not None else b"").replace(b"\\\n", b" \n")
    exact = b"#" not in body
    body = _PREFIX.sub(lambda match: b" " * len(match[0]), body)
    body = body.replace(b"##", b"").strip()
    if any(c.type == "ERROR" and c.text == b"..." for c in children) and names:
        # GNU's `args...` is `...` by a name of its own.
        own, names[-1] = names[-1], VARIADIC.encode()
        exact = False
        body = re.sub(rb"\b" + re.escape(own) + rb"\b", names[-1], body)
    result = b""
    if not body.startswith((b"do", b"{", b"if", b"for", b"while")) and not body.endswith(b";"):
        result = b"return "
    parameters = b", ".join(b"void *" + n for n in names) or b"void"
    text = b"static void macro(" + parameters + b")\n{\n" + result + body + b";\n}\n"
    return text, len(result) if exact else None
