# SPDX-License-Identifier: GPL-2.0-only
"""Each stage: what it runs, what its result depends on, and its one-line summary.

The functions import what they run when they run: a command that only looks at stored results
starts without loading parsers and templates.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from migrate.analysis.model import Action, Classification, Pairing, Scan
from migrate.base import codec
from migrate.base.errors import Refusal
from migrate.base.programs.process import Finished
from migrate.base.programs.templates import Templates
from migrate.base.stores.git import git_run
from migrate.delivery.commits.policy import Policy
from migrate.delivery.commits.rejected import (
    Rejection,
    Rejections,
    blame,
    without,
    without_idle_api,
)
from migrate.delivery.commits.unbuilt import NOT_BUILT, summary
from migrate.delivery.model import Branch, BuildReport, BuildStatus, Delivery
from migrate.rewrite.model import Rewrite
from migrate.rewrite.profile.model import templates_of
from migrate.runs.asked import is_output, note_output
from migrate.runs.identity import profile_identity, tool_identity
from migrate.runs.job import Job
from migrate.runs.output_folder import check_replaceable, replacing

REFS = "refs/heads/gup-migrate/"
_BEFORE_SERIES = ("scan", "pair", "classify", "rewrite", "commit", "build")


@dataclass(frozen=True)
class Stage:
    """`make` works the result out; `depends` names what it depends on besides the tool, the
    commit and the stage before; `intact` says whether what it left on disk is still there, and
    `final` whether nothing but these can change the result: if not, each run asks again."""

    name: str
    kind: type[Any]
    make: Callable[[Job], Any]
    summary: Callable[[Job, Any], str]
    depends: Callable[[Job], Sequence[str]] = lambda _: ()
    intact: Callable[[Job, Any], bool] = lambda _job, _value: True
    final: Callable[[Any], bool] = lambda _value: True


def _scan(job: Job) -> Scan:
    from migrate.analysis.acquires.scan import scan

    return scan(
        job.tree,
        cache=job.workspace.database.table("facts"),
        jobs=job.options.jobs,
        progress=job.listener.progress,
        program=job.program,
    )


def _scan_summary(_job: Job, scan: Scan) -> str:
    files = len({a.place.path for a in scan.acquires})
    text = f"{len(scan.acquires)} acquires in {files} files"
    return text + (f", {len(scan.unparsed)} functions not parsed" if scan.unparsed else "")


def _pair(job: Job) -> Pairing:
    from migrate.analysis.acquires.far_releases import compare_releases
    from migrate.analysis.pairing.pair import pair

    cache, told = job.workspace.database.table("facts"), job.listener.progress
    pairing = pair(
        job.tree,
        job.scan,
        cache=cache,
        jobs=job.options.jobs,
        progress=told,
        program=job.program,
    )
    pairing = compare_releases(
        job.program,
        job.scan,
        pairing,
        cache=cache,
        jobs=job.options.jobs,
        progress=told,
    )
    del job.program  # the largest thing in memory, and nobody after this asks it
    return pairing


def _pair_summary(_job: Job, pairing: Pairing) -> str:
    groups = pairing.groups
    complete, empty = sum(g.complete for g in groups), sum(g.empty for g in groups)
    text = f"{len(groups)} groups, {complete} complete"
    return text + (f", {empty} with nothing to release" if empty else "")


def _classify(job: Job) -> Classification:
    from migrate.analysis.verdicts.decisions import decide
    from migrate.rewrite.profile.verdicts import classify

    found = classify(job.tree, job.pairing, profile=job.profile)
    try:
        return decide(found, job.options.decisions, command=job.command)
    except Refusal as refusal:
        # Nobody named the file, so it has to be said which one it is.
        where = f"{job.options.decisions_file}: " if job.options.decisions_file else ""
        raise Refusal(f"{where}{refusal.what}", refusal.next_step) from None


def _classify_summary(_job: Job, classification: Classification) -> str:
    counts = Counter(verdict.action for verdict in classification.verdicts)
    return ", ".join(f"{counts[action]} {action}" for action in Action)


def _rewrite(job: Job) -> Rewrite:
    from migrate.rewrite.api.deprecate import deprecation
    from migrate.rewrite.result.audited import rewrite_audited

    result = without_idle_api(
        rewrite_audited(
            job.tree,
            without(job.classification, job.rejections()),
            job.profile,
            job.maintainers.subsystem_of,
            comments=job.options.comments,
            jobs=job.options.jobs,
            progress=job.listener.progress,
        )
    )
    if not job.options.deprecate:
        return result
    return replace(result, last=deprecation(job.tree, result, job.profile))


def _rewrite_summary(_job: Job, result: Rewrite) -> str:
    text = f"{len(result.changes)} groups rewritten"
    return text + (f", {len(result.failures)} failed" if result.failures else "")


def _commit(job: Job) -> Branch:
    from migrate.delivery.commits.make import make_commits, user_identity

    job.listener.progress("writing commits", 0, 0)
    return make_commits(
        job.tree,
        job.classification,
        job.rewrite,
        repository=job.workspace.repository(),
        ref=f"{REFS}{job.workspace.profile}",
        identity=user_identity(job.tree.root),
        maintainers=job.maintainers,
        templates=_mail_templates(job),
        collected=job.collected(),
    )


def _mail_templates(job: Job) -> Templates:
    from migrate.delivery.wording import mail_templates

    return mail_templates(templates_of(job.profile), str(job.profile.folder / "templates"))


def _commit_summary(_job: Job, branch: Branch) -> str:
    subsystems = len({commit.subsystem for commit in branch.commits})
    return f"{len(branch.commits)} commits for {subsystems} subsystems"


def _commit_depends(job: Job) -> Sequence[str]:
    from migrate.delivery.commits.make import user_identity

    mine = str(user_identity(job.tree.root))
    return [mine, codec.dumps(job.collected()), profile_identity(job.profile)]


def _classify_depends(job: Job) -> Sequence[str]:
    return [profile_identity(job.profile), codec.dumps(job.options.decisions)]


def _rewrite_depends(job: Job) -> Sequence[str]:
    wishes = f"{job.options.comments} {job.options.deprecate}"
    return [profile_identity(job.profile), codec.dumps(job.rejections()), wishes]


def _build_depends(job: Job) -> Sequence[str]:
    from migrate.delivery.compile.choices import check_options

    return [job.toolchains, job.options.build.asked(), check_options(job.options.build)]


def _series_depends(job: Job) -> Sequence[str]:
    scripts = f"{job.options.tree_scripts} {job.options.unbuilt}"
    # The report has something of every stage, also of those that changed nothing after them.
    before = [job.results[name].digest for name in _BEFORE_SERIES]
    return [*before, codec.dumps(job.rejections()), profile_identity(job.profile), scripts]


def _commit_intact(job: Job, branch: Branch) -> bool:
    """The tool's repository still has the branch, which is all that its commits hang on."""
    repository = job.workspace.repository()
    if not repository.is_dir():
        return False
    found = git_run(["rev-parse", "--verify", "-q", branch.ref], cwd=repository)
    return isinstance(found, Finished) and found.stdout.decode().strip() == branch.tip


