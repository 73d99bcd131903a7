# SPDX-License-Identifier: GPL-2.0-only
"""Releases of more pages than were taken, or of fewer: loops, chunks, and pages that others only
see the data of."""

from __future__ import annotations

import pytest

from migrate.analysis.audit.model import AuditRule
from tests.analysis.audit.test_audit import findings

_RULES = (AuditRule.LEFT_BEHIND, AuditRule.MORE_THAN_TAKEN)
BEYOND = "More pages are released than pin_user_pages_fast() took"

ARRAY = """
int demo_array(struct demo *demo, unsigned long start, int nr)
{
	struct page **pages = kcalloc(nr, sizeof(*pages), GFP_KERNEL);
	struct page *other = NULL;
	int i, j = 0, got, done = 0;

	if (!pages)
		return -ENOMEM;
	got = pin_user_pages_fast(start, nr, FOLL_WRITE, pages);
	if (got < 0) {
		kfree(pages);
		return got;
	}
BODY
	kfree(pages);
	return 0;
}
"""


def found(code: str, body: str) -> list[tuple[AuditRule, str]]:
    """What is said of the pages, with the line."""
    text = code.replace("BODY", "\n".join(f"\t{line}" for line in body.split("\n")))
    return [(f.rule, f.text) for f in findings(text) if f.rule in _RULES]


@pytest.mark.parametrize(
    "loop",
    [
        "for (i = 0; i <= got; i++)",
        "i = 0;\nwhile (i <= got)",
        "if (got != nr)\n\tgoto err;\nfor (i = 0; i <= nr; i++)",
    ],
)
def test_a_loop_that_goes_on_for_one_page_more(loop: str) -> None:
    line = "unpin_user_page(pages[i]);"
    body = f"{loop} {{\n\tset_page_dirty_lock(pages[i]);\n\t{line}\n"
    body += ("\ti++;\n" if "while" in loop else "") + "}"
    if "err" in loop:
        body += "\nkfree(pages);\nreturn 0;\nerr:\nunpin_user_pages(pages, got);"
    assert found(ARRAY, body) == [(AuditRule.MORE_THAN_TAKEN, line)]
    (one,) = [f for f in findings(ARRAY.replace("BODY", body)) if f.rule in _RULES]
    assert one.message.startswith(BEYOND)


@pytest.mark.parametrize(
    "loop",
    [
        "for (i = 0; i < got; i++)\n\tunpin_user_page(pages[i]);",
        # from the second page on, and pages behind the first
        "for (i = 1; i <= got; i++)\n\tunpin_user_page(pages[i - 1]);",
        "for (i = 1; i <= got; i++)\n\tunpin_user_page(pages[i]);",
        # the last one is the bound
        "got--;\nfor (i = 0; i <= got; i++)\n\tunpin_user_page(pages[i]);",
        "j = got - 1;\nfor (i = 0; i <= j; i++)\n\tunpin_user_page(pages[i]);",
        # where it begins is not clear
        "for (i = done; i <= got; i++)\n\tunpin_user_page(pages[i]);",
        "if (nr > 3)\n\ti = 1;\nelse\n\ti = 0;\n"
        "for (; i <= got; i++)\n\tunpin_user_page(pages[i]);",
        # down, and by more than one
        "for (i = 0; i <= got; i += 2)\n\tunpin_user_page(pages[i]);",
        "for (i = 0; i <= got; demo_next(&i))\n\tunpin_user_page(pages[i]);",
        # one more is looked at, and not released
        "for (i = 0; i <= got; i++) {\n\tif (i == got)\n\t\tbreak;\n"
        "\tset_page_dirty_lock(pages[i]);\n}\nunpin_user_pages(pages, got);",
    ],
)
def test_a_loop_that_may_be_right(loop: str) -> None:
    assert [rule for rule, _ in found(ARRAY, loop) if rule is AuditRule.MORE_THAN_TAKEN] == []


@pytest.mark.parametrize("bound", ["i < got", "i != got"])
def test_a_loop_that_begins_with_the_second_page(bound: str) -> None:
    """Where pages are left behind is no place for another release of all of them."""
    body = f"for (i = 1; {bound}; i++)\n\tunpin_user_page(pages[i]);"
    assert found(ARRAY, body) == [(AuditRule.LEFT_BEHIND, "return 0;")]
    (one,) = [f for f in findings(ARRAY.replace("BODY", body)) if f.rule in _RULES]
    assert not one.alone


