# SPDX-License-Identifier: GPL-2.0-only
"""Calls that ask for no pages: they become fixup_user_fault().

It always returns with the lock held, so code that tests whether it is can be removed.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from tree_sitter import Node

from migrate.analysis.frontend.syntax import parse
from migrate.analysis.model import Acquire
from migrate.analysis.traits.fault_in import UNLOCKED, FaultSite, fault_site
from migrate.kernel.signatures import Signature
from migrate.rewrite.groups.plan import called_at
from migrate.rewrite.profile.counterparts import FAULT_IN, Counterparts
from migrate.rewrite.steps.sites import NoSite, Site
from migrate.rewrite.steps.steps import Finder, Request, Step, in_order
from migrate.rewrite.text.apitext import wrapped
from migrate.rewrite.text.check import TokenEdit
from migrate.rewrite.text.draft import Draft
from migrate.rewrite.text.expressions import below
from migrate.rewrite.text.tokens import Call, gap_before, tokenize


def plan_fault_in(
    draft: Draft, acquires: Sequence[Acquire], parts: Counterparts
) -> tuple[Step, ...] | NoSite:
    """The steps for those acquires of a group that are in the file of `draft`."""
    requests = []
    for acquire in sorted(set(acquires)):
        site = fault_site(parts.program, acquire)
        signature = parts.existing.get(FAULT_IN)
        if isinstance(site, str) or signature is None:
            return NoSite(f"{acquire.place}: {site if isinstance(site, str) else 'no counterpart'}")
        old = parts.existing.get(acquire.name)
        task = signature.parameters[0].name == "tsk"
        if old is None or (old.parameters[0].name == "tsk") is not task:
            return NoSite(f"{acquire.place}: one of the two functions takes a task")
        call = called_at(draft, acquire.place, acquire.name)
        if isinstance(call, NoSite):
            return call
        defines = (("fn", acquire.name), ("lock", site.locked), ("to", UNLOCKED))
        finder = _on_call(site, old)
        requests.append(Request("fault-in", defines, finder, ("task",) if task else ()))
    return in_order(requests)


def _on_call(site: FaultSite, signature: Signature) -> Finder:
    names = [p.name for p in signature.parameters]

    def find(draft: Draft) -> Site | NoSite:
        call = draft.call_at(site.place)
        if call is None:
            return NoSite(f"{site.place}: the call is gone")
        return _rewritten(draft, call, site, names) or NoSite(
            f"{site.place}: the lock is not released by a plain if after the call"
        )

    return find


def _rewritten(draft: Draft, call: Call, site: FaultSite, names: Sequence[str]) -> Site | None:
    node = draft.node_at(call.name).parent
    statement = node.parent if node is not None else None
    if statement is None or statement.type != "expression_statement" or not _in_block(statement):
        return None
    function = draft.source.function_at(draft.tokens[call.name].start)
    asked = _asked(draft, site)
    begins = _begins(draft, function.node, site.locked) if function is not None else None
    if asked is None or begins is None:
        return None
    test, kept = asked
    first, end = draft.tokens_of(statement)
    start, _ = draft.tokens_of(test)
    then, _ = draft.tokens_of(kept)
    if start != end or then != start + 4 or not _in_block(test):
        return None  # there is a comment, or the branch has braces
    given = {
        name: draft.span(*call.arguments[n]).decode("utf-8", "replace")
        for n, name in enumerate(names)
    }
    words = [" ".join(given[name].split()) for name in ("tsk", "mm", "start") if name in given]
    indent = _indent(draft, statement)
    text = wrapped(f"{indent}{FAULT_IN}(", [*words, site.flags, f"&{UNLOCKED}"], ");")
    edits = (
        TokenEdit(begins, 4, (b"bool", UNLOCKED.encode(), b"=", b"false")),
        _replaced(draft, first, end, text),
        TokenEdit(start, 4, (), (f"\n{indent}".encode(),)),
    )
    token = draft.tokens[call.name]
    return Site(f"L{token.line}C{token.column}", edits)


def _asked(draft: Draft, site: FaultSite) -> tuple[Node, Node] | None:
    """The statement `if (locked)`, and its body."""
    number = draft.number_at(site.asked)
    condition = draft.node_at(number).parent if number is not None else None
    test = condition.parent if condition is not None else None
    if test is None or test.type != "if_statement" or test.child_by_field_name("alternative"):
        return None
    kept = test.child_by_field_name("consequence")
    plain = kept is not None and kept.type == "expression_statement"
    return (test, kept) if kept is not None and plain else None


def _begins(draft: Draft, function: Node, name: str) -> int | None:
    """The first token of `int name = 1;`, if the declaration has nothing else."""
    for node in below(function):
        if node.type != "declaration":
            continue
        first, end = draft.tokens_of(node)
        words = [token.text for token in draft.tokens[first:end]]
        if words == [b"int", name.encode(), b"=", b"1", b";"]:
            return first
    return None


def _in_block(statement: Node) -> bool:
    return statement.parent is not None and statement.parent.type == "compound_statement"


def _indent(draft: Draft, node: Node) -> str:
    line = draft.text[: node.start_byte].rpartition(b"\n")[2]
    return line[: len(line) - len(line.lstrip())].decode("utf-8", "replace")


def _replaced(draft: Draft, first: int, end: int, text: str) -> TokenEdit:
    """Replace the tokens `first` to `end` by the C code `text`, with its layout."""
    whole = b"void f(void)\n{\n%s\n}\n" % text.encode()
    new = tokenize(parse("", whole))[6:-1]
    gaps = (
        gap_before(draft.text, draft.tokens, first),
        *(whole[a.end : b.start] for a, b in pairwise(new)),
        gap_before(draft.text, draft.tokens, end),
    )
    return TokenEdit(first, end - first, tuple(t.text for t in new), gaps)
