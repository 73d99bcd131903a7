# SPDX-License-Identifier: GPL-2.0-only
"""Groups that several processes make, and what is found in them, are those of one process."""

from __future__ import annotations

import os
import signal

import pytest

from migrate.analysis.audit.run import Auditor, audit
from migrate.analysis.model import Acquire, Pairing
from migrate.analysis.pairing.group import Grouper
from migrate.analysis.pairing.pair import pair
from migrate.analysis.pairing.shares import make_groups
from migrate.analysis.pairing.traced import Traced
from migrate.analysis.program.program import Program
from migrate.base.programs.workers import Made, recording
from tests.analysis.memory import MemoryTree, scan_of, tree_of

DRIVER = """
#include <linux/mm.h>

struct demo_%(n)d {
	struct page *pages[4];
};

int demo_%(n)d_get(struct demo_%(n)d *d, unsigned long start)
{
	return get_user_pages_fast(start, 4, FOLL_WRITE, d->pages);
}

void demo_%(n)d_put(struct demo_%(n)d *d)
{
	int i;

	for (i = 0; i < 4; i++)
		put_page(d->pages[i]);
}
"""


def many(count: int) -> MemoryTree:
    return tree_of({f"drivers/demo{n}/demo.c": DRIVER % {"n": n} for n in range(count)})


def paired(tree: MemoryTree, jobs: int, told: list[tuple[str, int, int]] | None = None) -> Pairing:
    seen = told if told is not None else []
    return pair(tree, scan_of(tree), jobs=jobs, progress=lambda *a: seen.append(a))


def processes(made: list[Made]) -> set[int]:
    return {m.process for m in made}


@pytest.mark.parametrize("jobs", [2, 8])
def test_several_processes_find_what_one_finds(jobs: int) -> None:
    tree = many(24)
    with recording() as alone:
        one = paired(tree, 1)
    assert processes(alone) == {os.getpid()}
    assert len(one.groups) == 24
    assert all(group.complete for group in one.groups)
    with recording() as made:
        assert paired(tree, jobs) == one
    assert sum(m.size for m in made) == 24
    assert 1 < len(processes(made)) <= jobs


def test_few_are_not_worth_a_copy() -> None:
    with recording() as made:
        assert len(paired(many(3), 8).groups) == 3
    assert processes(made) == {os.getpid()}


AGAIN = """
int demo_%(n)d_more(struct demo_%(n)d *d, unsigned long start)
{
	return get_user_pages_fast(start, 2, FOLL_WRITE, d->pages);
}
"""


def test_a_group_is_made_once_for_all_of_its_acquires(monkeypatch: pytest.MonkeyPatch) -> None:
    two = DRIVER + AGAIN
    tree = tree_of({f"drivers/demo{n}/demo.c": two % {"n": n} for n in range(12)})
    scan, group, asked = scan_of(tree), Grouper.group, list[Acquire]()

    def counted(self: Grouper, first: Acquire) -> Traced:
        asked.append(first)
        return group(self, first)

    monkeypatch.setattr(Grouper, "group", counted)
    found = make_groups(Grouper(Program(tree), scan.acquires), scan.acquires, 1, lambda _: None)
    assert len(scan.acquires) == 24
    assert len(asked) == len(found) == 12


def test_a_copy_that_dies_costs_nothing_but_its_work(monkeypatch: pytest.MonkeyPatch) -> None:
    tree, parent, group = many(24), os.getpid(), Grouper.group
    one = paired(tree, 1)

    def dies(self: Grouper, first: Acquire) -> Traced:
        if os.getpid() != parent and first.place.path.endswith("demo3/demo.c"):
            os.kill(os.getpid(), signal.SIGKILL)
        return group(self, first)

    monkeypatch.setattr(Grouper, "group", dies)
    assert paired(tree, 8) == one


def test_progress_counts_every_acquire_once() -> None:
    told: list[tuple[str, int, int]] = []
    paired(many(12), 2, told)
    counted = [said for said in told if said[2]]
    assert counted == [("acquires followed", n, 12) for n in range(12)]


FREED = """
#include <linux/mm.h>

void bad_%(n)d(unsigned long start)
{
	struct page *page;

	if (get_user_pages_fast(start, 1, 0, &page) == 1)
		__free_page(page);
}
"""


@pytest.mark.parametrize("jobs", [2, 8])
def test_several_processes_audit_as_one(jobs: int) -> None:
    tree = tree_of({f"drivers/bad{n}/bad.c": FREED % {"n": n} for n in range(12)})
    scan = scan_of(tree)
    pairing = pair(tree, scan)
    one = audit(tree, scan, pairing)
    assert len(one.findings) == 12
    told: list[tuple[str, int, int]] = []
    with recording() as made:
        assert audit(tree, scan, pairing, jobs=jobs, progress=lambda *a: told.append(a)) == one
    assert len(processes(made)) > 1
    assert told[-1] == ("groups audited", 12, 12)


def test_who_looks_beside_sees_each_group_in_the_process_that_makes_it() -> None:
    tree = tree_of({f"drivers/bad{n}/bad.c": FREED % {"n": n} for n in range(12)})
    scan = scan_of(tree)
    pairing = pair(tree, scan)
    auditor = Auditor(Program(tree), scan.acquires)
    with recording() as made:
        assert pair(tree, scan, jobs=2, program=auditor.program, beside=auditor) == pairing
    assert len(processes(made)) > 1
    assert all(auditor.seen(group) for group in pairing.groups)
    with recording() as made:
        assert audit(tree, scan, pairing, auditor=auditor) == audit(tree, scan, pairing)
    assert sum(part.size for part in made) == 12, "those of the second audit"
