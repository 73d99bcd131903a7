# SPDX-License-Identifier: GPL-2.0-only
"""The part of the kernel that an analysis has loaded so far."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from migrate.analysis.contract import Contracts
from migrate.analysis.frontend.corpus import is_header_for_all
from migrate.analysis.frontend.includes import Includes
from migrate.analysis.ir.model import FunctionFacts
from migrate.analysis.program.callers import Callers
from migrate.analysis.program.functions import Functions, file_of
from migrate.analysis.program.include_graph import IncludeGraph
from migrate.analysis.program.linker import Linker
from migrate.analysis.program.location import Global
from migrate.analysis.program.locations import Locations
from migrate.analysis.program.pointer_calls import PointerCalls
from migrate.analysis.program.tables import Tables
from migrate.analysis.program.type_lookup import TypeLookup
from migrate.kernel.kept_finds import Finds
from migrate.kernel.tree import Tree


@dataclass
class Asked:
    """The folders whose files were used, and the words that were searched for in the whole tree;
    headers for the whole kernel count as one folder."""

    folders: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)


class Program(Functions):
    """The functions of one tree, with their callers, types and locations."""

    def __init__(
        self, tree: Tree, contracts: Contracts | None = None, *, open_world: bool = False
    ) -> None:
        super().__init__(tree, contracts, open_world=open_world)
        self.includes = Includes(tree)
        self.wide = IncludeGraph(self.corpus, self.includes)
        self.finds = Finds((self.includes.kept, self.wide.kept, self.corpus.public.kept))
        self.types = TypeLookup(self, self.wide)
        self.cells = Locations(self, self.types, self.wide)
        self.linker = Linker(self, self.wide)
        self.tables = Tables(self, self.types, self.cells, self.wide, self.linker)
        self.pointer_calls = PointerCalls(self, self.types, self.cells, self.tables)
        self.callers = Callers(self, self.wide, self.pointer_calls.of)
        self.pointer_calls.callers = self.callers

    def resolved(self, facts: FunctionFacts) -> FunctionFacts:
        return self.types.resolved(facts)

    def forget(self, keeping: Callable[[str], bool]) -> None:
        """As for functions; the results of searches of the whole tree stay."""
        super().forget(lambda path: is_header_for_all(path.split(":")[0]) or keeping(path))
        self.types.forget()
        self.cells.forget()
        self.callers.forget()
        self.linker.forget()
        self.tables.forget()
        self.pointer_calls.forget()
        self.wide.asked.clear()

    @property
    def dependencies(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The folders, and the words searched for in the whole tree, that everything found since
        :meth:`forget` depends on, without headers for the whole kernel."""
        scopes = {self.corpus.scope_folder(path.split(":")[0]) for path in self.read}
        folders = {n for n in scopes | self.corpus.asked if not n.startswith("include")}
        return tuple(sorted(folders)), tuple(sorted(self.wide.asked))

    @contextmanager
    def asking(self) -> Iterator[Asked]:
        """Records what is used in this context, to be read at its end; an outer context records it,
        too."""
        before = self.read, self.corpus.asked, self.wide.asked
        self.read, self.corpus.asked, self.wide.asked = set(), set(), set()
        asked = Asked()
        try:
            yield asked
        finally:
            scopes = {self.corpus.scope_folder(file_of(path)) for path in self.read}
            folders = scopes | self.corpus.asked
            asked.folders = {"include" if n.startswith("include") else n for n in folders}
            asked.words = set(self.wide.asked)
            now = self.read, self.corpus.asked, self.wide.asked
            self.read, self.corpus.asked, self.wide.asked = map(set.union, before, now)

    def is_static(self, cell: Global) -> bool:
        """Whether a file of the folder has a static variable of that name."""
        near = self.files_with(f"{cell.folder}/", cell.name)
        static = re.compile(rb"^static\b[^;(]*\b" + re.escape(cell.name.encode()) + rb"\b", re.M)
        return any(static.search(self.tree.read(path) or b"") for path in near)

    def is_shared(self, cell: Global) -> bool:
        """Whether files outside of its folder mention the global variable `cell`."""
        named = self.wide.naming(cell.name)
        near = self.files_with(f"{cell.folder}/", cell.name)
        return named is None or not set(named) <= set(near)
