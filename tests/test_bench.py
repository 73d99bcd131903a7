# SPDX-License-Identifier: GPL-2.0-only
"""The arithmetic of the benches and the texts they make; no figure of any machine."""

from __future__ import annotations

import ast
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bench import redo, scan
from bench.accuracy import Result, Row, as_markdown, as_section
from bench.examples import table as examples_table
from bench.examples import try_reader
from bench.faults import _pace, _summary
from bench.interrupts import Interrupt, ends
from bench.kernels import Line as KernelLine
from bench.kernels import counted, document, ids_of, keep, kept
from bench.kills import WAYS, Kill, Trial, draw
from bench.left import count, rows
from bench.measured import as_text
from bench.mutations import mutated, mutations
from bench.record import record
from bench.redo import Truth, _is_of_another, compare
from bench.report import ROWS, many
from bench.report import table as report_table
from bench.scan import Cost, Line, copies, measure, table
from bench.share import Run
from bench.share import lines as share_lines
from bench.unbuildable import Said, shims
from bench.unbuildable import document as unbuildable_table
from bench.unpin import Site, undo
from migrate.analysis.contracts.read import read_contracts
from migrate.analysis.frontend.syntax import parse
from migrate.analysis.model import (
    Acquire,
    Action,
    Classification,
    Confidence,
    PinGroup,
    Place,
    Release,
    Verdict,
)
from migrate.base.programs.workers import Made
from migrate.delivery.model import Branch, BuildReport, BuildStatus, Commit, ObjectBuild
from migrate.delivery.report.content import make_report
from migrate.rewrite.model import ApiChange, FileChange, GroupChange, GroupFailure, Rewrite
from tests.delivery.reports import evil_results
from tests.faults.readers import READERS, Reader

PATH = "drivers/a/a.c"
PINNED = b"""// SPDX-License-Identifier: GPL-2.0-only
static int hold(struct range *r, struct page *page, int i)
{
	/* pin_user_pages_fast() may sleep */
	int got = pin_user_pages_fast(r->start, r->nr, FOLL_WRITE, r->pages);

	if (got != r->nr)
		unpin_user_pages(r->pages, got);
	else
		unpin_user_page(page);
	return got;
}

static void drop(struct range *r, bool dirty)
{
	unpin_user_pages_dirty_lock(&r->pages[r->first], r->nr, dirty);
	unpin_user_pages_dirty_lock(r->pages, r->nr, dirty);
	unpin_user_pages_dirty_lock(&r->page, 1, true);
}
"""


def test_pins_are_turned_back_and_places_are_those_of_the_calls() -> None:
    undone = undo(PATH, PINNED)
    assert b"may sleep" in undone.plain and undone.plain.count(b"pin_user") == 1
    lines = undone.plain.split(b"\n")
    assert [(s.line, s.name) for s in undone.acquires] == [(5, "pin_user_pages_fast")]
    assert [s.line for s in undone.releases] == [8, 10, 16, 17, 18]
    for site in (*undone.acquires, *undone.releases):
        (place,) = site.places
        found = lines[place[0] - 1][place[1] :]
        assert found.startswith((b"get_user_pages_fast(", b"put_page("))


def test_bulk_releases_become_the_loops_of_drivers() -> None:
    text = undo(PATH, PINNED).plain.decode()
    assert "for (j = got - 1; j >= 0; j--) put_page(r->pages[j]);" in text
    assert "{ set_page_dirty_lock(r->page); put_page(r->page); }" in text
    assert "if (dirty) set_page_dirty_lock(" in text
    assert not parse(PATH, text.encode()).root.has_error


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (0, "for (i = 0; i < nr; i++) put_page(pages[i]);"),
        (1, "for (i = nr - 1; i >= 0; i--) put_page(pages[i]);"),
        (2, "{ i = nr; while (i > 0) { put_page(pages[--i]); } }"),
        (3, "release_pages(pages, nr);"),
    ],
)
def test_every_form_in_its_turn(form: int, text: str) -> None:
    before = "\tunpin_user_page(page);\n" * form
    code = f"void f(void)\n{{\n{before}\tunpin_user_pages(pages, nr);\n}}\n"
    undone = undo(PATH, code.encode())
    plain = undone.plain.decode()
    assert f"\t{text}\n" in plain
    assert ("\tlong i;\n" in plain) == (form < 3)
    assert code.encode() in undone.could_become(), "folded again"
    assert undone.pinned in undone.could_become(), "left a loop"
    assert not parse(PATH, undone.plain).root.has_error


