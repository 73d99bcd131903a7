# SPDX-License-Identifier: GPL-2.0-only
"""The steps for callers of a helper that takes pages from an iterator: they call one that takes a
pin or nothing, depending on the iterator, and ask it which before they drop the pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from tree_sitter import Node

from migrate.analysis.frontend.syntax import parse
from migrate.analysis.model import Acquire, Place, Release
from migrate.analysis.traits.balanced import Balanced, Guard
from migrate.rewrite.groups.plan import called_at, plan_releases, rename_requests
from migrate.rewrite.loops.loops import read_put_loop
from migrate.rewrite.profile.counterparts import Counterparts
from migrate.rewrite.profile.model import HelperRule
from migrate.rewrite.steps.sites import NoSite, Site
from migrate.rewrite.steps.steps import Request, Step, in_order
from migrate.rewrite.text.check import TokenEdit
from migrate.rewrite.text.draft import Draft
from migrate.rewrite.text.tokens import Call, gap_before, tokenize

_SIGNED = frozenset({"int", "long", "ssize_t"})
_PAGES = 1
"""The position of the argument for the pages, in both helpers."""


def plan_extracted(
    draft: Draft,
    acquires: Sequence[Acquire],
    releases: Sequence[Release],
    balanced: Balanced,
    parts: Counterparts,
    *,
    fold: bool = True,
) -> tuple[Step, ...] | NoSite:
    """The steps for those acquires and releases of a group that are in the file of `draft`;
    `balanced` has the statements that drop the pages. `fold` is as for other groups."""
    requests: list[Request] = []
    for acquire in sorted(set(acquires)):
        rule = parts.helper(acquire.name)
        if rule is None:
            return NoSite(f"{acquire.place}: nothing stands for {acquire.name}()")
        taken = _taken(draft, acquire, rule, parts)
        if isinstance(taken, NoSite):
            return taken
        requests.append(taken)
    planned = plan_releases(draft, releases, parts, fold=fold)
    if isinstance(planned, NoSite):
        return planned
    folded = {place for place, asked in planned.items() if any("fold" in r.rule for r in asked)}
    asks = {rule.asks for a in balanced.acquires if (rule := parts.helper(_name_at(a, acquires)))}
    asks = asks or {r.asks for h in parts.profile.helper if (r := parts.helper(h.source))}
    for guard in balanced.guards:
        if guard.place.path == draft.path:
            requests.append(_asked(guard, min(asks), in_loop=guard.place in folded))
    return in_order([*requests, *(r for asked in planned.values() for r in asked)])


def _name_at(place: Place, acquires: Sequence[Acquire]) -> str:
    return next((a.name for a in acquires if a.place == place), "")


# The call that takes the pages


def _taken(
    draft: Draft, acquire: Acquire, rule: HelperRule, parts: Counterparts
) -> Request | NoSite:
    call = called_at(draft, acquire.place, acquire.name)
    if isinstance(call, NoSite):
        return call
    if rule.twin:
        (request,) = rename_requests(acquire.place, acquire.name, rule.pins)
        return request
    signature = parts.signature(acquire.name)
    allocates = signature is not None and signature.parameters[_PAGES].type.count("*") == 3
    if len(call.arguments) != (4 if allocates else 5):
        return NoSite(f"{acquire.place}: {acquire.name}() is called with other arguments")
    make = _allocating if allocates else _given
    found = make(draft, call, rule)
    if isinstance(found, NoSite):
        return NoSite(f"{acquire.place}: {found.reason}")
    wrong = "" if allocates else _unfit(draft, acquire, call, parts)
    if allocates and not _is_signed(draft, acquire, call, parts):
        wrong = f"the result of {acquire.name}() goes into a variable that is not signed"
    if wrong:
        return NoSite(f"{acquire.place}: {wrong}")
    defines = (("old", acquire.name), ("new", rule.pins))
    finder = _on_call(acquire.place, lambda d, c: make(d, c, rule))
    return Request("extract-pages", defines, finder, () if allocates else ("given",))


def _allocating(draft: Draft, call: Call, rule: HelperRule) -> Site | NoSite:
    """`ret = helper(iter, &pages, most, &start);`: the new helper allocates the array even if it
    takes nothing, so it is freed then."""
    statement, target = _assignment(draft, call)
    if statement is None or target is None or not _in_block(statement):
        return NoSite("the call is not the value of a statement of its own")
    first, end = call.arguments[_PAGES]
    words = [token.text.decode("utf-8", "replace") for token in draft.tokens[first:end]]
    if len(words) == 2 and words[0] == "&" and words[1].isidentifier():
        array = words[1]
    elif len(words) == 1 and words[0].isidentifier():
        array = f"*{words[0]}"
    else:
        return NoSite("the pages go into more than a plain variable")
    indent = _indent(draft, statement)
    start, stop = draft.tokens_of(statement)
    if stop < len(draft.tokens) and _is_beside(draft, stop):
        return NoSite("there is a comment behind the call")
    behind = [f"if ({target} <= 0) {{", f"{indent}\tkvfree({array});"]
    behind += [f"{indent}\t{array} = NULL;", f"{indent}}}"]
    edits = (
        _inserted(draft, start, [f"{array} = NULL;"], f"\n{indent}"),
        TokenEdit(call.name, 1, (rule.pins.encode(),)),
        _more(draft, call.arguments[2][1], (b",", b"UINT_MAX", b",", b"0")),
        _inserted(draft, stop, behind, None, before=f"\n{indent}"),
    )
    return Site(_at(draft, call.name), edits)


def _given(draft: Draft, call: Call, rule: HelperRule) -> Site | NoSite:
    """`helper(iter, pages, most, n, &start)`: the caller provides the array."""
    first, end = call.arguments[_PAGES]
    if end - first != 1:
        return NoSite("the pages go into more than a plain variable")
    edits = (
        TokenEdit(call.name, 1, (rule.pins.encode(),)),
        TokenEdit(first, 0, (b"&",)),
        _more(draft, call.arguments[3][1], (b",", b"0")),
    )
    return Site(_at(draft, call.name), edits)


def _more(draft: Draft, number: int, tokens: tuple[bytes, ...]) -> TokenEdit:
    """Adds arguments after others, on the same line."""
    gaps = tuple(b"" if token == b"," else b" " for token in tokens)
    return TokenEdit(number, 0, tokens, (*gaps, gap_before(draft.text, draft.tokens, number)))


def _unfit(draft: Draft, acquire: Acquire, call: Call, parts: Counterparts) -> str:
    """Why the address of the array cannot be passed, or why the call may request 0 pages."""
    name = draft.span(*call.arguments[_PAGES]).decode("utf-8", "replace")
    local = _local(draft, acquire, name, parts)
    if local is None or local[0] != "page" or local[1] != 2 or local[2]:
        return f"{name} is no pointer to an array of pages that the function has for itself"
    most = draft.span(*call.arguments[3]).decode("utf-8", "replace")
    if most.isupper() or (most.isdigit() and most != "0"):
        return ""
    return f"{most} may be 0"


def _is_signed(draft: Draft, acquire: Acquire, call: Call, parts: Counterparts) -> bool:
    _, target = _assignment(draft, call)
    local = _local(draft, acquire, target or "", parts)
    return local is not None and local[0] in _SIGNED and local[1] == 0


def _local(
    draft: Draft, acquire: Acquire, name: str, parts: Counterparts
) -> tuple[str, int, bool] | None:
    """The type of a local variable of the function with the call: its tag, the number of pointers
    and arrays around it, and whether it is an array."""
    source = parts.program.source(draft.path)
    for function in source.by_name.get(acquire.function, ()) if source is not None else ():
        kinds = parts.program.facts(function).types
        found = {kind for spelled, kind in kinds.items() if spelled.partition("#")[0] == name}
        if len(found) == 1:
            (kind,) = found
            return kind.tag, kind.depth, kind.array
    return None


def _assignment(draft: Draft, call: Call) -> tuple[Node | None, str | None]:
    """The statement `x = call(...);`, and x; None if the statement is another."""
    node = draft.node_at(call.name).parent
    value = node.parent if node is not None else None
    if node is None or value is None or value.type != "assignment_expression":
        return None, None
    operator, left = value.child_by_field_name("operator"), value.child_by_field_name("left")
    right, statement = value.child_by_field_name("right"), value.parent
    plain = operator is not None and operator.type == "=" and right == node
    if not plain or left is None or left.type != "identifier" or statement is None:
        return None, None
    if statement.type != "expression_statement":
        return None, None
    return statement, (left.text or b"").decode("utf-8", "replace")


# The statements that drop them


def _asked(guard: Guard, asks: str, *, in_loop: bool) -> Request:
    defines = (("fn", guard.name), ("asks", asks), ("iter", guard.iterator))
    finder = _on_call(guard.place, lambda d, c: _guarded(d, c, guard, asks, in_loop))
    return Request("ask-first", defines, finder, ("loop",) if in_loop else ())


def _guarded(draft: Draft, call: Call, guard: Guard, asks: str, in_loop: bool) -> Site | NoSite:
    """`if (asks(iter))` before the call, or before the loop around it."""
    node = draft.node_at(call.name).parent
    statement = node.parent if node is not None else None
    if node is None or statement is None or statement.type != "expression_statement":
        return NoSite(f"{guard.place}: {guard.name}() is no statement of its own")
    if in_loop:
        loop = read_put_loop(node)
        if loop is None or loop.node.type != "for_statement":
            return NoSite(f"{guard.place}: the loop is not one that can be skipped")
        statement = loop.node
    if not _in_block(statement):
        # spatch would add braces there, and move everything else in the branch.
        return NoSite(f"{guard.place}: {guard.name}() is a branch without braces")
    start, _ = draft.tokens_of(statement)
    behind = f"\n{_indent(draft, statement)}\t"
    edit = _inserted(draft, start, [f"if ({asks}({guard.iterator}))"], behind)
    return Site(_at(draft, start if in_loop else call.name), (edit,))


# Text


def _on_call(
    place: Place, make: Callable[[Draft, Call], Site | NoSite]
) -> Callable[[Draft], Site | NoSite]:
    def find(draft: Draft) -> Site | NoSite:
        call = draft.call_at(place)
        return make(draft, call) if call else NoSite(f"{place}: the call is gone")

    return find


def _inserted(
    draft: Draft, number: int, lines: Sequence[str], behind: str | None, before: str | None = None
) -> TokenEdit:
    """Inserts the C code `lines` before token `number`, with the white space `before` and `behind`
    them; None keeps the white space that is there."""
    text = "\n".join(lines).encode()
    head, tail = b"void f(void)\n{\n", b"\n}\n"
    tokens = tokenize(parse("", head + text + tail))[6:]
    tokens = tuple(t for t in tokens if len(head) <= t.start < len(head) + len(text))
    whole = head + text + tail
    there = gap_before(draft.text, draft.tokens, number)
    gaps = (
        there if before is None else before.encode(),
        *(whole[a.end : b.start] for a, b in pairwise(tokens)),
        there if behind is None else behind.encode(),
    )
    return TokenEdit(number, 0, tuple(t.text for t in tokens), gaps)


def _is_beside(draft: Draft, number: int) -> bool:
    """Whether token `number` is a comment at the end of the line of the token before."""
    token = draft.tokens[number]
    return token.kind == "comment" and token.line == draft.tokens[number - 1].end_line


def _in_block(statement: Node) -> bool:
    return statement.parent is not None and statement.parent.type == "compound_statement"


def _indent(draft: Draft, node: Node) -> str:
    line = draft.text[: node.start_byte].rpartition(b"\n")[2]
    return line[: len(line) - len(line.lstrip())].decode("utf-8", "replace")


def _at(draft: Draft, number: int) -> str:
    token = draft.tokens[number]
    return f"L{token.line}C{token.column}"
