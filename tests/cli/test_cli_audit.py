# SPDX-License-Identifier: GPL-2.0-only
"""`audit` and `--decisions` on the miniature kernel, as a user runs them."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from migrate.analysis.audit.model import AuditRule, Finding
from migrate.analysis.gaps import Gap
from migrate.analysis.model import Evidence, Place
from migrate.analysis.verdicts.wording import words
from migrate.base import codec
from tests import forked, sarif_subset
from tests.end_to_end.world import ROOT, World, make_world, snapshot

# One worker runs them all: the world is shared between the tests.
pytestmark = pytest.mark.xdist_group("audit")

BRANCH = "drivers/char/tally/tally_bug.c"
OLD = "drivers/misc/chute/chute_old.c"
MISTAKE = """\
// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

int NAME(unsigned long start)
{
	struct page *page;

	if (pin_user_pages_fast(start, 1, FOLL_WRITE, &page) != 1)
		return -14;
	set_page_dirty(page);
	/* \u00e4 */ put_page(page);
	return 0;
}
"""


def add(world: World, path: str, function: str) -> None:
    (world.tree / path).write_text(MISTAKE.replace("NAME", function))
    world.git("add", path)
    world.git("commit", "-qm", f"add {path}")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The miniature kernel with an old mistake, and a newer one on top."""
    made = make_world(tmp_path_factory.mktemp("home"), ROOT)
    add(made, OLD, "chute_old")
    made.git("tag", "base")
    add(made, BRANCH, "tally_bug")
    return made


def run(
    world: World, name: str, *options: str, answers: str = ""
) -> subprocess.CompletedProcess[str]:
    return forked.run(world.command(name, *options)[3:], world.env, world.home, answers)


