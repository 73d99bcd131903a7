# SPDX-License-Identifier: GPL-2.0-only
"""What is read off a guest's console, and what is not believed."""

from __future__ import annotations

import pytest

from migrate.delivery.proof.machine.console import Site, read_console

TABLE = """\
gup-prove: table plain
gup-prove: | ACQUIRE a/x.c 10 5 40
gup-prove: | RELEASE a/x.c 20 40 40
gup-prove: | PAIR a/x.c 10 a/x.c 20 38 1
gup-prove: | PAIR - 0 a/y.c 7 2 0
gup-prove: | HELD a/x.c 10 2
gup-prove: | SUM 2 0
gup-prove: over plain 6 tainted 0
"""
START = """\
[    0.1] Linux version 6.1.0
gup-prove: begin 6.1.0
gup-prove: pass plain
gup-prove: start exec
gup-prove: end exec 1.5 done
gup-prove: start other
gup-prove: end other 2.0 lacking no /dev/other
"""


def test_a_whole_console_is_read() -> None:
    found = read_console((START + TABLE + "gup-prove: finished\n").encode())
    assert found.problem == ""
    assert found.release == "6.1.0" and found.finished
    assert found.results == {
        ("plain", "exec"): "done",
        ("plain", "other"): "lacking no /dev/other",
    }
    table = found.last
    assert table is not None
    x10, x20 = Site("a/x.c", 10), Site("a/x.c", 20)
    assert table.pairs == {(x10, x20): (38, 1), (Site("-", 0), Site("a/y.c", 7)): (2, 0)}
    assert table.held == {x10: 2}
    assert table.acquires == {x10: 40} and table.releases == {x20: 40}


def test_the_kernel_may_say_which_one_it_is() -> None:
    more = TABLE.replace("| SUM", "| KERNEL 0123abcd\ngup-prove: | SUM").replace("n 6 t", "n 7 t")
    found = read_console((START + more).encode())
    assert found.last is not None and found.last.kernel == "0123abcd"


def test_the_kernel_may_write_into_a_line_before_ours() -> None:
    found = read_console(
        (START + TABLE).replace("gup-prove: | SUM", "[ 1.0] xgup-prove: | SUM").encode()
    )
    assert found.problem == ""


def test_a_table_with_a_torn_line_is_not_believed() -> None:
    torn = TABLE.replace("| PAIR a/x.c 10 a/x.c 20 38 1", "| PAIR a/x.c 10 a/[ 3.1] hello")
    found = read_console((START + torn).encode())
    assert found.problem == "the table of pins was garbled on the console"


def test_a_table_that_lacks_a_line_is_not_believed() -> None:
    short = TABLE.replace("gup-prove: | HELD a/x.c 10 2\n", "")
    assert "garbled" in read_console((START + short).encode()).problem


def test_a_table_that_was_too_small_is_not_believed() -> None:
    found = read_console((START + TABLE.replace("SUM 2 0", "SUM 2 9")).encode())
    assert found.problem == "9 pins did not fit into the table"


def test_a_guest_that_dies_before_the_table_says_so() -> None:
    said = START + "[    3.0] Kernel panic - not syncing: gone\n"
    found = read_console(said.encode())
    assert found.problem == "the guest ended before it had shown its pins"
    assert found.unfinished == ("plain",)
    assert [s.text for s in found.splats] == ["Kernel panic - not syncing: gone"]


def test_a_kernel_without_a_guest_does_not_start() -> None:
    assert read_console(b"[    0.1] Linux version 6.1.0\n").problem == "the kernel does not start"


def test_a_kernel_without_the_table_is_named() -> None:
    said = START + "gup-prove: no /sys/kernel/debug/gup_prove\n"
    assert read_console(said.encode()).problem == "the guest has no /sys/kernel/debug/gup_prove"


def test_a_complaint_belongs_to_the_exercise_that_ran() -> None:
    middle = "gup-prove: start exec\n[ 2.0] WARNING: CPU: 0 PID: 9 at mm/x.c:3 f+0x1\n"
    found = read_console((START.replace("gup-prove: start exec\n", middle) + TABLE).encode())
    assert [(s.exercise, s.text[:8]) for s in found.splats] == [("exec", "WARNING:")]


