# SPDX-License-Identifier: GPL-2.0-only
"""Take the pins that people made in a kernel away, let the tool make them again, and compare.

    python -m bench.redo LINUX [--contracts FILE] [--record docs/accuracy.md] [--scratch DIR]

LINUX is a git checkout of a kernel that has pin_user_pages(); it is only read. Outside mm/ and
include/, every pin becomes a plain reference in a clone (see bench/unpin.py), the tool runs on
that with the profile pin-user-pages, and each site is compared with the one that people pinned.
--record makes the page docs/accuracy.md of the result, or a section of it if the page is of another
kernel. With --contracts the tool takes the facts of that file, such as bench/contracts-6.1.toml.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.accuracy import PINNED, Result, Row, as_markdown, as_section
from bench.record import add_record, sections
from bench.unpin import RELEASES, Site, Undone, undo
from migrate.analysis.contracts.read import read_contracts
from migrate.analysis.frontend.corpus import scope_folder
from migrate.analysis.model import Action, Classification, PinGroup, Place, Verdict
from migrate.base.programs import process
from migrate.base.stores import stage_file as stored
from migrate.base.stores.alternates import borrow, check_out
from migrate.base.stores.git import git_output
from migrate.kernel.signatures import DIRECT_NAMES
from migrate.kernel.tree import Tree, open_tree
from migrate.rewrite.model import Rewrite

ROOT = Path(__file__).resolve().parent.parent
PROFILE = "pin-user-pages"
_LEFT_ALONE = ("mm/", "include/", "Documentation/", "tools/", "scripts/")
_TIME_LIMIT = 3600.0
_IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "bench"), ("EMAIL", "bench@localhost"))
}

Spot = tuple[str, int, int]


@dataclass(frozen=True)
class Truth:
    """What people pinned: the site of each place in the tree without pins."""

    acquires: dict[Spot, Site]
    releases: dict[Spot, Site]
    files: dict[str, Undone]

    @classmethod
    def of(cls, files: Iterable[Undone]) -> Truth:
        known = {file.path: file for file in files}
        acquires = {spot: s for f in known.values() for s in f.acquires for spot in _spots(s)}
        releases = {spot: s for f in known.values() for s in f.releases for spot in _spots(s)}
        return cls(acquires, releases, known)


def undo_all(tree: Tree) -> list[Undone]:
    """Every file of the tree with a pin outside the kernel's core, without its pins."""
    names = ["pin_user_pages", "pin_user_pages_fast", "pin_user_pages_fast_only"]
    names += ["pin_user_pages_remote", "pin_user_pages_unlocked", "pin_user_pages_locked"]
    paths = [p for p in tree.grep([*names, *RELEASES]) if not p.startswith(_LEFT_ALONE)]
    done = [undo(path, text) for path, text in tree.read_many(paths).items()]
    return [file for file in done if file.acquires or file.releases]


def compare(truth: Truth, classification: Classification, rewritten: Rewrite) -> Result:
    """Each site that people pinned, and what became of it."""
    changed = {change.group for change in rewritten.changes}
    failed = {failure.group: failure.reason for failure in rewritten.failures}
    pairs = classification.pairs()
    ours = [(g, v) for g, v in pairs if any(_spot(a.place) in truth.acquires for a in g.acquires)]
    rows = []
    for group, verdict in ours:
        outcome, why = _outcome(group, verdict, changed, failed)
        for acquire in group.acquires:
            site = truth.acquires.get(_spot(acquire.place))
            if site is not None:
                rows.append(Row(site, outcome, verdict.rule, why))
    seen = {row.site for row in rows}
    rows += [
        Row(site, "not found", "", "no group has this call")
        for site in dict.fromkeys(truth.acquires.values())
        if site not in seen
    ]
    converted = [g for g, _ in ours if g.name in changed]
    released = {_spot(r.place) for g in converted for r in g.releases}
    left = {_spot(r.place) for g, _ in pairs if g.name not in changed for r in g.releases}
    again = tuple(truth.releases[s] for s in sorted(released & truth.releases.keys()))
    missed, unclaimed = _missed(truth, released | left, converted, rows)
    return Result(
        rows=tuple(sorted(rows, key=lambda row: (row.site.path, row.site.line))),
        releases=len(truth.releases),
        released=len(again),
        missed=missed,
        unclaimed=unclaimed,
        extra=tuple(_extra(truth, converted)),
        same=_same_text(truth, rewritten, pairs, changed),
        not_undone=sum(not s.places for f in truth.files.values() for s in f.releases),
    )


def _outcome(
    group: PinGroup, verdict: Verdict, changed: set[str], failed: Mapping[str, str]
) -> tuple[str, str]:
    if group.name in changed:
        return PINNED, ""
    if group.name in failed:
        return "manual", f"rewrite: {failed[group.name]}"
    names = {Action.KEEP: "kept", Action.FOLLOW: "follow"}
    return names.get(verdict.action, "manual"), verdict.reason


