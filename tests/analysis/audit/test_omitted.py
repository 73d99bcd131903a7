# SPDX-License-Identifier: GPL-2.0-only
"""Error paths that lack a release which another path of the function has."""

from __future__ import annotations

import pytest

from migrate.analysis.audit.model import AuditRule, Finding
from tests.analysis.audit.test_audit import findings

CODE = """
struct demo {
	struct sg_table sgt;
	struct page **pages;
	int n, id, state;
	struct list_head list;
};
static struct demo *last;
int demo_map(struct device *dev, struct demo *demo, unsigned long addr, int n, int *out)
{
	struct page **pages = kvcalloc(n, sizeof(*pages), GFP_KERNEL);
	int i, ret, pinned;

	if (!pages)
		return -ENOMEM;
	pinned = pin_user_pages_fast(addr, n, FOLL_WRITE | FOLL_LONGTERM, pages);
	if (pinned < 0) {
		ret = pinned;
		goto free_pages;
	}
	if (pinned < n) {
		ret = -EFAULT;
		goto unpin;
	}
	ret = sg_alloc_table_from_pages(&demo->sgt, pages, n, 0, n << PAGE_SHIFT, GFP_KERNEL);
	if (ret)
		goto unpin;
BODY
	demo->pages = pages;
	demo->n = n;
	return 0;
unpin:
	RELEASE
free_pages:
	kvfree(pages);
	return ret;
}
void demo_unmap(struct demo *demo)
{
	unpin_user_pages_dirty_lock(demo->pages, demo->n, true);
	kvfree(demo->pages);
}
"""
BULK = "unpin_user_pages(pages, pinned);"
LOOP = "for (i = 0; i < pinned; i++)\n\t\tunpin_user_page(pages[i]);"


def found(body: str, release: str = BULK) -> list[Finding]:
    lines = "\n".join(f"\t{line}" for line in body.split("\n"))
    text = CODE.replace("BODY", lines).replace("RELEASE", release)
    return [f for f in findings(text) if f.rule is AuditRule.LEFT_BEHIND]


@pytest.mark.parametrize("release", [BULK, LOOP])
@pytest.mark.parametrize(
    ("body", "line"),
    [
        (
            "ret = dma_map_sgtable(dev, &demo->sgt, 0, 0);\nif (ret)\n\tgoto free_pages;",
            "return ret;",
        ),
        (
            "if (copy_to_user(out, &n, 4)) {\n\tkvfree(pages);\n\treturn -EFAULT;\n}",
            "return -EFAULT;",
        ),
        ("ret = demo_check(dev);\nif (ret < 0)\n\tgoto free_pages;", "return ret;"),
        ("ret = demo_check(dev);\nif (ret)\n\treturn ERR_PTR(ret);", "return ERR_PTR(ret);"),
        ("ret = demo_check(dev);\nif (ret)\n\treturn ERR_PTR(-EIO);", "return ERR_PTR(-EIO);"),
        (
            "out = demo_get(dev);\nif (IS_ERR(out))\n\treturn PTR_ERR(out);",
            "return PTR_ERR(out);",
        ),
    ],
)
def test_an_error_path_without_the_release_is_named(body: str, line: str, release: str) -> None:
    (finding,) = found(body, release)
    assert finding.text == line
    assert "another path releases them" in finding.message
    assert any(e.kind == "released on another path" for e in finding.evidence)
    assert finding.acquires[0][1] == "pin_user_pages_fast"