def data(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode in (0, 3), done.stderr
    return json.loads(done.stdout)


def test_findings_read_like_a_compilers_notes(world: World) -> None:
    before = snapshot(world)
    done = run(world, "audit")
    assert done.returncode == 3, done.stderr
    assert snapshot(world) == before
    lines = done.stdout.splitlines()
    assert lines[0] == (
        f"{BRANCH}:11:11: warning: put_page() drops a page that pin_user_pages_fast() in"
        " tally_bug() pinned; it has to be unpinned. [pinned-and-put]"
    )
    assert re.fullmatch(r" +11 \| +/\* \u00e4 \*/ put_page\(page\);", lines[1])
    assert lines[2].strip(" |") == "^"
    assert lines[2].index("^") == lines[1].index("put_page")
    assert lines[3] == f"{BRANCH}:8:6: note: acquired by pin_user_pages_fast()"
    # The miniature kernel itself has none.
    assert re.fullmatch(r"2 findings in the tree: \d+ rules, \d+ acquires of .*", lines[-1])


def test_since_leaves_what_was_there_before(world: World) -> None:
    done = run(world, "audit", "--since", "base")
    assert done.returncode == 3, done.stderr
    assert BRANCH in done.stdout
    assert OLD not in done.stdout
    assert "1 finding with lines added since base" in done.stdout


def test_since_head_finds_nothing(world: World) -> None:
    done = run(world, "audit", "--since", "HEAD")
    assert done.returncode == 0
    assert done.stdout == ""
    assert re.search(r"^no findings with lines added since HEAD: \d+ rules, ", done.stderr, re.M)


def test_a_series_is_looked_at_before_it_is_applied(world: World, tmp_path: Path) -> None:
    """As a list has it: what its lines bring is found, and nothing in the checkout changes."""
    series = tmp_path / "series.mbox"
    series.write_text(world.git("format-patch", "--stdout", "base..HEAD") + "\n")
    before = snapshot(world)
    options = ("--rev", "base", "--mbox", str(series))
    done = run(world, "audit", *options)
    assert done.returncode == 3, done.stderr
    assert BRANCH in done.stdout
    assert OLD not in done.stdout
    assert f"1 finding with lines that {series} adds" in done.stdout
    assert snapshot(world) == before
    mailed = run(world, "audit", *options, "--format", "mail").stdout.splitlines()
    assert mailed[0] == "gup-migrate found one thing about the references to user pages in"
    assert f"{BRANCH}:11, tally_bug():" in mailed
    assert any(line.startswith("> ") and "put_page(page);" in line for line in mailed)


def test_a_series_that_does_not_apply(world: World, tmp_path: Path) -> None:
    series = tmp_path / "series.mbox"
    series.write_text(world.git("format-patch", "--stdout", "base..HEAD") + "\n")
    done = run(world, "audit", "--mbox", str(series))
    assert done.returncode == 1
    first, second = done.stderr.splitlines()[-2:]
    assert re.match(rf"error: {re.escape(str(series))} does not apply to [0-9a-f]{{12}}: ", first)
    assert second.startswith("Name the commit that it is for: ")
    (tmp_path / "empty").write_text("")
    done = run(world, "audit", "--mbox", str(tmp_path / "empty"))
    assert done.returncode == 1
    assert "has no patch in it." in done.stderr or "is not an mbox." in done.stderr


def test_annotations_of_a_code_host(world: World) -> None:
    lines = run(world, "audit", "--since", "base", "--format", "github").stdout.splitlines()
    assert lines[0].startswith(
        f"::warning file={BRANCH},line=11,col=11,title=gup-migrate%3A pinned-and-put::put_page() "
    )
    assert f"%0A{BRANCH}:8: acquired by pin_user_pages_fast()" in lines[0]


def test_a_finding_has_to_do_with_its_evidence_too() -> None:
    acquired = Evidence(Place("a.c", 3, 0), "acquired", "")
    found = Finding(Place("b.c", 9, 0), "f", AuditRule.FREED, "", "", (acquired,))
    assert [str(place) for place in found.places] == ["b.c:9", "a.c:3"]


def test_json_has_the_whole_finding(world: World) -> None:
    found = data(run(world, "audit", "--json"))
    assert found["commit"] == world.git("rev-parse", "HEAD")
    one = found["findings"][0]
    assert one["rule"] == "pinned-and-put"
    assert one["place"] == {"path": BRANCH, "line": 11, "column": 10}
    assert one["evidence"][0]["place"]["line"] == 8


def test_sarif_is_what_the_standard_asks_for(world: World) -> None:
    log = data(run(world, "audit", "--sarif"))
    sarif_subset.check(log)
    results = log["runs"][0]["results"]
    assert [r["ruleId"] for r in results] == ["pinned-and-put"] * 2
    where = results[0]["locations"][0]["physicalLocation"]
    assert where["artifactLocation"] == {"uri": BRANCH, "uriBaseId": "SRCROOT"}
    # In characters, of which the line has one fewer than bytes.
    assert (where["region"]["startLine"], where["region"]["startColumn"]) == (11, 10)


def test_sarif_of_a_tree_without_findings(world: World) -> None:
    log = data(run(world, "audit", "--sarif", "--since", "HEAD"))
    sarif_subset.check(log)
    assert log["runs"][0]["results"] == []


@pytest.mark.parametrize(
    ("options", "what", "next_step"),
    [
        (("--since", "nothing"), "has no commit nothing.", "Name one that it has"),
        (("--since", "--all"), "has no commit --all.", "Name one that it has"),
        (("--json", "--sarif"), "--json and --sarif exclude each other.", "Ask for one"),
        (("--format", "xml"), "There is no format 'xml'.", "There are text, json, "),
        (("--since", "HEAD", "--mbox", "x"), "exclude each other.", "Ask for one"),
        (("--mbox", "nowhere.mbox"), "nowhere.mbox is not a file.", "Name an mbox"),
    ],
)
def test_what_is_wrong_is_one_line(
    world: World, options: tuple[str, ...], what: str, next_step: str
) -> None:
    done = run(world, "audit", *options)
    assert done.returncode == 1
    first, second = done.stderr.splitlines()[-2:]
    assert first.startswith("error: ")
    assert first.endswith(what)
    assert second.startswith(next_step)
    assert done.stdout == ""


# Decisions


def decided(world: World, tmp_path: Path, text: str) -> subprocess.CompletedProcess[str]:
    path = tmp_path / "decisions.toml"
    path.write_text(text)
    return run(world, "classify", "--json", "--decisions", str(path))


ENTRY = """
[[decision]]
file = "drivers/misc/chute/chute_dma.c"
verdict = "keep"
why = "The device goes away next year."
"""


def test_a_decision_stands_in_the_classification_and_goes_with_the_file(
    world: World, tmp_path: Path
) -> None:
    def of(found: Any) -> dict[str, Any]:
        (verdict,) = [v for v in found["verdicts"] if v["group"].startswith("drivers/misc/chute/")]
        return verdict

    first = of(data(run(world, "classify", "--json")))
    assert (first["action"], first["decided_by"]) == ("pin", "rules")
    second = of(data(decided(world, tmp_path, ENTRY)))
    assert (second["action"], second["decided_by"]) == ("keep", "author")
    assert (first["confidence"], second["confidence"]) == ("high", None)
    assert second["reason"] == "The device goes away next year."
    changed = of(data(decided(world, tmp_path, ENTRY.replace("next", "this"))))
    assert changed["reason"] == "The device goes away this year."
    assert of(data(run(world, "classify", "--json"))) == first


@pytest.mark.parametrize("stage", ["pair", "classify"])
def test_json_has_a_kind_and_words_for_what_was_not_followed(world: World, stage: str) -> None:
    gaps = [g for group in data(run(world, stage, "--json"))["groups"] for g in group["gaps"]]
    assert gaps
    for gap in gaps:
        said = gap.pop("text")
        assert said == words(codec.from_data(gap, Gap))


def test_the_commit_message_says_who_decided(world: World, tmp_path: Path) -> None:
    text = ENTRY.replace("keep", "pin").replace("goes away next year", "writes to them")
    path = tmp_path / "decisions.toml"
    path.write_text(text)
    found = data(run(world, "commit", "--json", "--decisions", str(path)))
    (commit,) = [c for c in found["commits"] if any("/chute/" in g for g in c["groups"])]
    log = world.git("log", "-1", "--format=%B", commit["id"], cwd=world.workspace / "repository")
    message = " ".join(log.split())
    assert "The device writes to them. (The author's decision.)" in message


def test_a_decision_that_fits_nothing_is_refused(world: World, tmp_path: Path) -> None:
    done = decided(world, tmp_path, ENTRY.replace("chute_dma", "chute_dmb"))
    assert done.returncode == 1
    first, second = done.stderr.splitlines()[-2:]
    assert first == (
        "error: Decision 1 (file = 'drivers/misc/chute/chute_dmb.c') matches no group."
    )
    assert second == "The nearest there is: file = 'drivers/misc/chute/chute_dma.c'."


def test_a_missing_decisions_file_is_refused_before_any_work(world: World) -> None:
    done = run(world, "classify", "--decisions", "none.toml")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "error: none.toml cannot be read: No such file or directory.",
        "Give a file with --decisions.",
    ]


