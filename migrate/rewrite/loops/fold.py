# SPDX-License-Identifier: GPL-2.0-only
"""Which loops over pages are folded into one call, and the expected result.

A loop is folded only if the call provably does the same: see `loops` for the forms of a loop. The
count must not be negative, because a loop over a signed count does nothing then and an unsigned
parameter becomes huge; the final values of the loop's variables must not be read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tree_sitter import Node

from migrate.analysis.frontend.syntax import Function, parse
from migrate.analysis.frontend.types import TypeRef
from migrate.analysis.model import Place
from migrate.rewrite.loops.braces import drop_braces, lone_brace
from migrate.rewrite.loops.counts import not_negative, type_of
from migrate.rewrite.loops.liveness import dead_after
from migrate.rewrite.loops.loops import PutLoop, read_put_loop
from migrate.rewrite.loops.lowered import LoweredText, lower_text
from migrate.rewrite.loops.unused import can_drop, declarations_of, drop_variables, is_unused
from migrate.rewrite.profile.counterparts import Counterparts
from migrate.rewrite.profile.model import ReleaseRule
from migrate.rewrite.steps.sites import NoSite, Site
from migrate.rewrite.steps.steps import Finder, Request
from migrate.rewrite.text.apitext import wrapped
from migrate.rewrite.text.check import TokenEdit
from migrate.rewrite.text.draft import Draft
from migrate.rewrite.text.tokens import gap_before, tokenize

_PAGES = TypeRef("page", 2)
_FUNCTION = b"void f(void)\n{\n%s\n}\n"
"""C code around a statement, so that it can be parsed: six tokens before it and one after."""

FOLDING = frozenset({"fold-loop", "fold-dirty-loop", "fold-dirty-always"})
"""The rules that fold loops."""


@dataclass(frozen=True)
class _Fold:
    """A loop in `function` and the rule that replaces it by a call of `target`."""

    place: Place
    function: Function
    loop: PutLoop
    rule: str
    target: str

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables of the function that may become unused."""
        loop = self.loop
        index = () if loop.own_index or loop.way == "while" else (loop.index,)
        return (*index, *((loop.page,) if loop.page else ()))


def plan_folds(
    draft: Draft, releases: Mapping[Place, ReleaseRule], parts: Counterparts
) -> dict[Place, tuple[Request, ...]]:
    """For each of `releases` (calls in the file of `draft` with their rules) that is in a loop
    which can be folded: the requests that fold it and clean up."""
    found = [f for place, rule in releases.items() if (f := _foldable(draft, place, rule, parts))]
    folds = [fold for fold in found if not _leaves_a_variable(draft, fold, found)]
    planned = {f.place: _requests(draft, f, releases[f.place].source) for f in folds}
    for function in {fold.function.ordinal: fold.function for fold in folds}.values():
        own = [fold for fold in folds if fold.function.ordinal == function.ordinal]
        planned[own[0].place].append(_clean_up(own))
    return {place: tuple(requests) for place, requests in planned.items()}


def _foldable(draft: Draft, place: Place, rule: ReleaseRule, parts: Counterparts) -> _Fold | None:
    call = draft.call_at(place)
    node = draft.node_at(call.name).parent if call is not None else None
    function = draft.source.function_at(node.start_byte) if node is not None else None
    loop = read_put_loop(node) if node is not None and function is not None else None
    if loop is None or function is None or not _is_written_down(loop):
        return None
    if not draft.is_plain(loop.node):
        return None
    target = rule.loop if loop.dirty is None else rule.loop_dirty_lock
    signature = parts.signature(target) if target else None
    name = _rule_for(loop, len(signature.parameters)) if signature is not None else ""
    if not name:
        return None
    text = lower_text(draft, function)
    if not _is_array_of_pages(draft, text, loop.array, parts):
        return None
    sure = _is_replaceable(draft, text, loop, parts)
    return _Fold(place, function, loop, name, target) if sure else None


def _is_replaceable(draft: Draft, text: LoweredText, loop: PutLoop, parts: Counterparts) -> bool:
    """Whether the final values of the loop's variables are not needed and the count is never
    negative."""
    found, count = text.loop(loop.node), text.expression(loop.count)
    if found is None or count is None:
        return False
    names = (*(() if loop.own_index else (loop.index,)), *((loop.page,) if loop.page else ()))
    if not all(dead_after(text.lowered, found, name) for name in names):
        return False
    program = parts.program
    return loop.zero_only or not_negative(text.lowered, count, found.head, program, draft.path)


