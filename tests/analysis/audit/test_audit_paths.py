# SPDX-License-Identifier: GPL-2.0-only
"""Pages that a way through a function leaves behind, releases twice, or that may be NULL."""

from __future__ import annotations

import pytest

from migrate.analysis.audit.model import AuditRule, Finding
from tests.analysis.audit.test_audit import findings


def found(text: str, rule: AuditRule) -> list[Finding]:
    return [f for f in findings(text) if f.rule is rule]


# Left behind

ONE = """
int demo_one(struct demo *demo, unsigned long start, int flag)
{
	struct page *page;
	void *address;
	int ret;

	ret = pin_user_pages_fast(start, 1, FOLL_WRITE, &page);
	if (ret < 0)
		return ret;
	BODY
	address = page_address(page);
	memset(address, 0, PAGE_SIZE);
	unpin_user_page(page);
	return 0;
out:
	return -EIO;
}
"""


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("if (flag)\n\t\treturn -EINVAL;", "return -EINVAL;"),
        ("if (flag)\n\t\tgoto out;", "return -EIO;"),
        ("ret = demo_start(demo);\n\tif (ret)\n\t\treturn ret;", "return ret;"),
        ("if (flag) {\n\t\tset_page_dirty(page);\n\t\treturn 1;\n\t}", "return 1;"),
        ("while (demo_busy(demo)) {\n\t\tif (flag)\n\t\t\treturn 2;\n\t}", "return 2;"),
        ("if (!page_address(page))\n\t\tgoto out;", "return -EIO;"),
        ("switch (flag) {\n\tcase 1:\n\t\treturn 3;\n\t}", "return 3;"),
        ("if (flag)\n\t\treturn 4;\n\tif (!flag)\n\t\treturn 5;", "return 4;"),
    ],
)
def test_a_page_that_an_error_leaves_behind(body: str, line: str) -> None:
    """With its way: the acquire, then each condition and what it was."""
    left = found(ONE.replace("BODY", body), AuditRule.LEFT_BEHIND)
    assert [f.text for f in left] == ([line] if line else [])
    for finding in left:
        assert finding.message == (
            "pin_user_pages_fast() takes pages, and they are neither released nor kept when the"
            " function is left here."
        )
        kinds = [(e.kind, e.text) for e in finding.evidence]
        assert kinds[0][0] == "acquired by pin_user_pages_fast()"
        assert ("when this is false", "if (ret < 0)") in kinds
        assert kinds[-1][0] == f"when this is {'false' if '!page' in body else 'true'}" or (
            "switch" in body
        )


@pytest.mark.parametrize(
    "body",
    [
        "",
        "if (flag) {\n\t\tunpin_user_page(page);\n\t\treturn -EINVAL;\n\t}",
        # stored, handed out, handed on
        "demo->page = page;\n\tif (flag)\n\t\treturn 0;",
        "list_add(&page->lru, &demo->list);\n\tif (flag)\n\t\treturn 0;",
        "if (demo_take(demo, page))\n\t\treturn 0;",
        "demo->address = page_address(page);\n\tif (flag)\n\t\treturn 0;",
        "demo->pfn = page_to_pfn(page);\n\tif (flag)\n\t\treturn 0;",
        "sg_set_page(demo->sg, page, 1, 0);\n\tif (flag)\n\t\treturn 0;",
        # released under a condition that fits
        "if (flag)\n\t\tunpin_user_page(page);\n\tif (flag)\n\t\treturn 0;",
        "get_page(page);\n\tif (flag)\n\t\treturn 0;",
        # no page was taken
        "if (ret != 1)\n\t\treturn -EFAULT;",
        "if (ret == 0)\n\t\treturn -EFAULT;",
        "if (ret)\n\t\treturn -EFAULT;",
        "flag = ret;\n\tif (flag != 1)\n\t\treturn -EFAULT;",
        "if (demo_is_bad(ret))\n\t\treturn -EFAULT;",
        "if (!page)\n\t\treturn -EFAULT;",
        "while (0)\n\t\treturn 1;",
    ],
)
def test_a_page_that_is_not_left_behind(body: str) -> None:
    assert found(ONE.replace("BODY", body), AuditRule.LEFT_BEHIND) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("struct page *page;", "static struct page *page;"),
        ("struct page *page;", "struct page *page __free(unpin) = NULL;"),
        ("struct page *page;", "struct page *page __attribute__((cleanup(unpin))) = NULL;"),
        ("struct page *page;", "struct page *page = demo->page;"),
        ("\tint ret;\n", "\tint ret;\n\n\tdemo->where = &page;\n"),
        ("int flag)", "int flag, struct page *page)"),
    ],
)
def test_a_variable_that_others_know_is_left_alone(old: str, new: str) -> None:
    text = ONE.replace("BODY", "if (flag)\n\t\treturn -EINVAL;")
    assert found(text, AuditRule.LEFT_BEHIND)
    text = text.replace("struct page *page;\n", "") if "int flag, " in new else text
    assert found(text.replace(old, new), AuditRule.LEFT_BEHIND) == []