def _build(job: Job) -> BuildReport:
    from migrate.delivery.builds.branch import build_branch

    job.listener.progress("checking the tree out", 0, 0)
    return build_branch(
        job.branch,
        worktree=job.workspace.worktree(job.branch.base),
        builds=job.workspace.builds,
        cache=job.workspace.database.table("builds"),
        options=job.options.build,
        progress=job.listener.progress,
        tool=tool_identity(),
    )


def _build_summary(_job: Job, report: BuildReport) -> str:
    counts = Counter(item.status for item in report.objects)
    return ", ".join(f"{n} {status}" for status, n in counts.most_common()) or "nothing to build"


def _series(job: Job) -> Delivery:
    from migrate.delivery.history import mark_sent
    from migrate.delivery.mail.outbox import FACTS, SENT
    from migrate.delivery.mail.series import SeriesOptions, write_series
    from migrate.delivery.report.write import write_report

    known = past = job.history()
    for folder in job.outboxes:
        past = mark_sent(past, folder, SENT, FACTS)
    if past != known:
        # The marks go with the folder below; a kill before `versions` is saved must not lose them.
        job.workspace.save("versions", past, "")
    told = job.listener.progress
    told("checking the tree out", 0, 0)
    with replacing(job.out) as folder:
        delivery = write_series(
            job.tree,
            job.decided(),
            job.rewrite,
            job.branch,
            job.builds,
            repository=job.workspace.repository(),
            worktree=job.workspace.worktree(job.branch.base),
            out=folder,
            options=SeriesOptions(
                tree_scripts=job.options.tree_scripts,
                unbuilt=job.options.unbuilt,
                templates=_mail_templates(job),
                reroll=job.options.reroll,
                reply=job.options.reply,
                jobs=job.options.jobs,
            ),
            history=past,
            collected=job.collected(),
            maintainers=job.maintainers,
            progress=told,
        )
        told("writing the report", 0, 0)
        write_report(job.report(delivery), folder)
    job.workspace.save("versions", delivery.history, "")
    note_output(job.workspace, job.out, *_contents(job, delivery))
    _tell(job, delivery)
    return delivery


