# SPDX-License-Identifier: GPL-2.0-only
"""The verdict for every group: that of the first rule with an answer, with its warnings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from migrate.analysis.model import (
    Action,
    Classification,
    Confidence,
    Pairing,
    PinGroup,
    Trait,
    TraitKind,
    Use,
    UseKind,
    Verdict,
)
from migrate.analysis.verdicts.notes import NoteKind, note
from migrate.analysis.verdicts.question import Question
from migrate.analysis.verdicts.rules import RULES, only_struct_page, through_helper
from migrate.base.prose import called
from migrate.kernel.signatures import read_signatures
from migrate.kernel.tree import Tree


class Lookup(Protocol):
    """Calls of `source` may become calls of `target`, in a tree that has all of `needs`."""

    @property
    def source(self) -> str: ...

    @property
    def target(self) -> str: ...

    @property
    def needs(self) -> tuple[str, ...]: ...


class Target(Protocol):
    """The properties of a profile that rules depend on."""

    @property
    def name(self) -> str: ...

    @property
    def pins_read_only(self) -> bool: ...

    @property
    def follow_needs(self) -> tuple[str, ...] | None:
        """The functions that a tree must have for a verdict `follow`; None for never."""

    @property
    def lookups(self) -> tuple[Lookup, ...]:
        """The functions that look up the page at an address, best first."""

    @property
    def pins(self) -> bool:
        """Whether groups that need a pin are converted at all."""

    @property
    def by_rules(self) -> bool:
        """Whether groups that only look at struct page are converted by the profile's own rules."""


def classify(tree: Tree, pairing: Pairing, *, profile: Target) -> Classification:
    """One verdict per group, in the order of the groups."""
    follows, lookups = _follows(tree, profile), _lookups(tree, profile)
    asked = [Question(g, profile.pins_read_only, follows, lookups) for g in pairing.groups]
    verdicts = [_verdict(question) for question in asked]
    decided: dict[str, list[Verdict]] = {}
    for group, v in zip(pairing.groups, verdicts, strict=True):
        for function in {acquire.function for acquire in group.acquires}:
            decided.setdefault(function, []).append(v)
    followed = tuple(
        _like_helper(group, v, decided) for group, v in zip(pairing.groups, verdicts, strict=True)
    )
    aimed = tuple(_aimed(v, profile) for v in followed)
    return Classification(tree.commit, profile.name, pairing.groups, aimed)


def _aimed(own: Verdict, profile: Target) -> Verdict:
    """The purpose of the profile: a profile from elsewhere may only convert CASE 4, to functions of
    its own."""
    if profile.by_rules and own.rule == only_struct_page.__name__:
        return replace(own, action=Action.FOLLOW)
    if own.action is Action.PIN and not profile.pins:
        reason = f"This profile leaves alone what needs a pin. {own.reason}"
        return replace(own, action=Action.KEEP, reason=reason, warnings=())
    return own


def _follows(tree: Tree, profile: Target) -> bool:
    needs = profile.follow_needs
    return needs is not None and set(needs) <= set(read_signatures(tree, needs))


def _lookups(tree: Tree, profile: Target) -> dict[str, str]:
    """The first lookup for each acquire that fits the tree."""
    known = read_signatures(tree, {name for rule in profile.lookups for name in rule.needs})
    fitting = [rule for rule in profile.lookups if set(rule.needs) <= set(known)]
    return {rule.source: rule.target for rule in reversed(fitting)}


def _like_helper(
    group: PinGroup, own: Verdict, decided: Mapping[str, Sequence[Verdict]]
) -> Verdict:
    """The verdict of callers of a helper: they are kept if the helper still takes plain
    references."""
    trait = group.trait(TraitKind.THROUGH_HELPER)
    if trait is None or own.rule != through_helper.__name__:
        return own
    # Another function may have the same name, and one helper may acquire in several groups.
    found = decided.get(trait.subject, ())
    if not found or any(v.action not in (Action.KEEP, Action.FOLLOW) for v in found):
        return own
    helper = max(found, key=lambda v: list(Confidence).index(v.confidence or Confidence.LOW))
    stays = all(v.action is Action.KEEP for v in found)
    how = "stays as it is" if stays else "goes on to take plain references"
    reason = f"The pages come from {trait.subject}(), which {how}."
    return replace(
        own, action=Action.KEEP, case=helper.case, reason=reason, confidence=helper.confidence
    )


def verdict(group: PinGroup, pins_read_only: bool, follows: bool = False) -> Verdict:
    """The answer of the rules for `group`; the last rule always answers."""
    return _verdict(Question(group, pins_read_only, follows))


def _verdict(question: Question) -> Verdict:
    group = question.group
    for rule in RULES:
        answer = rule.ask(question)
        if answer is not None:
            return Verdict(
                group.name,
                answer.action,
                answer.case,
                rule.name,
                answer.reason,
                _sure(answer.confidence, group),
                answer.evidence,
                warnings(group, answer.action, question.lookups_for()),
            )
    raise AssertionError("the last rule answers every question")