MANY = """
int demo_many(unsigned long start, int count)
{
	struct page **pages = kmalloc_array(count, sizeof(*pages), GFP_KERNEL);
	int i, ret;

	if (!pages)
		return -ENOMEM;
	ret = pin_user_pages_fast(start, count, FOLL_WRITE, pages);
	if (ret != count) {
		BODY
		kfree(pages);
		return ret < 0 ? ret : -EFAULT;
	}
	for (i = 0; i < count; i++)
		memset(page_address(pages[i]), 0, PAGE_SIZE);
	unpin_user_pages(pages, count);
	kfree(pages);
	return 0;
}
"""


def test_an_array_of_a_function_that_is_not_known_may_be_somebody_elses() -> None:
    """Whatever its name: what does not allocate for sure may hand out memory that others know."""
    text = MANY.replace("BODY", ";").replace("kmalloc_array(", "demo_alloc_array(")
    assert found(text, AuditRule.LEFT_BEHIND) == []


def test_fewer_pages_than_asked_for_are_left_behind() -> None:
    (left,) = found(MANY.replace("BODY", ";"), AuditRule.LEFT_BEHIND)
    assert left.text == "return ret < 0 ? ret : -EFAULT;"
    assert "gets fewer pages than asked for, and those" in left.message


@pytest.mark.parametrize(
    "body",
    [
        "if (ret > 0)\n\t\t\tunpin_user_pages(pages, ret);",
        "for (i = 0; i < ret; i++)\n\t\t\tunpin_user_page(pages[i]);",
        "while (--ret >= 0)\n\t\t\tunpin_user_page(pages[ret]);",
        "demo_put(pages, ret);",
    ],
)
def test_fewer_pages_that_are_released(body: str) -> None:
    assert found(MANY.replace("BODY", body), AuditRule.LEFT_BEHIND) == []


def test_asked_for_one_page_there_are_never_fewer() -> None:
    text = (
        MANY.replace("BODY", ";")
        .replace("(start, count,", "(start, 1,")
        .replace("!= count", "!= 1")
    )
    assert found(text, AuditRule.LEFT_BEHIND) == []


# Released twice

TWICE = """
int demo_twice(unsigned long start, int flag)
{
	struct page *page;

	if (pin_user_pages_fast(start, 1, FOLL_WRITE, &page) != 1)
		return -EFAULT;
	memset(page_address(page), 0, PAGE_SIZE);
	BODY
	return 0;
out:
	unpin_user_page(page);
	return -EIO;
}
"""


@pytest.mark.parametrize(
    "body",
    [
        "unpin_user_page(page);\n\tif (flag)\n\t\tgoto out;",
        "if (flag) {\n\t\tunpin_user_page(page);\n\t\tgoto out;\n\t}\n\tunpin_user_page(page);",
    ],
)
def test_a_page_that_is_released_twice(body: str) -> None:
    (twice,) = found(TWICE.replace("BODY", body), AuditRule.TWICE)
    assert twice.text == "unpin_user_page(page);"
    assert twice.message.startswith("The page that pin_user_pages_fast() takes was released")
    kinds = [e.kind for e in twice.evidence]
    assert kinds[:2] == ["acquired by pin_user_pages_fast()", "released before"]
    assert twice.evidence[1].place < twice.place
    assert twice.evidence[-1].text == "if (flag)" or "if (flag) {"


