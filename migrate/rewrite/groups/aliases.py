# SPDX-License-Identifier: GPL-2.0-only
"""Release helpers of a file that are only aliases of a function once they are converted.

They stay, because a driver may have its own names, unless the profile says `drop_aliases`: then
their callers call the function itself, and the helper is removed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tree_sitter import Node

from migrate.analysis.frontend.nodes import name_of
from migrate.analysis.frontend.syntax import Function
from migrate.rewrite.steps.apply import Edited, apply_steps
from migrate.rewrite.steps.sites import Site
from migrate.rewrite.steps.steps import Step
from migrate.rewrite.text.check import TokenEdit
from migrate.rewrite.text.draft import Draft
from migrate.rewrite.text.expressions import below
from migrate.rewrite.text.tokens import call_at, gap_before


@dataclass(frozen=True)
class _Alias:
    """A function from token `first` up to `end` that only calls `target`; `calls` are the tokens
    that call it, `named` is the one that defines it. The numbers are the same before and after the
    calls are renamed."""

    target: str
    first: int
    end: int
    named: int
    calls: tuple[int, ...]

    def renamed(self, draft: Draft) -> Site:
        """Edits that make its callers call `target`."""
        new = (self.target.encode(),)
        return Site(_at(draft, self.calls), tuple(TokenEdit(n, 1, new) for n in self.calls))

    def dropped(self, draft: Draft) -> Site:
        """Edits that remove it, with one empty line."""
        gap = gap_before(draft.text, draft.tokens, self.first)
        edit = TokenEdit(self.first, self.end - self.first, (), (gap,))
        return Site(_at(draft, [self.named]), (edit,))


def drop_aliases(
    draft: Draft, functions: Iterable[str], timeout: float
) -> tuple[Draft, frozenset[str]]:
    """`draft` without those of `functions` that are aliases, and the rules that removed them.

    One that spatch cannot remove cleanly stays: a comment above it would be removed, too. `timeout`
    is for one spatch process, in seconds.
    """
    rules: set[str] = set()
    for name in sorted(set(functions)):
        alias = _alias(draft, name)
        if alias is None:
            continue
        steps = (
            Step("rename-call", (("old", name), ("new", alias.target)), (), (alias.renamed,)),
            Step("drop-function", (("fn", name),), (), (alias.dropped,)),
        )
        result = apply_steps(draft, steps, timeout)
        if isinstance(result, Edited):
            draft = result.draft
            rules |= result.rules
    return draft, frozenset(rules)


def _alias(draft: Draft, name: str) -> _Alias | None:
    """The alias `name`, if its callers do not need it."""
    functions = draft.source.by_name.get(name, ())
    if len(functions) != 1 or draft.path.endswith(".h"):
        return None
    target = _stands_for(draft, functions[0])
    if target is None:
        return None
    first, end = draft.tokens_of(functions[0].node)
    spelled = [n for n, t in enumerate(draft.tokens) if t.text == name.encode()]
    named = [n for n in spelled if first <= n < end]
    calls = tuple(n for n in spelled if not first <= n < end)
    # A comment, a macro, a prototype or a table that names it needs it.
    written = re.findall(rb"\b" + re.escape(name.encode()) + rb"\b", draft.text)
    if len(named) != 1 or len(written) != len(spelled):
        return None
    if not calls or not all(_is_call(draft, n) for n in calls):
        return None
    return _Alias(target, first, end, named[0], calls)


def _stands_for(draft: Draft, function: Function) -> str | None:
    """The function that `function` calls with its only parameter, without doing anything else."""
    node, parent = function.node, function.node.parent
    # In a preprocessor conditional there may be another definition.
    alone = parent is not None and parent.type == "translation_unit"
    if not alone or not function.static or not draft.is_plain(node):
        return None
    kind = node.child_by_field_name("type")
    if kind is None or kind.text != b"void" or len(function.parameters) != 1:
        return None
    statements = [c for c in function.body.children if c.type not in ("{", "}")]
    if len(statements) != 1 or statements[0].type != "expression_statement":
        return None
    return _hands_on(statements[0], function.parameters[0])


def _hands_on(statement: Node, parameter: Node) -> str | None:
    """The function that is called with just `parameter`."""
    call = statement.named_children[0]
    called = call.child_by_field_name("function")
    given = call.child_by_field_name("arguments")
    names = [n for n in below(parameter) if n.type == "identifier"]
    if called is None or given is None or called.type != "identifier" or len(names) != 1:
        return None
    same = [argument.text for argument in given.named_children] == [names[0].text]
    return name_of(called) if same else None


def _is_call(draft: Draft, number: int) -> bool:
    parent = draft.node_at(number).parent
    called = parent is not None and parent.type == "call_expression"
    return called and call_at(draft.tokens, number) is not None


def _at(draft: Draft, numbers: Iterable[int]) -> str:
    tokens = [draft.tokens[n] for n in numbers]
    return "_".join(f"L{t.line}C{t.column}" for t in tokens)
