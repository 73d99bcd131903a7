# SPDX-License-Identifier: GPL-2.0-only
"""From a gap to the contract that would close it, and the question that the contract answers.

Values that a person has to fill in are :data:`BLANK`, which a file of contracts must not contain.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from migrate.analysis.contract import Contract, ContractKind
from migrate.analysis.gaps import FOREIGN_SOURCES, OF_FINDERS, UNKNOWN_SOURCES, Gap, GapKind
from migrate.analysis.model import Action, PinGroup, Place, TraitKind, Verdict
from migrate.analysis.pairing.finish import NEVER_STATED
from migrate.analysis.program.program import Program

BLANK = "?"

_CALLERS = frozenset(
    {
        GapKind.RETURNED_TO_UNKNOWN,
        GapKind.FILLED_FOR_UNKNOWN,
        GapKind.SOURCE_CALLERS_UNKNOWN,
        GapKind.FUNCTION_NAMED,
        GapKind.SOURCE_FUNCTION_NAMED,
    }
)
_OF_A_RELEASE = frozenset(
    {GapKind.RELEASED_NO_VARIABLE, GapKind.STORED_NO_VARIABLE, GapKind.COPIED_NO_VARIABLE}
    | {GapKind.MAY_BE_SET, GapKind.SOURCE_TYPE_UNKNOWN, GapKind.NOTHING_SETS}
)
_BACKWARD = FOREIGN_SOURCES | UNKNOWN_SOURCES
_NO_PAIRS = (
    NEVER_STATED
    | OF_FINDERS
    | {GapKind.FILE_NOT_ANALYSED, GapKind.FILE_NAMES_STORAGE, GapKind.ANALYSIS_FAILED}
)
_NOTIFIERS = (TraitKind.NOTIFIER_FILE, TraitKind.NOTIFIER_NEAR)
_NOTIFIER_RULE = "notifier_near"


@dataclass(frozen=True)
class Offer:
    """A contract to be filled in, and what it closes: a gap, or the doubt about a notifier."""

    contract: Contract
    question: str
    place: Place | None
    gap: Gap | None


def offers(program: Program, group: PinGroup, verdict: Verdict) -> tuple[Offer | Gap, ...]:
    """For each obstacle to deciding `group`, the contract that would remove it, or the gap itself
    if no contract can."""
    if verdict.action is not Action.MANUAL:
        return ()
    paired = _paired(group)
    if paired is not None:
        return paired
    found: dict[Offer | Gap, None] = {}
    backward = _backward(group)
    for gap in group.gaps:
        contract = backward if gap.kind in _BACKWARD and backward else _contract(group, gap)
        if contract is None:
            found[gap] = None
        else:
            found[Offer(contract, _QUESTIONS[contract.kind](contract), gap.place, gap)] = None
    if verdict.rule == _NOTIFIER_RULE:
        found |= dict.fromkeys(_about_notifiers(program, group))
    return tuple(found)


def _paired(group: PinGroup) -> tuple[Offer | Gap, ...] | None:
    """If at least one gap can only be closed by pairing by hand: that contract, and the remaining
    gaps."""
    dropping = _releasing(group)
    by_hand = [gap for gap in group.gaps if gap.kind not in _NO_PAIRS]
    if not dropping or all(_contract(group, gap) is not None for gap in by_hand):
        return None
    taking = tuple(dict.fromkeys(a.function for a in group.acquires))
    stated = _stated(ContractKind.PAIRED, acquired_in=taking, released_in=dropping)
    left = (gap for gap in group.gaps if gap.kind in _NO_PAIRS - _BACKWARD)
    return Offer(stated, _ask_paired(stated), by_hand[0].place, by_hand[0]), *left


def _contract(group: PinGroup, gap: Gap) -> Contract | None:
    made = _OFFERS.get(gap.kind)
    return made(group, gap) if made is not None else None


def _backward(group: PinGroup) -> Contract | None:
    """A single contract that closes all gaps in tracing back from the releases of a function, if
    several others would be needed otherwise."""
    wanted = {_contract(group, gap) for gap in group.gaps if gap.kind in _BACKWARD}
    alone = len(_releasing(group)) == 1
    return _whose(group) if alone and (len(wanted) > 1 or None in wanted) else None


def toml(contract: Contract) -> str:
    """The entry for a file of contracts; blanks have to be filled in."""
    lines = ["[[contract]]"]
    for key, value in _entries(contract):
        lines.append(f"{key} = {_value(value)}")
    return "\n".join((*lines, f"why = {_value(contract.why)}")) + "\n"


def _entries(c: Contract) -> Iterator[tuple[str, object]]:
    for key in ("function", "member", "file", "notifier", "macro"):
        if value := getattr(c, key):
            yield key, value
    if c.kind is ContractKind.ARGUMENT:
        yield "argument", c.argument
        yield "does", str(c.does) if c.does is not None else BLANK
        if c.until:
            yield "until", c.until
    for key in ("callers", "never_reaches", "only_from", "acquired_in"):
        if value := getattr(c, key):
            yield key, list(value)
    if c.filled:
        yield "filled", "nowhere else"
    if c.kind is ContractKind.PAIRED:
        yield "released_in", list(c.released_in)
    if c.released:
        yield "released", list(c.released_in) or "nowhere else"
    if c.kind is ContractKind.NOTIFIER:
        yield "covers", "other ranges"
    if c.kind is ContractKind.MACRO:
        yield "set", c.set


def _value(value: object) -> str:
    """TOML has the strings, numbers, truth values and lists of JSON; DEL has to be escaped."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