@pytest.mark.parametrize(
    "body",
    [
        "if (flag)\n\t\tgoto out;\n\tunpin_user_page(page);",
        "if (flag)\n\t\tunpin_user_page(page);\n\tif (!flag)\n\t\tgoto out;",
        "get_page(page);\n\tunpin_user_page(page);\n\tif (flag)\n\t\tgoto out;",
        "unpin_user_page(page);\n\tif (pin_user_pages_fast(start, 1, 0, &page) != 1)\n"
        "\t\treturn 1;\n\tgoto out;",
        "if (flag)\n\t\tgoto out;\n\tdemo_drop(page);\n\tunpin_user_page(page);",
    ],
)
def test_a_page_that_is_released_once(body: str) -> None:
    assert found(TWICE.replace("BODY", body), AuditRule.TWICE) == []


# NULL

NULL = """
int demo_null(unsigned long start, unsigned long length)
{
	struct page **pages = NULL;
	int count = 0;
	int ret = 0;

	if (!length)
		goto out;
	count = (length + PAGE_SIZE - 1) >> PAGE_SHIFT;
	pages = kmalloc_array(count, sizeof(*pages), GFP_KERNEL);
	if (!pages) {
		ret = -ENOMEM;
		goto out;
	}
	ret = pin_user_pages_fast(start, count, FOLL_WRITE, pages);
	if (ret < count)
		count = ret > 0 ? ret : 0;
	memset(page_address(pages[0]), 0, PAGE_SIZE);
out:
	RELEASE
	return ret;
}
"""


def test_an_array_that_may_be_null_reaches_a_bulk_release() -> None:
    (null,) = found(
        NULL.replace("RELEASE", "unpin_user_pages(pages, count);"), AuditRule.NULL_PAGES
    )
    assert null.message == "'pages' may be NULL here while 'count' is not 0."
    assert ("when this is true", "if (!pages) {") not in [(e.kind, e.text) for e in null.evidence]
    assert ("when this is false", "if (!pages) {") in [(e.kind, e.text) for e in null.evidence]


@pytest.mark.parametrize(
    "release",
    [
        "if (pages)\n\t\tunpin_user_pages(pages, count);",
        "if (pages != NULL)\n\t\tunpin_user_pages(pages, count);",
        "if (ret > 0 && pages)\n\t\tunpin_user_pages(pages, count);",
    ],
)
def test_an_array_that_was_tested_is_not_found(release: str) -> None:
    assert found(NULL.replace("RELEASE", release), AuditRule.NULL_PAGES) == []


def test_what_was_filled_is_not_null() -> None:
    text = NULL.replace("\tif (ret < count)\n\t\tcount = ret > 0 ? ret : 0;\n", "")
    text = text.replace("RELEASE", "unpin_user_pages(pages, count);")
    assert found(text, AuditRule.NULL_PAGES)
    always = text.replace("if (!length)\n\t\tgoto out;", ";").replace("goto out;", "return ret;")
    assert found(always, AuditRule.NULL_PAGES) == []


def test_null_with_no_pages_is_harmless() -> None:
    text = NULL.replace("RELEASE", "unpin_user_pages(pages, count);")
    text = text.replace("ret = -ENOMEM;", "ret = -ENOMEM;\n\t\tcount = 0;")
    assert found(text, AuditRule.NULL_PAGES) == []


def null_when_short(lines: str) -> bool:
    """Whether NULL is found after these lines, where there are no pages yet and the count is 1;
    on the other ways it is not."""
    text = NULL.replace("RELEASE", "unpin_user_pages(pages, count);")
    text = text.replace("ret = -ENOMEM;", "ret = -ENOMEM;\n\t\tcount = 0;")
    short = f"if (!length) {{\n\t\tcount = 1;\n\t\t{lines}\n\t\tgoto out;\n\t}}"
    return bool(found(text.replace("if (!length)\n\t\tgoto out;", short), AuditRule.NULL_PAGES))


