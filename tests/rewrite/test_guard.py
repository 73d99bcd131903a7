# SPDX-License-Identifier: GPL-2.0-only
"""The rule against new callers of GUP, as it goes into a kernel's scripts/coccinelle/."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from migrate.base.data import data_folder
from tests.rewrite.test_rules import command

RULE = data_folder("cocci") / "guard" / "gup-callers.cocci"
SITE = """\
int f(struct page **pages, struct page *page)
{
	get_user_pages_fast(a, 1, FOLL_WRITE, pages);
	get_user_pages_fast(a, 1, FOLL_WRITE, NULL);
	get_user_pages(a, 1, FOLL_WRITE, NULL, NULL);
	get_user_pages(a, 1, FOLL_WRITE, pages, NULL);
	get_user_pages(a, 1, FOLL_WRITE, NULL);
	get_user_pages_remote(mm, a, 1, 0, NULL, NULL, NULL);
	get_user_pages_remote(mm, a, 1, 0, &page, NULL, NULL);
	get_user_pages_remote(mm, a, 1, 0, &page, NULL);
	pin_user_pages_fast(a, 1, FOLL_WRITE, pages);
	get_user_page_fast_only(a, FOLL_WRITE, &page);
}
"""
FOUND = (3, 6, 9, 10, 12)
"""Lines of SITE with a call that is to be told of."""


def run(folder: Path, mode: str) -> str:
    for place in ("drivers", "mm"):
        (folder / place).mkdir()
        (folder / place / "site.c").write_text(SITE)
    done = subprocess.run(
        [
            *("spatch", "--very-quiet", "--no-includes", "--sp-file", str(RULE), "-D", mode),
            *("drivers/site.c", "mm/site.c"),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize("mode", ["report", "org"])
def test_calls_outside_of_mm_are_told_of(mode: str, tmp_path: Path) -> None:
    lines = sorted(line for line in run(tmp_path, mode).splitlines() if "WARNING" in line)
    wanted = {"report": "drivers/site.c:{}:", "org": "drivers/site.c::face=ovl-face1::linb={}::"}
    assert len(lines) == len(FOUND)
    for number in FOUND:
        assert any(wanted[mode].format(number) in line for line in lines), number


def test_it_runs_by_the_command_of_its_header(tmp_path: Path) -> None:
    (tmp_path / "site.c").write_text(SITE)
    words = [str(RULE) if w == RULE.name else w.replace("FILE", "site.c") for w in command(RULE)]
    done = subprocess.run(
        [*words, "--very-quiet"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert sum("WARNING" in line for line in done.stdout.splitlines()) == len(FOUND)


def test_context_marks_the_lines(tmp_path: Path) -> None:
    marked = [line[1:] for line in run(tmp_path, "context").splitlines() if line[:2] == "-\t"]
    assert marked == [SITE.splitlines()[number - 1] for number in FOUND]


def test_the_header_is_as_the_kernel_has_it() -> None:
    lines = RULE.read_text().split("\nvirtual ", 1)[0].splitlines()
    for word in ("Confidence:", "Copyright:", "Comments:", "Options:", "Usage:"):
        assert any(line.startswith(f"// {word}") for line in lines), word
    assert max(len(line.expandtabs()) for line in lines) <= 80