# From gaps to contracts


def _stated(kind: ContractKind, **more: object) -> Contract:
    return Contract(0, kind, "", **more)  # type: ignore[arg-type]


def _argument(_group: PinGroup, gap: Gap) -> Contract | None:
    if not gap.other.isdigit() or not (gap.function or gap.subject):
        return None
    member = "" if gap.function else gap.subject
    return _stated(
        ContractKind.ARGUMENT, function=gap.function, member=member, argument=int(gap.other)
    )


def _callers(_group: PinGroup, gap: Gap) -> Contract | None:
    if gap.place is None or ":" in gap.place.path:
        return None  # a macro
    return _stated(ContractKind.CALLERS, function=gap.function, callers=(BLANK,))


def _released(_group: PinGroup, gap: Gap) -> Contract | None:
    return _storage(gap, released=True)


def _filled(_group: PinGroup, gap: Gap) -> Contract | None:
    return _storage(gap, filled=True)


def _storage(gap: Gap, **which: bool) -> Contract | None:
    tag, dot, member = gap.subject.removeprefix("struct ").partition(".")
    if not gap.subject.startswith("struct ") or not dot:
        return None
    return _stated(ContractKind.STORAGE, member=f"{tag}.{member}", **which)


def _apart(group: PinGroup, gap: Gap) -> Contract | None:
    if not gap.function or not group.releases:
        return None
    return _stated(ContractKind.APART, function=gap.function, never_reaches=_releasing(group))


def _sources(group: PinGroup, gap: Gap) -> Contract | None:
    filled = _filled(group, gap) if gap.kind is GapKind.NOTHING_SETS else None
    return filled or _whose(group)


def _whose(group: PinGroup) -> Contract | None:
    releasing = _releasing(group)
    if not releasing:
        return None
    taking = tuple(dict.fromkeys(a.function for a in group.acquires))
    return _stated(ContractKind.SOURCES, function=releasing[0], only_from=taking)


def _releasing(group: PinGroup) -> tuple[str, ...]:
    return tuple(dict.fromkeys(r.function for r in group.releases))


_OFFERS: Mapping[GapKind, Callable[[PinGroup, Gap], Contract | None]] = {
    GapKind.PASSED_TO_UNKNOWN: _argument,
    GapKind.PUBLIC_STRUCT: _released,
    GapKind.SOURCE_PUBLIC: _filled,
    **dict.fromkeys(_CALLERS, _callers),
    **dict.fromkeys(FOREIGN_SOURCES, _apart),
    **dict.fromkeys(_OF_A_RELEASE, _sources),
}


def _about_notifiers(program: Program, group: PinGroup) -> Iterator[Offer]:
    for trait in group.traits:
        if trait.kind in _NOTIFIERS:
            place = trait.evidence.place
            source = program.source(place.path)
            at = source.text.split(b"\n")[: place.line - 1] if source is not None else []
            start = sum(len(line) + 1 for line in at) + place.column
            function = source.function_at(start) if source is not None else None
            if function is not None:
                where = f"{place.path}:{function.name}"
                contract = _stated(ContractKind.NOTIFIER, notifier=where)
                yield Offer(contract, _QUESTIONS[contract.kind](contract), place, None)


# Questions


def _ask_argument(c: Contract) -> str:
    what = f"{c.function}()" if c.function else f"what struct {c.member} points to"
    return f"What does {what} do with its argument {c.argument}?"


def _ask_callers(c: Contract) -> str:
    return f"Which functions call {c.function}(), all of them?"


def _ask_storage(c: Contract) -> str:
    if c.filled:
        return f"Is struct {c.member} filled only by code that is followed here?"
    return f"Is what is in struct {c.member} released only by code that is followed here?"


def _ask_apart(c: Contract) -> str:
    where = " and ".join(f"{name}()" for name in c.never_reaches)
    return f"Is it sure that no page of {c.function}() gets to the releases in {where}?"


def _ask_sources(c: Contract) -> str:
    names = " and ".join(f"{name}()" for name in c.only_from)
    return f"Do the releases in {c.function}() drop pages of {names} and no others?"


def _ask_paired(c: Contract) -> str:
    taking, dropping = (" and ".join(f"{n}()" for n in ns) for ns in (c.acquired_in, c.released_in))
    return f"Is what {taking} acquires released in {dropping} alone, and nothing else there?"


def _ask_notifier(c: Contract) -> str:
    return f"Is the MMU notifier registered in {c.notifier}() for other ranges than these pages?"


def _ask_macro(c: Contract) -> str:
    return f"Is {c.macro} not set in any build of this code?"


_QUESTIONS: Mapping[ContractKind, Callable[[Contract], str]] = {
    ContractKind.ARGUMENT: _ask_argument,
    ContractKind.CALLERS: _ask_callers,
    ContractKind.STORAGE: _ask_storage,
    ContractKind.APART: _ask_apart,
    ContractKind.SOURCES: _ask_sources,
    ContractKind.PAIRED: _ask_paired,
    ContractKind.NOTIFIER: _ask_notifier,
    ContractKind.MACRO: _ask_macro,
}
