# SPDX-License-Identifier: GPL-2.0-only
"""Properties of a group as a whole, beyond single uses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from migrate.analysis.frontend.kernel_api import RELEASE_EFFECTS, Effect
from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.ir.model import Call
from migrate.analysis.model import (
    Acquire,
    Evidence,
    Release,
    Trait,
    TraitKind,
    Use,
    UseKind,
)
from migrate.analysis.paths.waits import calls_between, loops_between
from migrate.analysis.program.callers import Site
from migrate.analysis.program.location import Member
from migrate.analysis.program.program import Program
from migrate.analysis.traits.long_term import is_always_long_term
from migrate.analysis.traits.notifier_ops import hears_only_the_end
from migrate.analysis.traits.notifier_reach import Storage, may_reach
from migrate.analysis.traits.notifier_storage import worked_on
from migrate.analysis.traits.other_kernels import is_for_other_kernels
from migrate.kernel.signatures import DIRECT_NAMES
from migrate.kernel.tree import Tree

IMPLEMENTATION = frozenset({"mm/gup.c", "mm/gup_test.c", "mm/gup_benchmark.c", "mm/nommu.c"})
"""GUP itself and its tests."""

_QUIET_EFFECTS = frozenset(
    {Effect.NOTHING, Effect.PHYSICAL, Effect.STRUCT, Effect.DIRTY, Effect.UNMAP, Effect.DISCARD}
    | {Effect.FREE_ADDRESS}
    | RELEASE_EFFECTS
)
_READING = frozenset(
    f"FOLL_{word}"
    for word in (
        *("TOUCH", "GET", "DUMP", "FORCE", "NOWAIT", "MLOCK", "HWPOISON", "NUMA", "ANON", "COW"),
        *("LONGTERM", "SPLIT_PMD", "FAST_ONLY", "UNLOCKABLE", "REMOTE", "PIN", "PCI_P2PDMA"),
        *("INTERRUPTIBLE", "HONOR_NUMA_FAULT", "MIGRATION", "TRIED"),
    )
)
"""The flags of the kernel that do not ask for write access; a macro may be any flag."""
_FLAG_HEADERS = ("include/linux/mm.h", "include/linux/mm_types.h")
"""Where FOLL_LONGTERM is defined, in kernels that have it (5.1 and newer)."""
_ARCH_MM = re.compile(r"arch/[^/]+/mm/")
_COMPARISON = re.compile(r"[<>=!]=|[<>!]|&&|\|\|")


def is_implementation(acquire: Acquire) -> bool:
    """Whether the acquire is GUP's own: in its files, or in a function of the family."""
    path = acquire.place.path
    core = path.startswith(("mm/", "include/linux/")) or _ARCH_MM.match(path) is not None
    return is_implementation_file(path) or (core and acquire.function in DIRECT_NAMES)


def is_implementation_file(path: str) -> bool:
    """Whether the file is GUP itself, or a test of it."""
    return path in IMPLEMENTATION


def pages_null(acquire: Acquire) -> bool:
    """Whether the call only faults pages in and takes no reference."""
    pages = acquire.argument("pages", "page", "pagep")
    # Without them a helper may do something else.
    return pages in ("NULL", "0") and acquire.name in DIRECT_NAMES


def group_traits(
    program: Program,
    acquires: tuple[tuple[Acquire, Site | None], ...],
    releases: tuple[Release, ...],
    uses: tuple[Use, ...],
    storage: Mapping[Storage, str] = MappingProxyType({}),
) -> tuple[Trait, ...]:
    """All traits of a group, in the order of their kinds; `storage` is where its pages, addresses
    and pfns are kept outside of functions, each with a file that sees it."""
    found: dict[Trait, None] = {}
    for acquire, site in acquires:
        for kind in _of_call(program, acquire, site):
            subject = acquire.name if kind is TraitKind.THROUGH_HELPER else ""
            found[Trait(kind, _evidence(acquire, kind), subject)] = None
    first = acquires[0][0]
    elsewhere = any(r.function != first.function for r in releases)
    if elsewhere and any(u.kind is UseKind.STORED for u in uses):
        found[Trait(TraitKind.LONG_LIVED, _evidence(first, TraitKind.LONG_LIVED))] = None
        if not _has_longterm(program.tree):
            found[Trait(TraitKind.NO_LONGTERM, _evidence(first, TraitKind.NO_LONGTERM))] = None
    sites = [site for _, site in acquires if site is not None]
    if sites and _put_at_once(sites, releases):
        found[Trait(TraitKind.PUT_AT_ONCE, _evidence(first, TraitKind.PUT_AT_ONCE))] = None
    for trait in _notifiers(program, sites, releases, storage):
        found[trait] = None
    return tuple(found)


