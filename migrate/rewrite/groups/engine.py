# SPDX-License-Identifier: GPL-2.0-only
"""The rewrite stage: every group with a verdict to convert is converted whole, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping, Sequence

from migrate.analysis.acquires.spatch import DEFAULT_TIMEOUT, spatch_version
from migrate.analysis.model import Action, Classification, PinGroup, Place
from migrate.base.programs.workers import share_out
from migrate.kernel.line_limit import line_limit
from migrate.kernel.tree import Tree
from migrate.rewrite.api.introduce import api_change
from migrate.rewrite.fixes.first import NotFirst, fixes_of
from migrate.rewrite.groups.aliases import drop_aliases
from migrate.rewrite.groups.extract import plan_extracted
from migrate.rewrite.groups.fault_in import plan_fault_in
from migrate.rewrite.groups.order import independent, order_groups, subsystem_of_group
from migrate.rewrite.groups.plan import plan_file, plan_followed
from migrate.rewrite.loops.fold import FOLDING
from migrate.rewrite.model import FileChange, Fix, GroupChange, GroupFailure, Rewrite
from migrate.rewrite.profile.counterparts import FAULT_IN, Counterparts, Missing
from migrate.rewrite.profile.extracted import balance_of, is_extracted
from migrate.rewrite.profile.faulted import fault_rules, only_faults
from migrate.rewrite.profile.model import Profile
from migrate.rewrite.steps.apply import Edited, NotApplied, apply_steps, give_up_only, given_up
from migrate.rewrite.steps.sites import NoSite
from migrate.rewrite.text.comments import follow_comments
from migrate.rewrite.text.draft import Draft, open_draft
from migrate.rewrite.text.strings import said_of_strings, stale_strings

_FAMILY = "get_user_pages"
"""The name for any function of the family in comments."""

Converted = list[GroupChange | GroupFailure]
Known = MutableMapping[tuple[str, ...], Converted]
"""Results for groups that may share files, by their names in order."""


def rewrite(
    tree: Tree,
    classification: Classification,
    profile: Profile,
    subsystem_of: Callable[[str], str],
    *,
    comments: bool = True,
    timeout: float = DEFAULT_TIMEOUT,
    jobs: int = 1,
    known: Known | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Rewrite:
    """Convert the groups of `classification` whose verdict is `pin` or `follow`.

    `subsystem_of` gives the subsystem of a path; with `comments` those beside an edit that name the
    replaced function are changed, too; `timeout` is for one spatch process in seconds, `jobs`
    counts processes: groups that share no file are independent. Results of an earlier call in
    `known` are used again, and new ones are added. `progress` gets the number of finished groups
    and of all groups. Raises a :class:`Refusal` if the profile cannot be used for the tree, or
    spatch is missing.
    """
    parts = Counterparts(tree, profile)
    parts.require()
    spatch_version()
    actions = {v.group: v.action for v in classification.verdicts}
    wanted = [g for g in classification.groups if actions[g.name] in (Action.PIN, Action.FOLLOW)]
    ordered = order_groups(wanted, subsystem_of)
    job = _Job(parts, actions, subsystem_of, comments, timeout)
    known = known if known is not None else {}
    _convert(job, independent(ordered), jobs, known, _Told(progress, len(ordered)))
    results = {outcome.group: outcome for outcomes in known.values() for outcome in outcomes}
    in_order = [results[group.name] for group in ordered]
    return Rewrite(
        commit=classification.commit,
        profile=profile.name,
        api=api_change(parts, [f for r in in_order if isinstance(r, GroupChange) for f in r.files]),
        changes=tuple(r for r in in_order if isinstance(r, GroupChange)),
        failures=tuple(r for r in in_order if isinstance(r, GroupFailure)),
    )


class _Told:
    """Counts the finished groups of `total`."""

    def __init__(self, progress: Callable[[int, int], None], total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0

    def more(self, groups: Sequence[PinGroup]) -> None:
        for _ in groups:
            self._done += 1
            self._progress(self._done, self._total)


def _convert(
    job: _Job, bundles: Sequence[Sequence[PinGroup]], jobs: int, known: Known, told: _Told
) -> None:
    """Add the missing results of `bundles`, which share no file, to `known`."""
    lacking = []
    for groups in bundles:
        if _names(groups) in known:
            told.more(groups)
        else:
            lacking.append(groups)
    lacking.sort(key=job.cost, reverse=True)
    before = given_up()

    def work(groups: Sequence[PinGroup]) -> tuple[Converted, bool]:
        return job.convert(groups), given_up() != before

    made = share_out("rewrite", work, lacking, jobs, told.more)
    if jobs > 1 and any(stopped for _, stopped in made):
        # The groups without a semantic patch that was given up must not depend on timing.
        give_up_only(before)
        made = share_out("rewrite", work, lacking, 1)
    known.update({_names(groups): found for groups, (found, _) in zip(lacking, made, strict=True)})


def _sites(group: PinGroup) -> Iterator[Place]:
    yield from (acquire.place for acquire in group.acquires)
    yield from (release.place for release in group.releases)


def _names(groups: Sequence[PinGroup]) -> tuple[str, ...]:
    return tuple(group.name for group in groups)


class _Job:
    """Data that all groups of a run share."""

    def __init__(
        self,
        parts: Counterparts,
        actions: dict[str, Action],
        subsystem_of: Callable[[str], str],
        comments: bool,
        timeout: float,
    ) -> None:
        self.parts, self.actions, self.subsystem_of = parts, actions, subsystem_of
        self.widest = line_limit(parts.tree)
        self.comments = comments
        self.timeout = timeout

    def cost(self, groups: Sequence[PinGroup]) -> int:
        """The estimated cost of converting `groups`: each step processes a whole file."""
        sites = [place.path for group in groups for place in _sites(group)]
        return sum(len(self.parts.tree.read(path) or b"") for path in sites)

    def convert(self, groups: Sequence[PinGroup]) -> Converted:
        """Convert groups that may share files, one after the other."""
        drafts: dict[str, Draft] = {}
        return [self._convert_one(group, drafts) for group in groups]

    def _convert_one(self, group: PinGroup, drafts: dict[str, Draft]) -> GroupChange | GroupFailure:
        """Convert `group`; `drafts` gets its files if everything worked, else it is not changed."""
        changed: dict[str, Draft] = {}
        files, rules, stale = [], set[str](), list[tuple[str, str, int]]()
        names = self._successors(group)
        mended = dict(drafts)
        fixes = self._fixes(group, mended)
        if isinstance(fixes, NotFirst):
            return GroupFailure(group.name, fixes.reason)
        for path in group.paths:
            draft = mended.get(path) or self._open(path)
            if draft is None:
                return GroupFailure(group.name, f"{path} is not in the tree")
            result = self._edit(draft, group)
            if isinstance(result, NotApplied):
                return GroupFailure(group.name, result.reason)
            edited = result.draft
            if self.comments:
                edited = follow_comments(draft, edited, names, self._general(group))
            rules |= result.rules
            if self.parts.profile.drop_aliases:
                released = [r.function for r in group.releases if r.place.path == path]
                edited, more = drop_aliases(edited, released, self.timeout)
                rules |= more
            stale += [(name, path, line) for name, line in stale_strings(draft, edited, names)]
            changed[path] = edited
            if edited.text != draft.text:
                files.append(FileChange(path, draft.text, edited.text))
        if not files:
            return GroupFailure(group.name, "there is nothing to change")
        drafts.update(mended | changed)
        subsystem = subsystem_of_group(group, self.subsystem_of)
        notes = said_of_strings(stale)
        return GroupChange(group.name, subsystem, tuple(files), tuple(sorted(rules)), notes, fixes)

    def _fixes(self, group: PinGroup, drafts: dict[str, Draft]) -> tuple[Fix, ...] | NotFirst:
        """The bugs that are fixed before `group` is pinned; `drafts` gets the fixed files."""
        if self.actions[group.name] is not Action.PIN:
            return ()
        parts = self.parts
        where, limit = self.subsystem_of, self.timeout
        return fixes_of(parts.tree, parts.program, group, where, drafts, limit)

    def _follows(self, group: PinGroup) -> bool:
        """Whether `group` becomes lookups: follow_page(), or by address."""
        by_rules = self.parts.profile.by_rules
        return self.actions[group.name] is Action.FOLLOW and not by_rules

    def _successors(self, group: PinGroup) -> dict[str, str]:
        """The replacements of the functions that `group` calls, if they are replaced."""
        parts = self.parts
        if self._follows(group) and only_faults(group):
            rules = fault_rules(group, parts)
            return {a.name: rules[a.place].target if rules else FAULT_IN for a in group.acquires}
        if self._follows(group):
            targets = {place: r.target for place, r in parts.looked_up(group).items()}
            return {a.name: targets.get(a.place, "follow_page") for a in group.acquires}
        found = {a.name: parts.acquire(a.name) for a in group.acquires}
        dropped = {r.name: parts.release(r.name, r.place.path) for r in group.releases}
        through = {a.name: rule.pins for a in group.acquires if (rule := parts.helper(a.name))}
        both = [*found.items(), *dropped.items()]
        named = {n: r.target for n, r in both if not isinstance(r, Missing) and r.target != n}
        return named | through

    def _general(self, group: PinGroup) -> dict[str, str]:
        """The replacement for the name of the whole family in comments."""
        rule = self.parts.acquire(_FAMILY)
        through = is_extracted(group, self.parts)
        if self._follows(group) or isinstance(rule, Missing) or through:
            return {}
        return {_FAMILY: rule.target}

    def _edit(self, draft: Draft, group: PinGroup) -> Edited | NotApplied:
        """The part of `group` in one file; loops that spatch does not fold stay loops."""
        acquires = [a for a in group.acquires if a.place.path == draft.path]
        releases = [r for r in group.releases if r.place.path == draft.path]
        helpers = group.helpers
        result: Edited | NotApplied = NotApplied("")
        follow, balanced = self._follows(group), None
        if is_extracted(group, self.parts):
            _, made = balance_of(group.acquires, self.parts)
            if len(made) != 1 or len(made[0].acquires) != len(group.acquires):
                return NotApplied("the pages are not dropped where they are taken")
            balanced = made[0]
        for fold in (True, False):
            by_address = fault_rules(group, self.parts) if follow and only_faults(group) else {}
            if follow and only_faults(group) and not by_address:
                steps = plan_fault_in(draft, acquires, self.parts)
            elif follow:
                by_address = by_address or self.parts.looked_up(group)
                steps = plan_followed(draft, acquires, group.follows, by_address, self.parts)
            elif balanced is not None:
                steps = plan_extracted(draft, acquires, releases, balanced, self.parts, fold=fold)
            else:
                steps = plan_file(draft, acquires, releases, self.parts, helpers=helpers, fold=fold)
            if isinstance(steps, NoSite):
                return NotApplied(steps.reason)
            result = apply_steps(draft, steps, self.timeout)
            if isinstance(result, Edited) or not any(s.rule in FOLDING for s in steps):
                break
        return result

    def _open(self, path: str) -> Draft | None:
        text = self.parts.tree.read(path)
        return open_draft(path, text, self.widest) if text is not None else None