def test_a_tainted_kernel_is_a_complaint_even_if_nothing_was_read_of_it() -> None:
    found = read_console((START + TABLE.replace("tainted 0", "tainted 512")).encode())
    assert [s.text for s in found.splats] == ["the kernel is tainted: 512"]
    # A module from outside or a firmware bug is none.
    found = read_console((START + TABLE.replace("tainted 0", "tainted 4096")).encode())
    assert found.splats == []


def test_the_last_whole_table_counts_and_the_pass_that_broke_is_named() -> None:
    found = read_console((START + TABLE + "gup-prove: pass short\n").encode())
    assert found.problem == "" and found.last is not None
    assert found.unfinished == ("short",)


TRACE = """\
gup-prove: start exec
[    2.0] BUG: kernel NULL pointer dereference, address: 0
[    2.0] RIP: 0010:broken_one.part.0+0x5a/0x1a4
[    2.0] Call Trace:
[    2.0]  ? helper.constprop.0+0x4c/0x93
 outer+0x1/0x2
[    2.1] BUG: sleeping function called from invalid context
[    2.1]  do_exit+0x1/0x2
gup-prove: end exec 1.0 late
[    3.0] WARNING: CPU: 0 PID: 9 at mm/x.c:3 later+0x1/0x2
gup-prove: start exec
"""


def test_the_functions_of_a_trace_are_those_of_the_complaint_above() -> None:
    found = read_console((START.replace("gup-prove: start exec\n", TRACE) + TABLE).encode())
    assert [s.exercise for s in found.splats] == ["exec", "exec", ""]
    assert found.splats[0].functions == {"broken_one", "helper", "outer", "do_exit"}
    assert found.splats[1].functions == found.splats[0].functions
    assert found.splats[2].functions == {"later"}


@pytest.mark.parametrize(
    "said",
    [
        "BUG: KASAN: use-after-free in put_it+0x1/0x2",
        "BUG: sleeping function called from invalid context at mm/gup.c:9",
        "BUG: scheduling while atomic: init/1/0x00000002",
        "kernel BUG at include/linux/mm.h:700!",
        "BUG: Bad page state in process init  pfn:1",
        "WARNING: CPU: 1 PID: 9 at mm/gup.c:1 try_grab_page+0x1/0x2",
        "refcount_t: underflow; use-after-free.",
        "list_del corruption, next is LIST_POISON1",
    ],
)
def test_what_kasan_debug_vm_and_atomic_sleep_say_is_a_complaint(said: str) -> None:
    text = START.replace("end exec", f"end exec\n[ 2.0] {said}\ngup-prove: end exec", 1) + TABLE
    text = text.replace("gup-prove: end exec\n[", "[", 1)
    found = read_console(text.encode())
    assert [(s.exercise, s.text) for s in found.splats] == [("exec", said)]


def test_it_is_known_which_complaints_came_while_allocations_failed() -> None:
    said = "gup-prove: pass memory\ngup-prove: start exec\nWARNING: at x\n"
    found = read_console((START + TABLE + "BUG: first\n" + said).encode())
    assert [(s.text, s.starved) for s in found.splats] == [
        ("BUG: first", False),
        ("WARNING: at x", True),
    ]


PLACES = TABLE.replace("table plain", "table places").replace("over plain 6", "over places 8")
PLACES = PLACES.replace("gup-prove: | SUM", "gup-prove: | RAN 1a 20\ngup-prove: | RAN ff\n| SUM")
PLACES = PLACES.replace("\n| SUM", "\ngup-prove: | SUM")


def test_the_last_table_says_what_ran() -> None:
    found = read_console((START + TABLE + PLACES).encode())
    assert found.last is not None and found.last.places == {0x1A, 0x20, 0xFF}
    assert found.last.held == {Site("a/x.c", 10): 2}
    assert found.unfinished == ()


def test_places_that_are_none_are_not_believed() -> None:
    found = read_console((START + TABLE + PLACES.replace("| RAN ff", "| RAN f[ 3.0]")).encode())
    assert found.last is not None and found.last.places == set()
