# SPDX-License-Identifier: GPL-2.0-only
"""The commands: from their arguments to their exit codes."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from migrate.analysis.contracts.read import read_contracts
from migrate.analysis.verdicts.decisions import read_decisions
from migrate.base.errors import ExitCode, Refusal
from migrate.base.files.places import absolute, meant
from migrate.base.stores.git import open_checkout
from migrate.cli import tables
from migrate.cli.console import Console, duration
from migrate.cli.facts.unread import say_unread
from migrate.cli.remembered import keep_options, with_last_options
from migrate.cli.request import Request, options_of
from migrate.delivery.commits.policy import Policy
from migrate.delivery.compile.choices import check_options, launcher_jobs, read_choice
from migrate.delivery.compile.model import BuildOptions
from migrate.kernel.tree import Tree, open_tree
from migrate.rewrite.profile.profiles import load_profile
from migrate.runs import handover, pipeline
from migrate.runs.job import Job, Options
from migrate.runs.output_folder import put_back
from migrate.runs.workspace import Workspace, keep_apart, open_workspace

current_log = Path()
"""The folder for the log of a bug: in the workspace in use, if there is one."""


def run_stages(request: Request, last: str, *, name: str) -> ExitCode:
    """Run the stages up to `last` as far as needed and show the result of the last one."""
    if (request.trailers or request.reply) and not request.reroll:
        raise Refusal(
            "--trailers and --reply are about the next version of a series.",
            f"Ask for one: {request.command(name)} --reroll",
        )
    if request.trailers is not None:
        from migrate.delivery.commits.trailers import check_mailbox

        check_mailbox(request.trailers)
    console = Console(verbose=request.verbose)
    start = time.monotonic()
    with open_job(request, console, name) as job:
        if request.revision == "HEAD":
            handover.refuse_own_branch(job)
        if last != "series" and pipeline.is_ready(job, last):
            return _show(request, job, console, last)
        with working(job, console):
            if name == "run" and not request.json:
                tables.profiles_to_choose_from(console, job)
            keep_options(request, name, job.workspace)
            if request.reroll:
                handover.begin_reroll(job, request.trailers)
            pipeline.run(job, last)
            if last != "series":
                return _show(request, job, console, last)
            with console.busy("branch", "handing it over"):
                published = handover.publish_branch(job)
                for_b4 = handover.publish_for_b4(job) if request.b4 else ()
            if name == "run" and not request.json:
                tables.summary(console, job, duration(time.monotonic() - start), published)
            else:
                _show(request, job, console, last)
            tables.for_b4(console, for_b4, quiet=request.json)
            return tables.exit_code(job)


def _show(request: Request, job: Job, console: Console, last: str) -> ExitCode:
    """Show the result of stage `last`, and the next command."""
    if request.json:
        console.json(tables.data(job, last))
    else:
        tables.stage(console, job, last)
        if last != "series":
            console.notice(f"Next: {request.command(tables.after(last))}")
    return tables.exit_code(job)


def build(request: Request, full: str | None) -> ExitCode:
    """Build every commit, and with `full` also the whole tree of that architecture at the tip."""
    if full is None:
        return run_stages(request, "build", name="build")
    from migrate.delivery.builds.branch import build_full

    check_options(BuildOptions(architectures=(full,)))
    console = Console(verbose=request.verbose)
    with open_job(request, console, "build") as job, working(job, console):
        keep_options(request, "build", job.workspace)
        pipeline.run(job, "build")
        console.started("full")
        done = build_full(
            job.branch,
            full,
            worktree=job.workspace.worktree(job.branch.base),
            builds=job.workspace.builds,
            options=job.options.build,
            progress=console.progress,
        )
        console.finished("full", f"{full} {'built' if done.ok else 'failed'}", done.seconds)
    if request.json:
        console.json(done)
    else:
        tables.full_build(console, done)
    return ExitCode.DONE if done.ok else ExitCode.PARTIAL


def explain(request: Request, where: str) -> ExitCode:
    """Show notes on every group at `where`, from the last run. Runs the stages up to `classify` if
    they are out of date; only then it locks the workspace."""
    from migrate.delivery.report.explain import explain as explain_group

    console = Console(verbose=request.verbose)
    request, _ = with_last_options(request)
    with open_job(request, console, "explain") as job:
        bring_up_to_date(job, console, "classify")
        pipeline.load_later(job)
        place = _relative(where, job.tree)
        notes = explain_group(job.tree, job.decided(), place, command=request.command)
    if request.json:
        console.json(notes)
    else:
        console.notes(notes)
    return ExitCode.DONE


def left_over(request: Request) -> ExitCode:
    """Show the remaining GUP calls outside of mm/ and the reasons; runs the stages up to `classify`
    if they are out of date."""
    from migrate.analysis.verdicts.left import left

    console = Console(verbose=request.verbose)
    request, _ = with_last_options(request)
    with open_job(request, console, "left") as job:
        bring_up_to_date(job, console, "classify")
        found, scan = left(job.decided()), job.scan
    if request.json:
        console.json(found)
    else:
        tables.left_over(console, found)
        say_unread(console, scan)
    return ExitCode.DONE


def status(request: Request) -> ExitCode:
    """Show the state of the last run, which process is running, and the next command; runs and
    locks nothing."""
    console = Console(verbose=request.verbose)
    request, taken = with_last_options(request)
    with open_job(request, console, "status") as job:
        holder = job.workspace.holder()
        states = pipeline.states(job) if job.workspace.root.exists() else {}
        tables.status(console, job, states, holder, request, asked=taken)
    return ExitCode.DONE


def clean(request: Request, *, everything: bool) -> ExitCode:
    """Remove the contents of the workspace, and with `everything` also series and reports."""
    console = Console(verbose=request.verbose)
    root = open_checkout(request.tree)
    workspace = open_workspace(root, request.profile, request.workspace, console.notice)
    if not workspace.root.exists():
        console.say(f"{workspace.root} does not exist; there is nothing to remove.")
        return ExitCode.DONE
    with workspace.locked():
        freed = workspace.clean(everything=everything)
    kept = "" if everything else "; series and reports are kept, --all removes them too"
    console.say(f"{workspace.root}: {freed / 1e6:.1f} MB freed{kept}")
    return ExitCode.DONE


def doctor(tree: Path | None, *, as_json: bool) -> ExitCode:
    """Show what is installed and what is missing, and which compilers suit `tree`; exit code 1 if
    the tool cannot work."""
    from migrate.cli.doctor import examine

    console = Console()
    checks = examine(open_tree(tree).version if tree else None)
    if as_json:
        console.json(checks)
    else:
        tables.doctor(console, checks)
    return ExitCode.DONE if all(c.ok for c in checks if c.required) else ExitCode.REFUSED


def bring_up_to_date(job: Job, console: Console, last: str) -> None:
    """Run the stages up to `last` if needed; locks the workspace only in this case."""
    if not pipeline.is_ready(job, last):
        with working(job, console):
            pipeline.run(job, last)


@contextmanager
def open_job(request: Request, console: Console, name: str) -> Iterator[Job]:
    """The job for the command `name`; nothing is written and nothing is locked."""
    global current_log
    profile = load_profile(request.profile, trust=request.trust_profile)
    tree = open_tree(request.tree, request.revision)
    output = meant(request.output) if request.output else None
    if output:
        keep_apart(output, absolute(tree.root), "output", "--output")
    workspace = open_workspace(tree.root, profile.name, request.workspace, console.notice)
    current_log = workspace.log
    usual = _usual_decisions(request, workspace, name)
    wanted = request.decisions or usual
    decisions = read_decisions(wanted) if wanted else ()
    if usual and decisions:
        console.notice(f"decisions: {len(decisions)}, from {usual}")
    usual_contracts = _usual_contracts(request, workspace, name)
    from_file = request.contracts or usual_contracts
    contracts = read_contracts(from_file) if from_file else ()
    if usual_contracts and contracts:
        console.notice(f"contracts: {len(contracts)}, from {usual_contracts}")
    options = Options(
        request.jobs,
        output,
        decisions,
        _build_options(request),
        reroll=request.reroll,
        reply=request.reply,
        tree_scripts=request.tree_scripts,
        unbuilt=Policy(request.unbuilt),
        comments=request.comments,
        smpl=request.smpl,
        deprecate=request.deprecate,
        open_world=request.open_world,
        decisions_file=usual,
        contracts=contracts,
        contracts_file=usual_contracts,
    )
    try:
        yield Job(tree, workspace, profile, options, console, command=request.command)
    finally:
        console.close()


def _usual_decisions(request: Request, workspace: Workspace, name: str) -> Path | None:
    """The decisions file of the workspace, if it exists and the user gave no other."""
    asks = "decisions" in options_of(name) and request.decisions is None
    return workspace.decisions if asks and workspace.decisions.exists() else None


def _usual_contracts(request: Request, workspace: Workspace, name: str) -> Path | None:
    """The same for contracts; an audit does not use them."""
    asks = name != "audit" and "contracts" in options_of(name) and request.contracts is None
    return workspace.contracts if asks and workspace.contracts.exists() else None


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
        choice=read_choice(request.compilers, request.prefixes, llvm=request.llvm),
    )


@contextmanager
def working(job: Job, console: Console) -> Iterator[None]:
    """Hold the workspace, and print its path."""
    with job.workspace.held():
        console.detail(f"workspace {job.workspace.root}")
        put_back(job.out)
        yield
        if "maintainers" in job.__dict__:
            for line in dict.fromkeys(job.maintainers.problems):
                console.notice(line)


def _relative(where: str, tree: Tree) -> str:
    """A path relative to the tree, if `where` is a path in the file system."""
    path = Path(where)
    if path.is_absolute():
        root = absolute(tree.root)
        if root not in path.parents:
            raise Refusal(f"{where} is not in {root}.", "Give a path of the kernel.")
        return os.fspath(path.relative_to(root))
    return where.removeprefix("./")
