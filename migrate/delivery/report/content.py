# SPDX-License-Identifier: GPL-2.0-only
"""Makes the contents of the report from the results of the stages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from migrate import __version__
from migrate.analysis.model import Acquire, Action, Classification, PinGroup, Scan, Verdict
from migrate.analysis.verdicts.left import left
from migrate.analysis.verdicts.wording import why, words
from migrate.base.typed import own_command
from migrate.delivery.commits.rejected import Rejections
from migrate.delivery.model import (
    Branch,
    BuildReport,
    BuildStatus,
    Commit,
    Delivery,
    ObjectBuild,
    Series,
)
from migrate.delivery.proof.model import Control, GroupProof, Proof
from migrate.delivery.report.code import diffs_of, excerpts, spot
from migrate.delivery.report.flow import Flows
from migrate.delivery.report.model import (
    SCHEMA,
    Build,
    CommitEntry,
    Group,
    Part,
    Report,
    Row,
    Run,
    RunPair,
    SeriesEntry,
    State,
    Stated,
    Step,
)
from migrate.delivery.report.summary import area_of, areas_of, people_of
from migrate.kernel.tree import Tree
from migrate.rewrite.model import GroupChange, Rewrite
from migrate.rewrite.profile.profiles import DEFAULT_PROFILE

_WORST_FIRST = (
    BuildStatus.FAILED,
    BuildStatus.WARNED,
    BuildStatus.FAILED_BEFORE,
    BuildStatus.NOT_BUILDABLE,
    BuildStatus.BUILT,
)
_STANDS = "Nothing changed since v{}, so it is not written again."
_NO_GROUP = "The pairing put this acquire into no group."


@dataclass(frozen=True)
class Results:
    """The input of the report; `classification` has the final verdicts.

    `subsystem_of` and `maintainers_of` are functions of a path in the tree.
    """

    tree: Tree
    scan: Scan
    classification: Classification
    rejections: Rejections
    rewrite: Rewrite
    branch: Branch
    builds: BuildReport
    delivery: Delivery
    subsystem_of: Callable[[str], str]
    maintainers_of: Callable[[str], tuple[str, ...]]
    proof: Proof | None = None
    open_world: bool = False

    @cached_property
    def changes(self) -> dict[str, GroupChange]:
        return {change.group: change for change in self.rewrite.changes}

    @cached_property
    def commit_of(self) -> dict[str, Commit]:
        """The commit that converts a group, by the name of the group."""
        return {group: c for c in self.branch.commits for group in c.groups}

    @cached_property
    def series_of(self) -> dict[str, str]:
        """The slug of the series that a commit is in, by the commit's id."""
        everything = (*self.delivery.series, *self.delivery.unchanged)
        return {commit: s.slug for s in everything for commit in s.commits}

    @cached_property
    def objects_of(self) -> dict[str, list[ObjectBuild]]:
        """The results of a commit, by its id."""
        found: dict[str, list[ObjectBuild]] = {}
        for item in self.builds.objects:
            found.setdefault(item.commit, []).append(item)
        return found

    def state_of(self, verdict: Verdict) -> State:
        if verdict.group in self.commit_of:
            return "converted"
        return "kept" if verdict.action is Action.KEEP else "manual"


def make_report(results: Results) -> Report:
    """The report, with every acquire of the scan exactly once; those without a group are
    `manual`."""
    flows = Flows(results.tree)
    entries = {
        group.name: _group(results, flows, group, verdict)
        for group, verdict in results.classification.pairs()
    }
    owners = {
        _key(a): group.name for group in results.classification.groups for a in group.acquires
    }
    rows = tuple(
        _row(results, acquire, entries.get(owners.get(_key(acquire), "")))
        for acquire in sorted(set(results.scan.acquires))
    )
    return Report(
        schema=SCHEMA,
        tool=f"gup-migrate {__version__}",
        kernel_version=results.scan.kernel_version,
        base=results.scan.commit,
        profile=results.classification.profile,
        branch=results.branch.ref,
        funnel=funnel(rows, entries.values(), results),
        areas=areas_of(rows),
        people=people_of(rows, results.delivery.series),
        rows=rows,
        groups=tuple(entries[name] for name in sorted(entries)),
        unparsed=tuple(f"{u.place}: {u.function}: {why(u.gap)}" for u in results.scan.unparsed),
        commits=tuple(_commit(results, commit) for commit in results.branch.commits),
        series=(
            *(_series(s, _notes(s)) for s in results.delivery.series),
            *(_series(s, (_STANDS.format(s.version),)) for s in results.delivery.unchanged),
        ),
        toolchain=results.builds.how,
        machine=results.proof.machine if results.proof else "",
        open_world=results.open_world,
        left=left(results.classification).with_stops(),
    )


def funnel(rows: Sequence[Row], groups: Iterable[Group], results: Results) -> tuple[Step, ...]:
    """From all acquires to the series; each step is part of the one before it, or made from it."""
    all_groups = list(groups)
    converted = [g for g in all_groups if g.state == "converted"]
    failed = len(results.rewrite.failures) + len(results.rejections.items)
    wanted = sum(g.verdict in (Action.PIN, Action.FOLLOW) for g in all_groups) + failed
    return (
        Step("acquires found", len(rows)),
        Step("pin groups", len(all_groups)),
        Step("verdicts", len(all_groups), _verdicts(all_groups)),
        Step("groups to convert", wanted),
        Step("groups converted", len(converted)),
        Step("of these built", sum(g.built == BuildStatus.BUILT for g in converted)),
        Step("commits", len(results.branch.commits)),
        Step("series", len(results.delivery.series)),
    )


