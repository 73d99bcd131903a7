# SPDX-License-Identifier: GPL-2.0-only
"""The analysis of another revision of the project beside that of this one, group by group.

    python -m bench.compare [TREE...] [--old REVISION] [--profiles NAME,...] [--jobs N]
        [--workspaces PREFIX] [--json FILE]

Runs `gup-migrate classify` twice on each TREE, a git checkout of a kernel, which is only read: as
REVISION has it, which is put into a folder of its own, and as it stands here; both with the Python
of this one. Without TREE, and with `all` among them, on the tree of all shapes and on the
miniature kernel. Each group that differs is printed with what went (-) and what came (+): groups
are brought together by the acquires that they share. Gaps differ when their text does.

A workspace of this and one of the other revision for each tree are PREFIX, the tree's name, and
`-old` or `-new`, and are kept; without PREFIX they are new, and removed. The exit code is 1 when
something differs.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.classified import FIELDS, Group, read_groups
from bench.kernels import PROFILES
from migrate.base.programs import process
from migrate.base.stores.git import git_output
from tests.shapes.world import commit_all, make_tree

ROOT = Path(__file__).resolve().parents[1]
OLD = "d7f38da"
"""The last revision whose analysis read raw syntax, in the rooms of today."""

_MINI = ROOT / "kernel-fixtures" / "mini"
_TIME_LIMIT = 4 * 3600.0


@dataclass(frozen=True)
class Difference:
    """Groups that share an acquire, of both revisions; one side may have none of them."""

    old: tuple[Group, ...]
    new: tuple[Group, ...]

    @property
    def name(self) -> str:
        return (self.new or self.old)[0].name

    @property
    def loses(self) -> bool:
        """Whether something was decided that is not decided that way any more: these come first."""
        decided = {(a, g.action) for g in self.old if g.action != "manual" for a in g.acquires}
        return not decided <= {(a, g.action) for g in self.new for a in g.acquires}

    def lines(self) -> Iterator[str]:
        """What went and what came, a line each, with the group's name where there are several."""
        several = len(self.old) > 1 or len(self.new) > 1
        if {g.name for g in self.old} != {g.name for g in self.new}:
            yield from _changes("group", [g.name for g in self.old], [g.name for g in self.new])
        for name in FIELDS:
            old, new = (_said(side, name, several=several) for side in (self.old, self.new))
            yield from _changes(name, old, new)


@dataclass(frozen=True)
class Comparison:
    """One tree with one profile: verdicts by action of both revisions, and what differs."""

    tree: str
    profile: str
    old: Mapping[str, int]
    new: Mapping[str, int]
    differences: tuple[Difference, ...]

    def lines(self) -> Iterator[str]:
        counts = f"{sum(self.old.values())} groups before, {sum(self.new.values())} now"
        yield f"{self.tree}, {self.profile}: {counts}, {len(self.differences)} differ"
        for action in sorted({*self.old, *self.new}):
            yield f"  {action:8} {self.old.get(action, 0):5} {self.new.get(action, 0):5}"
        for difference in self.differences:
            yield f"  {difference.name}"
            yield from (f"    {line}" for line in difference.lines())


def _changes(title: str, old: Iterable[str], new: Iterable[str]) -> Iterator[str]:
    before, now = Counter(old), Counter(new)
    yield from (f"{title:9} - {text}" for text in sorted((before - now).elements()))
    yield from (f"{title:9} + {text}" for text in sorted((now - before).elements()))


def _said(groups: Iterable[Group], field: str, *, several: bool) -> list[str]:
    return [
        f"{group.name}: {text}" if several else text
        for group in groups
        for text in group.said(field)
    ]


def differences(old: Sequence[Group], new: Sequence[Group]) -> tuple[Difference, ...]:
    """All groups that are not the same in both, those that lose a decision first."""
    found = [d for d in _together(old, new) if set(d.old) != set(d.new)]
    return tuple(sorted(found, key=lambda d: (not d.loses, d.name)))


def _together(old: Sequence[Group], new: Sequence[Group]) -> list[Difference]:
    """The groups of both sides that share an acquire, or one that shares one with both."""
    sides = [(False, g) for g in old] + [(True, g) for g in new]
    sets: list[tuple[set[str], list[tuple[bool, Group]]]] = []
    for side in sides:
        keys, members = set(side[1].acquires), [side]
        near = [one for one in sets if one[0] & keys]
        for others, known in near:
            keys |= others
            members = known + members
        sets = [one for one in sets if one not in near] + [(keys, members)]
    return [Difference(_of(members, new=False), _of(members, new=True)) for _, members in sets]


