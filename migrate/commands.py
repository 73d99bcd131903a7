# SPDX-License-Identifier: GPL-2.0-only
"""What each command does, between its arguments and its exit code."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from migrate import handover, pipeline, tables
from migrate.analysis.decisions import read_decisions
from migrate.base.errors import ExitCode, Refusal
from migrate.console import Console, duration
from migrate.delivery.builds.choices import check_options, launcher_jobs
from migrate.delivery.builds.model import BuildOptions
from migrate.job import Job, Options
from migrate.kernel.tree import Tree, open_tree
from migrate.request import Request
from migrate.rewrite.profiles import load_profile
from migrate.workspace import keep_apart, open_workspace, put_back

current_log = Path()
"""Where a log of a bug goes: the folder of the workspace in use, if any."""


def run_stages(request: Request, last: str, *, name: str) -> ExitCode:
    """Run the stages up to `last` as far as needed and show the result of the last one."""
    if (request.trailers or request.reply) and not request.reroll:
        raise Refusal(
            "--trailers and --reply are about the next version of a series.",
            f"Ask for one: {request.command(name)} --reroll",
        )
    console = Console(verbose=request.verbose)
    start = time.monotonic()
    with open_job(request, console) as job, working(job, console):
        if request.revision == "HEAD":
            handover.refuse_own_branch(job)
        if request.reroll:
            handover.begin_reroll(job, request.trailers)
        pipeline.run(job, last)
        published = handover.publish_branch(job) if last == "series" else ""
        for_b4 = handover.publish_for_b4(job) if request.b4 and last == "series" else ()
        if request.json:
            console.json(tables.data(job, last))
        elif name == "run":
            tables.summary(console, job, duration(time.monotonic() - start), published)
        else:
            tables.stage(console, job, last)
            if last != "series":
                console.notice(f"Next: {request.command(tables.after(last))}")
        tables.for_b4(console, for_b4, quiet=request.json)
        return tables.exit_code(job)


def build(request: Request, full: str | None) -> ExitCode:
    """Build every commit, and with `full` the whole tree of that architecture at the tip."""
    if full is None:
        return run_stages(request, "build", name="build")
    from migrate.delivery.builds.branch import build_full

    check_options(BuildOptions(architectures=(full,)))
    console = Console(verbose=request.verbose)
    with open_job(request, console) as job, working(job, console):
        pipeline.run(job, "build")
        console.started("full")
        done = build_full(
            job.branch,
            full,
            worktree=job.workspace.worktree(job.branch.base),
            builds=job.workspace.builds,
            options=job.options.build,
        )
        console.finished("full", f"{full} {'built' if done.ok else 'failed'}", done.seconds)
    if request.json:
        console.json(done)
    else:
        tables.full_build(console, done)
    return ExitCode.DONE if done.ok else ExitCode.PARTIAL


def explain(request: Request, where: str) -> ExitCode:
    """Notes on every group at `where`; runs the stages up to `classify` when they are stale."""
    from migrate.delivery.explain import explain as explain_group

    console = Console(verbose=request.verbose)
    with open_job(request, console) as job, working(job, console):
        pipeline.run(job, "classify")
        pipeline.load_later(job)
        place = _relative(where, job.tree)
        notes = explain_group(job.tree, job.decided(), place, command=request.command)
    if request.json:
        console.json(notes)
    else:
        console.notes(notes)
    return ExitCode.DONE


def status(request: Request) -> ExitCode:
    """Where a run is, who is at it, and what to type next; runs nothing, locks nothing."""
    console = Console(verbose=request.verbose)
    with open_job(request, console) as job:
        holder = job.workspace.holder()
        states = pipeline.states(job) if job.workspace.root.exists() else {}
        tables.status(console, job, states, holder, request)
    return ExitCode.DONE


def clean(request: Request, *, everything: bool) -> ExitCode:
    """Remove the workspace's contents, and with `everything` series and reports too."""
    console = Console(verbose=request.verbose)
    root = _top(request.tree)
    workspace = open_workspace(root, request.profile, request.workspace, console.notice)
    if not workspace.root.exists():
        console.say(f"{workspace.root} does not exist; there is nothing to remove.")
        return ExitCode.DONE
    with workspace.locked():
        freed = workspace.clean(everything=everything)
    kept = "" if everything else "; series and reports are kept, --all removes them too"
    console.say(f"{workspace.root}: {freed / 1e6:.1f} MB freed{kept}")
    return ExitCode.DONE


def doctor(*, as_json: bool) -> ExitCode:
    """What is installed and what is missing; exit code 1 when the tool cannot work."""
    from migrate.doctor import examine

    console = Console()
    checks = examine()
    if as_json:
        console.json(checks)
    else:
        tables.doctor(console, checks)
    return ExitCode.DONE if all(c.ok for c in checks if c.required) else ExitCode.REFUSED


@contextmanager
def open_job(request: Request, console: Console) -> Iterator[Job]:
    """The job that `request` is about; nothing is written and nothing is locked."""
    global current_log
    profile = load_profile(request.profile, trust=request.trust_profile)
    tree = open_tree(request.tree, request.revision)
    if request.output:
        keep_apart(request.output.resolve(), tree.root.resolve(), "output", "--output")
    workspace = open_workspace(tree.root, profile.name, request.workspace, console.notice)
    current_log = workspace.log
    output = request.output.resolve() if request.output else None
    decisions = read_decisions(request.decisions) if request.decisions else ()
    options = Options(
        request.jobs,
        output,
        decisions,
        _build_options(request),
        reroll=request.reroll,
        reply=request.reply,
        tree_scripts=request.tree_scripts,
        comments=request.comments,
        deprecate=request.deprecate,
    )
    try:
        yield Job(tree, workspace, profile, options, console)
    finally:
        console.close()


def _build_options(request: Request) -> BuildOptions:
    named = request.architectures
    return BuildOptions(
        jobs=request.build_jobs or launcher_jobs(request.launcher) or request.jobs,
        warnings=request.warnings,
        sparse=request.sparse,
        instrumentation=request.instrumented,
        compiler_launcher=request.launcher,
        architectures=None if named is None else tuple(dict.fromkeys(named.split(","))),
        keep_going=request.keep_going,
    )


@contextmanager
def working(job: Job, console: Console) -> Iterator[None]:
    """Hold the workspace, and say which it is."""
    with job.workspace.held():
        console.detail(f"workspace {job.workspace.root}")
        put_back(job.out)
        yield
        if "maintainers" in job.__dict__:
            for line in dict.fromkeys(job.maintainers.problems):
                console.notice(line)


def _top(path: Path) -> Path:
    from migrate.base.git import open_repository

    return Path(str(open_repository(path).working_tree_dir))


def _relative(where: str, tree: Tree) -> str:
    """A path as the tree has it, when `where` is given from the file system."""
    path = Path(where)
    if path.is_absolute():
        root = tree.root.resolve()
        if root not in path.parents:
            raise Refusal(f"{where} is not in {root}.", "Give a path of the kernel.")
        return os.fspath(path.relative_to(root))
    return where.removeprefix("./")
