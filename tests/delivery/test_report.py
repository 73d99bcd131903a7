# SPDX-License-Identifier: GPL-2.0-only
"""The report: every acquire once, the right numbers, and nothing of the tree as markup."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest

from migrate.analysis.gaps import GapKind
from migrate.analysis.model import Evidence, Place, UseKind
from migrate.base import codec
from migrate.base.markdown import cells, code, escaped, fenced
from migrate.delivery.commits.rejected import Rejection, Rejections
from migrate.delivery.model import BuildReport, BuildStatus, Delivery, ObjectBuild
from migrate.delivery.report.code import unified
from migrate.delivery.report.content import Results, make_report
from migrate.delivery.report.markdown import markdown
from migrate.delivery.report.model import Person, Report
from migrate.delivery.report.write import embedded, html, write_report
from migrate.rewrite.model import FileChange, GroupFailure
from scripts.report_schema import TARGET, schema
from tests.delivery.reports import EVIL, evil_results, seen


@pytest.fixture
def results() -> Results:
    """Five acquires: converted twice in one group, kept, evil, and one outside all groups."""
    return evil_results()


def test_every_acquire_is_there_exactly_once(results: Results) -> None:
    report = make_report(results)
    assert [(r.path, r.line) for r in report.rows] == sorted(
        (a.place.path, a.place.line) for a in results.scan.acquires
    )
    lost = next(r for r in report.rows if r.path == "net/lost.c")
    assert (lost.verdict, lost.state, lost.group) == ("manual", "manual", "")
    assert lost.reason


def test_states_builds_and_funnel(results: Results) -> None:
    report = make_report(results)
    assert {r.function: (r.state, r.built) for r in report.rows} == {
        "one": ("converted", "built"),
        "two": ("converted", "built"),
        "three": ("kept", ""),
        "four": ("manual", ""),
        "five": ("manual", ""),
    }
    assert {s.label: s.count for s in report.funnel} == {
        "acquires found": 5,
        "pin groups": 3,
        "verdicts": 3,
        "groups to convert": 1,
        "groups converted": 1,
        "of these built": 1,
        "commits": 1,
        "series": 1,
    }
    assert all(sum(p.count for p in s.parts) == s.count for s in report.funnel if s.parts)
    assert {row.area for row in report.rows} == {area.directory for area in report.areas}
    assert [(a.directory, a.converted, a.kept, a.manual) for a in report.areas] == [
        ("drivers/<script>alert(1)<", 0, 0, 1),
        ("drivers/a", 2, 0, 0),
        ("mm", 0, 1, 0),
        ("net", 0, 0, 1),
    ]


@pytest.mark.parametrize(
    ("statuses", "overall"),
    [
        ([BuildStatus.BUILT, BuildStatus.NOT_BUILDABLE], BuildStatus.BUILT),
        ([BuildStatus.NOT_BUILDABLE], BuildStatus.NOT_BUILDABLE),
        ([BuildStatus.BUILT, BuildStatus.FAILED], BuildStatus.FAILED),
        ([BuildStatus.BUILT, BuildStatus.FAILED_BEFORE], BuildStatus.FAILED_BEFORE),
    ],
)
def test_the_worst_build_counts(
    results: Results, statuses: list[BuildStatus], overall: BuildStatus
) -> None:
    objects = tuple(
        ObjectBuild("d" * 40, "drivers/a/a.o", f"arch{n}", status, "", "", 0)
        for n, status in enumerate(statuses)
    )
    report = make_report(replace(results, builds=BuildReport("d" * 40, objects)))
    assert report.rows[0].path.startswith("drivers/<")
    assert next(r for r in report.rows if r.function == "one").built == overall


def test_what_was_seen_at_run_time_is_at_the_group(results: Results) -> None:
    report = make_report(replace(results, proof=seen()))
    assert report.machine == "Linux 6.1, QEMU"
    assert {r.function: r.proof for r in report.rows} == {
        "one": "proved",
        "two": "proved",
        "three": "",
        "four": "",
        "five": "",
    }
    told = [
        "drivers/a/a.c:10 -> drivers/a/a.c:13: 7",
        "did not run: drivers/a/a.c:50",
        "one(): 8 of 9 lines ran, not 12",
        "drivers/a/a.c:13 dropped: caught, 7 were never released",
    ]
    assert "Run:\n\n- proved\n" + "".join(f"- {line}\n" for line in told) in unescape(
        markdown(report).replace("\\", "")
    )
    page = html(report)
    assert 'data-sort="proof"' in page and 'data-field="proof"' in page
    assert "7 were never released" in page


def test_a_rejected_group_shows_its_compiler_output(results: Results) -> None:
    failed = ObjectBuild("e" * 40, "mm/b.o", "arm64", BuildStatus.FAILED, "error: no", "", 0)
    rejections = Rejections((Rejection("b", "does not build", (failed,)),))
    report = make_report(replace(results, rejections=rejections))
    entry = next(g for g in report.groups if g.name == "b")
    assert [b.output for b in entry.builds] == ["error: no"]
    assert entry.built == "", "what was not delivered was not built"


def test_places_are_marked_in_the_code(results: Results) -> None:
    entry = next(g for g in make_report(results).groups if g.name == "a")
    marked = {line.number: [m.kind for m in line.marks] for c in entry.code for line in c.lines}
    assert marked[10] == ["acquire"] and marked[50] == ["acquire"]
    assert marked[13] == ["release", "use"]
    assert marked[11] == ["evidence"]
    twice = tuple(
        replace(v, evidence=(Evidence(Place("drivers/a/a.c", 13, 1), UseKind.MAP, ""),))
        for v in results.classification.verdicts
    )
    again = make_report(
        replace(results, classification=replace(results.classification, verdicts=twice))
    )
    line = next(x for g in again.groups if g.name == "a" for x in g.code[0].lines if x.number == 13)
    assert [m.kind for m in line.marks] == ["release", "evidence"], "a use is not said twice"
    assert 30 not in marked, "lines far from any place are left out"
    assert {6, 17, 46, 54} <= set(marked)


def test_what_waits_for_each_maintainer(results: Results) -> None:
    boss, mate = "Ann Boss <ann@example.org>", "Bob Mate <bob@example.org>"
    owners = {"drivers": (boss, mate), "mm": (mate,), "net": ()}
    (series,) = results.delivery.series
    sent = replace(series, to=("bob@example.org",), directory="out/01-a")
    report = make_report(
        replace(
            results,
            delivery=replace(results.delivery, series=(sent,)),
            maintainers_of=lambda path: owners[path.split("/")[0]],
        )
    )
    assert report.people == (
        Person(boss, 2, 0, 1, ()),
        Person(mate, 2, 1, 1, ("01-a",)),
        Person("", 0, 0, 1, ()),
    )
    page = html(report)
    assert '<a href="#maintainer=Bob%20Mate%20%3Cbob%40example.org%3E">' in page
    assert "nobody in MAINTAINERS" in page and "nobody in MAINTAINERS" in markdown(report)


def test_the_command_to_explain_a_group(results: Results) -> None:
    report = make_report(results)
    assert report.groups[0].explain == "gup-migrate explain drivers/a/a.c:10"
    other = replace(results.classification, profile="pin-user-pages")
    report = make_report(replace(results, classification=other))
    assert report.groups[1].explain == "gup-migrate explain mm/b.c:20 --profile pin-user-pages"
    assert report.groups[2].explain.startswith("gup-migrate explain 'drivers/<script>")


def test_the_diff_is_one_that_patch_applies(tmp_path: Path) -> None:
    before = b"".join(b"line %d\n" % n for n in range(300))
    after = before.replace(b"line 150\n", b"other\n").replace(b"line 200\n", b"")
    diff = unified(FileChange("f", before, after))
    (tmp_path / "f").write_bytes(before)
    done = subprocess.run(
        ["git", "apply", "-p0", "--verbose", "-"],
        cwd=tmp_path,
        input=f"--- f\n+++ f\n{diff}\n".encode(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "f").read_bytes() == after
    assert b"offset" not in done.stderr, "every line number was right"


def test_report_json_comes_back_and_is_stable(results: Results, tmp_path: Path) -> None:
    report = make_report(results)
    write_report(report, tmp_path)
    written = (tmp_path / "report.json").read_text()
    assert codec.loads(written, Report) == report
    slower = tuple(replace(o, seconds=99.0) for o in results.builds.objects)
    again = make_report(replace(results, builds=BuildReport("d" * 40, slower)))
    assert codec.dumps(again) == written, "no time gets into the report"


class _Elements(HTMLParser):
    """Collects what a browser would make of a page: elements, attributes, data of scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.seen and self.seen[-1][0] == "script" and self.scripts:
            self.scripts[-1] += data


