# SPDX-License-Identifier: GPL-2.0-only
"""Which kernels build on this machine: objects, commits and minutes of whole runs.

    python -m bench.kernels [TREE...] [--profiles NAME,...] [--arch ARCH,...] [--jobs N]
                            [--workspaces PREFIX] [--record docs/build-routing.md]

Runs `gup-migrate run` on each checkout, which is only read, with each profile, and counts from what
the run stored. An object counts as built when a compiler made it at every commit that changes it;
a commit as seen when a compiler made one of its objects; commits without code are left out. The
workspace of TREE is PREFIX and the name of TREE's folder, and is kept; without PREFIX it is new,
and removed. A run in a workspace that was there before is marked as warm: it compiles only what it
does not know.

With PREFIX each line is kept as well, so the table has those of earlier calls: one kernel can be
measured again without the others, and without TREE only the document is written. It
carries the ids of what its lines measured. It is written after each line.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.measured import as_text, changed, from_text, named, object_ids
from bench.record import Record, add_record
from bench.scan import positive
from migrate.base import codec
from migrate.delivery.commits.unbuilt import unbuilt
from migrate.delivery.model import Branch, BuildReport, BuildStatus, ObjectBuild
from migrate.kernel.kbuild.compilers import release_name
from migrate.kernel.kbuild.remedies import parse_version
from migrate.kernel.kbuild.toolchains import architectures, find_toolchain
from migrate.kernel.tree import open_tree
from migrate.runs.workspace import open_workspace

_NAME = "bench.kernels"
PROFILES = ("vaddr-pin", "pin-user-pages")
_GOOD = (BuildStatus.BUILT, BuildStatus.WARNED)
_REFUSED = 1
_KEPT = ".line.json"
_HEAD = (
    "kernel",
    "profile",
    "objects built",
    "objects of",
    "commits seen by a compiler",
    "minutes",
    "jobs, load",
    "measured",
)


@dataclass(frozen=True)
class Line:
    """One run. `refused` is its one line when it did not get to an end; `missing` are objects that
    were not built, with the reasons; `how` is what the builds needed besides the compilers. `on` is
    how many objects each architecture had. `jobs` and `load` are those of the run, `day` is when
    it was, and `of` has the ids of what was measured."""

    kernel: str
    profile: str
    seconds: float
    warm: bool
    built: int = 0
    objects: int = 0
    seen: int = 0
    commits: int = 0
    missing: tuple[str, ...] = ()
    how: tuple[str, ...] = ()
    refused: str = ""
    on: tuple[str, ...] = ()
    jobs: int = 0
    load: float = 0.0
    day: str = ""
    of: str = ""


def measured(tree: Path, profile: str, workspace: Path, options: Sequence[str], jobs: int) -> Line:
    """One line, which is kept beside the workspace."""
    options = [*options, "--jobs", str(jobs)]
    line = replace(
        _measure(tree, profile, workspace, options),
        jobs=jobs,
        load=os.getloadavg()[2],
        day=time.strftime("%Y-%m-%d", time.gmtime()),
        of=_measured_now(),
    )
    keep(workspace, line)
    return line


def keep(workspace: Path, line: Line) -> None:
    """Have `line` in the tables of later calls."""
    codec.write(workspace.with_name(f"{workspace.name}-{line.profile}{_KEPT}"), line)


def _measured_now() -> str:
    """The ids of what is measured, "" when something of it is not committed."""
    parts = named(_NAME).parts
    return "" if changed(parts) else as_text(object_ids(parts))


def ids_of(lines: Sequence[Line], now: Mapping[str, str]) -> dict[str, str]:
    """What `lines` measured, as the ids of one thing: a part that is not what is there `now` in all
    of them has an older id, so that the table counts as stale until each is measured again."""
    found: dict[str, str] = {}
    for line in lines:
        for part, number in from_text(line.of).items():
            if found.get(part, now.get(part)) == now.get(part):
                found[part] = number
    return found


def kept(prefix: str) -> list[Line]:
    """The lines of all runs in workspaces whose paths begin with `prefix`, by kernel."""
    folder, name = os.path.split(prefix)
    found = Path(folder).glob(f"{name}*{_KEPT}")
    lines = [codec.loads(path.read_text(encoding="utf-8"), Line) for path in found]
    return sorted(lines, key=lambda a: (parse_version(a.kernel), a.profile != PROFILES[0]))


def _measure(tree: Path, profile: str, workspace: Path, options: Sequence[str]) -> Line:
    """Run to the end and count; a run that is refused is a line as well."""
    kernel = ".".join(map(str, open_tree(tree).version))
    warm = workspace.exists()
    argv = [sys.executable, "-m", "migrate", "run", str(tree), "--workspace", str(workspace)]
    argv += ["--output", f"{workspace}-{profile}-out", "--profile", profile, *options]
    start = time.monotonic()
    done = subprocess.run(argv, check=False, stderr=subprocess.PIPE, text=True)
    seconds = time.monotonic() - start
    if done.returncode == _REFUSED:
        errors = [x for x in done.stderr.splitlines() if x.startswith("error: ")] or ["error: ?"]
        return Line(kernel, profile, seconds, warm, refused=errors[-1].removeprefix("error: "))
    if done.returncode not in (0, 3):
        sys.exit(f"The run on {tree} failed:\n{done.stderr}")
    stored = open_workspace(tree, profile, workspace)
    branch, builds = stored.load("commit", Branch), stored.load("build", BuildReport)
    if branch is None or builds is None:
        sys.exit(f"The run on {tree} left no results in {workspace}.")
    return counted(kernel, profile, seconds, branch.value, builds.value, warm=warm)


def counted(
    kernel: str, profile: str, seconds: float, branch: Branch, builds: BuildReport, *, warm: bool
) -> Line:
    """The figures of one run."""
    objects: dict[tuple[str, str], list[ObjectBuild]] = {}
    for item in builds.objects:
        objects.setdefault((item.path, item.arch), []).append(item)
    seen = {o.commit for o in builds.objects if o.status in _GOOD}
    bad = {key: [i for i in items if i.status not in _GOOD] for key, items in objects.items()}
    return Line(
        kernel,
        profile,
        seconds,
        warm,
        built=sum(not items for items in bad.values()),
        objects=len(objects),
        seen=len(seen),
        commits=len(seen) + len(unbuilt(branch, builds)),
        missing=tuple(_why(items[0]) for _, items in sorted(bad.items()) if items),
        how=builds.how,
        on=tuple(f"{n} {arch or 'nowhere'}" for arch, n in _ranked(arch for _, arch in objects)),
    )


def _ranked(names: Iterable[str]) -> list[tuple[str, int]]:
    return sorted(Counter(names).items(), key=lambda item: (-item[1], item[0]))


def _why(item: ObjectBuild) -> str:
    lines = (item.reason or item.output).strip().splitlines() or [""]
    said = next((x for x in lines if "error: " in x.lower()), lines[0]).partition(" (log: ")[0]
    return f"{item.path} ({item.arch or 'nowhere'}): {item.status}" + (f": {said}" if said else "")


def document(lines: Sequence[Line]) -> list[str]:
    """The table, and below it what was not built and what the builds needed."""
    machine = f"{platform.machine()}, {os.cpu_count()} processors"
    return [
        f"On {_where()}: {_compilers()}; {machine}. The load is that of 15 minutes, of this run and"
        " all others on the machine.",
        "",
        f"| {' | '.join(_HEAD)} |",
        f"| {' | '.join('---' for _ in _HEAD)} |",
        *(_row(line) for line in lines),
        "",
        *_notes(lines),
    ]


def _row(line: Line) -> str:
    if line.refused:
        cells = [line.kernel, line.profile, "refused", *[""] * (len(_HEAD) - 4), line.day]
        return f"| {' | '.join(cells)} |".replace("|  ", "| ")
    share = f" ({100 * line.built / line.objects:.0f} %)" if line.objects else ""
    cells = [
        line.kernel,
        line.profile,
        f"{line.built} of {line.objects}{share}",
        ", ".join(line.on),
        f"{line.seen} of {line.commits}",
        f"{line.seconds / 60:.1f}" + (" (warm)" if line.warm else ""),
        f"{line.jobs}, {line.load:.1f}",
        line.day,
    ]
    return f"| {' | '.join(cells)} |"


def _notes(lines: Sequence[Line]) -> Iterator[str]:
    for line in lines:
        said = [line.refused] if line.refused else [*line.missing, *line.how]
        if said:
            yield f"{line.kernel}, {line.profile}:"
            yield from (f"- {text}" for text in dict.fromkeys(said))
            yield ""


def _where() -> str:
    return release_name() or "an unnamed release"


def _compilers() -> str:
    found = {t.description.rpartition(" ")[2] for a in architectures() if (t := find_toolchain(a))}
    native = find_toolchain(architectures()[0])
    return native.description if native and len(found) == 1 else f"gcc {', '.join(sorted(found))}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("trees", type=Path, nargs="*", metavar="TREE")
    parser.add_argument("--profiles", default=",".join(PROFILES))
    parser.add_argument("--arch", help="only these architectures are built")
    parser.add_argument("--jobs", type=positive, default=os.cpu_count() or 1)
    parser.add_argument("--workspaces", metavar="PREFIX", help="where workspaces are kept")
    add_record(parser, "bench.kernels")
    arguments = parser.parse_args()
    options = ["--arch", arguments.arch] if arguments.arch else []
    with tempfile.TemporaryDirectory(prefix="bench-kernels-") as folder:
        prefix = arguments.workspaces or f"{folder}/"
        for tree in arguments.trees:
            workspace = Path(prefix + tree.resolve().name)
            for profile in arguments.profiles.split(","):
                line = measured(tree.resolve(), profile, workspace, options, arguments.jobs)
                print(_row(line), flush=True)
                _write(arguments.record, kept(prefix))
        _write(arguments.record, kept(prefix))
        print("\n".join(document(kept(prefix))))


def _write(begun: Record | None, lines: Sequence[Line]) -> None:
    if begun:
        record = replace(begun, ids=ids_of(lines, begun.ids))
        record.write(document(lines), f"{_NAME} on {_where()}")


if __name__ == "__main__":
    main()