def _missed(
    truth: Truth, known: set[Spot], converted: list[PinGroup], rows: Iterable[Row]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Releases in no group, beside a group that was converted: one of them may be its own.

    Apart from them those in a file that has sites, none of which was converted.
    """
    near = {scope_folder(path) for group in converted for path in group.paths}
    pinned = {row.site.path for row in rows if row.outcome == PINNED}
    left = {row.site.path for row in rows} - pinned
    missed: list[str] = []
    unclaimed: list[str] = []
    for spot, site in sorted(truth.releases.items()):
        if spot not in known and scope_folder(site.path) in near:
            text = f"{site.path}:{site.line} {site.name}() in {site.function}()"
            (unclaimed if site.path in left else missed).append(text)
    return tuple(missed), tuple(unclaimed)


def _extra(truth: Truth, converted: list[PinGroup]) -> Iterable[str]:
    """What a converted group has that people left as it was."""
    for group in converted:
        for release in group.releases:
            if _spot(release.place) not in truth.releases:
                yield f"{release.place} {release.name}() in {release.function}()"
        for acquire in group.acquires:
            # A call of a helper stays what it is when the helper is converted.
            if acquire.name in DIRECT_NAMES and _spot(acquire.place) not in truth.acquires:
                yield f"{acquire.place} {acquire.name}() in {acquire.function}()"


def _same_text(
    truth: Truth,
    rewritten: Rewrite,
    pairs: Iterable[tuple[PinGroup, Verdict]],
    changed: set[str],
) -> tuple[int, tuple[str, ...]]:
    """Files converted whole: how many are what they should be, and which are not.

    White space does not count. A file in which something was left alone cannot be compared.
    """
    partly = {path for g, _ in pairs if g.name not in changed for path in g.paths}
    final = {file.path: file.after for change in rewritten.changes for file in change.files}
    same, other = 0, []
    for path, file in sorted(truth.files.items()):
        if path not in final or path in partly:
            continue
        if any(_packed(final[path]) == _packed(text) for text in file.could_become()):
            same += 1
        else:
            other.append(path)
    return same, tuple(other)


def _packed(text: bytes) -> bytes:
    return b"".join(text.split())


def _spot(place: Place) -> Spot:
    return place.path, place.line, place.column


def _spots(site: Site) -> list[Spot]:
    return [(site.path, line, column) for line, column in site.places]


def migrate(
    tree: Path, workspace: Path, jobs: int, contracts: Path | None = None
) -> tuple[Classification, Rewrite]:
    """Run the tool on `tree` as a user would, up to the rewrite."""
    argv = [sys.executable, "-m", "migrate", "rewrite", str(tree), "--profile", PROFILE]
    argv += ["--workspace", str(workspace), "--jobs", str(jobs)]
    argv += ["--contracts", str(contracts.absolute())] if contracts is not None else []
    done = process.run(argv, cwd=ROOT, timeout=_TIME_LIMIT)
    folder = workspace / "profiles" / PROFILE
    classified = stored.load(folder / "classify.json", Classification, print)
    rewritten = stored.load(folder / "rewrite.json", Rewrite, print)
    if classified is None or rewritten is None:
        raise SystemExit(process.describe(done))
    return classified.value, rewritten.value


def commit_undone(repository: Path, files: Iterable[Undone]) -> None:
    """Commit the files without their pins in the clone."""
    for file in files:
        (repository / file.path).write_bytes(file.plain)
    message = "Undo every pin outside the core"
    git_output(["commit", "-q", "-a", "-m", message], cwd=repository, env=_IDENTITY)


def main() -> None:
    arguments = _arguments()
    tree = open_tree(arguments.linux.resolve())
    scratch = Path(tempfile.mkdtemp(prefix="bench-redo-", dir=arguments.scratch))
    try:
        files = undo_all(tree)
        repository = borrow(tree.root, scratch / "linux")
        check_out(repository, tree.commit)
        commit_undone(repository, files)
        stated = arguments.contracts
        found = migrate(repository, scratch / "workspace", arguments.jobs, stated)
        version = ".".join(map(str, tree.version))
        facts = tuple(str(c) for c in read_contracts(stated)) if stated is not None else ()
        result = compare(Truth.of(files), *found)
    finally:
        if not arguments.keep:
            shutil.rmtree(scratch, ignore_errors=True)
    record = arguments.record
    written = record.document.read_text("utf-8") if record and record.document.exists() else ""
    release = version.rpartition(".")[0]
    if record and _is_of_another(written, release):
        lines = as_section(result, version, facts)
        record.write(lines, f"bench.redo on {release}")
        print("\n".join(lines))
        return
    text = as_markdown(result, version, record.mark() if record else "", facts)
    if record:
        page = [text.rstrip("\n"), *sections(written)]
        record.document.write_text("\n".join(page) + "\n", encoding="utf-8")
    print(text)


def _is_of_another(page: str, release: str) -> bool:
    """Whether the page is of another kernel than a `release`, such as "6.1"."""
    found = re.search(r"^Linux (\d+\.\d+)\S*, \d+ sites:$", page, re.M)
    return found is not None and found[1] != release


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.redo", description="Redo human pins.")
    parser.add_argument("linux", type=Path, help="a git checkout of a kernel, only read")
    add_record(parser, "bench.redo")
    parser.add_argument("--contracts", type=Path, help="a file of facts, as for gup-migrate")
    parser.add_argument("--keep", action="store_true", help="keep the clone and the workspace")
    parser.add_argument("--scratch", type=Path, help="where to work, 2 GB")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
