# SPDX-License-Identifier: GPL-2.0-only
"""Two revisions side by side: what is printed of groups that differ, and a difference that is
really there."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bench import compare
from bench.classified import Group, read_groups
from bench.compare import Difference, differences

ONE = Group(
    name="drivers/a.c hold",
    action="pin",
    verdict="pin, CASE 1, high",
    rule="device_access",
    acquires=("drivers/a.c:5:4 get_user_pages() in hold()",),
    releases=("drivers/a.c:9:2 put_page() in drop()", "drivers/a.c:12:2 put_page() in drop()"),
    gaps=(),
    warnings=(),
)
OTHER = replace(
    ONE,
    name="drivers/b.c lend",
    acquires=("drivers/b.c:1:4 get_user_pages() in lend()",),
    releases=(),
)


def only(found: tuple[Difference, ...]) -> list[str]:
    (difference,) = found
    return [*difference.lines()]


def test_groups_that_are_the_same_are_no_difference() -> None:
    assert differences([ONE, OTHER], [OTHER, ONE]) == ()


def test_what_went_and_what_came_is_a_line_each() -> None:
    now = replace(
        ONE,
        action="manual",
        verdict="manual, low",
        rule="not_followed",
        releases=ONE.releases[:1],
        gaps=("not all callers",),
        warnings=("Takes long.",),
    )
    assert only(differences([ONE], [now])) == [
        "verdict   - pin, CASE 1, high",
        "verdict   + manual, low",
        "rule      - device_access",
        "rule      + not_followed",
        "releases  - drivers/a.c:12:2 put_page() in drop()",
        "gaps      + not all callers",
        "warnings  + Takes long.",
    ]


def test_a_group_that_falls_into_two_is_one_difference_with_names() -> None:
    whole = replace(ONE, acquires=(*ONE.acquires, *OTHER.acquires))
    part = replace(ONE, name="drivers/c.c part", releases=())
    assert only(differences([whole], [part, OTHER]))[:3] == [
        "group     - drivers/a.c hold",
        "group     + drivers/b.c lend",
        "group     + drivers/c.c part",
    ]
    assert "releases  - drivers/a.c hold: drivers/a.c:9:2 put_page() in drop()" in only(
        differences([whole], [part, OTHER])
    )


def test_one_group_may_bring_several_of_the_other_side_together() -> None:
    """The last one of the second side ties what was known apart until then."""
    far = replace(ONE, name="x", acquires=("1",))
    tied = replace(ONE, name="y", acquires=("1", *OTHER.acquires))
    (found,) = differences([far, OTHER], [tied])
    assert found == Difference((OTHER, far), (tied,))


def test_a_group_that_only_one_side_has() -> None:
    gone, come = differences([ONE], [OTHER])
    assert (gone.name, gone.old, gone.new) == (ONE.name, (ONE,), ())
    assert (come.name, come.old, come.new) == (OTHER.name, (), (OTHER,))


def test_a_decision_that_is_lost_comes_first() -> None:
    early = replace(ONE, name="a", rule="x")
    manual = replace(OTHER, action="manual", verdict="manual, low")
    found = differences([replace(early, rule="y"), OTHER], [early, manual])
    assert [(d.name, d.loses) for d in found] == [(OTHER.name, True), ("a", False)]
    assert [d.loses for d in differences([manual], [OTHER])] == [False]


def test_what_classify_prints_is_read_whatever_gaps_are() -> None:
    place = {"path": "a.c", "line": 3, "column": 1}
    call = {"place": place, "name": "put_page", "function": "f", "text": "put_page(p);"}
    group = {
        "name": "g",
        "acquires": [],
        "releases": [call],
        "gaps": ["b", {"kind": "c", "text": "said"}],
    }
    verdict = {"group": "g", "action": "keep", "case": "", "rule": "r", "confidence": None}
    (found,) = read_groups({"groups": [group], "verdicts": [verdict | {"warnings": []}]})
    assert (found.verdict, found.gaps) == ("keep", ("b", "said"))
    assert found.releases == ("a.c:3:1 put_page() in f()",)
    for wrong in ({}, {"groups": [{}], "verdicts": []}, {"groups": [group], "verdicts": []}, []):
        with pytest.raises(ValueError, match="no classification"):
            read_groups(wrong)  # type: ignore[arg-type]


def test_a_revision_is_put_into_a_folder(tmp_path: Path) -> None:
    code = compare.check_out("HEAD", tmp_path)
    assert {p.name for p in code.iterdir()} == {"migrate", "cocci"}
    argv = [sys.executable, "-c", "import migrate; print(migrate.__file__)"]
    done = subprocess.run(argv, cwd=code, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(code / "migrate" / "__init__.py")


@pytest.fixture
def other_code(project: Path, tmp_path: Path) -> Path:
    """The project with a rule of another name."""
    code = tmp_path / "other"
    for name in ("migrate", "cocci"):
        shutil.copytree(project / name, code / name)
    for path in (code / "migrate").rglob("*.py"):
        text = path.read_text()
        if "data_written" in text:
            path.write_text(text.replace("data_written", "data_was_written"))
    assert "data_was_written" in (code / "migrate/analysis/verdicts/rules/case_5.py").read_text()
    return code


def test_a_difference_on_the_miniature_kernel_is_seen(
    mini: Path,
    other_code: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(compare, "check_out", lambda *_: other_code)
    options = ["--profiles", "vaddr-pin", "--workspaces", f"{tmp_path}/kept-"]
    options += ["--json", str(tmp_path / "all.json")]
    monkeypatch.setattr(sys, "argv", ["compare", str(mini), *options])
    assert compare.main() == 1
    printed = capsys.readouterr().out
    assert "rule      - data_was_written\n    rule      + data_written\n" in printed
    assert {p.name for p in tmp_path.glob("kept-*")} >= {"kept-linux-old", "kept-linux-new"}
    (tree,) = json.loads((tmp_path / "all.json").read_text())["trees"]
    assert (tree["tree"], tree["profile"], tree["old"]) == ("linux", "vaddr-pin", tree["new"])
    rules = {(d["old"][0]["rule"], d["new"][0]["rule"]) for d in tree["differences"]}
    assert rules == {("data_was_written", "data_written")}


def test_a_tree_that_is_none_ends_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"^nowhere, vaddr-pin: error: .*/nowhere does not exist"):
        compare.classify(compare.ROOT, tmp_path / "nowhere", "vaddr-pin", tmp_path / "w", 1)