def _rule_for(loop: PutLoop, arguments: int) -> str:
    """The rule that replaces `loop` by a call with that many arguments, "" if there is none."""
    if loop.dirty is None:
        return "fold-loop" if arguments == 2 else ""
    if arguments == 2 and loop.dirty == "":
        return "fold-dirty-always"  # until 5.3 the call had no argument for this
    return "fold-dirty-loop" if arguments == 3 else ""


def _is_written_down(loop: PutLoop) -> bool:
    """Whether the rules contain this form of a loop."""
    plain = loop.dirty is None and not loop.aliased
    if loop.own_index:
        return loop.way == "up" and not loop.aliased
    return loop.way == "up" or plain or (loop.way == "while" and not loop.aliased)


def _is_array_of_pages(draft: Draft, text: LoweredText, array: Node, parts: Counterparts) -> bool:
    """Whether `array` can be passed as a `struct page **`."""
    if array.type == "identifier":
        declared = declarations_of(text.lowered.function, (array.text or b"").decode())
        if any(c.type == "type_qualifier" for node in declared for c in node.children):
            return False
    found = text.expression(array)
    if found is None:
        return False
    kind = type_of(text.lowered, found, parts.program, draft.path)
    return kind is not None and (kind.tag, kind.depth) == (_PAGES.tag, _PAGES.depth)


def _leaves_a_variable(draft: Draft, fold: _Fold, folds: Sequence[_Fold]) -> bool:
    """Whether a variable would be unused after `folds`, but its declaration cannot be removed."""
    same = [f for f in folds if f.function.ordinal == fold.function.ordinal]
    gone = [f.loop.node for f in same]
    return any(
        is_unused(fold.function, name, gone) and not can_drop(draft, fold.function, name)
        for name in fold.variables
    )


def _requests(draft: Draft, fold: _Fold, source: str) -> list[Request]:
    defines = (("old", source), ("new", fold.target))
    found = [Request(fold.rule, defines, _on_loop(fold))]
    brace = lone_brace(draft, fold.loop.node)
    if brace is not None:
        found.append(Request("drop-braces", (), lambda later: drop_braces(later, brace)))
    return found


def _clean_up(folds: Sequence[_Fold]) -> Request:
    """Remove the variables that `folds`, in one function, leave unused."""
    ordinal = folds[0].function.ordinal
    variables = sorted({name for fold in folds for name in fold.variables})

    def unused(later: Draft) -> Site | None:
        return drop_variables(later, later.source.functions[ordinal], variables)

    return Request("drop-variable", (), unused)


def _on_loop(fold: _Fold) -> Finder:
    def find(draft: Draft) -> Site | NoSite:
        call = draft.call_at(fold.place)
        node = draft.node_at(call.name).parent if call is not None else None
        loop = read_put_loop(node) if node is not None else None
        if loop is None:
            return NoSite(f"{fold.place}: the loop is gone")
        return _folded(draft, loop, fold)

    return find


def _folded(draft: Draft, loop: PutLoop, fold: _Fold) -> Site:
    """The call that replaces the loop, on a line of its own, wrapped in the kernel's style."""
    first, end = draft.tokens_of(loop.node)
    token = draft.tokens[first]
    start = draft.text.rfind(b"\n", 0, token.start) + 1
    line = draft.text[start : token.start].decode("utf-8", "replace")
    indent = line[: len(line) - len(line.lstrip())]
    arguments = [_spelled(loop.array), _spelled(loop.count)]
    if fold.rule == "fold-dirty-loop":
        arguments.append(_spelled(loop.dirty) if isinstance(loop.dirty, Node) else "true")
    text = wrapped(f"{indent}{fold.target}(", arguments, ");").strip().encode()
    whole = _FUNCTION % text
    added = tokenize(parse("", whole))[6:-1]
    between = [whole[a.end : b.start] for a, b in pairwise(added)]
    gaps = (
        gap_before(draft.text, draft.tokens, first),
        *between,
        gap_before(draft.text, draft.tokens, end),
    )
    edit = TokenEdit(first, end - first, tuple(t.text for t in added), gaps)
    return Site(f"L{token.line}C{token.column}", (edit,))


def _spelled(node: Node) -> str:
    """The source of `node` in one line."""
    return " ".join((node.text or b"").decode("utf-8", "replace").split())