def test_both_spellings_differ_in_names_only() -> None:
    undone = undo(PATH, PINNED)
    renamed = undone.plain.replace(b"put_page(", b"unpin_user_page(")
    renamed = renamed.replace(b"release_pages(", b"unpin_user_pages(")
    assert renamed.replace(b"get_user_pages_fast(", b"pin_user_pages_fast(") == undone.pinned


def test_a_function_of_the_file_by_that_name_is_left_alone() -> None:
    own = b"static int pin_user_pages(int a)\n{\n\treturn a;\n}\nint f(void)\n{\n"
    own += b"\treturn pin_user_pages(1);\n}\n"
    undone = undo(PATH, own)
    assert undone.plain == own and not undone.acquires


def group(undone_lines: list[tuple[int, int]], releases: list[tuple[int, int]]) -> PinGroup:
    acquires = [
        Acquire(Place(PATH, *p), "hold", "get_user_pages_fast", (), (), "") for p in undone_lines
    ]
    dropped = [Release(Place(PATH, *p), "f", "put_page", False, "", "") for p in releases]
    return PinGroup("g", tuple(acquires), tuple(dropped), (), (), ())


def judged(found: PinGroup, action: Action, rewritten: Rewrite) -> Result:
    verdict = Verdict("g", action, "", "some_rule", "A reason.", Confidence.HIGH, (), ())
    truth = Truth.of([undo(PATH, PINNED)])
    return compare(truth, Classification("c", "p", (found,), (verdict,)), rewritten)


def rewritten(after: bytes | None, reason: str = "") -> Rewrite:
    changes = (GroupChange("g", "A", (FileChange(PATH, b"", after),), (), ()),) if after else ()
    failures = (GroupFailure("g", reason),) if reason else ()
    return Rewrite("c", "p", ApiChange((), (), ()), changes, failures)


def all_places() -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    undone = undo(PATH, PINNED)
    return (
        [p for s in undone.acquires for p in s.places],
        [p for s in undone.releases for p in s.places],
    )


def test_a_group_that_is_converted_whole_counts() -> None:
    acquires, releases = all_places()
    text = undo(PATH, PINNED).pinned.replace(b"{ long", b"{\n\t\tlong")
    result = judged(group(acquires, releases), Action.PIN, rewritten(text))
    assert [row.outcome for row in result.rows] == ["pinned again"]
    assert (result.releases, result.released) == (5, 5)
    assert (result.missed, result.extra, result.same) == ((), (), (1, ()))


def test_a_release_that_is_missing_is_named_and_one_too_many_as_well() -> None:
    acquires, releases = all_places()
    wrong = group(acquires, [*releases[1:], (99, 3)])
    result = judged(wrong, Action.PIN, rewritten(b"something else"))
    assert result.missed == (f"{PATH}:8 unpin_user_pages() in hold()",)
    assert result.extra == (f"{PATH}:99 put_page() in f()",)
    assert result.same == (0, (PATH,))


def test_a_call_of_a_helper_is_no_acquire_too_many() -> None:
    acquires, releases = all_places()
    found = group([*acquires, (98, 1), (99, 1)], releases)
    helper = replace(found.acquires[-1], name="hold")
    found = replace(found, acquires=(*found.acquires[:-1], helper))
    result = judged(found, Action.PIN, rewritten(undo(PATH, PINNED).pinned))
    assert result.extra == (f"{PATH}:98 get_user_pages_fast() in hold()",)


