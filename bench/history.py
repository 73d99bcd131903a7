# SPDX-License-Identifier: GPL-2.0-only
"""The functions round pins and releases that changed between two kernels, and which of the fixes
among them an audit of the older one names.

    python -m bench.history OLDER NEWER [--workspace DIR | --findings JSON] [--diff]
                            [--record docs/audit-history.md]

A function counts that both kernels have in the same file, outside of mm/, and of which a line with
an acquire, a release, a mark of dirty pages or FOLL_* flags changed, but for white space and
comments. Which of them are fixes is judged by hand, once, in bench/history.toml. With --diff the
changed functions are shown, to judge them; recorded are the fixes. --findings has what
`gup-migrate audit OLDER --suggestions --json` of this very program said before.
"""

from __future__ import annotations

import argparse
import difflib
import json
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.record import add_record
from migrate.analysis.frontend.syntax import parse
from migrate.kernel.signatures import GUP_NAMES, PIN_NAMES
from migrate.kernel.tree import Tree, open_tree

JUDGEMENTS = Path(__file__).with_suffix(".toml")
_NAME = "bench.history"
KINDS = ("fix", "conversion", "other")
_UNPINS = ("unpin_user_page", "unpin_user_pages", "unpin_user_pages_dirty_lock", "put_user_page")
_OTHER_UNPINS = ("put_user_pages", "put_user_pages_dirty_lock", "unpin_user_folio", "unpin_folio")
_ROUND = re.compile(
    r"\b(?:get|pin|put|unpin)_user_page\w*|\b__get_user_pages\w*|\bunpin_\w*folio\w*|\bFOLL_\w+"
    r"|\bput_page\b|\brelease_pages\b|\bfolio_put\w*|\b__free_page\b|\bset_page_dirty\w*"
)
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
_ELSEWHERE = ("mm/", "include/", "tools/", "Documentation/", "scripts/", "lib/test_hmm.c")
_FOUND = (0, 3)


@dataclass(frozen=True, order=True)
class Changed:
    """A function of both kernels, with its lines in the older one, and how they changed."""

    path: str
    function: str
    first: int
    last: int
    diff: tuple[str, ...]


def changed(older: Tree, newer: Tree) -> Iterator[Changed]:
    """The functions round pins and releases that differ."""
    words = (*GUP_NAMES, *PIN_NAMES, *_UNPINS, *_OTHER_UNPINS)
    paths = _present(older, newer, words) & _present(newer, older, words)
    for path in sorted(p for p in paths if not p.startswith(_ELSEWHERE)):
        was, now = (_functions(tree, path) for tree in (older, newer))
        for name in sorted(was.keys() & now.keys()):
            lines = _difference(was[name][2], now[name][2])
            if any(_ROUND.search(line) for line in lines if line[0] in "+-"):
                yield Changed(path, name, was[name][0], was[name][1], tuple(lines))


def _present(tree: Tree, other: Tree, words: Sequence[str]) -> set[str]:
    """The files of `tree` that are about pages of users in it or in the other one."""
    here = set(tree.grep(words, ("*.c", "*.h")))
    more = set(other.grep(words, ("*.c", "*.h"))) - here
    return here | set(tree.read_many(sorted(more)))


def _functions(tree: Tree, path: str) -> dict[str, tuple[int, int, list[str]]]:
    """By name, those that are there once: first and last line, and what they say."""
    text = tree.read(path) or b""
    found = {}
    for name, functions in parse(path, text).by_name.items():
        if len(functions) != 1:
            continue
        start, end = functions[0].start, functions[0].end
        first = text.count(b"\n", 0, start) + 1
        code = _COMMENT.sub("", text[start:end].decode("utf-8", "replace"))
        lines = [" ".join(line.split()) for line in code.splitlines()]
        found[name] = (first, first + text.count(b"\n", start, end), [x for x in lines if x])
    return found


def _difference(was: list[str], now: list[str]) -> list[str]:
    found = difflib.unified_diff(was, now, n=3, lineterm="")
    return [line for line in found if not line.startswith(("---", "+++", "@@"))]


def named(item: Changed, findings: Sequence[Mapping[str, Any]]) -> list[str]:
    """The rules of the findings that are about a function, by their place or their evidence."""
    return sorted({f["rule"] for f in findings if _is_about(f, item)})


