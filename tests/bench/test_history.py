# SPDX-License-Identifier: GPL-2.0-only
"""What bench.history lists, and which fixes count as named."""

from __future__ import annotations

from typing import Any

from bench.history import Changed, changed, judged, named, summary
from tests.analysis.memory import tree_of

OLD = """\
int demo_read(unsigned long addr)
{
	struct page *page;

	/* one */
	if (pin_user_pages_fast(addr, 1, 0, &page) != 1)
		return -EFAULT;
	look(page);
	put_page(page);
	return 0;
}
int demo_other(int a)
{
	return a;
}
"""
PATH = "drivers/demo/demo.c"


def finding(line: int, path: str = PATH) -> dict[str, Any]:
    place = {"path": path, "line": line, "column": 0}
    return {"rule": "pinned-and-put", "place": place, "evidence": []}


def differ(new: str) -> list[Changed]:
    return list(changed(tree_of({PATH: OLD}), tree_of({PATH: new})))


def test_a_release_that_became_another_one_is_listed() -> None:
    (item,) = differ(OLD.replace("put_page", "unpin_user_page"))
    assert (item.path, item.function, item.first, item.last) == (PATH, "demo_read", 1, 11)
    assert named(item, [finding(9)]) == ["pinned-and-put"]
    assert named(item, [finding(14), finding(9, "drivers/other.c")]) == []


def test_what_has_nothing_to_do_with_pages_is_not() -> None:
    assert differ(OLD.replace("return a;", "return a + 1;")) == []
    assert differ(OLD.replace("look(page)", "see(page)")) == []
    assert differ(OLD.replace("/* one */", "/* put_page() */")) == []


def test_a_fix_is_named_by_the_rule_that_says_the_same() -> None:
    (item,) = differ(OLD.replace("put_page", "unpin_user_page"))
    fix = {"kind": "fix", "what": "x", "rules": "pinned-and-put"}
    said = summary("6.1 6.12", [(item, fix, ["pinned-and-put"])])
    assert said.endswith("(1 fix); the audit of 6.1 names 1 of 1 fixes.")
    said = summary("6.1 6.12", [(item, fix, ["not-dirtied"])])
    assert said.endswith("names 0 of 1 fixes.")


def test_every_judgement_is_about_one_pair_of_kernels() -> None:
    pairs = {"5.10 6.1", "6.1 6.12", "6.12 7.2", "7.2 7.3"}
    assert {kernels for kernels, _, _ in judged()} == pairs
    assert all(entry["kind"] != "fix" or entry["what"] for entry in judged().values())