@pytest.mark.parametrize(
    "body",
    [
        "for (i = 1; i < got; i++)\n\tunpin_user_page(pages[i]);\nunpin_user_page(pages[0]);",
        "unpin_user_page(*pages);\nfor (i = 1; i < got; i++)\n\tunpin_user_page(pages[i]);",
        "other = pages[0];\nfor (i = 1; i < got; i++)\n\tunpin_user_page(pages[i]);\n"
        "unpin_user_page(other);",
        "demo->page = pages[0];\nfor (i = 1; i < got; i++)\n\tunpin_user_page(pages[i]);",
        "demo_keep(demo, pages);\nfor (i = 1; i < got; i++)\n\tunpin_user_page(pages[i]);",
        "for (i = 1; i < got; i++)\n\tunpin_user_page(pages[i - 1]);",
    ],
)
def test_the_first_page_has_another_end(body: str) -> None:
    assert found(ARRAY, body) == []


# Chunks

CHUNKS = """
int demo_chunks(struct demo *demo, unsigned long start, int nr)
{
	struct page **pages = kcalloc(nr, sizeof(*pages), GFP_KERNEL);
	int i, got, done = 0, ret = 0;

	if (!pages)
		return -ENOMEM;
	while (done < nr) {
		got = pin_user_pages_fast(start + done * PAGE_SIZE, nr - done, FOLL_WRITE, FILLED);
BODY
		done += got;
	}
	demo_use(demo, nr);
err:
	LAST
	kfree(pages);
	return ret;
}
"""
BULK, LOOP = (
    "unpin_user_pages(pages, done);",
    "for (i = 0; i < done; i++)\n\t\tunpin_user_page(pages[i]);",
)


def chunks(body: str, last: str = BULK, filled: str = "pages + done") -> list[AuditRule]:
    code = CHUNKS.replace("FILLED", filled).replace("LAST", last)
    return [rule for rule, _ in found(code, "\t" + body.replace("\n", "\n\t"))]


FEWER = "if (got != nr - done) {\n\tret = -EFAULT;\n\tgoto err;\n}"


@pytest.mark.parametrize("last", [BULK, LOOP])
@pytest.mark.parametrize("filled", ["pages + done", "&pages[done]"])
def test_the_last_chunk_is_not_counted(last: str, filled: str) -> None:
    assert chunks(FEWER, last, filled) == [AuditRule.LEFT_BEHIND]


@pytest.mark.parametrize(
    ("body", "last"),
    [
        ("if (got <= 0) {\n\tret = -EFAULT;\n\tgoto err;\n}", BULK),
        (FEWER.replace("goto", "if (got > 0)\n\t\tdone += got;\n\tgoto"), BULK),
        (
            FEWER.replace("goto", "if (got > 0)\n\t\tunpin_user_pages(pages + done, got);\n\tgoto"),
            BULK,
        ),
        (FEWER, "unpin_user_pages(pages, got > 0 ? done + got : done);"),
        (FEWER, "demo_release(demo, pages, done);"),
        ("done += got;\n" + FEWER.replace("- done", "") + "\ngot = 0;", BULK),
    ],
)
def test_the_last_chunk_is_counted_or_released(body: str, last: str) -> None:
    assert chunks(body, last) == []


# Addresses

DATA = """
OTHERS
int demo_data(struct demo *demo, unsigned long start)
{
	struct page *page;
	void *address;
	int ret;

	ret = pin_user_pages_fast(start, 1, FOLL_WRITE, &page);
	if (ret != 1)
		return -EFAULT;
	BODY
	if (ret)
		return -EIO;
	unpin_user_page(page);
	return 0;
}
"""
LEAK = [(AuditRule.LEFT_BEHIND, "return -EIO;")]


@pytest.mark.parametrize(
    "body",
    [
        "ret = demo_send(demo, page_address(page));",
        "ret = demo_send(demo, page_address(page) + offset_in_page(start));",
        "ret = demo->ops->send(page_address(page));",
        "address = kmap(page);\n\tret = demo_send(demo, address + 4);\n\tkunmap(page);",
    ],
)
def test_who_is_given_an_address_does_not_release_the_page(body: str) -> None:
    assert found(DATA.replace("OTHERS", ""), body) == LEAK


@pytest.mark.parametrize(
    "body",
    [
        "ret = demo_send(demo, page);",
        "ret = demo_send(demo, page_to_pfn(page));",
        "address = page_address(page);\n\tdemo->kept = address;\n\tret = demo_send(demo);",
        "address = kmap(page);\n\tif (start)\n\t\taddress = page;\n"
        "\tret = demo_send(demo, address);",
    ],
)
def test_who_is_given_more_than_an_address_may(body: str) -> None:
    assert found(DATA.replace("OTHERS", ""), body) == []


@pytest.mark.parametrize(
    "release",
    ["unpin_user_page(virt_to_page(p));", "free_page((unsigned long)p);"],
)
def test_a_driver_that_finds_pages_by_addresses_may(release: str) -> None:
    others = f"void demo_done(void *p)\n{{\n\t{release}\n}}"
    assert found(DATA.replace("OTHERS", others), "ret = demo_send(demo, page_address(page));") == []
