# SPDX-License-Identifier: GPL-2.0-only
"""Scripts of the tree that do not come to an end are stopped, and our own reading stands in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from migrate.base.programs.workers import recording
from migrate.delivery.mail.style import check_patches, style_script
from migrate.kernel.people import tree_script
from migrate.kernel.people.mailmap import parse_mailmap
from migrate.kernel.people.maintainers import parse_maintainers
from migrate.kernel.people.recipients import Directory, ask_for_patch, maintainer_script
from migrate.kernel.people.tree_script import TreeScript, ask_for_each

MAINTAINERS = b"A DRIVER\nM:\tJo <jo@x.org>\nF:\tdrivers/\n"
PATCH = b"--- a/drivers/a.c\n+++ b/drivers/a.c\n@@ -1 +1 @@\n-a\n+b\n"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "scripts").mkdir()
    monkeypatch.setattr(tree_script, "CPU_SECONDS", 1)
    return tmp_path


def counting(tree: Path, name: str, then: str) -> Path:
    """A script that leaves a line behind whenever it is called, and goes on with `then`."""
    calls = tree / "calls"
    (tree / "scripts" / name).write_text(f"open my $f, '>>', '{calls}'; print $f \"x\\n\";\n{then}")
    (tree / "scripts" / name).chmod(0o755)
    calls.touch()
    return calls


BUSY = "close $f; 1 while 1;"


def test_a_busy_script_is_stopped_once_and_our_own_reading_stands_in(tree: Path) -> None:
    calls = counting(tree, "get_maintainer.pl", BUSY)
    directory = Directory(parse_maintainers(MAINTAINERS, ["drivers/a.c"]), parse_mailmap(b""))
    script = maintainer_script(tree)
    answers = [ask_for_patch(PATCH, directory, script) for _ in range(20)]
    assert calls.read_text() == "x\n"
    assert {a.source for a in answers} == {"own reading"}
    assert answers[0].recipients[0].mailbox.address == "jo@x.org"
    assert "perl was stopped after 1 s" in answers[0].problem
    assert answers[1].problem.endswith("is not asked again")


def test_a_busy_checkpatch_is_stopped_once(tree: Path) -> None:
    calls = counting(tree, "checkpatch.pl", BUSY)
    patches = [(f"{n}.patch", PATCH) for n in range(20)]
    report = check_patches(style_script(tree), patches, covered=lambda _: True)
    assert calls.read_text() == "x\n"
    assert len(report.unchecked) == 20 and "stopped after 1 s" in report.unchecked[0].why


def test_what_all_calls_take_together_has_a_limit(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = counting(tree, "some.pl", "print 'a';")
    monkeypatch.setattr(tree_script, "CPU_SECONDS_IN_ALL", 0)
    script = TreeScript("scripts/some.pl", tree)
    first, second = script.run([]), script.run([])
    assert not isinstance(first, str) and first.stdout == b"a"
    assert second == "scripts/some.pl: its calls took 0 s together"
    assert calls.read_text() == "x\n"


def test_calls_that_are_all_slow_come_to_an_end(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with a line of 10 MB in MAINTAINERS, where each takes three seconds."""
    calls = counting(tree, "some.pl", "")
    monkeypatch.setattr(tree_script, "PATIENCE", 0)
    slow, quick = (TreeScript("scripts/some.pl", tree, usual=usual) for usual in (0.0, 20.0))
    assert not isinstance(slow.run([]), str)
    assert slow.run([]) == "scripts/some.pl: each of its calls took more than 0 s"
    assert not any(isinstance(quick.run([]), str) for _ in range(3))
    assert calls.read_text() == "x\n" * 4


def test_a_script_that_writes_without_end_is_stopped(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counting(tree, "some.pl", "print 'a' x 100000 while 1;")
    monkeypatch.setattr(tree_script, "CPU_SECONDS", 30)
    script = TreeScript("scripts/some.pl", tree)
    assert "bytes of output" in str(script.run([]))
    assert "is not asked again" in str(script.run([]))


def test_a_script_that_fails_is_asked_again(tree: Path) -> None:
    calls = counting(tree, "some.pl", "die 'no';")
    script = TreeScript("scripts/some.pl", tree)
    assert "no at" in str(script.run([])) and "no at" in str(script.run([]))
    assert calls.read_text() == "x\nx\n"


SOME_ARE_BUSY = "if ($ARGV[0] == 3) { 1 while 1; } print 'a';"


@pytest.mark.parametrize("jobs", [2, 8])
def test_several_processes_give_a_script_up_where_one_does(tree: Path, jobs: int) -> None:
    counting(tree, "some.pl", SOME_ARE_BUSY)
    found = {}
    for count in (1, jobs):
        script = TreeScript("scripts/some.pl", tree)

        def ask(part: Sequence[int], script: TreeScript = script) -> str:
            answer = script.run([str(part[0])])
            return answer if isinstance(answer, str) else answer.stdout.decode()

        found[count] = ask_for_each("asked", script, ask, [(n,) for n in range(8)], count)
        assert script.given_up
    assert found[1][:3] == ["a", "a", "a"]
    assert "stopped after 1 s" in found[1][3]
    assert found[jobs] == found[1]


def test_the_time_of_all_processes_counts(tree: Path) -> None:
    counting(tree, "some.pl", "my $n = 0; $n++ while $n < 200000; print 'a';")
    script = TreeScript("scripts/some.pl", tree)
    parts = [(n,) for n in range(12)]
    with recording() as made:
        ask_for_each("asked", script, lambda _: bool(script.run([])), parts, 4)
    assert len({m.process for m in made}) > 1
    assert not script.given_up
    assert script.used == pytest.approx(sum(m.seconds for m in made), rel=0.5)