@pytest.mark.parametrize("release", [BULK, LOOP])
@pytest.mark.parametrize(
    "body",
    [
        "ret = dma_map_sgtable(dev, &demo->sgt, 0, 0);\nif (ret)\n\tgoto unpin;",
        # passed on, or known to somebody, after the last release
        "ret = demo_register(demo);\nif (ret)\n\tgoto free_pages;",
        "ret = demo_register(pages);\nif (ret)\n\tgoto free_pages;",
        "last = demo;\nret = demo_check(dev);\nif (ret)\n\tgoto free_pages;",
        "demo->state = 1;\nret = demo_check(dev);\nif (ret)\n\tgoto free_pages;",
        "demo->pages = pages;\nret = demo_check(dev);\nif (ret)\n\tgoto free_pages;",
        # no error
        "if (demo_check(dev))\n\treturn 0;",
        "if (demo_check(dev))\n\treturn ERR_PTR(n);",
        "if (demo_check(dev))\n\treturn demo_number(-EIO);",
        # the condition asks for the pages
        "if (pinned == 0)\n\tgoto free_pages;",
        "if (!pages[0]) {\n\tret = -EIO;\n\tgoto free_pages;\n}",
        # released here, in another way
        "if (demo_check(dev)) {\n\trelease_pages(pages, n);\n\tret = -EIO;\n\tgoto free_pages;\n}",
        "if (demo_check(dev)) {\n\tdemo_drop(pages, n);\n\tret = -EIO;\n\tgoto free_pages;\n}",
    ],
)
def test_anything_that_may_know_the_pages_is_left_alone(body: str, release: str) -> None:
    assert found(body, release) == []


def test_a_release_of_some_pages_shows_nothing() -> None:
    """Nothing is known of the others."""
    body = "ret = demo_check(dev);\nif (ret)\n\tgoto free_pages;"
    assert found(body, "unpin_user_pages(pages + 1, pinned - 1);") == []
    assert found(body, "if (n > 1)\n\t\tunpin_user_pages(pages, pinned);") == []


def test_a_member_that_is_set_to_null_may_be_what_others_ask() -> None:
    body = "demo->id = n;\nret = demo_check(dev);\nif (ret)\n\tgoto free_pages;"
    assert found(body, BULK + "\n\tdemo->pages = NULL;") == []


WRAPPED = """
static struct page **demo_pin(unsigned long addr, int n)
{
	struct page **pages = kvcalloc(n, sizeof(*pages), GFP_KERNEL);
	int got;

	if (!pages)
		return ERR_PTR(-ENOMEM);
	got = pin_user_pages_fast(addr, n, FOLL_WRITE, pages);
	if (got == n)
		return pages;
	if (got > 0)
		unpin_user_pages(pages, got);
	kvfree(pages);
	return ERR_PTR(-EFAULT);
}
int demo_do(struct device *dev, unsigned long addr, int n)
{
	struct page **pages = demo_pin(addr, n);
	int ret;

	if (IS_ERR(pages))
		return PTR_ERR(pages);
	ret = demo_check(dev);
	if (ret)
		goto LABEL;
	ret = demo_fill(page_address(pages[0]));
unpin:
	unpin_user_pages(pages, n);
out:
	kvfree(pages);
	return ret;
}
"""


def test_the_pages_may_come_from_a_function_of_the_file() -> None:
    assert [
        f.text for f in findings(WRAPPED.replace("LABEL", "out")) if f.rule is AuditRule.LEFT_BEHIND
    ] == ["return ret;"]
    assert not [
        f for f in findings(WRAPPED.replace("LABEL", "unpin")) if f.rule is AuditRule.LEFT_BEHIND
    ]


ROUNDS = """
int demo_each(unsigned long addr, int n)
{
	struct page *page;
	int i, ret;

	for (i = 0; i < n; i++) {
		if (demo_check(i))
			return -EIO;
		if (pin_user_pages_fast(addr + i * PAGE_SIZE, 1, FOLL_WRITE, &page) != 1)
			return -EFAULT;
		ret = demo_check(addr);
		BODY
		unpin_user_page(page);
	}
	return 0;
}
"""


def test_the_page_of_the_round_before_was_released() -> None:
    for body, leaks in (("", 0), ("if (ret)\n\t\t\treturn -EIO;", 1)):
        text = ROUNDS.replace("BODY", body)
        assert sum(f.rule is AuditRule.LEFT_BEHIND for f in findings(text)) == leaks