@pytest.mark.parametrize(
    ("lines", "null"),
    [
        (";", True),
        ("demo_get(&ret);", True),
        ("demo_get(&pages);", False),
        ("demo_get(&count);", False),
        ("if (ret > 4)\n\t\t\tret = 1;", True),
        ("if (count > 4)\n\t\t\tret = 1;", False),
        ("if (demo_has(pages))\n\t\t\tret = 1;", False),
        ("if (pages)\n\t\t\tcount = 0;", True),
        ("if (!pages)\n\t\t\tcount = 0;", False),
        ("pages = demo_pages(length);\n\t\tif (pages)\n\t\t\tpages = NULL;", True),
        (
            "pages = demo_pages(length);\n\t\tif (pages)\n\t\t\tpages = NULL;\n"
            "\t\telse\n\t\t\tcount = 0;",
            True,
        ),
        (
            "count = length + 1;\n\t\tif (!count)\n\t\t\tcount = 2;\n\t\telse\n\t\t\tcount = 0;",
            True,
        ),
        ("count = length + 1;\n\t\tif (count)\n\t\t\tcount = 0;", False),
    ],
)
def test_what_is_known_of_an_array_and_its_count(lines: str, null: bool) -> None:
    assert null_when_short(lines) is null


SIZED = """
int demo(unsigned long start, int nr, int other)
{
	struct page **pages;
	int ret;

	pages = ALLOC;
	if (!pages) {
		ret = -ENOMEM;
		goto out;
	}
	ret = pin_user_pages_fast(start, nr, FOLL_WRITE, pages);
	if (ret != nr) {
		if (ret > 0)
			unpin_user_pages(pages, ret);
		kfree(pages);
		return -EFAULT;
	}
out:
	unpin_user_pages(pages, nr);
	kfree(pages);
	return ret;
}
"""


@pytest.mark.parametrize(
    "allocation",
    [
        "kcalloc(nr, sizeof(*pages), GFP_KERNEL)",
        "kvmalloc_array(nr, sizeof(*pages), GFP_KERNEL)",
        "kmalloc(sizeof(*pages) * nr, GFP_KERNEL)",
    ],
)
def test_memory_for_no_pages_is_not_null(allocation: str) -> None:
    """So that a count for which there was none is not 0: ZERO_SIZE_PTR in include/linux/slab.h."""
    assert found(SIZED.replace("ALLOC", allocation), AuditRule.NULL_PAGES)


@pytest.mark.parametrize(
    "allocation",
    [
        "vmalloc(nr * sizeof(*pages))",
        "kcalloc(other, sizeof(*pages), GFP_KERNEL)",
        "demo_alloc(nr)",
    ],
)
def test_memory_that_may_be_null_for_no_pages(allocation: str) -> None:
    assert found(SIZED.replace("ALLOC", allocation), AuditRule.NULL_PAGES) == []


@pytest.mark.parametrize("change", ["nr = other;", "demo_change(&nr);", "nr++;"])
def test_a_count_that_changes_is_not_that_of_the_memory(change: str) -> None:
    text = SIZED.replace("ALLOC;", f"kcalloc(nr, sizeof(*pages), GFP_KERNEL);\n\t{change}")
    assert found(text, AuditRule.NULL_PAGES) == []


def test_a_count_that_changes_is_another_one() -> None:
    text = SIZED.replace("ALLOC", "kcalloc(nr, sizeof(*pages), GFP_KERNEL)")
    text = text.replace("		ret = -ENOMEM;\n", "		ret = -ENOMEM;\n		nr = 0;\n")
    assert found(text, AuditRule.NULL_PAGES) == []


def test_nothing_is_known_of_a_count_that_comes_with_the_array() -> None:
    text = SIZED.replace("\tpages = ALLOC;\n", "").replace("\tstruct page **pages;\n", "")
    text = text.replace("int other)", "struct page **pages)")
    assert found(text, AuditRule.NULL_PAGES) == []
    counted = text.replace("ret = -ENOMEM;", "ret = -ENOMEM;\n\t\tnr = 1;")
    assert found(counted, AuditRule.NULL_PAGES)


HELPED = """
static void demo_drop(struct page *page)
{
BODY
}
int demo(unsigned long start, int flag)
{
	struct page *page;

	if (pin_user_pages_fast(start, 1, FOLL_WRITE, &page) != 1)
		return -EFAULT;
	demo_drop(page);
	if (flag)
		unpin_user_page(page);
	return 0;
}
"""


