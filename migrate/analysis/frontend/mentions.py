# SPDX-License-Identifier: GPL-2.0-only
"""How the parser classifies a word in a file, also where it did not understand the code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from migrate.analysis.frontend.nodes import is_unclear, name_of, strip
from migrate.analysis.frontend.syntax import Function, Source, parse
from migrate.analysis.place import Place
from migrate.kernel.words import whole_word

_LOOKED_UP = re.compile(rb"\b\w*(?:symbol|kallsyms)\w*\s*\(\s*\"$")
"""A call that looks a function up by the string that follows."""

_ANNOTATIONS = frozenset(
    {b"__user", b"__kernel", b"__iomem", b"__percpu", b"__rcu", b"__force", b"__nocast"}
)
"""Words for sparse between a type and a name (include/linux/compiler_types.h), which no compiler
sees: the parser does not know them, and understands the rest."""
_MEASURING = frozenset({"ARRAY_SIZE", "offsetof", "sizeof"})
"""Operators that look like a call and only compute a size or an offset."""

_TAKEN = rb"\+\s*(?:__builtin_)?offsetof\s*\(\s*(?:struct\s+)?"
"""The addition of the offset of a member of the struct that follows."""


@dataclass(frozen=True)
class Mention:
    """The word at byte `at` of a file; `node` is its syntax node."""

    source: Source
    at: int
    node: Node

    @property
    def place(self) -> Place:
        return self.source.place(self.node)

    @property
    def kind(self) -> str:
        """The type of its node."""
        return self.node.type

    @property
    def holder(self) -> str:
        """The type of the parent node."""
        return self.node.parent.type if self.node.parent is not None else ""

    @property
    def word(self) -> str:
        return _word_at(self.source.text, self.at)

    @property
    def in_macro(self) -> bool:
        """Whether it is in the definition of a macro."""
        return self.kind == "preproc_arg"

    @property
    def macro(self) -> str:
        """The macro with arguments that it is in the definition of; "" for none."""
        above = self.node.parent if self.in_macro else None
        if above is None or above.type != "preproc_function_def":
            return ""
        named = above.child_by_field_name("name")
        return name_of(named) if named is not None else ""

    @property
    def is_first_in_macro(self) -> bool:
        """Whether it is the first mention of the word in the definition of a macro."""
        before = self.source.text[self.node.start_byte : self.at]
        return self.in_macro and whole_word(self.word).search(before) is None

    @property
    def is_defined_by_itself(self) -> bool:
        """Whether it is in `#define f f`, with which a header declares that the function exists."""
        above = self.node.parent
        if above is None or above.type != "preproc_def":
            return False
        named, value = above.child_by_field_name("name"), above.child_by_field_name("value")
        if named is None or value is None:
            return False
        return name_of(named).encode() == (value.text or b"").strip()

    @property
    def is_looked_up(self) -> bool:
        """Whether it is the string of a lookup of a function: `symbol_get("f")`."""
        if self.kind != "string_content":
            return False
        before = self.source.text[max(self.at - 60, 0) : self.at]
        return _LOOKED_UP.search(before) is not None

    @property
    def is_definition(self) -> bool:
        """Whether it is the name in the definition of a macro with arguments."""
        return self.kind == "identifier" and self.holder == "preproc_function_def"

    @property
    def is_member(self) -> bool:
        """Whether it is a member of an object."""
        return self.kind == "field_identifier" and self.holder == "field_expression"

    @property
    def is_behind_dot(self) -> bool:
        """Whether it follows an arrow or a dot."""
        return self.source.text[: self.at].rstrip(b" \t\r\n\\").endswith((b"->", b"."))

    @property
    def is_misread_member(self) -> bool:
        """Whether it follows an arrow, and the parser did not recognise it as a member."""
        if self.kind in ("field_identifier", "comment", "string_content"):
            return False
        return self.source.text[: self.at].endswith(b"->")

    @property
    def is_of_unclear_object(self) -> bool:
        """Whether it is a member of an expression that the parser did not understand, as
        `((typeof(&x))y)->m`; what a call is given as arguments does not count."""
        holder = self.node.parent if self.is_member else None
        queue = [holder.child_by_field_name("argument")] if holder is not None else []
        while queue:
            node = queue.pop()
            if node is None or node.type == "argument_list":
                continue
            if node.type == "ERROR":
                return True
            queue.extend(node.children if node.has_error else ())
        return False

    @property
    def is_initial_value(self) -> bool:
        """Whether it is in the initial value of a variable, other than to compute a size."""
        inner, above = self.node, self.node.parent
        while self.kind == "identifier" and above is not None:
            callee = above.child_by_field_name("function")
            if above.type == "sizeof_expression" or (
                callee is not None and name_of(callee) in _MEASURING
            ):
                return False
            if above.type == "init_declarator":
                return above.child_by_field_name("value") == inner
            inner, above = above, above.parent
        return False

    @property
    def is_traced(self) -> bool:
        """Whether it is `__entry->m`, a member of the record of a trace event, whose struct a macro
        declares."""
        above = self.node.parent
        holder = above.child_by_field_name("argument") if above is not None else None
        return holder is not None and holder.type == "identifier" and name_of(holder) == "__entry"

    @property
    def is_garbled(self) -> bool:
        """Whether it is in a declaration that the parser did not fully understand."""
        if self.kind in ("comment", "string_content", "preproc_arg"):
            return False
        current: Node | None = self.node
        while current is not None and not current.type.endswith("_statement"):
            if current.type == "declaration":
                errors = (child for child in current.children if child.type == "ERROR")
                return any(error.text not in _ANNOTATIONS for error in errors)
            current = current.parent
        return False

    @property
    def is_taken_for_type(self) -> bool:
        """Whether the parser took a variable for a type: after a macro, it parses a call as a
        declaration."""
        above = self.node.parent
        if self.kind != "type_identifier" or above is None:
            return False
        return not above.type.endswith("_specifier")

    @property
    def given_to(self) -> tuple[str, int] | None:
        """The function or macro of whose argument it is a part, and the number of the argument;
        None if the parser understands no such call, or the call is by a pointer."""
        inner, outer = self.node, self.node.parent
        while outer is not None and outer.type != "argument_list":
            if outer.type == "ERROR" or outer.type.endswith("_statement"):
                return None
            inner, outer = outer, outer.parent
        call = outer.parent if outer is not None else None
        callee = call.child_by_field_name("function") if call is not None else None
        if outer is None or is_unclear(outer) or callee is None or callee.type != "identifier":
            return None
        given = [child for child in outer.named_children if child.type != "comment"]
        return name_of(callee), given.index(inner)

    @property
    def in_offsetof(self) -> bool:
        """Whether it is in an argument of offsetof()."""
        current: Node | None = self.node
        while current is not None and current.type not in ("ERROR", "offsetof_expression"):
            current = current.parent
        return current is not None and current.type == "offsetof_expression"

    @property
    def only_measured(self) -> bool:
        """Whether a macro names the member without an object, only to measure it, as in `&((struct
        x *)0)->m`."""
        word = _word_at(self.source.text, self.at)
        text = (self.node.text or b"").replace(b"\\\n", b" \n")
        queue = [parse("", b"int x = " + text + b";").root]
        members = []
        while queue:
            node = queue.pop()
            queue.extend(node.named_children)
            named = node.child_by_field_name("field")
            if node.type == "ERROR" or (node.type == "identifier" and name_of(node) == word):
                return False
            if node.type == "field_expression" and named is not None and name_of(named) == word:
                members.append(node.child_by_field_name("argument"))
        return bool(members) and all(owner is not None and _is_nothing(owner) for owner in members)

    def adds_offset(self, names: frozenset[str]) -> bool:
        """Whether it is the member in an offsetof() that is added to a pointer: the sum gives
        access to the member without its name. `names` are those of its struct."""
        text = self.source.text
        start = max(text.rfind(mark, 0, self.at) for mark in (b";", b"{", b"}", b"\n#"))
        before = text[start + 1 : self.at]
        tags = b"|".join(re.escape(name.encode()) for name in sorted(names))
        taken = re.search(_TAKEN + rb"(?:" + tags + rb")\s*,\s*$", before)
        return taken is not None and b"*)" in before[: taken.start()]


def mentions(source: Source, word: str, within: Function | None = None) -> Iterator[Mention]:
    """Each mention of `word` in a file, or in one function of it."""
    start, end = (within.start, within.end) if within is not None else (0, len(source.text))
    for match in whole_word(word).finditer(source.text, start, end):
        node = source.root.descendant_for_byte_range(match.start(), match.end())
        if node is not None:
            yield Mention(source, match.start(), node)


def stored_to(mention: Mention) -> str | None:
    """The member M if the word, or its address, is the whole right side of `x->M = word`."""
    holder = mention.node.parent
    if holder is not None and holder.type == "pointer_expression":
        holder = holder.parent
    if holder is None or holder.type != "assignment_expression":
        return None
    value, target = holder.child_by_field_name("right"), holder.child_by_field_name("left")
    inside = value is not None and value.start_byte <= mention.at < value.end_byte
    if not inside or target is None or target.type != "field_expression":
        return None
    member = target.child_by_field_name("field")
    return name_of(member) if member is not None else None


def _word_at(text: bytes, at: int) -> str:
    """The word that starts at byte `at`."""
    found = re.compile(rb"\w+").match(text, at)
    return found[0].decode() if found is not None else ""


def _is_nothing(owner: Node) -> bool:
    """Whether `owner` is the null pointer as a pointer to a struct."""
    owner = strip(owner)
    value = owner.child_by_field_name("value") if owner.type == "cast_expression" else None
    return value is not None and strip(value).text == b"0"