def _has_longterm(tree: Tree) -> bool:
    return any(b"FOLL_LONGTERM" in (tree.read(path) or b"") for path in _FLAG_HEADERS)


def _evidence(acquire: Acquire, kind: TraitKind) -> Evidence:
    return Evidence(acquire.place, kind.value, acquire.text)


def _of_call(program: Program, acquire: Acquire, site: Site | None) -> Iterator[TraitKind]:
    if is_for_other_kernels(program, acquire, site):
        yield TraitKind.FOR_OTHER_VERSIONS
        return  # the positions of the arguments differ there
    if is_implementation(acquire):
        yield TraitKind.IMPLEMENTATION
    if pages_null(acquire):
        yield TraitKind.PAGES_NULL
    if acquire.name not in DIRECT_NAMES:
        yield TraitKind.THROUGH_HELPER
        return
    if acquire.name.endswith("fast_only") or acquire.name == "__get_user_pages_fast":
        yield TraitKind.FAST_ONLY
    flags = acquire.argument("gup_flags", "foll_flags", "flags", "write")
    if flags is None or _may_write(flags, site, acquire.argument("write") is not None):
        yield TraitKind.MAY_WRITE
    if flags is not None and (
        "FOLL_LONGTERM" in _with_assignments(flags, site)
        or acquire.name == "get_user_pages_longterm"
    ):
        yield TraitKind.LONGTERM
        if is_always_long_term(acquire, site):
            yield TraitKind.ALWAYS_LONGTERM
    truth = flags is not None and (_is_truth(flags) or _is_bool(flags, site))
    if truth and acquire.argument("write") is None:
        yield TraitKind.BOOL_FLAGS


def flags_of(acquire: Acquire, site: Site | None) -> str:
    """The flags of a call as text, a local variable with all values that are assigned to it; "" if
    it has no flags."""
    flags = acquire.argument("gup_flags", "foll_flags", "flags")
    return _with_assignments(flags, site) if flags is not None else ""


def _may_write(flags: str, site: Site | None, is_bool: bool) -> bool:
    """False only if no way to compute the flags asks for write access."""
    if flags in ("0", "false"):
        return False
    if is_bool:
        return True
    text = _with_assignments(flags, site)
    if "FOLL_WRITE" in text or _is_truth(flags):
        return True
    return any(word not in _READING for word in re.findall(r"[A-Za-z_]\w*", text))


def _with_assignments(flags: str, site: Site | None) -> str:
    """The flags argument, with a local variable replaced by all values that are assigned to it."""
    if site is None or not re.fullmatch(r"\w+", flags):
        return flags
    if flags not in site.facts.types or flags in site.facts.parameters:
        return flags
    lines = [f.text for f in site.facts.flows if f.target.base == flags and not f.target.members]
    values = [re.sub(r"^.*?=", "", line).rstrip(";") for line in lines]
    return " ".join(values) or flags


def _is_truth(flags: str) -> bool:
    return flags in ("1", "true") or (
        bool(_COMPARISON.search(flags.replace("->", ".").split("?")[0])) and ("?" not in flags)
    )


def _is_bool(flags: str, site: Site | None) -> bool:
    kind = site.facts.types.get(flags) if site is not None else None
    return kind is not None and kind.tag == "bool" and kind.depth == 0


