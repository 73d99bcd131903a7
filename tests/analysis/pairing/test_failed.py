# SPDX-License-Identifier: GPL-2.0-only
"""A bug that is met in one group leaves that group to people, and the others as they are."""

from __future__ import annotations

import pytest

from migrate.analysis.gaps import GapKind
from migrate.analysis.model import Action
from migrate.analysis.pairing.closure import Closure
from migrate.analysis.pairing.pair import pair
from migrate.analysis.verdicts.classify import classify
from migrate.analysis.verdicts.wording import words
from migrate.base.errors import Refusal
from migrate.rewrite.profile.profiles import load_profile
from tests.analysis.memory import scan_of, tree_of

PATH = "drivers/demo/demo.c"
CODE = """#include <linux/mm.h>

static int read_one(unsigned long at, char *to)
{
	struct page *page;

	if (get_user_pages_fast(at, 1, 0, &page) != 1)
		return -EFAULT;
	memcpy(to, page_address(page), 8);
	put_page(page);
	return 0;
}

static int look(unsigned long at)
{
	struct page *page;
	int node;

	if (get_user_pages_fast(at, 1, 0, &page) != 1)
		return -EFAULT;
	node = page_to_nid(page);
	put_page(page);
	return node;
}
"""


def failing(monkeypatch: pytest.MonkeyPatch, in_function: str, error: Exception) -> None:
    close = Closure.close

    def closed(self: Closure) -> bool:
        if next(iter(self.acquires.values())).function == in_function:
            raise error
        return close(self)

    monkeypatch.setattr(Closure, "close", closed)


@pytest.mark.parametrize(("broken", "whole"), [("read_one", "look"), ("look", "read_one")])
@pytest.mark.parametrize("error", [ValueError("n"), RecursionError(), KeyError("a"), IndexError()])
def test_a_bug_costs_its_group(
    monkeypatch: pytest.MonkeyPatch, broken: str, whole: str, error: Exception
) -> None:
    tree = tree_of({PATH: CODE})
    found = scan_of(tree)
    before = {g.acquires[0].function: g for g in pair(tree, found).groups}
    failing(monkeypatch, broken, error)
    pairing = pair(tree, found)
    groups = {g.acquires[0].function: g for g in pairing.groups}
    assert groups[whole] == before[whole] and groups[broken] != before[broken]
    (gap,) = groups[broken].gaps
    assert gap.kind == GapKind.ANALYSIS_FAILED
    name = type(error).__name__
    assert words(gap).startswith(
        f"a bug of gup-migrate ended the analysis of the pages of {broken}(): {name} in test_failed"
    )
    done = classify(tree, pairing, profile=load_profile("vaddr-pin"))
    verdicts = {v.group: v for v in done.verdicts}
    assert [v.action for g, v in verdicts.items() if g.endswith(broken)] == [Action.MANUAL]


@pytest.mark.parametrize("error", [Refusal("No.", "Do."), OSError(28, "full"), MemoryError()])
def test_what_is_no_bug_ends_the_run(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    tree = tree_of({PATH: CODE})
    found = scan_of(tree)
    failing(monkeypatch, "look", error)
    with pytest.raises(type(error)):
        pair(tree, found)
