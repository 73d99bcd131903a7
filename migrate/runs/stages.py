# SPDX-License-Identifier: GPL-2.0-only
"""The stages: how each is run, what its result depends on, and its one-line summary.

The functions import what they need when they run, so that a command that only shows stored results
starts without loading parsers and templates.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from migrate.analysis.model import Action, Classification, Pairing, Scan
from migrate.base import codec
from migrate.base.errors import Refusal
from migrate.base.programs.process import Finished
from migrate.base.stores.git import git_run
from migrate.base.stores.stage_file import fingerprint
from migrate.delivery.commits.rejected import decided, without, without_idle_api
from migrate.delivery.model import Branch, BuildReport, Delivery
from migrate.rewrite.model import Rewrite
from migrate.runs import series_stage
from migrate.runs.dates import date_of
from migrate.runs.identity import profile_identity, tool_identity
from migrate.runs.job import Job
from migrate.runs.output_folder import check_replaceable

REFS = "refs/heads/gup-migrate/"


@dataclass(frozen=True)
class Stage:
    """`make` computes the result; `depends` returns what it depends on besides the tool, the commit
    and the stage before; `intact` says whether its files still exist, and `final` whether nothing
    else can change the result: if not, it is computed again in each run."""

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
    from migrate.analysis.contracts.check import check_contracts, check_groups
    from migrate.analysis.pairing.pair import pair
    from migrate.analysis.program.program import Program

    cache, told = job.workspace.database.table("facts"), job.listener.progress
    stated = job.options.contracts
    if stated:
        told("checking contracts", 0, 0)
        with naming(job.options.contracts_file):
            check_contracts(Program(job.tree), job.scan, stated)
    pairing = pair(
        job.tree,
        job.scan,
        cache=cache,
        jobs=job.options.jobs,
        progress=told,
        program=job.program,
    )
    with naming(job.options.contracts_file):
        check_groups(job.program, pairing.groups)
    pairing = compare_releases(
        job.program,
        job.scan,
        pairing,
        cache=cache,
        jobs=job.options.jobs,
        progress=told,
    )
    del job.program  # the largest object in memory, which is not needed any more
    return pairing


def _pair_summary(_job: Job, pairing: Pairing) -> str:
    groups = pairing.groups
    complete, empty = sum(g.complete for g in groups), sum(g.empty for g in groups)
    text = f"{len(groups)} groups, {complete} complete"
    return text + (f", {empty} with nothing to release" if empty else "")


def _classify(job: Job) -> Classification:
    from migrate.analysis.verdicts.decisions import decide
    from migrate.rewrite.fixes.first import with_fixes
    from migrate.rewrite.profile.verdicts import classify

    found = classify(job.tree, job.pairing, profile=job.profile)
    found = with_fixes(job.tree, found, job.profile)
    with naming(job.options.decisions_file):
        return decide(found, job.options.decisions, command=job.command)


@contextmanager
def naming(file: Path | None) -> Iterator[None]:
    """Add the name of `file` to a refusal that names no file."""
    try:
        yield
    except Refusal as refusal:
        where = f"{file}: " if file else ""
        raise Refusal(f"{where}{refusal.what}", refusal.next_step) from None


def _classify_summary(_job: Job, classification: Classification) -> str:
    counts = Counter(verdict.action for verdict in classification.verdicts)
    return ", ".join(f"{counts[action]} {action}" for action in Action)


def _rewrite(job: Job) -> Rewrite:
    from migrate.analysis.verdicts.left import left
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
    verdicts = decided(job.classification, job.rejections(), result.failures)
    return replace(result, last=deprecation(job.tree, result, job.profile, left(verdicts)))


def _rewrite_summary(_job: Job, result: Rewrite) -> str:
    text = f"{len(result.changes)} groups rewritten"
    return text + (f", {len(result.failures)} failed" if result.failures else "")


def _commit(job: Job) -> Branch:
    from migrate.delivery.commits.make import make_commits, user_identity

    job.listener.progress("writing commits", 0, 0)
    made = fingerprint(job.results["rewrite"].digest, *_commit_depends(job))
    return make_commits(
        job.tree,
        job.classification,
        job.rewrite,
        repository=job.workspace.repository(),
        ref=f"{REFS}{job.workspace.profile}",
        identity=user_identity(job.tree.root),
        maintainers=job.maintainers,
        templates=series_stage.mail_templates(job),
        collected=job.collected(),
        when=date_of(job.workspace, made),
        smpl=job.options.smpl,
        jobs=job.options.jobs,
        progress=job.listener.progress,
    )


def _commit_summary(_job: Job, branch: Branch) -> str:
    subsystems = len({commit.subsystem for commit in branch.commits})
    return f"{len(branch.commits)} commits for {subsystems} subsystems"


def _commit_depends(job: Job) -> Sequence[str]:
    from migrate.delivery.commits.make import user_identity

    mine = str(user_identity(job.tree.root))
    smpl = "smpl" if job.options.smpl else ""
    return [mine, codec.dumps(job.collected()), profile_identity(job.profile), smpl]


def _pair_depends(job: Job) -> Sequence[str]:
    wishes = ["open world"] if job.options.open_world else []
    return [codec.dumps(job.options.contracts), *wishes] if job.options.contracts else wishes


def _classify_depends(job: Job) -> Sequence[str]:
    return [profile_identity(job.profile), codec.dumps(job.options.decisions)]


def _rewrite_depends(job: Job) -> Sequence[str]:
    wishes = f"{job.options.comments} {job.options.deprecate}"
    return [profile_identity(job.profile), codec.dumps(job.rejections()), wishes]


def _build_depends(job: Job) -> Sequence[str]:
    from migrate.delivery.compile.choices import check_options

    return [job.toolchains, job.options.build.asked(), check_options(job.options.build)]


def _commit_intact(job: Job, branch: Branch) -> bool:
    """Whether the tool's repository still has the branch."""
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


SCAN = Stage("scan", Scan, _scan, _scan_summary)
PAIR = Stage("pair", Pairing, _pair, _pair_summary, _pair_depends)
CLASSIFY = Stage("classify", Classification, _classify, _classify_summary, _classify_depends)
REWRITE = Stage("rewrite", Rewrite, _rewrite, _rewrite_summary, _rewrite_depends)
COMMIT = Stage("commit", Branch, _commit, _commit_summary, _commit_depends, _commit_intact)
BUILD = Stage(
    "build", BuildReport, _build, _build_summary, _build_depends, final=lambda report: report.final
)
SERIES = Stage(
    "series",
    Delivery,
    series_stage.make,
    series_stage.summary,
    series_stage.depends,
    series_stage.intact,
)


def check_environment(job: Job, wanted: Sequence[str]) -> None:
    """Refuse now what would be refused after minutes of work."""
    from migrate.analysis.acquires.spatch import spatch_version
    from migrate.delivery.commits.make import user_identity
    from migrate.delivery.compile.choices import check_options
    from migrate.kernel.people.maintainers import require_maintainers
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
        require_maintainers(job.tree)
        user_identity(job.tree.root)
    if "series" in wanted:
        check_replaceable(job.out)
