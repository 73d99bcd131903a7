# SPDX-License-Identifier: GPL-2.0-only
"""Groups that a copy of the process makes are those that one process makes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from migrate.analysis import halves
from migrate.analysis.model import Pairing
from migrate.analysis.pair import pair
from migrate.base.beside import Beside
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


@pytest.fixture
def copies(monkeypatch: pytest.MonkeyPatch) -> list[bytes | None]:
    """What each copy answered."""
    answers: list[bytes | None] = []

    class Noted(Beside):
        def answer(self, timeout: float) -> bytes | None:
            answers.append(super().answer(timeout))
            return answers[-1]

    monkeypatch.setattr(halves, "Beside", Noted)
    return answers


def test_two_processes_find_what_one_finds(copies: list[bytes | None]) -> None:
    tree = many(24)
    one = paired(tree, 1)
    assert len(one.groups) == 24
    assert all(group.complete for group in one.groups)
    assert copies == []
    assert paired(tree, 2) == one
    assert len(copies) == 1
    assert copies[0] is not None


def test_few_are_not_worth_a_copy(copies: list[bytes | None]) -> None:
    assert len(paired(many(3), 2).groups) == 3
    assert copies == []


def broken() -> bytes:
    raise ValueError("no")


@pytest.mark.parametrize("work", [broken])
def test_what_the_copy_fails_to_make_is_made_all_the_same(
    work: Callable[[], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = many(12)
    monkeypatch.setattr(halves, "Beside", lambda _: Beside(work))
    assert paired(tree, 2) == paired(tree, 1)


def test_progress_counts_every_acquire_once() -> None:
    told: list[tuple[str, int, int]] = []
    paired(many(12), 2, told)
    counted = [said for said in told if said[2]]
    assert counted == [("acquires followed", n, 12) for n in range(12)]