def test_nothing_of_the_tree_becomes_markup(results: Results) -> None:
    page = _Elements()
    page.feed(html(make_report(results)))
    tags = [tag for tag, _ in page.seen]
    assert "img" not in tags
    assert not [a for _, attributes in page.seen for a in attributes if a == "onerror"]
    names, rows, *groups, program = page.scripts
    report = json.loads(codec.dumps(make_report(results)))
    assert [json.loads(rows), [json.loads(group) for group in groups]] == [
        report["rows"],
        report["groups"],
    ]
    assert json.loads(names) == [group["name"] for group in report["groups"]]
    assert "alert" not in program


def test_the_page_has_all_that_json_has(results: Results) -> None:
    report = json.loads(codec.dumps(make_report(results)))
    page = flat(unescape(html(make_report(results))))
    for part in ("base", "profile", "branch", "funnel", "areas", "unparsed", "series"):
        for leaf in leaves(report[part]):
            assert flat(leaf) in page, leaf


def test_the_page_asks_nobody_for_anything(results: Results) -> None:
    page = _Elements()
    page.feed(html(make_report(results)))
    for _, attributes in page.seen:
        for name in ("src", "href", "action", "srcset"):
            value = attributes.get(name) or ""
            assert not value or value.startswith(("#", "data:")), value