def _of(members: Iterable[tuple[bool, Group]], *, new: bool) -> tuple[Group, ...]:
    return tuple(sorted((g for is_new, g in members if is_new is new), key=lambda g: g.name))


def compare(tree: str, profile: str, old: Sequence[Group], new: Sequence[Group]) -> Comparison:
    """What one profile makes of one tree, in both revisions."""
    before, now = (dict(Counter(g.action for g in side)) for side in (old, new))
    return Comparison(tree, profile, before, now, differences(old, new))


def check_out(revision: str, folder: Path) -> Path:
    """The project as it is in `revision`, in `folder`; nothing is noted in the repository."""
    packed = git_output(["archive", "--format=zip", revision, "migrate", "cocci"], cwd=ROOT)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        archive.extractall(folder)
    return folder


def classify(code: Path, tree: Path, profile: str, workspace: Path, jobs: int) -> list[Group]:
    """What the project in the folder `code` says of `tree`."""
    argv = [sys.executable, "-m", "migrate", "classify", str(tree), "--json"]
    argv += ["--profile", profile, "--workspace", str(workspace), "--jobs", str(jobs)]
    done = process.run(argv, cwd=code, timeout=_TIME_LIMIT, env={"PYTHONSAFEPATH": ""})
    try:
        if isinstance(done, process.Finished):
            return read_groups(json.loads(done.stdout))
    except ValueError:
        pass  # a program that failed has printed no JSON
    said = done.stderr.decode(errors="replace") if isinstance(done, process.Finished) else ""
    errors = [line for line in said.splitlines() if line.startswith("error: ")]
    raise SystemExit(f"{tree.name}, {profile}: {(errors or [process.describe(done)])[-1]}")


def bundled(folder: Path) -> list[Path]:
    """The trees that come with the project, as git checkouts below `folder`."""
    mini = folder / "miniature-kernel"
    shutil.copytree(_MINI, mini)
    commit_all(mini, "Import the miniature kernel")
    return [make_tree(folder / "shapes"), mini]


def measure(
    trees: Sequence[Path],
    profiles: Sequence[str],
    codes: Mapping[str, Path],
    prefix: str,
    jobs: int,
) -> Iterator[Comparison]:
    """Compare on each tree in its turn; `codes` are the folders of "old" and "new"."""
    for tree in trees:
        for profile in profiles:
            sides = [
                classify(code, tree, profile, Path(f"{prefix}{tree.name}-{name}"), jobs)
                for name, code in codes.items()
            ]
            yield compare(tree.name, profile, *sides)


def as_data(found: Sequence[Comparison], old: str) -> dict[str, Any]:
    """All of it for the JSON file, with the revision that was compared with."""
    head = git_output(["describe", "--always", "--dirty", "--abbrev=12"], cwd=ROOT)
    return {"old": old, "new": head.decode().strip(), "trees": [asdict(one) for one in found]}


def main() -> int:
    arguments = _arguments()
    found: list[Comparison] = []
    with tempfile.TemporaryDirectory(prefix="bench-compare-", dir=arguments.scratch) as scratch:
        folder = Path(scratch)
        names = arguments.trees or ["all"]
        trees = [Path(name).resolve() for name in names if name != "all"]
        trees = (bundled(folder) if "all" in names else []) + trees
        codes = {"old": check_out(arguments.old, folder / "old"), "new": ROOT}
        prefix = arguments.workspaces or f"{folder}/workspace-"
        profiles = arguments.profiles.split(",")
        for one in measure(trees, profiles, codes, str(Path(prefix).absolute()), arguments.jobs):
            found.append(one)
            print("\n".join(one.lines()), flush=True)
    if arguments.json:
        text = json.dumps(as_data(found, arguments.old), indent=1)
        arguments.json.write_text(text + "\n", encoding="utf-8")
    differ = sum(len(one.differences) for one in found)
    print(f"{differ} groups differ." if differ else "No group differs.")
    return 1 if differ else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("trees", nargs="*", metavar="TREE", help="checkouts of kernels, or `all`")
    parser.add_argument("--old", default=OLD, metavar="REVISION", help="what to compare with")
    parser.add_argument("--profiles", default=",".join(PROFILES))
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--workspaces", metavar="PREFIX", help="where workspaces are kept")
    parser.add_argument("--scratch", type=Path, help="where to work")
    parser.add_argument("--json", type=Path, help="a file for all of it")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
