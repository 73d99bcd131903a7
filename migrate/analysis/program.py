# SPDX-License-Identifier: GPL-2.0-only
"""The part of the kernel that an analysis has asked about so far, parsed on demand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from migrate.analysis.corpus import Corpus, scope_folder, whole_word
from migrate.analysis.facts import (
    CALLED,
    TYPED,
    Call,
    FunctionFacts,
    Loc,
    Result,
    Value,
    extract,
)
from migrate.analysis.mentions import NONE, Mentions, index
from migrate.analysis.syntax import Function, Source, macro_bodies, members_set, parse
from migrate.analysis.types import (
    Declarations,
    StructDef,
    TypeRef,
    base_type,
    declarations,
)
from migrate.kernel.tree import Tree

_CONTAINERS = frozenset(
    {"scatterlist", "sg_table", "bio_vec", "skb_frag_struct", "skb_frag", "sg_page_iter"}
)
_ADDRESS_TAKEN_OK = frozenset({"call_expression", "function_declarator", "preproc_arg"})


@dataclass(frozen=True, order=True)
class Cell:
    """One piece of storage that may hold pages.

    `kind` is local, global, member, result or unknown. `scope` is `path#ordinal` of the function
    for local and result, the folder for global, the path for unknown, the struct tag for
    member. `name` is the variable, the member path, or the number of the call.
    """

    kind: str
    scope: str
    name: str

    def __str__(self) -> str:
        if self.kind == "member":
            return f"struct {self.scope}.{self.name}"
        if self.kind == "result":
            return "the result"
        return self.name.split("#")[0]


@dataclass(frozen=True)
class Site:
    """A call inside a function."""

    facts: FunctionFacts
    index: int

    @property
    def call(self) -> Call:
        return self.facts.calls[self.index]


class Program:
    """Sources, facts, types and callers of one tree, each computed once."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.corpus = Corpus(tree)
        self._sources: dict[str, Source | None] = {}
        self._facts: dict[str, FunctionFacts] = {}
        self._declarations: dict[str, Declarations] = {}
        self._structs: dict[tuple[str, str], StructDef | None] = {}
        self._callers: dict[str, tuple[tuple[Site, ...], bool]] = {}
        self._definitions: dict[tuple[str, str], tuple[Function, ...]] = {}
        self._with: dict[tuple[str, str], tuple[FunctionFacts, ...]] = {}
        self._mentions: dict[str, dict[Cell, Mentions]] = {}
        self._typedefs: dict[tuple[str, str], TypeRef | None] = {}
        self._users: dict[tuple[str, str], tuple[FunctionFacts, ...]] = {}

    # Files and functions

    def source(self, path: str) -> Source | None:
        """The parsed file, or None when the tree has no such file."""
        if path not in self._sources:
            text = self.tree.read(path)
            self._sources[path] = parse(path, text) if text is not None else None
        return self._sources[path]

    def facts(self, function: Function) -> FunctionFacts:
        key = scope_of(function)
        if key not in self._facts:
            source = self.source(function.path)
            assert source is not None
            self._facts[key] = extract(source, function)
        return self._facts[key]

    def functions_with(self, path: str, word: str) -> tuple[FunctionFacts, ...]:
        """The functions of `path` whose text has `word` as a whole word, each once."""
        if (path, word) not in self._with:
            source = self.source(path)
            found: dict[int, FunctionFacts] = {}
            for match in whole_word(word).finditer(source.text) if source is not None else ():
                function = source.function_at(match.start()) if source is not None else None
                if function is not None and function.ordinal not in found:
                    found[function.ordinal] = self.facts(function)
            self._with[path, word] = tuple(found.values())
        return self._with[path, word]

    def files_with(self, path: str, word: str) -> tuple[str, ...]:
        """The files of the scope of `path` that have `word` as a whole word."""
        return self.corpus.files_with(path, word)

    def definitions(self, name: str, path: str) -> tuple[Function, ...]:
        """The definitions that a call of `name` in `path` may mean, within its scope."""
        key = (name, path)
        if key not in self._definitions:
            self._definitions[key] = self._find_definitions(name, path)
        return self._definitions[key]

    def _find_definitions(self, name: str, path: str) -> tuple[Function, ...]:
        if not name:
            return ()
        source = self.source(path)
        own = source.by_name.get(name, ()) if source is not None else ()
        if own:
            return own
        found: list[Function] = []
        for other in self.files_with(path, name):
            if other == path:
                continue
            parsed = self.source(other)
            for function in parsed.by_name.get(name, ()) if parsed is not None else ():
                if not function.static or other.endswith(".h"):
                    found.append(function)
        return tuple(found) or self._public_definitions(name) or self._macros(name, path)

    def _macros(self, name: str, path: str) -> tuple[Function, ...]:
        """The macro `name` as a function, from the nearest file that defines it."""
        for other in self.corpus.macro_files(name, path):
            found: list[Function] = []
            source = self.source(other)
            bodies = macro_bodies(source, name) if source is not None else ()
            for n, (text, origin) in enumerate(bodies):
                virtual = f"{other}:{name}:{n}"
                parsed = self._sources[virtual] = parse(virtual, text, origin)
                found.extend(parsed.functions)
            if found:
                return tuple(found)
        return ()

    def _public_definitions(self, name: str) -> tuple[Function, ...]:
        """The inline functions by that name in the headers for the whole kernel."""
        found: list[Function] = []
        call = re.compile(rb"\b" + re.escape(name.encode()) + rb"\s*\(")
        for header in self.corpus.public_with(call, name):
            source = self.source(header)
            found.extend(source.by_name.get(name, ()) if source is not None else ())
        return tuple(found)

    def behind_pointer(self, member: str, path: str) -> tuple[Function, ...]:
        """The functions that initialisers in the scope of `path` give to a member."""
        key = (f".{member}", path)
        if key not in self._definitions:
            found: dict[str, Function] = {}
            for name in self.files_with(path, member):
                source = self.source(name)
                for target in members_set(source, member) if source is not None else ():
                    for function in self.definitions(target, name):
                        found[scope_of(function)] = function
            self._definitions[key] = tuple(found.values())
        return self._definitions[key]

    def callers(self, function: Function) -> tuple[tuple[Site, ...], bool]:
        """All calls of `function` in its scope, and whether those are all there can be.

        They are not when its address is taken, or when a header outside its scope declares it.
        """
        key = scope_of(function)
        if key not in self._callers:
            private = function.static and function.path.endswith(".c")
            paths = (function.path,) if private else self.files_with(function.path, function.name)
            sites: list[Site] = []
            for path in paths:
                sites.extend(self._calls_in(path, function))
            closed = not any(self._address_taken(p, function.name) for p in paths)
            if not private:
                closed = closed and not self._public(function.name)
            self._callers[key] = (tuple(sites), closed)
        return self._callers[key]

    def _calls_in(self, path: str, function: Function) -> Iterator[Site]:
        for facts in self.functions_with(path, function.name):
            for number, call in enumerate(facts.calls):
                if call.name == function.name and self._may_mean(path, function):
                    yield Site(facts, number)

    def _may_mean(self, path: str, function: Function) -> bool:
        source = self.source(path) if path != function.path else None
        own = source.by_name.get(function.name, ()) if source is not None else ()
        return not any(other.static for other in own)

    def _address_taken(self, path: str, name: str) -> bool:
        source = self.source(path)
        if source is None:
            return False
        for match in whole_word(name).finditer(source.text):
            node = source.root.descendant_for_byte_range(match.start(), match.end())
            if node is not None and node.type == "preproc_arg":
                return True  # whoever uses the macro calls it
            if node is None or node.type != "identifier" or node.parent is None:
                continue
            parent = node.parent
            if parent.type in _ADDRESS_TAKEN_OK:
                continue
            if parent.type.endswith("_declarator") and parent.type != "init_declarator":
                continue
            if source.function_at(match.start()) is None and self._is_export(source, parent):
                continue
            return True
        return False

    @staticmethod
    def _is_export(source: Source, parent: object) -> bool:
        start = source.text.rfind(b"\n", 0, parent.start_byte) + 1  # type: ignore[attr-defined]
        return source.text[start : start + 13] == b"EXPORT_SYMBOL"

    def _public(self, name: str) -> bool:
        """Whether a header below include/ names the function."""
        return any(True for _ in self.corpus.public_with(whole_word(name), name))

    # Types

    def declarations(self, path: str) -> Declarations:
        if path not in self._declarations:
            # Of most headers nobody asks for more: their syntax trees are not kept.
            text = self.tree.read(path) if path not in self._sources else None
            source = parse(path, text) if text is not None else self.source(path)
            self._declarations[path] = (
                declarations(source) if source is not None else Declarations({}, {}, {})
            )
        return self._declarations[path]

    def struct(self, tag: str, path: str) -> StructDef | None:
        """The definition of struct or union `tag` as seen from `path`, or None."""
        key = (tag, path)
        if key not in self._structs:
            self._structs[key] = self._find_struct(tag, path)
        return self._structs[key]

    def _find_struct(self, tag: str, path: str) -> StructDef | None:
        for name in self.corpus.struct_files(tag, path) if tag else ():
            found = self.declarations(name).structs.get(tag)
            if found is not None:
                return found
        return None

    def type_of(self, name: str, facts: FunctionFacts) -> TypeRef | None:
        """The type of a variable as seen in a function."""
        path = facts.function.path
        if name.startswith(TYPED):
            return self._through_typedef(TypeRef(name[1:], 1), path) if name[1:] else None
        if name.startswith(CALLED):
            return self._result_type(facts.calls[int(name[1:])], path)
        found = facts.types.get(name) or self._global_type(name, path)
        return self._through_typedef(found, path) if found is not None else None

    def _global_type(self, name: str, path: str) -> TypeRef | None:
        found = self.declarations(path).variables.get(name)
        if found is None:
            headers = [h for h in self.files_with(path, name) if h.endswith(".h")]
            declared = (self.declarations(h).variables.get(name) for h in headers)
            found = next((kind for kind in declared if kind is not None), None)
        return found

    def _result_type(self, call: Call, path: str) -> TypeRef | None:
        """What a call returns, from its definition or from the type that a macro is given."""
        for text in call.sources:
            if text.startswith("struct ") and text.removeprefix("struct ").isidentifier():
                return TypeRef(text.removeprefix("struct "), 1)
        for function in self.definitions(call.name, path):
            kind = base_type(function.node, function.path)
            if kind is not None and not is_macro(function):
                return self._through_typedef(TypeRef(kind.tag, 1, kind.inline), path)
        return None

    def type_at(self, loc: Loc, facts: FunctionFacts) -> TypeRef | None:
        """The type of an access path, pointers and arrays along it ignored."""
        kind = self.type_of(loc.base, facts)
        for member in loc.members:
            if kind is None:
                return None
            kind = self._member_type(kind, member, facts.function.path)
        return kind

    def is_array(self, loc: Loc, facts: FunctionFacts) -> bool:
        """Whether `loc` is an array of pages: it is filled under every name that it has."""
        kind = self.type_at(loc, facts)
        return kind is not None and kind.tag in ("page", "folio") and kind.depth > 1

    def is_container(self, loc: Loc, facts: FunctionFacts) -> bool:
        """Whether `loc` points to a container of pages: what is put there is in what it names."""
        kind = self.type_at(loc, facts)
        return kind is not None and kind.tag in _CONTAINERS and kind.depth > 0

    def pointers(self, values: tuple[Value, ...], facts: FunctionFacts) -> tuple[Value, ...]:
        """Of the operands of an expression, those that point somewhere: in `pages + n`, pages."""
        if len(values) < 2:
            return values
        kinds = [(v, self.type_at(v, facts)) for v in values if isinstance(v, Loc)]
        pointing = tuple(v for v, kind in kinds if kind is not None and kind.depth > 0)
        return pointing or values

    def _typedef(self, name: str, path: str) -> TypeRef | None:
        key = (name, path)
        if key not in self._typedefs:
            near = self.corpus.typedef_files(name, path)
            known = (self.declarations(p).typedefs.get(name) for p in (path, *near))
            self._typedefs[key] = next((kind for kind in known if kind is not None), None)
        return self._typedefs[key]

    def _through_typedef(self, kind: TypeRef, path: str) -> TypeRef:
        alias = self._typedef(kind.tag, path) if kind.tag else None
        return TypeRef(alias.tag, kind.depth + alias.depth, alias.inline) if alias else kind

    # Storage

    def cell(self, value: Value, facts: FunctionFacts) -> tuple[Cell, str]:
        """The storage that `value` names; for a member of a container of pages (a scatterlist,
        sg table or bvec) that is the container itself, and the member's name comes second.
        """
        scope = scope_of(facts.function)
        if isinstance(value, Result):
            return Cell("result", scope, str(value.call)), ""
        if value.base.startswith(CALLED) and not value.members:
            return Cell("result", scope, value.base[1:]), ""
        local = value.base in facts.types
        root = (
            Cell("local", scope, value.base)
            if local
            else Cell("global", scope_folder(facts.function.path), value.base)
        )
        if not value.members:
            return root, ""  # most names are constants: their types are looked up for nobody
        return self._member_cell(root, self.type_of(value.base, facts), value, facts)

    def _member_cell(
        self, root: Cell, kind: TypeRef | None, value: Loc, facts: FunctionFacts
    ) -> tuple[Cell, str]:
        path = facts.function.path
        current, inside, names = root, kind, list[str]()
        tag = kind.tag if kind is not None else ""
        for n, member in enumerate(value.members):
            if inside is None:
                return Cell("unknown", path, value.members[-1]), ""
            if inside.tag in _CONTAINERS:
                return current, value.members[-1]
            if inside.tag == "folio" and member == "page":
                inside = TypeRef("page", 1)
                continue
            if inside.tag:
                tag, names = inside.tag, []
            names.append(member)
            current = Cell("member", tag, ".".join(names))
            if n + 1 < len(value.members):
                inside = self._member_type(inside, member, path)
        return current, ""

    def _member_type(self, owner: TypeRef, member: str, path: str) -> TypeRef | None:
        body = owner.inline or self.struct(owner.tag, path)
        found = body.members.get(member) if body is not None else None
        return self._through_typedef(found, path) if found is not None else None

    def member_users(self, cell: Cell, path: str) -> tuple[FunctionFacts, ...]:
        """Every function that may touch the member `cell`, as seen from `path`.

        All files of the scope of the file that defines the struct are looked at.
        """
        word = cell.name.rsplit(".", 1)[-1]
        home = self.home(cell, path)
        key = (scope_folder(home), word)
        if key not in self._users:
            found: dict[str, FunctionFacts] = {}
            for name in self.files_with(home, word):
                for facts in self.functions_with(name, word):
                    found.setdefault(scope_of(facts.function), facts)
            self._users[key] = tuple(found.values())
        return self._users[key]

    def mentions(self, facts: FunctionFacts, cell: Cell) -> Mentions:
        """What `facts` says about `cell`."""
        return self.cells(facts).get(cell, NONE)

    def cells(self, facts: FunctionFacts) -> dict[Cell, Mentions]:
        """All storage that a function mentions."""
        key = scope_of(facts.function)
        if key not in self._mentions:
            self._mentions[key] = index(self, facts)
        return self._mentions[key]

    def global_users(self, cell: Cell) -> tuple[FunctionFacts, ...]:
        """Every function of its folder that names the variable `cell`."""
        files = self.files_with(f"{cell.scope}/", cell.name)
        return tuple(f for path in files for f in self.functions_with(path, cell.name))

    def is_declared(self, cell: Cell) -> bool:
        """Whether a file of its folder declares the variable `cell`."""
        files = self.files_with(f"{cell.scope}/", cell.name)
        return any(cell.name in self.declarations(path).variables for path in files)

    def home(self, cell: Cell, path: str) -> str:
        """The file whose scope a member belongs to: where its struct is defined, else `path`."""
        body = self.struct(cell.scope, path)
        return body.path if body is not None and not body.path.startswith("include/") else path

    def is_public_struct(self, tag: str, path: str) -> bool:
        """Whether a header for the whole kernel defines the struct."""
        body = self.struct(tag, path)
        if body is None or body.path.startswith("include/"):
            return True
        return body.path.startswith("arch/") and "/include/" in body.path


def scope_of(function: Function) -> str:
    """The key of a function: its path and its number in the file."""
    return f"{function.path}#{function.ordinal}"


def is_macro(function: Function) -> bool:
    """Whether this is a macro that was spelled as a function to look into it."""
    return ":" in function.path