_UNBUILT = {
    Policy.DELIVER: "they are delivered all the same",
    Policy.HOLD: "what has them is held, which --unbuilt changes",
    Policy.LEAVE_OUT: "they are left out of the series",
}


def _tell(job: Job, delivery: Delivery) -> None:
    """What the user has to know before anything is sent."""
    for series in delivery.unchanged:
        job.listener.notice(
            f"{series.slug}: nothing changed since v{series.version}, so it is not written again"
        )
    if missing := summary(job.branch, job.builds):
        job.listener.notice(f"{missing}; {_UNBUILT[job.options.unbuilt]}.")
    for series in delivery.series:
        for why in (w for w in series.hold if not w.startswith(NOT_BUILT)):
            job.listener.notice(f"{series.directory} is held: {why}")
    there = {series.slug for series in (*delivery.series, *delivery.unchanged)}
    for name in delivery.history.names:
        newest = delivery.history.of(name)[-1]
        if newest.sent and newest.slug not in there:
            job.listener.notice(
                f"{newest.slug} was sent as v{newest.number} and is no more: tell those who got it"
            )


def _series_summary(_job: Job, delivery: Delivery) -> str:
    patches = sum(len(series.commits) for series in delivery.series)
    text = f"{len(delivery.series)} series, {patches} patches"
    return text + (f", {len(delivery.unchanged)} unchanged" if delivery.unchanged else "")


def _series_intact(job: Job, delivery: Delivery) -> bool:
    """The folder that is asked for has this very result; another one may have another."""
    wanted = [job.out / "report.html", *(job.out / s.directory for s in delivery.series)]
    contents = _contents(job, delivery)
    return is_output(job.workspace, job.out, *contents) and all(p.exists() for p in wanted)


def _contents(job: Job, delivery: Delivery) -> list[str]:
    """Stands for every byte that goes into the output folder."""
    return [codec.dumps(delivery), *_series_depends(job)]


SCAN = Stage("scan", Scan, _scan, _scan_summary)
PAIR = Stage("pair", Pairing, _pair, _pair_summary)
CLASSIFY = Stage("classify", Classification, _classify, _classify_summary, _classify_depends)
REWRITE = Stage("rewrite", Rewrite, _rewrite, _rewrite_summary, _rewrite_depends)
COMMIT = Stage("commit", Branch, _commit, _commit_summary, _commit_depends, _commit_intact)
BUILD = Stage(
    "build", BuildReport, _build, _build_summary, _build_depends, final=lambda report: report.final
)
SERIES = Stage("series", Delivery, _series, _series_summary, _series_depends, _series_intact)


def check_environment(job: Job, wanted: Sequence[str]) -> None:
    """Refuse now what would be refused after minutes of work."""
    from migrate.analysis.acquires.spatch import spatch_version
    from migrate.delivery.commits.make import user_identity
    from migrate.delivery.compile.choices import check_options
    from migrate.rewrite.api.deprecate import require_pins
    from migrate.rewrite.profile.counterparts import Counterparts

    spatch_version()
    if "classify" in wanted:
        Counterparts(job.tree, job.profile).require()
    if job.options.deprecate:
        require_pins(job.profile)
    if "build" in wanted:
        check_options(job.options.build)
    if "commit" in wanted:
        user_identity(job.tree.root)
    if "series" in wanted:
        check_replaceable(job.out)


def newly_failed(job: Job) -> list[Rejection]:
    """After `build`: the groups that did not build and were not taken out yet."""
    known = job.rejections()
    return [r for r in blame(job.branch, job.rewrite, job.builds) if r.group not in known.groups]


def reject_failed(job: Job) -> bool:
    """After `build`: note the groups that did not build; False when everything did."""
    known = job.rejections()
    if not job.options.build.keep_going:
        stop_at_failure(job)
    fresh = newly_failed(job)
    if not fresh:
        return False
    for item in fresh:
        job.listener.notice(f"{item.group} is taken out: {item.reason.splitlines()[0]}")
    job.workspace.save("rejected", Rejections((*known.items, *fresh)), job.rejections_inputs())
    return True


def stop_at_failure(job: Job) -> None:
    """A :class:`Refusal` for the first object that a commit broke, after the compiler's words."""
    broken = next((o for o in job.builds.objects if o.status is BuildStatus.FAILED), None)
    if broken is None:
        return
    job.listener.notice(broken.output or broken.reason)
    subject = next(c.subject for c in job.branch.commits if c.id == broken.commit)
    raise Refusal(
        f'{broken.path} does not build for {broken.arch} at commit {broken.commit[:12]} ("'
        f'{subject}").',
        "Without --stop its group is taken out and the rest goes on.",
    )
