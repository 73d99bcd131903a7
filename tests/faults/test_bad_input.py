# SPDX-License-Identifier: GPL-2.0-only
"""A kernel with the worst file names and contents that git can hold: carried through, or named."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.world import OURS, World, copy_program, make_world

# One worker runs it: the run is shared between the tests.
pytestmark = pytest.mark.xdist_group("bad input")

FOLDER = b"drivers/odd"
CODE = b"""\
#include <linux/highmem.h>
#include <linux/mm.h>
int %s(unsigned long at);
int %s(unsigned long at)
{
	struct page *page;
	int got = get_user_pages_fast(at, 1, FOLL_WRITE, &page);
	if (got == 1) {
		char *to = kmap_local_page(page);
		to[0] = 1;
		kunmap_local(to);
		set_page_dirty_lock(page);
		put_page(page);
	}
	return got;
}
"""
TITLE = "../../../ODD SECTION/../.."
NAMES = (
    *(b"new\nline.c", b'quo"te.c', b"quo'te.c", b"-dash.c", b"--all.c", b"latin\xe9.c"),
    *(b"bl ank.c", b"tab\t.c", b"back\\slash.c", b"semi;colon.c", "\u00fcmlaut.c".encode()),
    *(b"$(id).c", b"per%s.c", b":(top)magic.c", b"[a].c", b"{{x}}.c", b"<b>.c"),
)
LINKS = {
    b"outside.c": b"/etc/passwd",
    b"loop.c": b"loop.c",
    b"up": b"..",
    b"away": b"../../../../../../../../etc",
}


def code(function: str) -> bytes:
    name = function.encode()
    return CODE % (name, name)


CONTENTS = {
    b"nul.c": code("odd_nul") + b"/* \0 */\n",
    b"utf8.c": b"/* \xff\xfe\xc3( */\n" + code("odd_utf8"),
    b"long.c": b"/* " + b"x" * 100_000 + b" */\n" + code("odd_long"),
    b"crlf.c": code("odd_crlf").replace(b"\n", b"\r\n"),
    b"bom.c": b"\xef\xbb\xbf" + code("odd_bom"),
    b"noeol.c": code("odd_noeol").rstrip(b"\n"),
}
"""Each of these is built, too."""


@dataclass(frozen=True)
class Ran:
    world: World
    code: int
    said: str
    report: Any


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("bad")
    world = make_world(folder / "home", copy_program(folder / "code"))
    odd = Path(os.fsdecode(os.fsencode(world.tree) + b"/" + FOLDER))
    odd.mkdir()
    for number, name in enumerate(NAMES):
        (odd / os.fsdecode(name)).write_bytes(code(f"odd_name_{number}"))
    for name, body in CONTENTS.items():
        (odd / os.fsdecode(name)).write_bytes(body)
    for name, target in LINKS.items():
        (odd / os.fsdecode(name)).symlink_to(os.fsdecode(target))
    objects = b" ".join(name.replace(b".c", b".o") for name in sorted(CONTENTS))
    (odd / "Makefile").write_bytes(b"obj-y += " + objects + b"\n")
    with (world.tree / "drivers/Makefile").open("a") as makefile:
        makefile.write("obj-y += odd/\n")
    with (world.tree / "MAINTAINERS").open("a") as maintainers:
        maintainers.write(f"\n{TITLE}\nM:\tOdd <odd@example.org>\nF:\tdrivers/odd/\n")
        maintainers.write("N:\t(unclosed\nF:\t../../\n")
    world.git("add", "-A", "-f")
    world.git("commit", "-q", "-m", "odd")
    done = world.run("run", "--no-tree-scripts")
    report = json.loads((world.out("vaddr-pin") / "report.json").read_text())
    return Ran(world, done.returncode, done.stdout + done.stderr, report)


def odd_rows(ran: Ran) -> list[Any]:
    return [row for row in ran.report["rows"] if row["path"].startswith("drivers/odd/")]


def test_it_ends_without_a_traceback(ran: Ran) -> None:
    assert ran.code in (0, 3), ran.said
    assert "Traceback" not in ran.said


def test_an_entry_of_maintainers_that_is_no_expression_is_named_once(ran: Ran) -> None:
    (said,) = [line for line in ran.said.splitlines() if "(unclosed" in line]
    assert said.startswith(f"MAINTAINERS, {TITLE}: N: (unclosed: missing )"), said


def test_every_one_of_them_is_in_the_report_once(ran: Ran) -> None:
    wanted = {f"drivers/odd/{os.fsdecode(name)}" for name in (*NAMES, *CONTENTS)}
    assert Counter(row["path"] for row in odd_rows(ran)) == Counter(wanted)
    assert all(row["reason"] for row in odd_rows(ran))


def test_links_are_not_followed(ran: Ran) -> None:
    everything = "".join(
        path.read_text("utf-8", "surrogateescape")
        for path in ran.world.out("vaddr-pin").rglob("*")
        if path.is_file()
    )
    assert Path("/etc/passwd").read_text().splitlines()[0] not in everything


def test_odd_contents_are_converted_and_built_and_else_the_same(ran: Ran) -> None:
    state = {row["path"]: (row["state"], row["built"]) for row in odd_rows(ran)}
    tree = Path(ran.world.tree)
    for name, before in CONTENTS.items():
        path = f"drivers/odd/{name.decode()}"
        assert state[path] == ("converted", "built"), path
        after = _show(tree, f"{OURS}vaddr-pin:{path}")
        wanted = before.replace(b"get_user_pages_fast", b"vaddr_pin_pages_fast")
        wanted = wanted.replace(b"put_page(", b"put_user_page(")
        assert after == wanted, path


def test_what_is_not_converted_says_why(ran: Ran) -> None:
    for row in odd_rows(ran):
        if row["state"] != "converted":
            assert row["state"] == "manual" and row["reason"], row
        elif row["path"].encode("utf-8", "surrogateescape")[len(FOLDER) + 1 :] in NAMES:
            assert row["built"] == "not buildable here"


def test_names_of_series_and_mails_are_plain(ran: Ran) -> None:
    assert len(list(ran.world.out("vaddr-pin").glob("*-odd-section/*.patch"))) == 1
    for path in ran.world.out("vaddr-pin").rglob("*"):
        assert re.fullmatch(r"[A-Za-z0-9._-]+", path.name) and not path.name.startswith("-"), path


def test_nothing_is_written_elsewhere(ran: Ran) -> None:
    # The last is that of ccache, where there is one.
    there = {path.name for path in ran.world.home.iterdir()}
    assert there - {"cache"} == {"linux", "workspace"}
    assert {path.name for path in ran.world.home.parent.iterdir()} == {"home", "code"}
    assert ran.world.git("status", "--porcelain") == ""


def _show(tree: Path, name: str) -> bytes:
    done = subprocess.run(["git", "-C", str(tree), "show", name], check=True, capture_output=True)
    return done.stdout
