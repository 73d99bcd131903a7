# SPDX-License-Identifier: GPL-2.0-only
"""Functions that converted modules call but the tree does not export."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tree_sitter import Node

from migrate.analysis.acquires.spatch import Patched, run_spatch
from migrate.analysis.frontend.nodes import name_of
from migrate.analysis.frontend.syntax import parse
from migrate.kernel.kbuild.kconfig import Kconfig
from migrate.kernel.kbuild.routes import Kbuild
from migrate.kernel.tree import Tree
from migrate.rewrite.model import FileChange
from migrate.rewrite.steps.apply import rule_file
from migrate.rewrite.text.check import TokenEdit
from migrate.rewrite.text.draft import Draft
from migrate.rewrite.text.expressions import below
from migrate.rewrite.text.tokens import gap_before

_MACRO = b"EXPORT_SYMBOL_GPL"


def called_by_modules(
    tree: Tree, changes: Iterable[FileChange], names: Sequence[str]
) -> frozenset[str]:
    """Those of `names` that the changes call more often than before in files that may be
    modules."""
    kbuild, kconfig = Kbuild(tree), Kconfig(tree)
    found: set[str] = set()
    for change in changes if names else ():
        new = called_more([change], names) - found
        if new and _may_be_module(kbuild, kconfig, change.path):
            found |= new
    return frozenset(found)


def called_more(changes: Iterable[FileChange], names: Sequence[str]) -> frozenset[str]:
    """Those of `names` that the changes call more often than before."""
    found: set[str] = set()
    for change in changes if names else ():
        before, after = (_calls(change.path, t) for t in (change.before or b"", change.after))
        found |= {name for name in names if after.count(name) > before.count(name)}
    return frozenset(found)


def export_function(draft: Draft, name: str, timeout: float) -> Draft | str:
    """`draft` with an export after each definition of `name`, or why that failed."""
    functions = draft.source.by_name.get(name, ())
    edits, places = [], []
    for function in functions:
        first, end = draft.tokens_of(function.node)
        named = next(n for n in range(first, end) if draft.tokens[n].text == name.encode())
        token = draft.tokens[named]
        places.append(f"L{token.line}C{token.column}")
        new = (_MACRO, b"(", name.encode(), b")", b";")
        behind = gap_before(draft.text, draft.tokens, end)
        edits.append(TokenEdit(end, 0, new, (b"\n", b"", b"", b"", b"", behind)))
    outcome = run_spatch(
        rule_file("export-function"),
        {draft.path: draft.text},
        defines={"fn": name, "at": "_".join(places)},
        virtuals=("patch",),
        timeout=timeout,
    )
    if not isinstance(outcome, Patched):
        return outcome.reason
    result = draft.advance(outcome.files[draft.path], edits)
    return result if isinstance(result, Draft) else f"spatch does not parse {name}()"


def _may_be_module(kbuild: Kbuild, kconfig: Kconfig, path: str) -> bool:
    """Whether a symbol that the object of `path` depends on can be set to m."""
    symbols = {g.symbol for o in kbuild.owners(path) for way in o.ways for g in way}
    return any(d.tristate for symbol in symbols for d in kconfig.definitions(symbol))


def _calls(path: str, text: bytes) -> list[str]:
    """The names of all functions called in a file."""
    return calls_below(parse(path, text).root)


def calls_below(top: Node) -> list[str]:
    """The names of all functions called in a piece of code."""
    found = []
    for node in below(top):
        called = node.child_by_field_name("function") if node.type == "call_expression" else None
        if called is not None:
            found.append(name_of(called))
    return found