@pytest.mark.parametrize("nasty", ["</script>", "<!--", "<script", "]]>", "&lt;", "\u2028", '"'])
def test_embedded_data_cannot_end_its_element(nasty: str) -> None:
    made = embedded({nasty: [nasty]})
    assert not re.search(r"[<>&\u2028\u2029]", made)
    assert json.loads(made) == {nasty: [nasty]}


def test_markdown_has_every_acquire_and_no_markup_of_the_tree(results: Results) -> None:
    made = markdown(make_report(results))
    for row in results.scan.acquires:
        assert f"{row.place.path}:{row.place.line}" in made
    outside = re.sub(r"(`+).*?\1", "", re.sub(r"```.*?```", "", made, flags=re.S))
    assert not re.search(r"(?<!\\)<", outside)


def leaves(data: object) -> Iterator[str]:
    """Every text of JSON data."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict | list):
        for value in data.values() if isinstance(data, dict) else data:
            yield from leaves(value)


def flat(value: str) -> str:
    return " ".join(value.split())


def test_markdown_has_all_that_json_has(results: Results) -> None:
    report = make_report(results)
    made = flat(markdown(report)).replace("\\", "")
    for leaf in leaves(json.loads(codec.dumps(report))):
        assert all(flat(line) in made for line in leaf.split("\n")), leaf


def test_what_was_not_followed_has_its_kind(results: Results) -> None:
    report = make_report(results)
    first = report.groups[0]
    assert first.gap_kinds == (GapKind.SHARED_STORAGE, GapKind.NO_RELEASE)
    assert first.gaps[1] == "no release was found"
    assert "- no release was found \\[no-release\\]" in markdown(report)


def test_what_a_person_stated_is_not_among_what_was_found(results: Results) -> None:
    report = make_report(results)
    assert {(s.text, s.why) for s in report.groups[0].contracts} == {("HAVE_A is not set", EVIL)}
    made = markdown(report)
    assert "Stated by the author, not proved:\n\n- HAVE\\_A is not set: " in made
    assert "Stated by the author, not proved" in html(report)


def test_report_json_fits_its_schema(results: Results) -> None:
    report = json.loads(codec.dumps(make_report(results)))
    check = jsonschema.Draft202012Validator(json.loads(TARGET.read_text()))
    check.validate(report)
    for wrong in ({"extra": 1}, {"rows": [{}]}, {"schema": 0}):
        assert not check.is_valid(report | wrong), wrong


def test_the_schema_is_that_of_the_report() -> None:
    assert TARGET.read_text() == schema(), "type: python -m scripts.report_schema"


def test_markdown_pieces_hold_what_is_put_in() -> None:
    assert code("a`b``c") == "``` a`b``c ```"
    assert code("a|b") == "`a\\|b`"
    assert escaped("two\nlines | and *stars*") == "two lines \\| and \\*stars\\*"
    assert escaped(code("*")) == "`*`"
    assert fenced("a\n````\nb\n", "c") == "`````c\na\n````\nb\n`````"
    assert cells([code("|"), "", "a|b", 3]) == "| `\\|` |   | a\\|b | 3 |"


def test_text_that_is_no_unicode_can_be_written(results: Results, tmp_path: Path) -> None:
    sick = replace(results.classification.verdicts[0], reason="a \udcff byte")
    classification = replace(
        results.classification, verdicts=(sick, *results.classification.verdicts[1:])
    )
    write_report(make_report(replace(results, classification=classification)), tmp_path)
    for name in ("report.json", "report.md", "report.html"):
        (tmp_path / name).read_text(encoding="utf-8")


def test_a_failed_rewrite_is_manual_and_not_converted(results: Results) -> None:
    rewrite = replace(results.rewrite, changes=(), failures=(GroupFailure("a", "lost a comment"),))
    branch = replace(results.branch, commits=())
    report = make_report(
        replace(results, rewrite=rewrite, branch=branch, delivery=Delivery("", ()))
    )
    assert {r.state for r in report.rows} == {"kept", "manual"}


def test_a_persons_decision_has_no_confidence_of_ours(results: Results) -> None:
    verdicts = tuple(
        replace(v, confidence=None, decided_by="author") if v.group == "b" else v
        for v in results.classification.verdicts
    )
    made = make_report(
        replace(results, classification=replace(results.classification, verdicts=verdicts))
    )
    by_name = {g.name: g for g in made.groups}
    assert (by_name["b"].confidence, by_name["b"].decided_by) == (None, "author")
    assert (by_name["a"].confidence, by_name["a"].decided_by) == ("high", "rules")
    sections = markdown(made).split("\n### ")
    (mine,) = [s for s in sections if s.startswith("b\n")]
    assert "Decided by the author, subsystem" in mine and "onfidence" not in mine
    check = jsonschema.Draft202012Validator(json.loads(TARGET.read_text()))
    check.validate(json.loads(codec.dumps(made)))


def test_what_the_builds_needed_is_in_all_forms_of_the_report(results: Results) -> None:
    needed = "x86_64: make 'HOSTCC=gcc -fcommon', because <it> is old"
    (build,) = results.builds.objects
    objects = (replace(build, how=(needed,)), replace(build, arch="arm64", how=(needed,)))
    report = make_report(replace(results, builds=BuildReport("d" * 40, objects)))
    assert report.toolchain == (needed,)
    text = markdown(report).replace("\\", "")
    assert f"## What the builds needed here\n\n- {needed}\n" in text
    assert "What the builds needed here" not in markdown(make_report(results))


@pytest.mark.parametrize(
    ("open_world", "said"),
    [
        (False, "All callers of exported functions are assumed to be in the tree."),
        (True, "With --open-world: modules outside of the tree may call exported functions."),
    ],
)
def test_whose_callers_count_is_said(results: Results, open_world: bool, said: str) -> None:
    report = make_report(replace(results, open_world=open_world))
    assert report.open_world is open_world
    assert said in markdown(report)
    assert said in html(report)


def test_how_far_the_tree_is_from_no_caller_of_gup(results: Results) -> None:
    report = make_report(results)
    counts, _, reasons = report.left.partition(" remain. The reasons: ")
    assert re.fullmatch(r"\d+ of \d+ calls of get_user_pages\*\(\) outside of mm/", counts)
    assert re.fullmatch(r".+ \(\d+\)\.", reasons)
    assert report.left in markdown(report).replace("\\", "")
    assert f"<p>{report.left}</p>" in html(report)
