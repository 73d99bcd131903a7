# SPDX-License-Identifier: GPL-2.0-only
"""Suggestions about flags of acquires, and about references of the wrong kind.

According to the comments of the FOLL_* flags in the kernel (include/linux/mm_types.h),
is_valid_gup_args() in mm/gup.c, which rejects FOLL_PCI_P2PDMA with FOLL_LONGTERM, and "mm/gup:
remove FOLL_FORCE usage from drivers" (6.2), which removed FOLL_WRITE from pins of pages that are
only read. Each says what the consequence is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from migrate.analysis.audit.model import AuditRule, Finding
from migrate.analysis.audit.sources import is_pin
from migrate.analysis.model import (
    Acquire,
    Action,
    Confidence,
    Evidence,
    PinGroup,
    TraitKind,
    Use,
    UseKind,
)
from migrate.analysis.program.callers import sites_at
from migrate.analysis.program.program import Program
from migrate.analysis.traits.traits import flags_of, is_implementation_file
from migrate.analysis.verdicts.classify import verdict
from migrate.kernel.signatures import DIRECT_NAMES

_LOOKING = frozenset({UseKind.READ_DATA, UseKind.STRUCT_PAGE, UseKind.MAP})
"""Uses of pages that certainly do not write to them."""

_FROM_DEVICE = "DMA_FROM_DEVICE"
_FOREIGN = re.compile(r"\b(?:FAULT_FLAG_\w+|VM_(?:READ|WRITE|SHARED)|GFP_\w+)\b")
_WRITE = re.compile(r"\bFOLL_WRITE\b")
_NOT_ALWAYS = re.compile(r"[?]|\bFOLL_FORCE\b|&\s*~")


def flag_suggestions(program: Program, group: PinGroup, *, has_pins: bool) -> Iterator[Finding]:
    """The suggestions about flags of the acquires of `group`, which has no gap."""
    for acquire in group.acquires:
        if acquire.name not in DIRECT_NAMES or is_implementation_file(acquire.place.path):
            continue
        flags = _flags(program, acquire)
        yield from _mixed_up(acquire, flags)
        yield from _p2pdma(acquire, flags)
        if not group.gaps:
            yield from _needless(group, acquire, flags)
            yield from _unasked(program, group, acquire)
    if has_pins and not group.gaps:
        yield from _unpinned(group)


def _flags(program: Program, acquire: Acquire) -> str:
    """The flags of a call, a local variable with all values that are assigned to it."""
    sites = list(sites_at(program, acquire.place, acquire.function))
    return flags_of(acquire, sites[0] if sites else None)


def _mixed_up(acquire: Acquire, flags: str) -> Iterator[Finding]:
    """Flags of page faults, of vmas or of allocations, whose bits have another meaning."""
    given = flags.rpartition("?")[2]
    match = _FOREIGN.search(given)
    if match is None or "&" in given:
        return
    message = (
        f"{acquire.name}() is given {match[0]} where it wants FOLL_* flags: its bit means something"
        " else there, so that pages may be had without the access that they are used with."
    )
    yield _finding(AuditRule.FOREIGN_FLAGS, acquire, message)


def _p2pdma(acquire: Acquire, flags: str) -> Iterator[Finding]:
    if "FOLL_LONGTERM" not in flags or "FOLL_PCI_P2PDMA" not in flags:
        return
    message = (
        f"{acquire.name}() asks for FOLL_LONGTERM and FOLL_PCI_P2PDMA: GUP turns that down with"
        " -EINVAL and a warning, whatever the pages are."
    )
    yield _finding(AuditRule.LONGTERM_P2PDMA, acquire, message)


def _needless(group: PinGroup, acquire: Acquire, flags: str) -> Iterator[Finding]:
    """Write access that is not needed, if all uses are known."""
    kinds = {use.kind for use in group.uses}
    if not _WRITE.search(flags) or _NOT_ALWAYS.search(flags):
        return
    marked = any("dirty" in release.name for release in group.releases)
    if marked or UseKind.READ_DATA not in kinds or not kinds <= _LOOKING or not group.releases:
        return
    read = tuple(
        Evidence(u.place, u.kind.value, u.text) for u in group.uses if u.kind is UseKind.READ_DATA
    )
    message = (
        f"{acquire.name}() asks for FOLL_WRITE, and the pages are only read: read-only mappings are"
        " turned down, and shared ones are copied or marked dirty, for nothing."
    )
    yield _finding(AuditRule.NEEDLESS_WRITE, acquire, message, read)


def _unasked(program: Program, group: PinGroup, acquire: Acquire) -> Iterator[Finding]:
    """Data that is written without write access: the pages may be the zero page, or shared."""
    written = tuple(
        Evidence(u.place, u.kind.value, u.text)
        for u in group.uses
        if u.place.path == acquire.place.path and _writes(program, u)
    )
    if not written or group.has(TraitKind.MAY_WRITE):
        return
    message = (
        f"{acquire.name}() does not ask for FOLL_WRITE, and the pages are written to: they may be"
        " shared with others, in a read-only mapping, or the zero page."
    )
    yield _finding(AuditRule.UNASKED_WRITE, acquire, message, written)


def _writes(program: Program, use: Use) -> bool:
    """Whether the processor writes, or a device for which a call specifies only that direction."""
    if use.kind is not UseKind.DMA:
        return use.kind is UseKind.WRITE_DATA
    return any(
        _FROM_DEVICE in site.call.sources for site in sites_at(program, use.place, use.function)
    )


def _unpinned(group: PinGroup) -> Iterator[Finding]:
    """A plain reference where pin_user_pages.rst requires a pin, which new code should take."""
    if any(a.name not in DIRECT_NAMES or is_pin(a) for a in group.acquires):
        return
    decided = verdict(group, pins_read_only=False)
    if decided.action is not Action.PIN or decided.confidence is not Confidence.HIGH:
        return
    for acquire in group.acquires:
        message = (
            f"{acquire.name}() takes a plain reference to pages whose data is accessed (CASE"
            f" {decided.case}): file systems are not told of it, as a pin would."
        )
        yield _finding(AuditRule.UNPINNED_DATA, acquire, message, decided.evidence)


def _finding(
    rule: AuditRule, acquire: Acquire, message: str, evidence: tuple[Evidence, ...] = ()
) -> Finding:
    return Finding(acquire.place, acquire.function, rule, message, acquire.text, evidence)