@pytest.mark.parametrize(
    ("action", "reason", "outcome", "why"),
    [
        (Action.KEEP, "", "kept", "A reason."),
        (Action.MANUAL, "", "manual", "A reason."),
        (Action.PIN, "a | b", "manual", "rewrite: a | b"),
    ],
)
def test_a_group_that_is_not_converted_has_its_reason(
    action: Action, reason: str, outcome: str, why: str
) -> None:
    acquires, releases = all_places()
    result = judged(group(acquires, releases), action, rewritten(None, reason))
    assert [(r.outcome, r.rule, r.why) for r in result.rows] == [(outcome, "some_rule", why)]
    assert result.missed == () and result.released == 0
    page = as_markdown(result, "6.1.0")
    assert f"| {outcome} | 1 |" in page and why.replace("|", "\\|") in page


def test_a_site_in_no_group_is_not_found() -> None:
    result = judged(group([(1, 0)], []), Action.PIN, rewritten(None))
    assert [row.outcome for row in result.rows] == ["not found"]


def test_the_page_lists_what_went_wrong() -> None:
    site = Site(PATH, 5, "hold", "pin_user_pages_fast", ((5, 11),))
    rows = (Row(site, "pinned again", "dma", ""),)
    page = as_markdown(
        Result(rows, 2, 1, ("this",), ("those",), ("that",), (1, ("other",)), 0), "6.1.2"
    )
    assert "Linux 6.1.2, 1 sites" in page
    for heading, item in (
        ("Missed", "this"),
        ("In no group", "those"),
        ("Left as it was by people", "that"),
        ("Different text", "other"),
    ):
        assert f"## {heading}\n\n- {item}\n" in page


def test_a_section_about_another_kernel_has_what_is_left() -> None:
    done, left = (
        Row(Site(PATH, line, "hold", "pin_user_pages_fast", ((line, 11),)), outcome, "dma", "why")
        for line, outcome in ((5, "pinned again"), (9, "manual"))
    )
    result = Result((done, left), 2, 1, ("this",), (), ("that",), (1, ("other",)), 0)
    lines = as_section(result, "7.2.13")
    assert lines[0] == "## The same on Linux 7.2.13"
    assert {"- this", "- that", "- other", "| manual | 1 |"} <= set(lines)
    assert [line for line in lines if line.startswith(f"| {PATH}")] == [
        f"| {PATH}:9 | hold | manual | dma | why |"
    ]


@pytest.mark.parametrize(
    ("page", "another"),
    [
        ("", False),
        ("# Accuracy\n\nLinux 6.1.192, 50 sites:\n", False),
        ("# Accuracy\n\nLinux 6.12.117, 50 sites:\n", True),
    ],
)
def test_the_page_is_of_one_kernel(page: str, another: bool) -> None:
    assert _is_of_another(page, "6.1") is another


def test_ratios_are_to_coccicheck_on_the_same_files() -> None:
    lines = [
        Line("coccicheck", 1, Cost(10.0, 4.0, 100.0)),
        Line("cold", 1, Cost(5.0, 8.0, 50.0)),
        Line("coccicheck", 2, Cost(20.0, 0.0, 100.0)),
        Line("cold", 2, Cost(5.0, 8.0, 50.0)),
        Line("cold", 4, Cost(5.0, 8.0, 50.0)),
    ]
    rows = table(lines).splitlines()[2:]
    assert rows[1] == "| x1 | cold | 5.0 | 8.0 | 50 | 0.50 | 2.00 |"
    assert rows[3].endswith("| 0.25 |  |")
    assert rows[4].endswith("|  |  |")


def test_copies_are_in_folders_of_their_own() -> None:
    assert copies({"a/b.c": b"x"}, 1, 3) == {"copies/1/a/b.c": b"x", "copies/2/a/b.c": b"x"}
    assert copies({"a/b.c": b"x"}, 1, 1) == {}


