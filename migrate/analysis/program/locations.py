# SPDX-License-Identifier: GPL-2.0-only
"""Resolves expressions to storage that may hold pages, and finds the functions that use the
storage."""

from __future__ import annotations

from migrate.analysis.frontend.types import TypeRef
from migrate.analysis.ir.model import CALLED, AccessPath, FunctionFacts, Result, Value
from migrate.analysis.place import FunctionId
from migrate.analysis.program.def_use import DefUse, Index
from migrate.analysis.program.functions import Functions
from migrate.analysis.program.include_graph import IncludeGraph
from migrate.analysis.program.location import (
    AbstractLocation,
    CallResult,
    Global,
    Local,
    Member,
    Untyped,
)
from migrate.analysis.program.struct_words import Accessing, StructWords
from migrate.analysis.program.type_lookup import CONTAINERS, TypeLookup


class Locations:
    """The storage of one tree and its users, each looked for once."""

    def __init__(self, functions: Functions, types: TypeLookup, wide: IncludeGraph) -> None:
        self._functions = functions
        self._types = types
        self._mentions: dict[FunctionId, Index] = {}
        self._wide = wide
        self._words = StructWords(functions, types, wide)
        self._hidden: dict[tuple[str, str], tuple[str, ...]] = {}
        self._users: dict[
            tuple[tuple[str, ...], Member | str, frozenset[str] | None], tuple[FunctionFacts, ...]
        ] = {}

    def forget(self) -> None:
        """Drop all results."""
        for known in (self._mentions, self._hidden, self._users):
            known.clear()
        self._words.forget()

    def of(self, value: Value, facts: FunctionFacts) -> tuple[AbstractLocation, str]:
        """The storage that `value` names; for a member of a container of pages (a scatterlist, sg
        table or bvec) it is the container, and the second value is the member's name."""
        function = facts.function
        if isinstance(value, Result):
            return CallResult(function.id, value.call), ""
        if value.base.startswith(CALLED) and not value.members:
            return CallResult(function.id, int(value.base[1:])), ""
        root: Local | Global
        if value.base in facts.types:
            root = Local(function.id, value.base)
        else:
            root = Global(self._functions.corpus.scope_folder(function.path), value.base)
        if not value.members:
            return root, ""  # most names are constants, whose types are never needed
        return self._member_cell(root, self._types.of(value.base, facts), value, facts)

    def _member_cell(
        self, root: Local | Global, kind: TypeRef | None, value: AccessPath, facts: FunctionFacts
    ) -> tuple[AbstractLocation, str]:
        path = facts.function.path
        current: AbstractLocation = root
        inside, names = kind, list[str]()
        tag = kind.tag if kind is not None else ""
        for n, member in enumerate(value.members):
            if inside is None:
                return Untyped(path, value.members[-1]), ""
            if inside.tag in CONTAINERS:
                return current, value.members[-1]
            if inside.tag == "folio" and member == "page":
                inside = TypeRef("page", 1)
                continue
            if inside.tag:
                tag, names = inside.tag, []
            names.append(member)
            current = Member(tag, tuple(names), self._types.own_file(tag, path))
            if n + 1 < len(value.members):
                inside = self._types.of_member(inside, member, path)
        return current, ""

    def member_users(
        self,
        cell: Member,
        path: str,
        far: bool = False,
        core: bool = False,
        beside: frozenset[str] | None = None,
    ) -> tuple[FunctionFacts, ...]:
        """Every function that may use the member `cell`, as seen from `path`; with `beside`, those
        whose text contains one of these words as well.

        For a struct of a public header these are the files of the scope of `path`, with `far` all
        files of the tree that see it; for any other see :meth:`near_files`.
        """
        word = cell.word
        public = self._types.is_public(cell.tag, path)
        files = self.member_files(cell, path, core) if far or not public else None
        if files is None:
            files = self._functions.files_with(path, word)
        key = (files, cell if public else word, beside)
        if key not in self._users:
            found: dict[FunctionId, FunctionFacts] = {}
            for name in files:
                for facts in self._functions.functions_with(name, word, beside):
                    if not public or self._may_name(facts, cell, word):
                        found.setdefault(facts.function.id, facts)
            self._users[key] = tuple(found.values())
        return self._users[key]

    def member_files(self, cell: Member, path: str, core: bool = False) -> tuple[str, ...] | None:
        """The files that may name the member `cell`; None if there are too many.

        With `core`, the tree is searched for a member of a header that too many files include.
        """
        if not self._types.is_public(cell.tag, path):
            return self.near_files(cell, path, cell.word)
        found = self.seeing(cell.tag, path, cell.word)
        if found is not None or not core or self._types.struct(cell.tag, path) is None:
            return found
        return self._wide.naming(cell.word)

    def seeing(self, tag: str, path: str, word: str) -> tuple[str, ...] | None:
        """The files of the whole tree that can access objects of the struct `tag` of a public
        header, as seen from `path`, and contain `word`; None if there are too many to find out."""
        body = self._types.struct(tag, path)
        if body is None:
            return None
        found = self._wide.files(body.path, word)
        return found if found is not None else self._words.files(tag, word)

    def accessing(self, tag: str) -> Accessing | None:
        """Who in the whole tree can access objects of the struct `tag` of a public header; None if
        there are too many to find out."""
        return self._words.accessing(tag)

    def holding(self, tag: str, home: str) -> frozenset[str] | None:
        """Words of which at least one is in each function in the scope of `home` that can access a
        struct `tag`; None if any function may."""
        return self._words.near(tag, home)

    def near_files(self, cell: Member, path: str, word: str) -> tuple[str, ...]:
        """The files that contain `word` and may name members of the struct of `cell`: the files in
        the scope of the defining file that see the definition, or, if only .c files define it,
        these and the headers that they include."""
        home = self.home(cell, path)
        files = self._functions.files_with(home, word)
        if home.endswith(".h"):
            seeing = self._wide.files(home, word)
            return files if seeing is None else tuple(f for f in files if self._sees(f, seeing))
        defining = self._defining(cell.tag, home) if path == home else ()
        if not defining:
            return files
        return tuple(
            f
            for f in files
            if f in defining or any(self._may_include(d, f, word) for d in defining)
        )

    def _may_include(self, path: str, header: str, word: str) -> bool:
        """Whether a .c file may include `header`; both contain `word`."""
        seeing = self._wide.files(header, word) if header.endswith(".h") else ()
        return seeing is None or path in seeing

    def _sees(self, path: str, seeing: tuple[str, ...]) -> bool:
        """Whether a file may see what the files that include it see: a header need not include
        everything it uses."""
        return path in seeing or path.endswith(".h") or self._wide.is_included(path)

    def _defining(self, tag: str, home: str) -> tuple[str, ...]:
        """The .c files that define the struct, if no other .c file can see a definition; else
        none."""
        key = (tag, home)
        if key not in self._hidden:
            found = self._functions.corpus.near_struct_files(tag, home)
            hidden = home in found and all(f.endswith(".c") for f in found)
            hidden = hidden and not any(self._wide.is_mixed(f) for f in found)
            self._hidden[key] = found if hidden else ()
        return self._hidden[key]

    def named(self, facts: FunctionFacts, word: str) -> set[AbstractLocation]:
        """The members with the name `word` that a function names."""
        found = {
            self.of(AccessPath(a.loc.base, (*a.loc.members, word)), facts)[0]
            for a in facts.accesses
            if a.member == word
        }
        targets = [f.target for f in facts.flows if f.target.members[-1:] == (word,)]
        return found | {self.of(target, facts)[0] for target in targets}

    def _may_name(self, facts: FunctionFacts, cell: Member, word: str) -> bool:
        return any(c == cell or isinstance(c, Untyped) for c in self.named(facts, word))

    def mentions(self, facts: FunctionFacts, cell: AbstractLocation) -> DefUse:
        """What `facts` says about `cell`."""
        key = facts.function.id
        if key not in self._mentions:
            self._mentions[key] = Index(self, self._types, facts)
        return self._mentions[key].of(cell)

    def global_users(self, cell: Global) -> tuple[FunctionFacts, ...]:
        """Every function of its folder that names the variable `cell`."""
        files = self._functions.files_with(f"{cell.folder}/", cell.name)
        return tuple(f for path in files for f in self._functions.functions_with(path, cell.name))

    def is_declared(self, cell: Global) -> bool:
        """Whether a file of its folder declares the variable `cell`."""
        files = self._functions.files_with(f"{cell.folder}/", cell.name)
        return any(cell.name in self._types.declarations(path).variables for path in files)

    def home(self, cell: Member, path: str) -> str:
        """The file whose scope a member belongs to: where its struct is defined, else `path`."""
        body = self._types.struct(cell.tag, path)
        return body.path if body is not None and not body.path.startswith("include/") else path