def _sure(confidence: Confidence, group: PinGroup) -> Confidence:
    """A statement of a person is not evidence on every path, so the confidence is lower."""
    stated = group.contracts and confidence is Confidence.HIGH
    return Confidence.MEDIUM if stated else confidence


def warnings(
    group: PinGroup, action: Action, lookups: Sequence[str] = ("follow_page",)
) -> tuple[str, ...]:
    """Warnings for the reviewer about a group that is converted; they change nothing in it."""
    if action is Action.PIN:
        return tuple(_pin_warnings(group))
    if action is Action.FOLLOW:
        return tuple(_follow_warnings(group, lookups))
    return ()


def _left_to_other_versions(group: PinGroup) -> Iterator[str]:
    places = [t.evidence.place for t in group.traits if t.kind is TraitKind.OTHER_VERSIONS]
    if places:
        yield note(NoteKind.OTHER_VERSIONS, ", ".join(map(str, places)))


_ON_PATHS = {
    TraitKind.NEGATIVE_COUNT: NoteKind.ERROR_AS_COUNT,
    TraitKind.ERROR_PASSES: NoteKind.ERROR_PASSES,
    TraitKind.RELEASED_TWICE: NoteKind.RELEASED_TWICE,
    TraitKind.LEFT_BEHIND: NoteKind.LEFT_BEHIND,
}


def _pin_warnings(group: PinGroup) -> Iterator[str]:
    yield from _left_to_other_versions(group)
    kept = lacks_longterm(group)
    if kept is not None:
        # A transfer may end soon; pages kept for the kernel's own use are kept for long.
        by_device = any(use.kind in (UseKind.DMA, UseKind.PHYSICAL_KEPT) for use in group.uses)
        kind = NoteKind.DEVICE_LONGTERM if by_device else NoteKind.NO_LONGTERM
        yield note(kind, kept.evidence.place)
    if _lacks_dirtying(group):
        yield note(NoteKind.NEVER_DIRTIED)
    truth = group.trait(TraitKind.BOOL_FLAGS)
    if truth is not None:
        yield note(NoteKind.TRUTH_VALUE, truth.evidence.place)
    for trait in group.traits:
        if trait.kind in _ON_PATHS:
            yield note(_ON_PATHS[trait.kind], trait.evidence.place, trait.subject)
    for use in group.uses:
        if use.kind is UseKind.FREED:
            yield note(NoteKind.FREED, use.place, use.text.split("(")[0].strip())


def lacks_longterm(group: PinGroup) -> Trait | None:
    """What shows that the pages stay after the call although FOLL_LONGTERM, which could say so, is
    missing."""
    if group.has(TraitKind.LONGTERM, TraitKind.NO_LONGTERM):
        return None
    return group.trait(TraitKind.LONG_LIVED)


def never_dirtied(group: PinGroup) -> bool:
    """Whether write access is asked for and nothing marks a page dirty."""
    return (
        group.has(TraitKind.MAY_WRITE)
        and all(use.kind is not UseKind.DIRTY for use in group.uses)
        and not any("dirty" in release.name for release in group.releases)
    )


def _lacks_dirtying(group: PinGroup) -> bool:
    """Whether writeback may clean a page before the last write to it, and nothing marks it dirty
    again. If the CPU writes while the caller waits, the page is still as dirty as GUP left it."""
    kinds = {use.kind for use in group.uses if not _only_read(use)}
    written = kinds & {UseKind.DMA, UseKind.PHYSICAL_KEPT}
    if group.has(TraitKind.LONG_LIVED):
        written |= kinds & {UseKind.WRITE_DATA}
    return bool(written) and never_dirtied(group)


def _only_read(use: Use) -> bool:
    """Whether the code says that the device only reads; old code has PCI_DMA_TODEVICE."""
    return use.kind is UseKind.DMA and ("TO_DEVICE" in use.text or "TODEVICE" in use.text)


def _follow_warnings(group: PinGroup, lookups: Sequence[str]) -> Iterator[str]:
    yield from _left_to_other_versions(group)
    by_address = [name for name in lookups if name != "follow_page"]
    if by_address:
        verb = "returns" if len(by_address) == 1 else "return"
        yield note(NoteKind.NEVER_ZERO, name=f"{called(by_address)} {verb}")
    if "follow_page" not in lookups or not group.follows:
        return
    before = list(dict.fromkeys(a.name for a in group.acquires))
    given = all("remote" in name for name in before)
    mm = "the mm that it is given" if given else "current->mm"
    yield note(NoteKind.OTHER_MM, mm, called(before))
    if any(site.faults for site in group.follows if site.vma):
        yield note(NoteKind.RECLAIMED)
