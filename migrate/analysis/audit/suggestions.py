# SPDX-License-Identifier: GPL-2.0-only
"""Code that is not a bug by itself but risky: flags, and data that is not written back.

According to Documentation/core-api/pin_user_pages.rst, and the comments of set_page_dirty_lock()
and of FOLL_LONGTERM in the kernel. Each has the level "note", and says what the consequence is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from migrate.analysis.audit.model import RELEASED, AuditRule, Finding, acquired
from migrate.analysis.audit.sources import is_pin
from migrate.analysis.model import (
    Evidence,
    PinGroup,
    Release,
    Trait,
    TraitKind,
    Use,
    UseKind,
)
from migrate.analysis.program.program import Program
from migrate.analysis.traits.traits import is_implementation_file
from migrate.analysis.verdicts.classify import lacks_longterm, never_dirtied
from migrate.kernel.signatures import DIRECT_NAMES

_UNLOCKED = frozenset({"set_page_dirty", "folio_mark_dirty", "SetPageDirty"})
_LOCKING = ("lock_page", "folio_lock", "folio_trylock")
_CALLED = re.compile(r"\w+(?=\()")
_WRITING = frozenset({UseKind.WRITE_DATA, UseKind.DMA})


def suggestions(program: Program, group: PinGroup) -> Iterator[Finding]:
    """The suggestions for one group."""
    yield from _dirtied_unlocked(program, group)
    if group.gaps:
        return
    yield from _not_longterm(program, group)
    yield from _not_dirtied(group)
    yield from _numbers(group)


def _dirtied_unlocked(program: Program, group: PinGroup) -> Iterator[Finding]:
    """set_page_dirty() without the page's lock may race with truncation."""
    if not any(a.name in DIRECT_NAMES for a in group.acquires):
        return
    for use in group.uses:
        name = next((n for n in _CALLED.findall(use.text) if n in _UNLOCKED), None)
        if use.kind is not UseKind.DIRTY or name is None:
            continue
        if is_implementation_file(use.place.path) or _locks(program, use):
            continue
        message = (
            f"{name}() marks a page of user space dirty that is not locked; set_page_dirty_lock()"
            " holds off truncation, which may drop the page's buffers under it."
        )
        yield _finding(AuditRule.UNLOCKED_DIRTY, use, message, acquired(group.acquires))


def _locks(program: Program, use: Use) -> bool:
    """Whether the function of `use` locks any pages."""
    source = program.source(use.place.path)
    functions = source.by_name.get(use.function, ()) if source is not None else ()
    calls = (c for f in functions for c in program.facts(f).lowered.calls.values())
    return any(word in call.name for call in calls for word in _LOCKING)


def _not_longterm(program: Program, group: PinGroup) -> Iterator[Finding]:
    kept = lacks_longterm(group)
    if kept is None or _ends_with_call(program, group):
        return
    for acquire in group.acquires:
        if is_pin(acquire):
            message = (
                f"The pins that {acquire.name}() takes stay after the call, and it does not ask"
                " for FOLL_LONGTERM: pages in CMA and on fsdax stay where they must not."
            )
            evidence = (kept.evidence,)
            rule = AuditRule.NOT_LONGTERM
            yield Finding(acquire.place, acquire.function, rule, message, acquire.text, evidence)


def _ends_with_call(program: Program, group: PinGroup) -> bool:
    """Whether only the functions that acquire release the pages, or call what releases them."""
    acquiring = {a.function for a in group.acquires}
    return all(
        release.function in acquiring or _is_called_by(program, release, acquiring)
        for release in group.releases
    )


def _is_called_by(program: Program, release: Release, names: Collection[str]) -> bool:
    source = program.source(release.place.path)
    functions = source.by_name.get(release.function, ()) if source is not None else ()
    if len(functions) != 1:
        return False
    sites, closed = program.callers.of(functions[0])
    return closed and bool(sites) and all(s.facts.function.name in names for s in sites)


def _not_dirtied(group: PinGroup) -> Iterator[Finding]:
    written = tuple(
        Evidence(u.place, u.kind.value, u.text) for u in group.uses if u.kind in _WRITING
    )
    if not written or not group.releases or not never_dirtied(group):
        return
    written += tuple(Evidence(r.place, RELEASED, r.text) for r in group.releases)
    for acquire in group.acquires:
        if acquire.name in DIRECT_NAMES:
            message = (
                f"The pages that {acquire.name}() takes are written to and never marked dirty:"
                " what was written is lost when the page is reclaimed."
            )
            rule = AuditRule.NOT_DIRTIED
            yield Finding(acquire.place, acquire.function, rule, message, acquire.text, written)


def _numbers(group: PinGroup) -> Iterator[Finding]:
    for trait in group.traits:
        if trait.kind is TraitKind.BOOL_FLAGS:
            yield from _number(group, trait)


def _number(group: PinGroup, trait: Trait) -> Iterator[Finding]:
    for acquire in group.acquires:
        if acquire.place == trait.evidence.place:
            message = (
                f"{acquire.name}() is given a truth value where it wants FOLL_* flags: true is"
                " FOLL_WRITE only as long as that flag is 1."
            )
            rule = AuditRule.NUMBER_AS_FLAGS
            yield Finding(acquire.place, acquire.function, rule, message, acquire.text, ())


def _finding(rule: AuditRule, use: Use, message: str, evidence: tuple[Evidence, ...]) -> Finding:
    return Finding(use.place, use.function, rule, message, use.text, evidence)