def _is_about(finding: Mapping[str, Any], item: Changed) -> bool:
    places = [finding["place"], *(e["place"] for e in finding["evidence"])]
    return any(
        place["path"] == item.path and item.first <= place["line"] <= item.last for place in places
    )


def judged() -> dict[tuple[str, str, str], dict[str, str]]:
    """What a person said of each change, by pair of kernels, path and function."""
    data = tomllib.loads(JUDGEMENTS.read_text("utf-8"))
    found = {}
    for entry in data["changed"]:
        if entry["kind"] not in KINDS:
            raise ValueError(f"{JUDGEMENTS}: {entry}")
        found[entry["kernels"], entry["path"], entry["function"]] = entry
    for kernels, names in data["other"].items():
        for name in names:
            path, function = name.split()
            found.setdefault((kernels, path, function), {"kind": "other"})
    return found


def audited(tree: Path, workspace: Path | None) -> list[dict[str, Any]]:
    """The findings of an audit, suggestions included."""
    words = [sys.executable, "-m", "migrate", "audit", str(tree), "--json", "--suggestions"]
    words += ["--workspace", str(workspace)] if workspace else []
    done = subprocess.run(words, stdout=subprocess.PIPE, check=False)
    if done.returncode not in _FOUND:
        raise SystemExit(done.returncode)
    findings: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    return findings


def version(tree: Tree) -> str:
    return ".".join(map(str, tree.version[:2]))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("older", type=Path, metavar="OLDER")
    parser.add_argument("newer", type=Path, metavar="NEWER")
    parser.add_argument("--workspace", type=Path, metavar="DIR", help="for the audit of OLDER")
    parser.add_argument("--findings", type=Path, metavar="JSON", help="of such an audit")
    parser.add_argument("--diff", action="store_true", help="show what changed, and run no audit")
    add_record(parser, "bench.history")
    args = parser.parse_args()
    older, newer = open_tree(args.older), open_tree(args.newer)
    pair, said = f"{version(older)} {version(newer)}", judged()
    items = list(changed(older, newer))
    if args.diff:
        for item in items:
            print(f"##### {item.path}: {item.function}", *item.diff, sep="\n")
        return 0
    if args.findings:
        findings = json.loads(args.findings.read_text("utf-8"))["findings"]
    else:
        findings = audited(args.older, args.workspace)
    rows = [(i, said.get((pair, i.path, i.function)), named(i, findings)) for i in items]
    print(*listed(rows), summary(pair, rows), sep="\n")
    if args.record:
        said_of_all = [summary(pair, rows), "", *table(rows)]
        args.record.write(said_of_all, f"{_NAME} on {' to '.join(pair.split())}")
    return 0


Row = tuple[Changed, "dict[str, str] | None", list[str]]


def listed(rows: Sequence[Row]) -> Iterator[str]:
    """A line a function."""
    for item, judgement, rules in rows:
        kind = judgement["kind"] if judgement else "not judged"
        text = f": {judgement['what']}" if judgement and judgement.get("what") else ""
        found = f" [{', '.join(rules)}]" if rules else ""
        yield f"{item.path}: {item.function}(): {kind}{text}{found}"


def table(rows: Sequence[Row]) -> Iterator[str]:
    """The fixes."""
    if not any(j and j["kind"] == "fix" for _, j, _ in rows):
        return
    yield "| function | what was fixed | named by the audit of the older one |"
    yield "| --- | --- | --- |"
    for item, judgement, rules in rows:
        if judgement and judgement["kind"] == "fix":
            found = ", ".join(f"`{rule}`" for rule in _right(judgement, rules)) or "no"
            yield f"| {item.path}, {item.function}() | {judgement['what']} | {found} |"


def _right(judgement: Mapping[str, str], rules: Sequence[str]) -> list[str]:
    """Those of `rules` that say what was fixed."""
    return [rule for rule in rules if rule in judgement.get("rules", "").split()]


def summary(pair: str, rows: Sequence[Row]) -> str:
    older, newer = pair.split()
    kinds = Counter(j["kind"] if j else "not judged" for _, j, _ in rows)
    fixes = [(j, rules) for _, j, rules in rows if j and j["kind"] == "fix"]
    found = sum(bool(_right(j, rules)) for j, rules in fixes)
    counts = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    return (
        f"{older} to {newer}: {len(rows)} functions changed ({counts}); the audit of {older} names"
        f" {found} of {len(fixes)} fixes."
    )


if __name__ == "__main__":
    sys.exit(main())