@pytest.mark.parametrize(
    ("body", "is_found"),
    [
        ("	set_page_dirty_lock(page);\n	unpin_user_page(page);", True),
        ("	if (PageDirty(page))\n		unpin_user_page(page);", False),
        ("	page = NULL;\n	unpin_user_page(page);", False),
        ("	set_page_dirty_lock(page);", False),
    ],
)
def test_a_helper_that_releases_whatever_happens(body: str, is_found: bool) -> None:
    assert bool(found(HELPED.replace("BODY", body), AuditRule.TWICE)) is is_found


BESIDE = HELPED.replace("*page)\n{\nBODY", "*page, struct page *other)\n{\n\tBODY", 1)
BESIDE = BESIDE.replace("int flag)", "int flag, struct page *spare)")


@pytest.mark.parametrize(
    ("given", "body", "is_found"),
    [
        ("page, spare", "unpin_user_page(page);\n\tunpin_user_page(other);", True),
        ("spare, page", "unpin_user_page(page);\n\tunpin_user_page(other);", True),
        # What comes in the other parameter is released, and this page is not, or who knows.
        ("page, spare", "page = NULL;\n\tunpin_user_page(page);\n\tunpin_user_page(other);", False),
        ("page, spare", "unpin_user_page(other);", False),
        ("spare, page", "unpin_user_page(page);", False),
    ],
)
def test_which_of_two_pages_a_helper_releases(given: str, body: str, is_found: bool) -> None:
    text = BESIDE.replace("demo_drop(page);", f"demo_drop({given});").replace("BODY", body)
    assert bool(found(text, AuditRule.TWICE)) is is_found


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ("\tset_page_dirty_lock(page);", 1),
        ("\tunpin_user_page(page);", 0),
        ("\tdemo_keep(page);", 0),
    ],
)
def test_a_helper_may_get_the_page_by_another_name(body: str, left: int) -> None:
    text = HELPED.replace("BODY", body).replace("struct page *page;", "struct page *page, *same;")
    text = text.replace("int flag", "int flag, struct demo *demo")
    text = text.replace("\tdemo_drop(page);", "\tsame = page;\n\tdemo_drop(same);")
    text = text.replace(
        "\t\tunpin_user_page(page);\n\treturn 0", "\t\treturn 0;\n\tdemo->page = page"
    )
    assert len(found(text, AuditRule.LEFT_BEHIND)) == left


# Several rounds, and arrays

EACH = """
int demo_each(struct demo *demo, unsigned long addr, int n)
{
	struct page **pages = kcalloc(n, sizeof(*pages), GFP_KERNEL);
	int i, ret = 0;

	if (!pages)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		if (pin_user_pages_fast(addr + i * PAGE_SIZE, 1, FOLL_WRITE, &pages[i]) != 1) {
			FAILED
			kfree(pages);
			return -EFAULT;
		}
	}
	demo->pages = pages;
	demo->n = n;
	return 0;
}
void demo_put(struct demo *demo)
{
	unpin_user_pages_dirty_lock(demo->pages, demo->n, true);
	kfree(demo->pages);
}
"""


@pytest.mark.parametrize(
    ("failed", "leaks"),
    [
        ("ret = -EFAULT;", 1),
        ("unpin_user_pages(pages, i);", 0),
        ("while (--i >= 0)\n\t\t\t\tunpin_user_page(pages[i]);", 0),
        ("demo_drop(pages, i);", 0),
    ],
)
def test_pages_of_earlier_rounds_are_left_behind(failed: str, leaks: int) -> None:
    assert len(found(EACH.replace("FAILED", failed), AuditRule.LEFT_BEHIND)) == leaks


ARRAY = """
int demo_do(unsigned long addr, int n)
{
	struct page **pages = kcalloc(n, sizeof(*pages), GFP_KERNEL);
	int ret, got;

	if (!pages)
		return -ENOMEM;
	got = pin_user_pages_fast(addr, n, FOLL_WRITE, pages);
	if (got != n) {
		if (got > 0)
			unpin_user_pages(pages, got);
		kfree(pages);
		return -EFAULT;
	}
	ret = demo_setup(addr);
	if (ret) {
		BODY
		goto err;
	}
	unpin_user_pages_dirty_lock(pages, n, true);
	kfree(pages);
	return 0;
err:
	unpin_user_pages(pages, n);
	kfree(pages);
	return ret;
}
"""


