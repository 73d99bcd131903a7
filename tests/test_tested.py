# SPDX-License-Identifier: GPL-2.0-only
"""The table of what was run where: it is that of the record, and the record is of real runs."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from scripts import tested
from scripts.tested import README, Trial, merged, read, run, table

DEMO = Trial(
    "Debian 13", "demo", "3.13.5", "14.2.0", "4.4.1", "1.3", "0" * 12, "2026-01-02", True, ""
)


def test_the_table_is_that_of_the_record() -> None:
    """If not: python -m scripts.tested"""
    assert "\n".join(["wrote this: begin -->", *table(read()), "<!--"]) in README.read_text("utf-8")


def test_the_record_is_of_commits_of_this_project() -> None:
    for entry in read():
        assert len(entry.commit) == 12 and entry.target in tested.TARGETS
        assert "?" not in (entry.python, entry.gcc, entry.make, entry.coccinelle)


def test_a_later_run_takes_the_place_of_an_earlier_one() -> None:
    later = replace(DEMO, date="2026-01-03", python="3.13.7", passed=False)
    other = replace(DEMO, python="3.12.3")
    assert merged([DEMO], [later, other]) == sorted([later, other])
    assert merged([later], [DEMO]) == [later]


def test_what_failed_is_said() -> None:
    failed = replace(DEMO, target="test", passed=False, ended="2 failed, 9 passed")
    assert table([failed, DEMO])[2:] == [
        "| Debian 13 | 3.13.5, 14.2.0, 4.4.1, 1.3 |"
        " `demo` 2026-01-02; `test` **failed** 2026-01-02 (2 failed, 9 passed) |"
    ]


@pytest.mark.parametrize("code", [0, 1])
def test_a_run_is_written_down_as_it_ended(tmp_path: Path, code: int) -> None:
    end = "===== 3 passed, 1 skipped in 2.50s (0:00:02) ====="
    (tmp_path / "Makefile").write_text(f"demo:\n\t@echo '{end}'; exit {code}\n")
    for args in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "x")):
        subprocess.run(["git", *args], cwd=tmp_path, check=True)
    found = run("demo", tmp_path)
    assert (found.passed, found.ended) == (code == 0, "3 passed, 1 skipped")
    assert found.make[0].isdigit() and len(found.commit) == 12


def test_a_target_that_is_none_is_refused() -> None:
    with pytest.raises(SystemExit, match="clean is none of demo, test"):
        tested.main(["clean"])
