# SPDX-License-Identifier: GPL-2.0-only
"""The data of a cover letter: sites with their verdicts, builds, what was left alone."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from migrate.analysis.model import Acquire, Action, Classification, PinGroup, Verdict
from migrate.base.programs.templates import Templates
from migrate.base.prose import clean, listed
from migrate.delivery.commits.messages import Conversion, case_of, describe_group
from migrate.delivery.commits.text.groups import GroupText
from migrate.delivery.mail.changes import Changes
from migrate.delivery.mail.seen import seen_lines
from migrate.delivery.mail.style import NOTHING_NEW
from migrate.delivery.model import BuildReport, BuildStatus, Commit, ObjectBuild
from migrate.delivery.proof.model import Proof
from migrate.delivery.wording import WIDTH, mail_templates, render
from migrate.rewrite.api.exports import called_more
from migrate.rewrite.model import Rewrite
from migrate.rewrite.profile.counterparts import FAULT_IN
from migrate.rewrite.profile.faulted import only_faults


@dataclass(frozen=True)
class Site:
    """One acquire: its place in the base commit, and what it is converted to."""

    place: str
    function: str
    old: str
    new: str
    verdict: str
    reason: str

    @property
    def lines(self) -> list[str]:
        """The site as lines that fit a mail, those after the first indented."""
        name = f"{self.function}()"
        what = f"{self.verdict}: {self.old}()"
        swap = f"-> {self.new}()" if self.new and self.new != self.old else ""
        return [*_fitting(self.place, name), *_fitting("  " + what, swap)]


@dataclass(frozen=True)
class BuildLine:
    """A build result of an object, with the architectures that have it, their compilers and
    configurations; `reason` says why there was no build."""

    path: str
    result: str
    architectures: tuple[str, ...]
    reason: str

    @property
    def lines(self) -> list[str]:
        """The result as lines that fit a mail, those after the first indented."""
        # The heading says that these were built.
        result = "" if self.result == BuildStatus.BUILT else f"{self.result}: "
        text = f"{result}{listed(self.architectures)}"
        text += f" ({self.reason})" if self.reason else ""
        wrapped = textwrap.wrap(
            clean(text), WIDTH - 4, subsequent_indent="  ", break_on_hyphens=False
        )
        return [self.path, *(f"  {line}" for line in wrapped)]


@dataclass(frozen=True)
class Facts:
    """The data for cover letters."""

    classification: Classification
    rewrite: Rewrite
    builds: BuildReport | None
    proof: Proof | None = None

    def conversions(self, commits: Sequence[Commit]) -> list[Conversion]:
        """The conversions in `commits`, in their order."""
        changes = {change.group: change for change in self.rewrite.changes}
        decided = {g.name: (g, v) for g, v in self.classification.pairs()}
        names = [name for commit in commits if not commit.fix for name in commit.groups]
        return [Conversion(*decided[name], changes[name]) for name in names]

    def left_alone(self, commits: Sequence[Commit]) -> list[Site]:
        """The acquires in the files of `commits` that stay as they are, sorted by place."""
        paths = {path for commit in commits for path in commit.paths}
        converted = {change.group for change in self.rewrite.changes}
        failed = {failure.group: failure.reason for failure in self.rewrite.failures}
        found = []
        for group, verdict in self.classification.pairs():
            if group.name not in converted:
                why = failed.get(group.name, verdict.reason)
                action = Action.MANUAL if group.name in failed else verdict.action
                found += [
                    (acquire.place, _untouched(acquire, _verdict(verdict, action), why))
                    for acquire in group.acquires
                    if acquire.place.path in paths
                ]
        return [site for _, site in sorted(found, key=lambda pair: pair[0])]


def cover_facts(
    facts: Facts,
    commits: Sequence[Commit],
    *,
    document: str,
    part: tuple[int, int] = (1, 1),
    depends: str = "",
    changes: Changes | None = None,
    style: Sequence[str] = (),
    unbuilt: Sequence[str] = (),
) -> dict[str, Any]:
    """The values for the template of a cover letter.

    `part` is the number of this series and of all, if one set of maintainers gets several;
    `depends` is the title of the series that has to come first, "" for none; `style` are the
    messages of checkpatch.pl; `unbuilt` are those of `commits` that were not built anywhere, with
    the reasons.
    """
    conversions = facts.conversions(commits)
    fixes = [commit for commit in commits if commit.fix]
    api = not conversions and not fixes and not commits[0].last
    return {
        "api": api,
        "last": commits[0].last,
        "fixes": bool(fixes),
        "converts": bool(conversions),
        "about_api": facts.rewrite.api.cover if api else "",
        "single": len(commits) == 1,
        "commits": list(commits),
        "sites": _explained([site for c in conversions for site in _converted(c)], document),
        "left_alone": _explained(facts.left_alone(commits) if conversions else [], document),
        "looked_up": any(
            c.verdict.action is Action.FOLLOW and not only_faults(c.group) for c in conversions
        ),
        "builds": _build_lines(facts.builds, commits),
        "compiled": any(
            o.status is not BuildStatus.NOT_BUILDABLE for o in _objects(facts.builds, commits)
        ),
        "built": facts.builds is not None,
        "toolchain": _toolchain(_objects(facts.builds, commits)),
        "seen": seen_lines(facts.proof, [group for c in commits for group in c.groups]),
        "machine": facts.proof.machine if facts.proof else "",
        "document": document,
        "part": part,
        "depends": depends,
        "unneeded": bool(conversions) and not any(_needs_api(facts, c) for c in conversions),
        "changes": changes,
        "style": [] if list(style) == [NOTHING_NEW] else list(style),
        "nothing_new": list(style) == [NOTHING_NEW],
        "unbuilt": list(unbuilt),
    }


def _needs_api(facts: Facts, conversion: Conversion) -> bool:
    """Whether a conversion needs the API series. fixup_user_fault() is the tree's own, and at most
    exported there."""
    exported = any(FAULT_IN in subject for subject in facts.rewrite.api.subjects)
    own = only_faults(conversion.group) and called_more(conversion.change.files, (FAULT_IN,))
    return exported or not own


def cover_letters(
    letters: Sequence[dict[str, Any]], templates: Templates | None = None
) -> list[str]:
    """The text of each of `letters`, without shortlog, diffstat and base."""
    return render(templates or mail_templates(), "cover.txt", letters)


def _fitting(first: str, second: str) -> list[str]:
    """Both in one line if they fit, or else in two."""
    if len(first) + len(second) + 3 <= WIDTH:
        return [f"{first} {second}".rstrip()]
    return [first, f"  {second}"]


def _converted(conversion: Conversion) -> list[Site]:
    text: GroupText = describe_group(conversion)
    new = {(call.function, call.path, call.old): call.new for call in text.acquires}
    group: PinGroup = conversion.group
    return [
        Site(
            str(acquire.place),
            acquire.function,
            acquire.name,
            new.get((acquire.function, acquire.place.path, acquire.name), ""),
            _verdict(conversion.verdict, conversion.verdict.action),
            conversion.verdict.reason,
        )
        for acquire in _changed(group.acquires, new)
    ]


def _changed(
    acquires: Sequence[Acquire], new: Mapping[tuple[str, str, str], str]
) -> Sequence[Acquire]:
    """Those that the edit changes; calls of a helper that takes the pages stay."""
    return [a for a in acquires if new.get((a.function, a.place.path, a.name), "") != a.name]


def _explained(sites: Sequence[Site], document: str) -> list[Site]:
    """`sites`, without their CASEs if no `document` explains these."""
    return [s if document else replace(s, verdict=s.verdict.partition(",")[0]) for s in sites]


_IN_MAILS = {Action.KEEP: "kept", Action.MANUAL: "not decided"}
"""The words for verdicts on calls that were left alone, for readers who do not know the program."""


_OF_PROFILES = (
    (re.compile(r", which needs no pin under this profile\b"), ""),
    (re.compile(r"\bprofile \S+ has no counterpart for\b"), "there is no counterpart for"),
)
"""What reasons say of profiles, which such readers do not know either, and the words for mails."""


def _untouched(acquire: Acquire, verdict: str, why: str) -> Site:
    for said, instead in _OF_PROFILES:
        why = said.sub(instead, why)
    return Site(str(acquire.place), acquire.function, acquire.name, acquire.name, verdict, why)


def _verdict(verdict: Verdict, action: Action) -> str:
    case, word = case_of(verdict), _IN_MAILS.get(action, str(action))
    return f"{word}, CASE {case}" if case else word


def _build_lines(report: BuildReport | None, commits: Sequence[Commit]) -> list[BuildLine]:
    found: dict[tuple[str, BuildStatus, str], list[str]] = {}
    for result in sorted(_objects(report, commits), key=_build_order):
        # The path of the log does not help anybody who gets the mail.
        reason = result.reason.partition(" (log: ")[0]
        reason = reason.removeprefix(f"{result.arch}: ")  # which stands before it
        reason = reason if result.status is BuildStatus.NOT_BUILDABLE else ""
        found.setdefault((result.path, result.status, reason), []).append(result.where)
    return [
        BuildLine(path, str(status), tuple(_unique(architectures)), reason)
        for (path, status, reason), architectures in found.items()
    ]


def _objects(report: BuildReport | None, commits: Sequence[Commit]) -> list[ObjectBuild]:
    ids = {commit.id for commit in commits}
    return [o for o in (report.objects if report else ()) if o.commit in ids]


def _toolchain(objects: Sequence[ObjectBuild]) -> list[str]:
    """What the builds took besides the usual compilers, once for all architectures that did."""
    found: dict[str, list[str]] = {}
    for one in objects:
        for line in one.how:
            arch, _, what = line.partition(": ")
            found.setdefault(what, []).append(arch)
    return [f"{listed(sorted(set(where)))}: {what}" for what, where in found.items()]


def _build_order(result: ObjectBuild) -> tuple[str, str, str]:
    return (result.path, str(result.status), result.arch)


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