@pytest.mark.parametrize(
    ("body", "twice"),
    [
        ("unpin_user_pages(pages, n);", 1),
        ("unpin_user_pages(pages, n);\n\t\tn = 0;", 0),
        ("unpin_user_pages(pages, n - 1);", 0),
        ("demo_log(n);", 0),
    ],
)
def test_an_array_that_is_released_twice(body: str, twice: int) -> None:
    assert len(found(ARRAY.replace("BODY", body), AuditRule.TWICE)) == twice


COMPARED = """
int demo_write(struct demo *demo, unsigned long addr, TYPE nr)
{
	struct page *pages[8];
	u32 i;
	RESULT res;

	res = pin_user_pages_fast(addr, nr, 0, pages);
	if (res < nr)
		return -EINVAL;
	for (i = 0; i < res; i++) {
		demo->sum += *(u32 *)page_address(pages[i]);
		unpin_user_page(pages[i]);
	}
	return 0;
}
"""


@pytest.mark.parametrize(
    ("of_result", "of_number", "errors"),
    [
        ("int", "u32", 1),
        ("int", "unsigned long", 1),
        ("int", "int", 0),
        ("long", "u32", 0),
        ("long", "long", 0),
    ],
)
def test_an_error_is_not_less_than_an_unsigned_number(
    of_result: str, of_number: str, errors: int
) -> None:
    text = COMPARED.replace("TYPE", of_number).replace("RESULT", of_result)
    assert len(found(text, AuditRule.NEGATIVE_COUNT)) == errors


PASSED = """
struct demo {
	u32 few;
	size_t many;
	int some;
	struct page **other;
};
int demo_passed(struct demo *demo, unsigned long addr, unsigned int nr, unsigned long end)
{
	struct page **pages;
	unsigned int i;
	RESULT ret;

	pages = kmalloc_array(nr, sizeof(struct page *), GFP_KERNEL);
	if (!pages)
		return -ENOMEM;
	ret = get_user_pages_fast(addr, nr, FOLL_WRITE, pages);
	if (ret < NUMBER) {
		if (ret < 0)
			nr = 0;
		else
			nr = ret;
		goto out;
	}
	CHECK
	memcmp(page_address(pages[0]), "gup", 3);
	ret = 0;
out:
	for (i = 0; i < nr; i++)
		put_page(PAGES[i]);
	kfree(pages);
	return ret;
}
"""


@pytest.mark.parametrize(
    ("result", "number", "check", "pages", "line"),
    [
        ("int", "nr", "", "pages", 18),
        ("int", "nr - 1", "", "pages", 18),
        ("int", "demo->few", "", "pages", 18),
        ("int", "demo->many", "", "pages", 18),
        ("long", "demo->many", "", "pages", 18),
        ("int", "end >> PAGE_SHIFT", "", "pages", 18),
        ("int", "(unsigned int)demo->some", "", "pages", 18),
        # Those are compared as signed numbers.
        ("int", "(int)nr", "", "pages", None),
        ("int", "demo->some", "", "pages", None),
        ("long", "nr", "", "pages", None),
        ("long", "demo->few", "", "pages", None),
        ("int", "1 << nr", "", "pages", None),
        # The error is met later, or somebody is told.
        ("int", "nr", "if (ret < 0)\n\t\treturn ret;", "pages", None),
        ("int", "nr", "if (demo_failed(demo, ret))\n\t\treturn 1;", "pages", None),
        ("int", "nr", "demo->some = ret;", "pages", None),
        # Other pages are released.
        ("int", "nr", "", "demo->other", None),
    ],
)
def test_an_error_that_is_taken_for_success(
    result: str, number: str, check: str, pages: str, line: int | None
) -> None:
    text = PASSED.replace("RESULT", result).replace("NUMBER", number)
    wrong = found(text.replace("CHECK", check).replace("PAGES", pages), AuditRule.NEGATIVE_COUNT)
    assert [f.place.line for f in wrong] == ([line] if line is not None else [])
    assert all("taken for success" in f.message for f in wrong)


