# SPDX-License-Identifier: GPL-2.0-only
"""How the console shows the result of each stage, and its exit code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from migrate.analysis.verdicts.left import Call, Left, left
from migrate.analysis.verdicts.wording import sentences, why, words
from migrate.base import codec
from migrate.base.errors import ExitCode
from migrate.base.stores.lock import Holder
from migrate.base.typed import typed
from migrate.cli.console import Console, duration
from migrate.cli.facts.unread import say_unread
from migrate.delivery.model import BuildStatus
from migrate.kernel.signatures import read_signatures
from migrate.rewrite.profile.profiles import DEFAULT_PROFILE, MAINLINE
from migrate.runs import pipeline
from migrate.runs.asked import Asked
from migrate.runs.job import Job

if TYPE_CHECKING:
    from migrate.analysis.model import Classification, Pairing, Scan, Verdict
    from migrate.cli.doctor import Check
    from migrate.cli.request import Request
    from migrate.delivery.compile.model import FullBuild
    from migrate.delivery.report.model import Step

Rows = Iterable[Sequence[str]]


def exit_code(job: Job) -> ExitCode:
    """PARTIAL if a group that should have been converted was not, or a commit that should have been
    built was not, else DONE."""
    failed = job.has("rewrite") and bool(job.rewrite.failures)
    rejected = job.has("build") and bool(job.rejections().items)
    return ExitCode.PARTIAL if failed or rejected or _unbuilt(job) else ExitCode.DONE


def _unbuilt(job: Job) -> str:
    """How many commits were not built and why, "" if there are none."""
    from migrate.delivery.commits.unbuilt import summary as unbuilt_commits

    return unbuilt_commits(job.branch, job.builds) if job.has("build") else ""


def after(stage: str) -> str:
    """The command after `stage`."""
    return pipeline.NAMES[pipeline.NAMES.index(stage) + 1]


def data(job: Job, stage: str) -> Any:
    """The output of --json: the result of `stage`, which for the last stage is the report."""
    if stage == "series":
        return job.report()
    if stage == "scan":
        return spelled_scan(job.scan)
    if stage == "classify":
        return _spelled(job.decided())
    return _spelled(job.pairing) if stage == "pair" else job.results[stage].value


def spelled_scan(scan: Scan) -> Any:
    """`scan` as plain data, with sentences for code that was not parsed."""
    data = codec.to_data(scan)
    for unparsed, entry in zip(scan.unparsed, data["unparsed"], strict=True):
        entry["text"] = why(unparsed.gap)
    return data


def _spelled(result: Pairing | Classification) -> Any:
    """`result` as plain data, with the sentence of each gap."""
    data = codec.to_data(result)
    for group, plain in zip(result.groups, data["groups"], strict=True):
        for gap, entry in zip(group.gaps, plain["gaps"], strict=True):
            entry["text"] = words(gap)
    return data


def stage(console: Console, job: Job, name: str) -> None:
    """The result of one stage as a table."""
    title, heads, rows = _TABLES[name](job)
    console.table(title, heads, rows)
    if name in ("build", "series") and (unbuilt := _unbuilt(job)):
        console.say(f"{unbuilt}.")
    if name == "classify":
        say_unread(console, job.scan)


def summary(console: Console, job: Job, took: str, published: str) -> None:
    """The end of `run`."""
    facts = [
        ("objects", _objects(job)),
        ("time", took),
        ("branch", published or "none, nothing was converted"),
        ("series", str(job.out)),
        ("report", str(job.out / "report.html")),
    ]
    console.say()
    console.facts([*((step.label, _count(step)) for step in job.report().funnel), *facts])
    console.say()
    console.say(left(job.decided()).in_words())
    if job.rewrite.failures or job.rejections().items:
        _failures(console, job)
    if unbuilt := _unbuilt(job):
        console.say()
        console.say(f"{unbuilt}.")
    console.say()
    console.say(f"Next: {_next_after_run(job)}")


def profiles_to_choose_from(console: Console, job: Job) -> None:
    """On a terminal, print the default profile and that of mainline."""
    if job.profile.name != DEFAULT_PROFILE or not job.profile.ours:
        return
    pins = "pin_user_pages" in read_signatures(job.tree)
    lacks = "" if pins else ", which this tree lacks"
    console.aside(
        f"Profile {DEFAULT_PROFILE} adds an API of its own; --profile {MAINLINE} uses"
        f" mainline's pin_user_pages(){lacks}."
    )


def left_over(console: Console, found: Left) -> None:
    """Print why the remaining calls cannot be converted, and then each of them."""
    rows = [(str(count), stop) for stop, count in found.by_stop()]
    console.table("", ("calls", "what stops them"), rows)
    console.say()
    console.table("", ("call", "place"), map(_call, found.staying))
    if found.helpers_staying:
        console.say()
        console.table("", ("call of a helper", "place"), map(_call, found.helpers_staying))
    console.say()
    console.say(found.in_words())


def _call(left_alone: Call) -> tuple[str, str]:
    acquire = left_alone.acquire
    return acquire.name, f"{acquire.place} {acquire.function}()"


def _count(step: Step) -> str:
    return ", ".join(f"{part.count} {part.label}" for part in step.parts) or str(step.count)


def for_b4(console: Console, branches: Sequence[str], *, quiet: bool) -> None:
    """Print the branches that were handed over for b4."""
    if branches and not quiet:
        console.say()
        console.table("For b4", ("branch",), ((name,) for name in branches))


def status(
    console: Console,
    job: Job,
    states: Mapping[str, str],
    holder: Holder | None,
    request: Request,
    *,
    asked: Asked,
) -> None:
    """Print the state of each stage; `asked` are the options of the last run."""
    following = next((n for n in pipeline.NAMES if states.get(n) != "done"), "")
    if following:
        step = request.command("run")
    elif job.delivery.series:
        step = f"Look at {job.out / 'report.html'}"
    else:
        step = request.command("classify")
    if request.json:
        console.json(
            {
                "workspace": str(job.workspace.root),
                "stages": {n: states.get(n, "missing") for n in pipeline.NAMES},
                "asked": asked.texts | asked.switches,
                "holder": holder,
                "next": step,
            }
        )
        return
    rows = [
        (name, states.get(name, "missing"), pipeline.summary_of(job, name))
        for name in pipeline.NAMES
    ]
    console.table(f"Workspace {job.workspace.root}", ("stage", "state", "result"), rows)
    if asked:
        console.say(f"As asked for last: {request.command('run')}")
    if holder:
        console.say(f"In use by '{holder.command}' (process {holder.pid}).")
    console.say(f"Next: {step}")


def full_build(console: Console, done: FullBuild) -> None:
    """Print the result of building a whole tree."""
    facts = [
        ("architecture", done.arch),
        ("configuration", done.recipe),
        ("commit", done.commit[:12]),
        ("result", "built" if done.ok else f"failed, {len(done.errors)} errors"),
        ("time", duration(done.seconds)),
        ("log", done.log),
    ]
    console.facts(facts)
    for error in done.errors:
        console.say(error)


def doctor(console: Console, checks: Sequence[Check]) -> None:
    """Print what is installed as a table, then what is missing and how to install it, and then what
    is not installed but rarely needed."""
    rows = [(check.name, check.found, check.needed) for check in checks if check.ok]
    console.table("", ("program", "version", "for"), rows)
    missing = [check for check in checks if not check.ok]
    for heads, wanted in (
        (("missing", "for, and how to get it"), [c for c in missing if not c.optional]),
        (
            ("not installed", "needed only for, and how to get it"),
            [c for c in missing if c.optional],
        ),
    ):
        if wanted:
            console.say()
            console.table("", heads, [(c.name, f"{c.needed}\n{c.get}") for c in wanted])
    needed = [check.get for check in missing if check.required]
    console.say(f"Next: {needed[0] if needed else 'gup-migrate run /path/to/linux'}")


def _scan(job: Job) -> tuple[str, Sequence[str], Rows]:
    rows = [(a.name, f"{a.place} {a.function}()") for a in job.scan.acquires]
    rows += [("not parsed", f"{u.place} {u.function}()\n{why(u.gap)}") for u in job.scan.unparsed]
    return f"{len(job.scan.acquires)} acquires", ("call", "place"), rows


def _pair(job: Job) -> tuple[str, Sequence[str], Rows]:
    groups = job.pairing.groups
    rows = [
        (
            str(len(g.acquires)),
            str(len(g.releases)),
            str(len(g.paths)),
            "\n".join((g.name, *(f"- {gap}" for gap in sentences(g.gaps)))),
        )
        for g in groups
    ]
    heads = ("got", "put", "files", "group, and what could not be followed")
    return f"{len(groups)} groups", heads, rows


def _classify(job: Job) -> tuple[str, Sequence[str], Rows]:
    verdicts = job.decided().verdicts
    rows = [(str(v.action), v.case, f"{v.group}\n{_reason(v)}") for v in verdicts]
    return f"{len(verdicts)} verdicts", ("verdict", "CASE", "group, and why"), rows


def _reason(verdict: Verdict) -> str:
    """The reason, with a note if no rule applied."""
    return verdict.reason if verdict.confidence else f"{verdict.reason} (the author's decision)"


def _rewrite(job: Job) -> tuple[str, Sequence[str], Rows]:
    result = job.rewrite
    rows = [("new API", subject) for subject in result.api.subjects]
    for change in result.changes:
        rows.append(("rewritten", "\n".join((change.group, *change.notes))))
    rows += [("at the end", subject) for subject in result.last.subjects]
    rows += [("failed", f"{f.group}\n{f.reason}") for f in result.failures]
    return f"{len(result.changes)} groups rewritten", ("result", "group"), rows


def _commit(job: Job) -> tuple[str, Sequence[str], Rows]:
    commits = job.branch.commits
    rows = [(c.id[:12], str(len(c.groups)), c.subject) for c in commits]
    return f"{len(commits)} commits, {job.branch.ref}", ("commit", "groups", "subject"), rows


def _build(job: Job) -> tuple[str, Sequence[str], Rows]:
    rows = [
        (o.commit[:12], o.arch, f"{o.path}\n{o.status}{': ' + o.reason if o.reason else ''}")
        for o in job.builds.objects
    ]
    return _objects(job), ("commit", "for", "object, and how it came out"), rows


def _series(job: Job) -> tuple[str, Sequence[str], Rows]:
    series = job.delivery.series
    rows = [
        (str(len(s.commits)), f"{s.directory}: {s.title}\nTo: {', '.join(s.to)}") for s in series
    ]
    return f"{len(series)} series in {job.out}", ("patches", "series"), rows


_TABLES = {
    "scan": _scan,
    "pair": _pair,
    "classify": _classify,
    "rewrite": _rewrite,
    "commit": _commit,
    "build": _build,
    "series": _series,
}


def _objects(job: Job) -> str:
    """Counts by result and architecture, failures first."""
    counts: dict[BuildStatus, dict[str, int]] = {}
    for item in job.builds.objects:
        by_arch = counts.setdefault(item.status, {})
        by_arch[item.arch] = by_arch.get(item.arch, 0) + 1
    parts = []
    for state in BuildStatus:
        if state in counts:
            by_arch = counts[state]
            archs = ", ".join(f"{n} {arch}" for arch, n in sorted(by_arch.items()) if arch)
            parts.append(f"{sum(by_arch.values())} {state}" + (f" ({archs})" if archs else ""))
    return "; ".join(parts) or "none to build"


def _failures(console: Console, job: Job) -> None:
    rows = [("rewrite", f"{f.group}\n{f.reason}") for f in job.rewrite.failures]
    rows += [("build", f"{r.group}\n{r.reason}") for r in job.rejections().items]
    console.say()
    console.table("Left for a person", ("failed in", "group, and why"), rows)


def _next_after_run(job: Job) -> str:
    if not job.delivery.series:
        return f"look at {job.out / 'report.html'} for what is left for a person"
    return typed("ls", job.out)
