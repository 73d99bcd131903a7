# SPDX-License-Identifier: GPL-2.0-only
"""What the miniature kernel has in it, against the list of what becomes of each site."""

from __future__ import annotations

import csv
import re
import subprocess
from collections import Counter
from pathlib import Path

CALL = re.compile(r"\b(get_user_pages?(?:_fast|_unlocked|_remote|_fast_only)?)\(")
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
FAMILY = (
    "get_user_pages",
    "get_user_pages_fast",
    "get_user_pages_fast_only",
    "get_user_pages_remote",
    "get_user_pages_unlocked",
    "get_user_page_fast_only",
    "pin_user_pages",
    "pin_user_pages_fast",
    "pin_user_pages_fast_only",
    "pin_user_pages_remote",
    "pin_user_pages_unlocked",
    "unpin_user_page",
    "unpin_user_pages",
    "unpin_user_pages_dirty_lock",
    "unpin_user_page_range_dirty_lock",
    "put_page",
    "release_pages",
    "follow_page",
)


def sites() -> list[dict[str, str]]:
    with (Path(__file__).parent / "verdicts.csv").open(newline="") as table:
        return list(csv.DictReader(table))


def calls(tree: Path) -> Counter[tuple[str, str]]:
    """Calls in indented lines of code, which leaves declarations and definitions out."""
    found: Counter[tuple[str, str]] = Counter()
    for path in (*tree.rglob("*.c"), *tree.rglob("*.h")):
        text = COMMENT.sub("", path.read_text())
        for line in text.splitlines():
            if line.startswith("\t"):
                found.update((str(path.relative_to(tree)), name) for name in CALL.findall(line))
    return found


def test_the_list_has_every_call_exactly_once(mini_source: Path) -> None:
    listed = Counter((site["path"], site["call"]) for site in sites())
    assert calls(mini_source) == listed


def test_the_functions_of_the_list_exist(mini_source: Path) -> None:
    for site in sites():
        assert re.search(rf"\b{site['function']}\(", (mini_source / site["path"]).read_text())


def test_there_is_enough_of_everything(mini_source: Path) -> None:
    listed = sites()
    changing = {s["path"] for s in listed if s["vaddr-pin"] == s["pin-user-pages"] == "pin"}
    staying = {s["path"] for s in listed if "pin" not in s["vaddr-pin"].split("|")}
    shapes = {shape for site in listed for shape in site["shapes"].split()}
    assert len(changing) >= 15
    assert len(staying) >= 5
    assert len(shapes) >= 15
    text = (mini_source / "MAINTAINERS").read_text().split("Maintainers List\n", 1)[1]
    sections = [s.splitlines() for s in text.split("\n\n") if "\nS:\t" in s]
    people = {tuple(line for line in s if line.startswith(("M:", "L:"))) for s in sections}
    assert len(sections) >= 8
    assert len(people) >= 5
    assert len(people) < len(sections), "two sections have the same people"


def test_every_driver_says_which_shape_it_is(mini_source: Path) -> None:
    for site in sites():
        head = (mini_source / site["path"]).read_text().split("#include", 1)[0]
        for shape in site["shapes"].split():
            if "Must not change" in head:
                break
            assert re.search(rf"[Ss]hapes?\b[^.:]*\b{shape}\b|Shape {shape}\b", head), site["path"]


def test_what_must_not_change_says_so(mini_source: Path) -> None:
    said = {
        str(path.relative_to(mini_source))
        for path in mini_source.rglob("*.c")
        if "ust not change" in path.read_text().split("#include", 1)[0]
    }
    converted = {"pin", "follow"}
    never = {s["path"] for s in sites() if not converted & set(s["vaddr-pin"].split("|"))}
    assert never - said == {"include/linux/mm.h", "mm/gup.c"}


def test_the_whole_family_is_declared(mini_source: Path) -> None:
    header = (mini_source / "include/linux/mm.h").read_text()
    for name in FAMILY:
        assert re.search(rf"\b{name}\(", header), name


def test_no_file_of_it_is_ignored(project: Path, mini_source: Path) -> None:
    files = [str(p) for p in mini_source.rglob("*") if p.is_file()]
    ignored = subprocess.run(
        ["git", "-C", str(project), "check-ignore", "--no-index", "--stdin"],
        input="\n".join(files),
        capture_output=True,
        text=True,
    )
    assert ignored.stdout == ""


def test_a_copy_in_git_is_a_kernel_checkout(mini: Path) -> None:
    from migrate.kernel.tree import open_tree

    tree = open_tree(mini)
    assert tree.version == (6, 1, 0)
    assert len(tree.grep(["get_user_pages_fast"])) > 15
