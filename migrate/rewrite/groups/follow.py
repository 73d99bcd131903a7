# SPDX-License-Identifier: GPL-2.0-only
"""Acquires whose callers only look at struct page: a fault-in, then follow_page().

The page comes with a reference, so the releases of such a group are not changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tree_sitter import Node

from migrate.analysis.frontend.syntax import parse
from migrate.analysis.model import Acquire, FollowSite, Place
from migrate.rewrite.profile.counterparts import FAULT_IN, Counterparts
from migrate.rewrite.steps.sites import NoSite, Site
from migrate.rewrite.steps.steps import Finder, Request
from migrate.rewrite.text.apitext import wrapped
from migrate.rewrite.text.check import TokenEdit
from migrate.rewrite.text.draft import Draft
from migrate.rewrite.text.expressions import comparison
from migrate.rewrite.text.tokens import Call, gap_before, tokenize

_FAILED = frozenset({("<=", b"0"), ("<", b"1"), ("!=", b"1")})
"""Comparisons of the result that mean that the one page was not taken."""


@dataclass(frozen=True)
class _Words:
    """One acquire as expressions for the new code, and the indentation of its line."""

    indent: str
    task: str
    vma: str
    page: str
    address: str
    fault: str
    follow: str

    def faulted(self, head: str, tail: str) -> str:
        """The call that faults the page in, between `head` and `tail`."""
        start = f"{self.indent}{head}{FAULT_IN}("
        arguments = [f"{self.vma}->vm_mm", self.address, self.fault, "NULL"]
        return wrapped(start, [*([self.task] if self.task else []), *arguments], f"){tail}")

    @property
    def followed(self) -> str:
        """The statement that looks the page up, one level deeper."""
        start = f"{self.indent}\t{self.page} = follow_page("
        return wrapped(start, [self.vma, self.address, self.follow], ");")


def plan_follow(
    acquires: Sequence[Acquire], sites: Sequence[FollowSite], parts: Counterparts
) -> list[Request] | NoSite:
    """The requests for those acquires of a group that are in one file."""
    if not acquires:
        return []
    by_place = {site.place: site for site in sites}
    fault_in = parts.existing.get(FAULT_IN)
    if fault_in is None or fault_in.parameters[-1].name != "unlocked":
        return NoSite(f"this tree has no {FAULT_IN}() that can keep the lock")
    task = fault_in.parameters[0].name == "tsk"
    found = []
    for acquire in sorted(set(acquires)):
        site = by_place.get(acquire.place)
        signature = parts.existing.get(acquire.name)
        if site is None or not site.vma or not site.faults or signature is None:
            return NoSite(f"{acquire.place}: this call is not known to become follow_page()")
        names = [p.name for p in signature.parameters]
        if not {"start", "gup_flags", "pages"} <= set(names):
            return NoSite(f"{acquire.place}: the arguments of {acquire.name}() are not known")
        places = (names.index("start"), names.index("gup_flags"))
        finder = _on_call(site, places, "NULL" if task else "")
        defines = (("fn", acquire.name), ("vma", site.vma))
        found.append(Request("follow-page", defines, finder, ("task",) if task else ()))
    return found


def _on_call(site: FollowSite, places: tuple[int, int], task: str) -> Finder:
    def find(draft: Draft) -> Site | NoSite:
        call = draft.call_at(site.place)
        if call is None:
            return NoSite(f"{site.place}: the call is gone")
        spelled = [
            draft.span(*call.arguments[place]).decode("utf-8", "replace") for place in places
        ]
        address, flags = (" ".join(text.split()) for text in spelled)
        words = _flags(flags)
        if words is None:
            return NoSite(f"{site.place}: the flags are not just FOLL_WRITE or 0")
        line = draft.text[: draft.tokens[call.name].start].rpartition(b"\n")[2].decode("utf-8")
        indent = line[: len(line) - len(line.lstrip())]
        text = _Words(indent, task, site.vma, site.page, address, *words)
        return _rewritten(draft, site.place, call, text)

    return find


def _flags(flags: str) -> tuple[str, str] | None:
    """The flags of the fault-in and of follow_page(), from gup_flags."""
    if flags == "0":
        return "0", "FOLL_GET"
    if flags == "FOLL_WRITE":
        return "FAULT_FLAG_WRITE", "FOLL_GET | FOLL_WRITE"
    condition, write, rest = flags.partition(" ? FOLL_WRITE : 0")
    if not write or rest or "?" in condition:
        return None
    return f"{condition} ? FAULT_FLAG_WRITE : 0", f"FOLL_GET | ({condition} ? FOLL_WRITE : 0)"


def _rewritten(draft: Draft, place: Place, call: Call, words: _Words) -> Site | NoSite:
    node = draft.node_at(call.name).parent
    parent = node.parent if node is not None else None
    token = draft.tokens[call.name]
    at = f"L{token.line}C{token.column}"
    if node is not None and parent is not None:
        if parent.type == "assignment_expression":
            edits = _assigned(draft, parent, words)
        else:
            edits = _tested(draft, node, parent, words)
        if edits:
            return Site(at, edits)
    return NoSite(f"{place}: the call is not a statement of its own and not the condition of an if")


def _assigned(draft: Draft, assignment: Node, words: _Words) -> tuple[TokenEdit, ...]:
    """`ret = get_user_pages(...);`"""
    statement, target = assignment.parent, assignment.child_by_field_name("left")
    if statement is None or target is None or target.type != "identifier":
        return ()
    if statement.type != "expression_statement" or not _in_block(statement):
        return ()
    ret, indent = (target.text or b"").decode(), words.indent
    lines = [
        words.faulted(f"{ret} = ", ";"),
        f"{indent}if (!{ret}) {{",
        words.followed,
        f"{indent}\t{ret} = IS_ERR_OR_NULL({words.page}) ? -EFAULT : 1;",
        f"{indent}}}",
    ]
    return (_edit(draft, *draft.tokens_of(statement), lines),)


def _tested(draft: Draft, node: Node, test: Node, words: _Words) -> tuple[TokenEdit, ...]:
    """`if (get_user_pages(...) <= 0)`"""
    compared = comparison(test)
    condition = test.parent
    statement = condition.parent if condition is not None else None
    if compared is None or condition is None or statement is None or compared[0] != node:
        return ()
    if (compared[1], compared[2].text) not in _FAILED or not _in_block(statement):
        return ()
    if statement.type != "if_statement" or condition.type != "parenthesized_expression":
        return ()
    lines = [
        f"{words.indent}{words.page} = NULL;",
        words.faulted("if (!", ")"),
        words.followed,
    ]
    first, end = draft.tokens_of(test)
    start = draft.tokens_of(statement)[0]
    before = _edit(draft, start, start, lines)
    before = TokenEdit(start, 0, before.new, (*before.gaps[:-1], f"\n{words.indent}".encode()))
    return before, _edit(draft, first, end, [f"IS_ERR_OR_NULL({words.page})"])


def _in_block(statement: Node) -> bool:
    return statement.parent is not None and statement.parent.type == "compound_statement"


def _edit(draft: Draft, first: int, end: int, lines: Sequence[str]) -> TokenEdit:
    """Replace the tokens `first` to `end` by the C code `lines`, with its layout."""
    whole = b"void f(void)\n{\n%s;\n}\n" % "\n".join(lines).encode()
    new = tokenize(parse("", whole))[6:-2]
    gaps = (
        gap_before(draft.text, draft.tokens, first),
        *(whole[a.end : b.start] for a, b in pairwise(new)),
        gap_before(draft.text, draft.tokens, end),
    )
    return TokenEdit(first, end - first, tuple(t.text for t in new), gaps)