FEWER = """
struct demo {
	TYPE num;
	struct page **pages;
};
static void demo_release(struct page **pages, u64 num)
{
	u64 i;

	for (i = 0; i < num; i++)
		put_page(pages[i]);
}
int demo_get(struct demo *demo, unsigned long va)
{
	int ret = get_user_pages_fast(va, demo->num, FOLL_WRITE, demo->pages);

	if (ret < CAST demo->num) {
		demo_release(demo->pages, ret);
		return -ENOMEM;
	}
	return 0;
}
"""


@pytest.mark.parametrize(
    ("kind", "cast", "errors"),
    [
        ("int", "", 1),
        ("u64", "(int)", 1),
        # An error is not less than that, and so is not released.
        ("u64", "", 0),
        ("size_t", "", 0),
        ("unsigned int", "", 0),
        # It is signed when compared: every value is an int.
        ("u16", "", 1),
    ],
)
def test_a_count_that_is_less_than_an_unsigned_number_is_no_error(
    kind: str, cast: str, errors: int
) -> None:
    text = FEWER.replace("TYPE", kind).replace("CAST", cast)
    assert len(found(text, AuditRule.NEGATIVE_COUNT)) == errors


TABLE = """
int demo_table(struct demo *demo, unsigned long addr, int n)
{
	struct page **pages = kcalloc(n, sizeof(*pages), GFP_KERNEL);
	int ret;

	if (!pages)
		return -ENOMEM;
	if (pin_user_pages_fast(addr, n, FOLL_WRITE | FOLL_LONGTERM, pages) != n)
		goto none;
	ret = sg_alloc_table_from_pages(&demo->sgt, pages, n, 0, n << PAGE_SHIFT, GFP_KERNEL);
	if (CONDITION) {
		BODY
		kfree(pages);
		return ret;
	}
	kfree(pages);
	return 0;
none:
	kfree(pages);
	return -EFAULT;
}
"""


@pytest.mark.parametrize(
    ("condition", "body", "leaks"),
    [
        ("ret", "demo->n = 0;", True),
        ("ret < 0", "demo->n = 0;", True),
        ("ret", "unpin_user_pages(pages, n);", False),
        ("demo->n", "demo->n = 0;", False),
    ],
)
def test_a_table_that_could_not_be_made_has_no_pages(
    condition: str, body: str, leaks: bool
) -> None:
    text = TABLE.replace("CONDITION", condition).replace("BODY", body)
    lines = [f.place.line for f in found(text, AuditRule.LEFT_BEHIND) if "takes pages" in f.message]
    assert bool(lines) is leaks


STALE = """
struct demo {
	struct page *page;
	int busy;
};
int demo_get(struct demo *demo, unsigned long start)
{
	if (pin_user_pages_fast(start, 1, FOLL_WRITE | FOLL_LONGTERM, &demo->page) != 1) {
		RESET
		return -EFAULT;
	}
	return 0;
}
void demo_put(struct demo *demo)
{
	struct page *page = demo->page;
	int busy = demo->busy;

	RELEASE
}
"""
PUT = "unpin_user_page(demo->page);"


@pytest.mark.parametrize(
    ("reset", "release", "stale"),
    [
        ("", f"if (demo->page)\n\t\t{PUT}", True),
        ("", f"if (demo->page != NULL)\n\t\t{PUT}", True),
        ("", f"if (!page)\n\t\treturn;\n\t{PUT}", True),
        ("demo->page = NULL;", f"if (demo->page)\n\t\t{PUT}", False),
        # Nobody asks whether there is a page, or too late.
        ("", PUT, False),
        ("", f"if (busy)\n\t\t{PUT}", False),
        ("", f"if (demo->busy)\n\t\t{PUT}", False),
        ("", f"if (demo->busy != 0)\n\t\t{PUT}", False),
        ("", f"{PUT}\n\tif (demo->page)\n\t\tdemo->busy = 0;", False),
    ],
)
def test_what_a_failed_acquire_leaves_is_taken_for_a_page_by_who_asks_for_null(
    reset: str, release: str, stale: bool
) -> None:
    said = found(STALE.replace("RESET", reset).replace("RELEASE", release), AuditRule.UNHELD)
    assert [f.text for f in said] == (["return -EFAULT;"] if stale else [])
    for finding in said:
        assert "what it left in 'page' is not reset" in finding.message