def _verdicts(groups: Sequence[Group]) -> tuple[Part, ...]:
    counts = Counter(group.verdict for group in groups)
    return tuple(Part(action, counts[action]) for action in Action)


def _key(acquire: Acquire) -> tuple[str, int, int]:
    return acquire.place.path, acquire.place.line, acquire.place.column


def _row(results: Results, acquire: Acquire, group: Group | None) -> Row:
    place = acquire.place
    return Row(
        path=place.path,
        line=place.line,
        column=place.column,
        area=area_of(place.path),
        function=acquire.function,
        call=acquire.name,
        group=group.name if group else "",
        verdict=group.verdict if group else Action.MANUAL,
        case=group.case if group else "",
        subsystem=results.subsystem_of(place.path),
        maintainers=results.maintainers_of(place.path),
        state=group.state if group else "manual",
        built=group.built if group else "",
        reason=group.reason if group else _NO_GROUP,
        proof=group.run.outcome if group and group.run else "",
    )


def _group(results: Results, flows: Flows, group: PinGroup, verdict: Verdict) -> Group:
    change = results.changes.get(group.name)
    commit = results.commit_of.get(group.name)
    builds = _builds_of_group(results, group.name, commit)
    first = group.acquires[0].place.path if group.acquires else next(iter(group.paths), "")
    gaps = {words(gap): gap.kind for gap in group.gaps}
    return Group(
        name=group.name,
        verdict=verdict.action,
        case=verdict.case,
        rule=verdict.rule,
        reason=verdict.reason,
        confidence=verdict.confidence,
        decided_by=verdict.decided_by,
        state=results.state_of(verdict),
        built=_overall(builds) if commit else "",
        subsystem=change.subsystem if change else results.subsystem_of(first),
        commit=commit.id if commit else "",
        series=results.series_of.get(commit.id, "") if commit else "",
        acquires=tuple(spot(a.place, a.function, a.name, a.text) for a in group.acquires),
        uses=tuple(spot(u.place, u.function, u.kind, u.text) for u in group.uses),
        releases=tuple(spot(r.place, r.function, r.name, r.text) for r in group.releases),
        evidence=tuple(spot(e.place, "", e.kind, e.text) for e in verdict.evidence),
        warnings=verdict.warnings,
        gaps=tuple(gaps),
        gap_kinds=tuple(gaps.values()),
        notes=change.notes if change else (),
        rules=change.rules if change else (),
        code=excerpts(results.tree, group, verdict),
        diffs=diffs_of(change) if change else (),
        builds=tuple(_build(item) for item in builds),
        contracts=tuple(Stated(str(c), c.why) for c in group.contracts),
        run=_run(results.proof.of(group.name) if results.proof else None),
        flow=flows.of(group, verdict),
        explain=_explain(results.classification.profile, group),
    )


def _explain(profile: str, group: PinGroup) -> str:
    """The command to be typed in the checkout; with a line if the function has several groups."""
    if not group.acquires:
        return ""
    first = group.acquires[0].place
    other = () if profile == DEFAULT_PROFILE else ("--profile", profile)
    return own_command("explain", PurePosixPath(f"{first.path}:{first.line}"), *other)


def _run(proof: GroupProof | None) -> Run | None:
    if proof is None:
        return None
    return Run(
        str(proof.outcome),
        proof.reason,
        tuple(RunPair(str(p.acquire), str(p.release), p.count) for p in proof.pairs),
        tuple(map(str, proof.missed)),
        tuple(map(_control, proof.controls)),
        tuple(map(str, proof.lines)),
    )


def _control(control: Control) -> str:
    return f"{control.release} {control.spoiling}: {control.outcome}, {control.reason}"


def _builds_of_group(results: Results, name: str, commit: Commit | None) -> list[ObjectBuild]:
    """The objects of the group's own files, or why the group was not delivered."""
    rejected = [i for r in results.rejections.items if r.group == name for i in r.objects]
    if commit is None:
        return rejected
    change = results.changes.get(name)
    stems = {PurePosixPath(f.path).with_suffix("") for f in change.all_files} if change else set()
    objects = results.objects_of.get(commit.id, [])
    return [i for i in objects if PurePosixPath(i.path).with_suffix("") in stems] or objects


def _overall(builds: list[ObjectBuild]) -> str:
    """The worst result of the objects that were built; "" if there is none."""
    found = {item.status for item in builds}
    if BuildStatus.BUILT in found:
        # One architecture is sufficient; objects that cannot be built are in the details.
        found.discard(BuildStatus.NOT_BUILDABLE)
    return next((status for status in _WORST_FIRST if status in found), "")


def _build(item: ObjectBuild) -> Build:
    return Build(item.path, item.arch, item.status, item.output, item.reason)


def _commit(results: Results, commit: Commit) -> CommitEntry:
    builds = tuple(_build(item) for item in results.objects_of.get(commit.id, []))
    return CommitEntry(
        commit.id, commit.subject, commit.subsystem, commit.groups, commit.paths, builds
    )


def _series(series: Series, notes: tuple[str, ...]) -> SeriesEntry:
    return SeriesEntry(
        series.slug,
        series.title,
        PurePosixPath(series.directory).name,
        series.subsystems,
        series.commits,
        series.to,
        series.cc,
        series.version,
        notes,
    )


def _notes(series: Series) -> tuple[str, ...]:
    return (
        *(f"Held: {line}" for line in series.hold),
        *(f"Since v{series.version - 1}: {line}" for line in series.changes),
        *(f"checkpatch.pl --strict: {line}" for line in series.style),
    )
