# SPDX-License-Identifier: GPL-2.0-only
"""The author's decisions, which override the rules: parsed, compared with the tree, applied."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, Final

from migrate.analysis.model import (
    Action,
    Classification,
    PinGroup,
    TraitKind,
    Verdict,
)
from migrate.analysis.verdicts.classify import warnings
from migrate.analysis.verdicts.wording import sentences, words
from migrate.base.entries import Entries, Wrong, check_known, reason
from migrate.base.errors import Refusal
from migrate.base.typed import own_command

AUTHOR: Final = "author"
RULE = "decision"
_CONVERTING = (Action.PIN, Action.FOLLOW)
_SELECTORS = ("file", "function", "group")
_CASES = ("", "1", "2", "3", "4", "5")
_KEYS = (*_SELECTORS, "verdict", "why", "case", "despite_gaps")
_EXAMPLE = 'An entry is [[decision]] with file = "...", verdict = "keep" and why = "...".'
_FILE = Entries("decision", "--decisions", _EXAMPLE)
_NEVER = {
    TraitKind.IMPLEMENTATION: "it belongs to GUP itself or to its tests",
    TraitKind.PAGES_NULL: "its pages argument is NULL, so that nothing is held",
}


@dataclass(frozen=True)
class Decision:
    """One [[decision]]: the groups that match `file`, `function` and `group` get `verdict`.

    Selectors that are "" were not given; `number` counts the entries of the file from 1.
    `despite_gaps` allows converting a group although not everything of it could be followed.
    """

    number: int
    verdict: Action
    why: str
    file: str = ""
    function: str = ""
    group: str = ""
    case: str = ""
    despite_gaps: bool = False

    def fits(self, group: PinGroup) -> bool:
        """Whether the decision is about `group`."""
        if self.group and self.group != group.name:
            return False
        return any(
            (not self.file or self.file == acquire.place.path)
            and (not self.function or self.function == acquire.function)
            for acquire in group.acquires
        )

    def __str__(self) -> str:
        return ", ".join(f"{k} = {v!r}" for k in _SELECTORS if (v := getattr(self, k)))


def read_decisions(path: Path) -> tuple[Decision, ...]:
    """The entries of the TOML file `path`; raises a :class:`Refusal` for the first wrong one."""
    return tuple(_decision(*read) for read in _FILE.read(path))


def _decision(number: int, entry: Mapping[str, Any], wrong: Wrong) -> Decision:
    for key, value in entry.items():
        check_known(key, _KEYS, wrong)
        kind = bool if key == "despite_gaps" else str
        if not isinstance(value, kind):
            raise wrong(f"{key} is not a {'truth value' if kind is bool else 'string'}")
    if not any(entry.get(key) for key in _SELECTORS):
        raise wrong("it names no file, function or group")
    actions = [action.value for action in Action]
    if entry.get("verdict") not in actions:
        given = f"there is no verdict '{entry['verdict']}'" if "verdict" in entry else "no verdict"
        raise wrong(given, f"Verdicts are {', '.join(actions)}.")
    why = reason(entry, wrong)
    case = entry.get("case", "")
    if case not in _CASES:
        raise wrong(f"there is no CASE '{case}'", 'case is "1" to "5", or left out.')
    file, function, group = (entry.get(key, "").removeprefix("./") for key in _SELECTORS)
    return Decision(
        number=number,
        verdict=Action(entry["verdict"]),
        why=why,
        file=file,
        function=function,
        group=group,
        case=case,
        despite_gaps=entry.get("despite_gaps", False),
    )


def decide(
    classification: Classification,
    decisions: Sequence[Decision],
    *,
    command: Callable[..., str] = own_command,
) -> Classification:
    """`classification` with the author's verdicts instead of those of the rules.

    Raises a :class:`Refusal` for a decision that fits no group, that contradicts another, or that
    would convert a group with gaps without saying so; `command` spells the command to type then.
    """
    by_group: dict[str, Decision] = {}
    for decision in decisions:
        fitting = [g for g in classification.groups if decision.fits(g)]
        if not fitting:
            raise _fits_nothing(classification, decision, command)
        for group in fitting:
            other = by_group.setdefault(group.name, decision)
            if other.verdict is not decision.verdict:
                raise Refusal(
                    f"Decisions {other.number} ({other.verdict}) and {decision.number}"
                    f" ({decision.verdict}) are both about {group.name}.",
                    "Keep one of them, or name the groups one by one.",
                )
            check(decision, group, classification, command)
    verdicts = tuple(
        _decided(group, v, by_group[group.name]) if group.name in by_group else v
        for group, v in classification.pairs()
    )
    return replace(classification, verdicts=verdicts)


def check(
    decision: Decision,
    group: PinGroup,
    classification: Classification,
    command: Callable[..., str] = own_command,
) -> None:
    """Raise a :class:`Refusal` if `decision` cannot be applied to `group`."""
    if decision.verdict not in _CONVERTING:
        return
    name = f"Decision {decision.number}" if decision.number else "A decision"
    if helper := _helper(group):
        takers = (
            g.name
            for g in classification.groups
            if g is not group and any(a.function == helper for a in g.acquires)
        )
        raise Refusal(
            f"{name} cannot {decision.verdict} {group.name}: {helper}() takes the pages, and is"
            " converted with all of its callers or not at all.",
            f"Decide on {next(takers, f'the group of {helper}()')}, or let this one stay as it is.",
        )
    never = next((why for kind, why in _NEVER.items() if group.trait(kind)), "")
    if never:
        raise Refusal(
            f"{name} cannot {decision.verdict} {group.name}: {never}.",
            "Remove the entry, or let it keep the group.",
        )
    if group.gaps and not decision.despite_gaps:
        raise Refusal(
            f"{name} would {decision.verdict} {group.name}, of which not"
            f" everything could be followed: {words(group.gaps[0])}.",
            "Check every release by hand, then add despite_gaps = true. See them:"
            f" {_undecided(command, 'explain', PurePosixPath(group.name))}",
        )
    if decision.verdict is Action.FOLLOW and not group.follows:
        why = group.no_follow or "follow_page() cannot do what it does"
        raise Refusal(
            f"{name} cannot follow {group.name}: {why}.",
            "Let it pin or keep the group.",
        )


def _undecided(command: Callable[..., str], name: str, *arguments: PurePosixPath) -> str:
    """A command that does not fail on the same decision."""
    return f"{command(name, *arguments, without=('decisions',))} --decisions /dev/null"


def _helper(group: PinGroup) -> str:
    """The helper of the tree that takes the pages of `group`, "" if the group calls GUP itself."""
    trait = group.trait(TraitKind.THROUGH_HELPER)
    calls_it = trait is not None and all(a.name == trait.subject for a in group.acquires)
    return trait.subject if trait is not None and calls_it else ""


def _decided(group: PinGroup, rules: Verdict, decision: Decision) -> Verdict:
    converts = decision.verdict in _CONVERTING
    despite = [f"Converted although not followed: {gap}." for gap in sentences(group.gaps)]
    return Verdict(
        group.name,
        decision.verdict,
        decision.case or (rules.case if rules.action is decision.verdict else ""),
        RULE,
        decision.why,
        None,
        rules.evidence,
        (*warnings(group, decision.verdict), *despite) if converts else (),
        AUTHOR,
    )


def _fits_nothing(
    classification: Classification, decision: Decision, command: Callable[..., str]
) -> Refusal:
    near = next(_nearest(classification, decision), "")
    see = f"See what there is: {_undecided(command, 'classify')}"
    hint = f"The nearest there is: {near}." if near else see
    return Refusal(f"Decision {decision.number} ({decision}) matches no group.", hint)


def _nearest(classification: Classification, decision: Decision) -> Iterator[str]:
    """What the author may have meant, the most specific selector first."""
    acquires = [a for g in classification.groups for a in g.acquires]
    names = {
        "group": sorted({g.name for g in classification.groups}),
        "file": sorted({a.place.path for a in acquires}),
        "function": sorted({a.function for a in acquires if a.function}),
    }
    for key, known in names.items():
        given = getattr(decision, key)
        if given and given not in known:
            for match in difflib.get_close_matches(given, known, n=1, cutoff=0.4):
                yield f"{key} = {match!r}"
    for acquire in acquires:
        if acquire.place.path == decision.file:
            yield f"file = {acquire.place.path!r}, function = {acquire.function!r}"