def _put_at_once(sites: list[Site], releases: tuple[Release, ...]) -> bool:
    """Whether no call between acquire and release could use the pages, and nothing there waits for
    code that uses them."""
    known = knowledge()
    places = {r.place for r in releases}
    for site in sites:
        calls = site.facts.calls
        own = {c.start: number for number, c in enumerate(calls) if c.place in places}
        if not own or min(own) < site.call.start:
            return False
        if loops_between(site.facts.lowered, site.index, own[max(own)]):
            return False
        between = calls_between(site.facts.lowered, site.index, frozenset(own.values()))
        # Paths on which the pages are kept do not reach the release: earlier code decides about
        # them.
        written = {n for n, c in enumerate(calls) if site.call.start < c.start <= max(own)}
        for call in (calls[number] for number in sorted(between | written)):
            function = known.lookup(call.name)
            if function is None or not set(function.effects) <= _QUIET_EFFECTS:
                return False
    return {s.facts.function.path for s in sites} >= {p.path for p in places}


def _notifiers(
    program: Program,
    sites: list[Site],
    releases: tuple[Release, ...],
    storage: Mapping[Storage, str],
) -> Iterator[Trait]:
    known = knowledge()
    asked = [list(_consulted(site, releases)) for site in sites]
    # A condition in one caller of a helper says nothing about the others.
    helped = [n for n, site in enumerate(sites) if site.call.name not in DIRECT_NAMES]
    partly = not all(asked[n] for n in helped)
    tags = {cell.tag for cell in storage if isinstance(cell, Member)}
    for n, found in enumerate(asked):
        here = TraitKind.NOTIFIER_NEAR if partly and n in helped else TraitKind.NOTIFIER_HERE
        for evidence in found:
            yield Trait(here, evidence)
    for path in dict.fromkeys(s.facts.function.path for s in sites):
        for name in known.notifier_registration:
            for other in program.files_with(path, name):
                same = other == path
                kind = TraitKind.NOTIFIER_FILE if same else TraitKind.NOTIFIER_NEAR
                for site, struct in _registrations(program, other, name):
                    if not may_reach(program, site, storage.items()):
                        continue
                    where = site.facts.function
                    if program.contracts.is_for_other_ranges(where.path, where.name):
                        continue
                    evidence = Evidence(site.call.place, kind.value, site.call.text)
                    yield Trait(kind, evidence, struct)
                    for tag in worked_on(program, site, tags):
                        yield Trait(TraitKind.NOTIFIER_WORKS_ON, evidence, tag)


def _consulted(site: Site, releases: tuple[Release, ...]) -> Iterator[Evidence]:
    """Where a notifier is consulted on whether the pages moved, before they are released. A
    notifier that is only registered may be for another range."""
    known = knowledge()
    own = [r.place for r in releases if r.function == site.facts.function.name]
    asked = [(c.place, c.text) for c in site.facts.calls if _asks(c)]
    asked += [(a.place, a.text) for a in site.facts.accesses if a.member in known.notifier_members]
    for place, text in sorted(asked):
        if not own or place < max(own):
            yield Evidence(place, "MMU notifier", text)


def _asks(call: Call) -> bool:
    known = knowledge()
    function = known.lookup(call.name)
    if function is None or call.name in known.notifier_registration:
        return False
    return Effect.NOTIFIER in function.effects


def _registrations(program: Program, path: str, name: str) -> Iterator[tuple[Site, str]]:
    """The calls of `name` in `path`, each with the struct that contains the notifier; without calls
    in the implementation of notifiers, and notifiers that ignore moved pages."""
    for facts in program.functions_with(path, name):
        if facts.function.name in knowledge().notifier_registration:
            continue
        for index, call in enumerate(facts.calls):
            if call.name == name and call.arguments:
                if hears_only_the_end(program, Site(facts, index)):
                    continue
                cells = [program.cells.of(v, facts)[0] for v in call.values(0)]
                owners = [c.tag for c in cells if isinstance(c, Member)]
                yield Site(facts, index), owners[0] if owners else ""
