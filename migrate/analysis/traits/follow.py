# SPDX-License-Identifier: GPL-2.0-only
"""Whether a lookup can replace an acquire: what the code shows, or why not.

follow_page(vma, address, flags) needs the mmap lock and a vma and never faults a page in; the GUP
functions find the vma and fault. A function that a profile adds for this takes an address, like
GUP, and takes the lock itself. A condition that the code does not show counts as not met.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import takewhile

from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.ir.expressions import (
    Binary,
    CallResult,
    Constant,
    Evaluated,
    Opaque,
    Temporary,
    Variable,
    subexpressions,
    variables,
)
from migrate.analysis.ir.instructions import Invoke, Lowered, Store, is_counted
from migrate.analysis.ir.model import FunctionFacts, Result
from migrate.analysis.model import Acquire, FollowSite, Release
from migrate.analysis.program.callers import Site
from migrate.analysis.program.functions import is_macro
from migrate.analysis.program.program import Program
from migrate.analysis.program.visible_stores import is_set_unseen

_LOCKED = ("get_user_pages", "get_user_pages_remote")
"""Always called with the mmap lock held."""
_BY_ADDRESS = ("get_user_pages", "get_user_pages_fast")
"""Called for pages of the current process; the lock is in the same state when they return."""
_ATOMIC = ("get_user_pages_fast_only", "get_user_page_fast_only", "__get_user_pages_fast")
_LOOKUPS = ("find_vma", "vma_lookup", "find_extend_vma")
_FLAGS = frozenset({"FOLL_WRITE", "FOLL_GET", "FOLL_NOFAULT"})
"""Flags that follow_page() understands, or that the fault-in before it can handle."""

_FAILED = (("<=", "0"), ("<", "1"), ("!=", "1"))
"""Comparisons of the result that are true exactly if the one page was not taken."""


def follow_sites(
    program: Program, acquires: Sequence[tuple[Acquire, Site | None]], releases: Iterable[Release]
) -> tuple[tuple[FollowSite, ...], str]:
    """A site for every acquire and ""; or none, and why one of them has none. Where `releases`, of
    which none is changed, drop pins, none may get a plain reference."""
    for release in releases:
        name = program.stands_for(release.name, release.place.path) or release.name
        if name in knowledge().unpins:
            return (), f"its reference is a plain one, and {name}() drops a pin"
    sites = []
    for acquire, site in acquires:
        found = _site(program, acquire, site)
        if isinstance(found, str):
            return (), found
        sites.append(found)
    return tuple(sites), ""


def _site(program: Program, acquire: Acquire, site: Site | None) -> FollowSite | str:
    if acquire.name in _ATOMIC:
        return f"it may sleep, which {acquire.name}() never does"
    if site is None or is_macro(site.facts.function):
        return "the call is not understood"
    found = _by_vma(program, acquire, site)
    if isinstance(found, str) and acquire.name in _BY_ADDRESS:
        return _by_address(acquire)
    return found


def _by_vma(program: Program, acquire: Acquire, site: Site) -> FollowSite | str:
    if acquire.name not in _LOCKED:
        return f"it wants the mmap lock, which {acquire.name}() takes or drops itself"
    lowered = site.facts.lowered
    call = lowered.calls.get(site.index) if lowered is not None else None
    if lowered is None or call is None:
        return "the call is not understood"
    wrong = _wrong_arguments(acquire)
    if wrong:
        return wrong
    page = _page(acquire, site.facts)
    result = _result(lowered, call)
    if page is None:
        return "the page does not go into a local variable"
    if result is None:
        return "the call is part of a larger expression"
    start = acquire.argument("start", "addr", "address") or ""
    flags = _flags(acquire)
    if not _is_pure(lowered, call):
        return "its arguments have side effects"
    write = _write(flags)
    if write is None:
        return f"it knows no counterpart to the flags {flags}"
    vma = _vma(program, site, start)
    if not vma:
        return "it wants a vma, and none is at hand that is sure to be that of the address"
    faults = "FOLL_NOFAULT" not in flags
    return FollowSite(acquire.place, vma, start, flags, write, page, faults, result)


def _by_address(acquire: Acquire) -> FollowSite | str:
    """A call that can be replaced by a function which takes one address."""
    wrong = _wrong_arguments(acquire)
    if wrong:
        return wrong
    given = _flags(acquire)
    # Before 5.2 the argument only says whether to write; it can be any expression.
    flags = given if acquire.argument("write") is None else f"({given}) ? FOLL_WRITE : 0"
    if "FOLL_NOFAULT" in flags or _write(flags) is None:
        return f"it knows no counterpart to the flags {flags}"
    start = acquire.argument("start", "addr", "address") or ""
    pages = acquire.argument("pages") or ""
    return FollowSite(acquire.place, "", start, flags, _write(flags) or "", pages, True, "")


def _flags(acquire: Acquire) -> str:
    return acquire.argument("gup_flags", "foll_flags", "flags", "write") or ""


def _wrong_arguments(acquire: Acquire) -> str:
    if acquire.argument("nr_pages") != "1":
        return "it takes one page at a time"
    if acquire.argument("vmas") not in (None, "NULL"):
        return "the vmas are asked for, too"
    if acquire.argument("locked") not in (None, "NULL"):
        return f"{acquire.name}() may drop the mmap lock here, which it wants held"
    return ""


def _page(acquire: Acquire, facts: FunctionFacts) -> str | None:
    match = re.fullmatch(r"& ?(\w+)", acquire.argument("pages") or "")
    if match is None:
        return None
    kind = facts.types.get(match[1])
    plain = kind is not None and (kind.tag, kind.depth) == ("page", 1)
    unique = f"{match[1]}#2" not in facts.types and match[1] not in facts.parameters
    return match[1] if plain and unique else None


# The code around the call


def _is_pure(lowered: Lowered, call: Invoke) -> bool:
    """Whether its arguments can be evaluated twice: no call, no store."""
    inside = {e for argument in call.arguments for e in subexpressions(argument)}
    if any(isinstance(e, (CallResult, Evaluated, Temporary)) for e in inside):
        return False
    if any(isinstance(e, Opaque) and not e.text.startswith("sizeof") for e in inside):
        return False
    # Side effects of the arguments are before the call, but after its name in the source.
    before = takewhile(lambda i: i is not call, lowered.order)
    return not call.unclear and all(i.start < call.start for i in before)


def _result(lowered: Lowered, call: Invoke) -> str | None:
    """The variable that gets the result, "" for the condition of an `if`, None for anything
    else."""
    value = CallResult(call.number)
    for store in lowered.order:
        if isinstance(store, Store) and store.value == value and isinstance(store.target, Variable):
            simple = store.operator == "=" and store.start in lowered.statements
            return store.target.written if simple else None
    failed = {Binary(operator, value, Constant(number)) for operator, number in _FAILED}
    return "" if any(c.alone and c.value in failed for c in lowered.conditions) else None


def _write(flags: str) -> str | None:
    """When FOLL_WRITE is in `flags`: "", "1", or the condition; None for other flags."""
    if re.fullmatch(r"\([^()]*\)", flags):
        return _write(flags[1:-1])
    match = re.fullmatch(r"([^?:]+?) ?\? ?(\w+) ?: ?(\w+)", flags)
    if match is not None:
        condition, yes, no = match.groups()
        if (yes, no) == ("FOLL_WRITE", "0"):
            return condition
        return f"!({condition})" if (yes, no) == ("0", "FOLL_WRITE") else None
    words = [word.strip() for word in flags.split("|")]
    if not set(words) <= _FLAGS | {"0"}:
        return None
    return "1" if "FOLL_WRITE" in words else ""


# The vma at hand


def _vma(program: Program, site: Site, address: str) -> str:
    """A local variable or parameter that is the vma of `address`, "" if none certainly is."""
    facts = site.facts
    for name, kind in facts.types.items():
        if (kind.tag, kind.depth) != ("vm_area_struct", 1) or "#" in name:
            continue
        if name in facts.parameters:
            found = _given(program, facts, name, address)
        else:
            found = _looked_up(program, facts, name, address)
        if found:
            return name
    return ""


def _given(program: Program, facts: FunctionFacts, vma: str, address: str) -> bool:
    """Whether every caller passes the vma that it looked up by the address that it passes."""
    names = facts.parameters
    if address not in names or not _constant(program, facts, address, vma):
        return False
    sites, closed = program.callers.of(facts.function)
    at, to = names.index(vma), names.index(address)
    return (
        closed
        and bool(sites)
        and all(
            len(s.call.sources) > max(at, to)
            and _looked_up(program, s.facts, s.call.sources[at], s.call.sources[to])
            for s in sites
        )
    )


def _looked_up(program: Program, facts: FunctionFacts, vma: str, address: str) -> bool:
    """Whether `vma` is always the result of a lookup by `address`, and is tested."""
    kind = facts.types.get(vma)
    if kind is None or (kind.tag, kind.depth) != ("vm_area_struct", 1) or vma in facts.parameters:
        return False
    if is_set_unseen(program, facts.lowered, Variable(vma)):
        return False
    flows = [f for f in facts.flows if f.target.base == vma and not f.target.members]
    calls = [v.call for f in flows for v in f.sources if isinstance(v, Result)]
    if not flows or len(calls) != len(flows) or any(len(f.sources) != 1 for f in flows):
        return False
    for call in (facts.calls[n] for n in calls):
        if call.name not in _LOOKUPS or call.sources[-1:] != (address,):
            return False
    return _constant(program, facts, address) and _is_tested(facts, vma)


def _constant(program: Program, facts: FunctionFacts, *names: str) -> bool:
    """Whether the variables keep their initial value, or are assigned only once."""
    stores = [f.target.base for f in facts.flows if not f.target.members]
    for name in names:
        once = 0 if name in facts.parameters else 1
        if name not in facts.types or stores.count(name) > once:
            return False
        if is_counted(facts.lowered, name):
            return False
        if is_set_unseen(program, facts.lowered, Variable(name)):
            return False
    return True


def _is_tested(facts: FunctionFacts, name: str) -> bool:
    conditions = facts.lowered.conditions
    return any(name in (v.name for v in variables(c.value)) for c in conditions)