def test_arguments_of_scan(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = scan._arguments(["linux", "--times", "1", "4", "--jobs", "3"])
    assert (arguments.linux, arguments.times, arguments.jobs) == (Path("linux"), [1, 4], 3)
    for wrong in (["linux", "--times", "0"], ["linux", "--jobs", "x"], []):
        with pytest.raises(SystemExit):
            scan._arguments(wrong)
    assert "usage" in capsys.readouterr().err


def test_what_was_measured_before_does_not_count(tmp_path: Path) -> None:
    hungry = [sys.executable, "-c", "x = bytearray(1 << 27)"]
    big, _ = measure(hungry, tmp_path)
    small, failure = measure([sys.executable, "-S", "-c", "raise SystemExit(3)"], tmp_path)
    assert big.peak > 128 > small.peak > 0
    assert "exited with 3" in failure


def test_figures_take_the_place_of_those_before(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    document.write_text("# Performance\n\nWords.\n")
    record(document, "bench.build", ["cold 9 \\1"])
    record(document, "bench.scan", ["other"])
    record(document, "bench.build", ["cold 5"])
    text = document.read_text()
    assert text.startswith("# Performance\n\nWords.\n\n<!-- bench.build")
    assert "cold 9" not in text
    assert text.index("cold 5") < text.index("other")
    assert text.count("<!-- bench.build") == 2


def test_a_report_is_made_long() -> None:
    long = many(make_report(evil_results()))
    assert len(long.rows) == len(long.groups) == ROWS
    assert {row.group for row in long.rows} == {group.name for group in long.groups}


def test_the_times_of_the_report_are_a_table() -> None:
    text = report_table(23.4, [("load", [3.0, 1.0, 2.4])])
    assert "23 MB" in text and "| load | 2 | 3 |" in text


def test_what_a_reader_judged_stands_in_the_table() -> None:
    path = "drivers/misc/xilinx_sdfec.c"
    kept = Row(Site(path, 1, "f", "pin_user_pages", ()), "kept", "data_read", "Only read.")
    again = Row(Site(path, 2, "g", "pin_user_pages", ()), "pinned again", "data_written", "")
    left = ("net/rds/ib_rdma.c:260 put_page() in f()", "drivers/other.c:1 put_page() in g()")
    page = as_markdown(Result((kept, again), 0, 0, (), (), left, (0, ()), 0), "6.1.0")
    assert "| kept | data_read | Only read. Judged right" in page
    assert "| pinned again | data_written |  |" in page
    assert "- net/rds/ib_rdma.c:260 put_page() in f(): its pages" in page
    assert "- drivers/other.c:1 put_page() in g()\n" in page


def test_every_small_change_of_a_module() -> None:
    text = """\
'''A docstring.'''
KIND: str = "page"
WORDS = "for people to read"


def f(a: int, b: int) -> bool:
    if a < b and not g(a):
        return False
    return any(x == 1 for x in h(b) if x)
"""
    found = mutations(text)
    assert [m.number for m in found] == list(range(len(found)))
    assert {(m.line, m.before, m.after) for m in found} == {
        (2, "'page'", "'pageX'"),
        (7, "if a < b and (not g(a)):", "if not (a < b and (not g(a))):"),
        (7, "a < b and (not g(a))", "a < b or not g(a)"),
        (7, "a < b", "a <= b"),
        (8, "False", "True"),
        (9, "return any((x == 1 for x in h(b) if x))", "return None"),
        (9, "any((x == 1 for x in h(b) if x))", "all((x == 1 for x in h(b) if x))"),
        (9, "x == 1", "x != 1"),
        (9, "1", "2"),
        (9, " for x in h(b) if x", " for x in h(b) if True"),
    }
    for mutation in found:
        changed = ast.unparse(mutated(text, mutation.number))
        assert changed != ast.unparse(ast.parse(text))
        compile(changed, "x.py", "exec")


def test_kills_come_at_any_moment_and_take_turns() -> None:
    kills = draw(random.Random(1), 30.0, 4, 200)
    assert [k.way for k in kills[:3]] == [WAYS[1], WAYS[2], WAYS[0]]
    assert 0 <= kills[0].seconds <= 30
    assert all(0 <= k.seconds <= 10 for k in kills[1:])
    assert min(k.seconds for k in kills) < 1 and max(k.seconds for k in kills[1:]) > 9


def test_an_interrupt_may_take_two_seconds_and_leaves_nothing() -> None:
    found = [Interrupt(0.5, ()), Interrupt(0.25, ()), Interrupt(1.9, ("process: make",))]
    assert [one.ok for one in (*found, Interrupt(2.1, ()))] == [True, True, False, False]
    assert ends(found).startswith("3 interrupts, 2 with")
    assert ends(found).endswith("0.50 s to the end, at most 1.90 s")


def test_a_reader_gets_as_many_samples_as_it_is_to_have(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumbles(data: bytes, _: Path) -> None:
        if not data:
            raise RecursionError("too deep")

    monkeypatch.setitem(READERS, "mine", Reader(stumbles, b"sample"))
    row = try_reader("decisions", 50)
    assert (row.samples, row.failure) == (50, "") and 0 < row.read < 50
    bad = try_reader("mine", 500)
    assert "too deep" in bad.failure
    assert examples_table([row])[-1] == "0 failures."
    assert "1 failures." in examples_table([row, bad])


def test_the_pace_of_the_machine_is_said() -> None:
    assert _pace([9.1]) == _pace([9.1, 8.8]) == "a run takes 9 s"
    assert _pace([9.1, 20.0, 8.8]) == "a run takes 9 to 20 s"


def test_a_run_that_ended_before_its_kill_is_no_kill() -> None:
    ended = Trial((), (), (), ())
    assert _summary([ended, Trial((Kill(1.0, "run"),), (), (), ())]).startswith(
        "1 kills in 2 trials: 2 identical results"
    )
    assert not Trial((), ("tip",), (), ()).ok and ended.ok


def test_what_the_table_of_kernels_counts() -> None:
    """An object is built when it is at all of its commits, and a commit seen by one object."""
    commits = (
        *(Commit(n, "0", "S", "subject", ("g",), ("a.c",)) for n in ("1", "2", "3")),
        Commit("4", "0", "S", "documents", ("g",), ("Documentation/a.rst",)),
    )

    def built(commit: str, path: str, status: BuildStatus, reason: str = "") -> ObjectBuild:
        return ObjectBuild(commit, path, "x86_64", status, "", reason, 0.0, how=("x86_64: make Y",))

    report = BuildReport(
        "3",
        (
            built("1", "a.c", BuildStatus.BUILT),
            built("1", "b.c", BuildStatus.WARNED),
            built("2", "a.c", BuildStatus.NOT_BUILDABLE, "no way (log: /builds/x.log)"),
            built("3", "c.c", BuildStatus.FAILED_BEFORE),
        ),
    )
    branch = Branch("p", "refs/heads/x", "0", commits)
    line = counted("5.3.0", "p", 90.0, branch, report, warm=False)
    assert (line.built, line.objects, line.seen, line.commits) == (1, 3, 1, 3)
    assert line.missing == (
        "a.c (x86_64): not buildable here: no way",
        "c.c (x86_64): failed at the parent already",
    )
    line = replace(line, jobs=2, load=0.5, day="2026-01-31")
    text = document([line, replace(line, profile="q", refused="It is too old.")])
    row = "| 5.3.0 | p | 1 of 3 (33 %) | 3 x86_64 | 1 of 3 | 1.5 | 2, 0.5 | 2026-01-31 |"
    assert row in text
    assert "| 5.3.0 | q | refused | | | | | 2026-01-31 |" in text
    assert text[-3:] == ["5.3.0, q:", "- It is too old.", ""]
    assert "- x86_64: make Y" in text and "(warm)" not in "".join(text)
    assert "1.5 (warm) |" in "".join(document([replace(line, warm=True)]))


def test_lines_of_earlier_calls_are_in_the_table_of_kernels(tmp_path: Path) -> None:
    line = KernelLine("5.10.0", "vaddr-pin", 60.0, warm=False, on=("2 x86_64",))
    for prefix, found in (("a-", line), ("a-", replace(line, kernel="5.3.0")), ("b-", line)):
        keep(tmp_path / f"{prefix}{found.kernel}", found)
    keep(tmp_path / "a-5.3.0", replace(line, kernel="5.3.0", profile="pin-user-pages"))
    keep(tmp_path / "a-5.3.0", replace(line, kernel="5.3.0", seconds=1.0))
    found = kept(f"{tmp_path}/a-")
    assert [(x.kernel, x.profile, x.seconds) for x in found] == [
        ("5.3.0", "vaddr-pin", 1.0),
        ("5.3.0", "pin-user-pages", 60.0),
        ("5.10.0", "vaddr-pin", 60.0),
    ]
    assert found[2] == line
    new, old = {"a": "0123456789ab", "b": "0123456789cd"}, {"a": "0123456789ab", "b": "9" * 12}
    of = [replace(line, of=as_text(ids)) for ids in (new, new, old, new, {})]
    assert ids_of(of[:2], new) == new and ids_of(of, new) == old and ids_of(of, old) == new
    assert ids_of([], new) == {}


def test_a_gcc_that_links_no_program_of_the_build(tmp_path: Path) -> None:
    """It compiles, and links what makes the configuration and what is not the kernel's."""
    count = shims(tmp_path)
    for name in ("scripts/mod", "scripts/kconfig"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "x.c").write_text("int main(void) { return 0; }\n")

    def ends(*args: str) -> int:
        command = [str(tmp_path / "gcc"), *args, "x.c"]
        return subprocess.run(command, cwd=tmp_path, check=False, capture_output=True).returncode

    assert ends("-o", "scripts/mod/modpost") == 1
    assert ends("-c", "-o", "scripts/mod/modpost.o") == 0
    assert ends("-o", "scripts/kconfig/conf") == 0 and ends("-o", "x") == 0
    subprocess.run([str(tmp_path / "make"), "--version"], check=True, capture_output=True)
    assert len(count.read_text()) == 1
    said = Said("5.3.0", 12.4, 9.6, 0.25, 3, 3, "2 of 2 commits were not built: no")
    head, rule, row = unbuildable_table([said])
    assert head.count("|") == rule.count("|") == row.count("|")
    assert row == "| 5.3.0 | 12 | 10 | 0.2 | 3 | 3 | 2 of 2 commits were not built: no |"


def test_shares_are_added_up_for_each_process_the_busiest_first() -> None:
    made = [
        Made("pair", 2, 11, 1.0),
        Made("pair", 5, 12, 2.5),
        Made("pair", 1, 11, 0.25),
        Made("rewrite", 3, 11, 4.0),
    ]
    text = share_lines(Run("6.1.0", made, idle=1, groups=7, memory=123.4), 3)
    assert text[0] == "Linux 6.1.0, 3 processes:"
    assert text[4:6] == [
        "| pair | 3 | 5 3 0 | 2.5 1.2 0.0 | 2.5 |",
        "| rewrite | 1 | 3 0 0 | 4.0 0.0 0.0 | 4.0 |",
    ]
    assert text[-1].startswith("7 groups, 1 made for nothing; 123 MB ")


def test_what_is_left_is_counted_by_what_stops_it() -> None:
    calls = [{"stop": s} for s in ("the profile converts it", "b", "a", "b")]
    assert count(calls).stops == (("b", 2), ("a", 1))
    found = {"direct": calls, "helpers": calls[:1]}
    (row,) = rows("6.1", "some-api", found)
    assert row == "| 6.1 | `some-api` | 4 | 3 | 1 | 0 | 2: b; 1: a |"


def test_the_contracts_of_the_bench_can_be_read() -> None:
    found = read_contracts(Path(redo.__file__).with_name("contracts-6.1.toml"))
    assert found and all(contract.why for contract in found)
