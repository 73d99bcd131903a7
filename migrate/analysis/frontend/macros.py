# SPDX-License-Identifier: GPL-2.0-only
"""Function-like macros, converted to functions, and named numbers: macros without parameters and
the members of enums."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from migrate.analysis.frontend.guards import Guards, guards_around, never
from migrate.analysis.frontend.nodes import CONTAINERS, name_of
from migrate.analysis.frontend.syntax import Origin, Source
from migrate.analysis.frontend.text.conditions import Version
from migrate.analysis.frontend.text.lexical import MACRO
from migrate.analysis.place import Place

_PREFIX = re.compile(rb"(?<=\()[ \t]*[A-Z_][A-Z0-9_]*(?=[ \t]+[a-z_]\w*[ \t]*[,)])")
"""A name that stands for a string before a parameter: `printk(KERN_DEBUG fmt, ...)`."""

_WORD = re.compile(r"[A-Za-z_]\w*")
_NUMBER = re.compile(r"(0[xX][0-9a-fA-F]+|[1-9]\d*|0)[uUlL]*")
_NOTHING = frozenset({"NULL", "(void*)0"})
_BIT = re.compile(r"(?:_?BIT|_?BITUL|BIT_ULL)\((\d+)\)|1[uUlL]*<<(\d+)")

_AFTER_ENUMERATOR = rb"\s*(?:[=,}#\\]|/[*/]|__)"
"""What may come behind the name of an enumerator: an attribute or a macro, too."""

VARIADIC = "__VA_ARGS__"
"""The parameter of a macro that takes all remaining arguments."""


def is_defined(source: Source, name: str, version: Version) -> bool:
    """Whether a file defines or undefines the macro `name` for a kernel of `version`, as far as the
    version says; always for a file that is not analysed."""
    if name not in source.macros or source.unread:
        return name in source.macros
    for found in MACRO.finditer(source.text):
        if found[1] != name.encode():
            continue
        node = source.root.descendant_for_byte_range(found.start(1), found.end(1))
        if node is None or not never(guards_around(node), version):
            return True
    return False


def macro_bodies(
    source: Source, name: str, version: Version = (0, 0, 0)
) -> Iterator[tuple[bytes, Origin]]:
    """Each definition of the function-like macro `name`, as a C function; with a version of the
    kernel, without those for other versions."""
    queue = [source.root]
    while queue:
        node = queue.pop()
        if node.type == "preproc_function_def":
            named = node.child_by_field_name("name")
            if named is not None and name_of(named) == name and not _is_of_others(node, version):
                text, before = _macro_as_function(node)
                body = _body(source, node) if before is not None else None
                lines = _lines(source, node, body) if body is not None else ()
                yield text, Origin(source.place(node), source.line(node), body, before or 0, lines)
        elif node.type in CONTAINERS:
            queue.extend(node.children)


def _is_of_others(node: Node, version: Version) -> bool:
    return any(version) and never(guards_around(node), version)


def other_names(source: Source, name: str) -> Iterator[tuple[str, Guards]]:
    """What each macro `name` without parameters stands for, "" for what is not one word, with the
    conditions around it."""
    queue = [source.root]
    while queue:
        node = queue.pop()
        if node.type == "preproc_def":
            named, value = (node.child_by_field_name(n) for n in ("name", "value"))
            if named is not None and name_of(named) == name:
                text = (value.text or b"").decode("utf-8", "replace") if value is not None else ""
                yield text.strip() if _WORD.fullmatch(text.strip()) else "", guards_around(node)
        elif node.type in CONTAINERS:
            queue.extend(node.children)


def _lines(source: Source, node: Node, body: Place) -> tuple[str, ...]:
    """The lines of the file from the beginning of `body` to the end of the macro, stripped."""
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
    """A macro as a function, and the number of bytes before its body on the line where that begins;
    None if the body differs from the text of the file."""
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
        # GNU's `args...` is `...` with a name.
        own, names[-1] = names[-1], VARIADIC.encode()
        exact = False
        body = re.sub(rb"\b" + re.escape(own) + rb"\b", names[-1], body)
    result = b""
    if not body.startswith((b"do", b"{", b"if", b"for", b"while")) and not body.endswith(b";"):
        result = b"return "
    parameters = b", ".join(b"void *" + n for n in names) or b"void"
    text = b"static void macro(" + parameters + b")\n{\n" + result + body + b";\n}\n"
    return text, len(result) if exact else None


# Numbers


def values_of(source: Source, name: str) -> Iterator[int | None]:
    """The value of each definition of `name` in a file; None for one that is not a plain number or
    bit."""
    queue = [source.root] if not source.unread else []
    while queue:
        node = queue.pop()
        if node.type == "preproc_def":
            named = node.child_by_field_name("name")
            if named is not None and name_of(named) == name:
                yield _number(node.child_by_field_name("value"))
        elif node.type == "preproc_function_def":
            named = node.child_by_field_name("name")
            if named is not None and name_of(named) == name:
                yield None
        elif node.type == "enumerator_list":
            yield from _in_enum(node, name)
        elif node.type != "compound_statement":
            queue.extend(node.named_children)


def may_have_value(text: bytes, name: str) -> bool:
    """Whether a file with that text may give `name` a value, by a macro or in an enum. Most headers
    only use a name such as PAGE_SIZE, and need not be parsed for its value."""
    word = re.escape(name.encode())
    if re.search(rb"#(?:[ \t]|\\\n)*define(?:[ \t]|\\\n)+" + word + rb"\b", text):
        return True
    return b"enum" in text and re.search(rb"\b" + word + _AFTER_ENUMERATOR, text) is not None


def _in_enum(body: Node, name: str) -> Iterator[int | None]:
    following: int | None = 0
    for child in body.named_children:
        if child.type == "comment":
            continue
        if child.type != "enumerator":
            following = None  # the preprocessor determines the next value
            continue
        given = child.child_by_field_name("value")
        value = following if given is None else _number(given)
        named = child.child_by_field_name("name")
        if named is not None and name_of(named) == name:
            yield value
        following = None if value is None else value + 1


def _number(node: Node | None) -> int | None:
    text = (
        "".join((node.text or b"").decode("utf-8", "replace").split()) if node is not None else ""
    )
    while text.startswith("(") and text.endswith(")"):
        text = text[1:-1]
    return 0 if text in _NOTHING else number(text)


def number(text: str) -> int | None:
    """The value of a literal, or of a single bit as it is written; None for anything else."""
    found = _NUMBER.fullmatch(text)
    if found:
        return int(found[1], 0)
    bit = _BIT.fullmatch(text)
    return 1 << int(bit[1] or bit[2]) if bit else None
