# SPDX-License-Identifier: GPL-2.0-only
"""What `gup-migrate prove` sees of real kernels: python -m bench.prove LINUX... [--record FILE].

Each kernel is converted under each profile that fits, built and booted; LINUX=PROFILE names one for
a kernel. Each kernel is a section of the document. Give `--workspaces DIR` to keep what was built.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.record import add_record
from migrate.kernel.tree import open_tree

PROFILES = ("vaddr-pin", "pin-user-pages")
_HEADS = (
    *("kernel", "profile", "groups", "proved", "controls", "caught", "outside", "otherwise"),
    *("lines", "boots"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trees", nargs="+", metavar="LINUX")
    parser.add_argument("--workspaces", type=Path)
    parser.add_argument("--no-controls", action="store_true", help="ask for no controls")
    parser.add_argument("--kasan", action="store_true", help="watch accesses to memory, too")
    parser.add_argument("--without", action="append", default=[], metavar="EXERCISE")
    add_record(parser, "bench.prove")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-prove-") as scratch:
        place = options.workspaces or Path(scratch)
        named = {"--no-controls": options.no_controls, "--kasan": options.kasan}
        more = [name for name, wanted in named.items() if wanted]
        more += [f"--without={exercise}" for exercise in options.without]
        for tree, profiles in map(_wanted, options.trees):
            version = ".".join(map(str, open_tree(tree).version[:2]))
            lines = list(_table(tree, profiles, version, place / version, more))
            print("\n".join(lines))
            if options.record:
                what = ", KASAN" if options.kasan else ""
                what += "".join(f", without {exercise}" for exercise in options.without)
                options.record.write(lines, f"bench.prove on Linux {version}{what}")


def _wanted(named: str) -> tuple[Path, Sequence[str]]:
    """A tree, and the profiles for it."""
    path, _, profile = named.partition("=")
    return Path(path), [profile] if profile else PROFILES


def _table(
    tree: Path, profiles: Sequence[str], version: str, workspace: Path, more: Sequence[str]
) -> Iterator[str]:
    yield f"| {' | '.join(_HEADS)} |"
    yield f"| {' | '.join('---' for _ in _HEADS)} |"
    pairs: list[str] = []
    for profile in profiles:
        proof = _proof(tree, profile, workspace, more)
        if proof is not None:
            yield _row(version, profile, proof)
            pairs += ["", f"Linux {version}, {profile}:", "", *_groups(proof)]
    yield from pairs


def _proof(tree: Path, profile: str, workspace: Path, more: Sequence[str]) -> Any:
    """What prove says; None for a profile that does not fit the tree."""
    command = [sys.executable, "-m", "migrate", "prove", str(tree), "--profile", profile]
    done = subprocess.run(
        [*command, "--workspace", str(workspace), "--json", *more],
        stdout=subprocess.PIPE,
        check=False,
    )
    return json.loads(done.stdout) if done.stdout else None


def _row(version: str, profile: str, proof: Any) -> str:
    groups = proof["groups"]
    outcomes = Counter(g["outcome"] for g in groups)
    controls = Counter(c["outcome"] for g in groups for c in g["controls"])
    others = {k: n for k, n in outcomes.items() if k not in ("proved", "not reached")}
    outside = others.pop("outside the group", 0)
    cells = [version, profile, len(groups), outcomes["proved"], sum(controls.values())]
    otherwise = ", ".join(f"{n} {k}" for k, n in others.items()) or proof["problem"] or "-"
    functions = [lines for g in groups if g["outcome"] == "proved" for lines in g["lines"]]
    there = sum(f["count"] for f in functions)
    ran = f"{there - sum(len(f['missed']) for f in functions)} of {there}"
    cells += [controls["caught"], outside, otherwise, ran, f"{proof['seconds']:.0f} s"]
    return f"| {' | '.join(map(str, cells))} |"


def _groups(proof: Any) -> Iterator[str]:
    for group in proof["groups"]:
        what = [*map(_pair, group["pairs"]), *map(_lines, group["lines"])]
        yield f"- `{group['group']}`: {group['outcome']}: {'; '.join(what) or group['reason']}"


def _pair(pair: Any) -> str:
    taken, given = (f"{e['path']}:{e['line']}" for e in (pair["acquire"], pair["release"]))
    return f"{taken} -> {given} {pair['count']}"


def _lines(function: Any) -> str:
    ran = function["count"] - len(function["missed"])
    return f"{function['function']}() {ran} of {function['count']} lines"


if __name__ == "__main__":
    main()