# Review


def reviewed(world: World, path: Path, answers: str) -> subprocess.CompletedProcess[str]:
    return run(world, "review", "--decisions", str(path), answers=answers)


def test_review_writes_what_is_answered_and_asks_only_once(world: World, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    first = reviewed(world, path, 'what?\nkeep\n\nIt is "odd".\nskip\nq\n')
    assert first.returncode == 0, first.stderr
    (entry,) = tomllib.loads(path.read_text())["decision"]
    assert (entry["verdict"], entry["why"]) == ("keep", 'It is "odd".')
    assert f"group {entry['group']}, rule" in first.stdout
    total = re.search(r"^Group 1 of (\d+)$", first.stdout, re.M)
    assert total is not None
    again = reviewed(world, path, "")
    assert f"Group 1 of {int(total[1]) - 1}" in again.stdout
    assert f"group {entry['group']}, rule" not in again.stdout
    assert len(tomllib.loads(path.read_text())["decision"]) == 1


def test_review_does_not_write_into_the_checkout(world: World) -> None:
    done = reviewed(world, world.tree / "mine.toml", "")
    assert done.returncode == 1
    assert "is inside the checkout" in done.stderr.splitlines()[0]


def test_review_of_a_file_that_cannot_be_written(world: World, tmp_path: Path) -> None:
    done = reviewed(world, tmp_path / "none" / "mine.toml", "keep\nIt is mine.\n")
    assert done.returncode == 1
    assert "cannot be written: No such file or directory." in done.stderr


def test_review_keeps_decisions_beside_the_workspace_and_all_others_use_them(
    world: World,
) -> None:
    path = world.workspace.with_name("workspace.decisions.toml")
    try:
        first = run(world, "review", answers="?\nplease\nk\nIt is mine.\nq\n")
        assert first.returncode == 0, first.stderr
        assert f"; they are in {path}" in first.stdout
        assert first.stdout.count("  k  keep: leave the code as it is") == 2, "? and 'please'"
        (entry,) = tomllib.loads(path.read_text())["decision"]
        classified = run(world, "classify", "--json")
        assert f"decisions: 1, from {path}" in classified.stderr
        mine = [v for v in data(classified)["verdicts"] if v["decided_by"] == "author"]
        assert [v["group"] for v in mine] == [entry["group"]]
        assert "decisions:" not in run(world, "scan").stderr, "which has no use for them"
        none = data(run(world, "classify", "--json", "--decisions", "/dev/null"))
        assert {v["decided_by"] for v in none["verdicts"]} == {"rules"}
        assert run(world, "clean", "--all").returncode == 0
        assert path.exists(), "a person's work is no state of ours"
        path.write_text(ENTRY.replace("chute_dma", "chute_dmb"))
        wrong = run(world, "classify")
        assert wrong.returncode == 1
        assert wrong.stderr.splitlines()[-2].startswith(f"error: {path}: Decision 1 (file = ")
    finally:
        path.unlink(missing_ok=True)


def test_review_does_not_take_what_cannot_be_done(world: World, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    done = reviewed(world, path, "pin\nn\nq\n")
    assert "Have you checked every release by hand?" in done.stdout
    assert not path.exists(), "he had not"


def test_a_finding_is_mended(world: World, tmp_path: Path) -> None:
    """Commits on a branch of their own, with what brought the bug, and a series for each
    maintainer."""
    paths = (BRANCH, OLD)
    brought = [world.git("rev-list", "-1", "HEAD", "--", path).strip()[:12] for path in paths]
    done = run(world, "audit", "--fix", "--output", str(tmp_path / "out"), "--unbuilt", "deliver")
    assert done.returncode == 3, done.stderr
    assert "2 fixes on gup-migrate/audit-fix:" in done.stdout
    texts = world.git("log", "--format=%B%x00", "HEAD..gup-migrate/audit-fix").split("\0")[:2]
    assert all("release user pages with unpin_user_page()" in text for text in texts)
    for commit, path in zip(brought, paths, strict=True):
        assert any(f'Fixes: {commit} ("add {path}")\nSigned-off-by: ' in text for text in texts)
    changed = world.git("diff", "HEAD", "gup-migrate/audit-fix")
    assert changed.count("-\t/* \u00e4 */ put_page(page);") == 2
    assert changed.count("+\t/* \u00e4 */ unpin_user_page(page);") == 2
    mails = sorted((tmp_path / "out").glob("*/*.patch"))
    assert mails
    again = data(run(world, "audit", "--fix", "--json", "--suggestions"))
    assert len(again["fixes"]["commits"]) >= 2
    assert again["fixes"]["branch"] == "gup-migrate/audit-fix"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--fix", "--format", "mail"), "--fix has no output as mail."),
        (("--fix", "--mbox", "x.mbox"), "--fix works on a commit of the checkout"),
    ],
)
def test_fixes_are_no_report(world: World, options: tuple[str, ...], said: str) -> None:
    done = run(world, "audit", *options)
    assert done.returncode == 1
    assert said in done.stderr
