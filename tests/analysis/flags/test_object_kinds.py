# SPDX-License-Identifier: GPL-2.0-only
"""Objects that are of one kind from the start: only where nothing makes them another."""

from __future__ import annotations

import pytest

from migrate.analysis.model import Action, PinGroup
from migrate.analysis.verdicts.classify import verdict
from tests.analysis.memory import pairing_of

HERE = "drivers/demo/demo.c"
STRUCT = """
#include <linux/mm.h>
#define USER 2
struct buf {
	struct mutex lock;
	struct list_head list;
	struct buf *next;
	unsigned int count;
	unsigned int user;
	struct page **pages;
};
"""
FREE = """
void buf_free(struct buf *buf)
{
	unsigned int i;

	if (buf->user)
		for (i = 0; i < buf->count; i++)
			put_page(buf->pages[i]);
	kfree(buf->pages);
	kfree(buf);
}
"""
ONE = """
struct buf *buf_new(char *kernel, unsigned long start, unsigned int count)
{
	struct buf *buf = kzalloc(sizeof(*buf), GFP_KERNEL);
	unsigned int i;
	int got;

	if (!buf)
		return NULL;
	mutex_init(&buf->lock);
	INIT_LIST_HEAD(&buf->list);
	buf->pages = kcalloc(count, sizeof(*buf->pages), GFP_KERNEL);
	if (!buf->pages)
		goto free;
	buf->count = count;
	if (kernel) {
		for (i = 0; i < count; i++)
			buf->pages[i] = vmalloc_to_page(kernel + i * PAGE_SIZE);
		buf->user = 0;
	} else {
		got = get_user_pages_fast(start, count, FOLL_WRITE, buf->pages);
		if (got != count) {
			while (got > 0)
				put_page(buf->pages[--got]);
			goto free;
		}
		memset(page_address(buf->pages[0]), 0, PAGE_SIZE);
		buf->user = 1;
	}
	return buf;
free:
	kfree(buf->pages);
	kfree(buf);
	return NULL;
}
"""
ALLOC = """
static struct buf *buf_alloc(unsigned int user, unsigned int count)
{
	struct buf *buf = kzalloc(sizeof(*buf), GFP_KERNEL);

	if (!buf)
		return NULL;
	buf->pages = kcalloc(count, sizeof(*buf->pages), GFP_KERNEL);
	if (!buf->pages) {
		kfree(buf);
		return NULL;
	}
	buf->user = user;
	buf->count = count;
	return buf;
}
"""
FILL = """
struct buf *buf_kernel(char *kernel, unsigned int count)
{
	struct buf *buf = buf_alloc(0, count);
	unsigned int i;

	if (!buf)
		return NULL;
	for (i = 0; i < count; i++)
		buf->pages[i] = vmalloc_to_page(kernel + i * PAGE_SIZE);
	return buf;
}
struct buf *buf_user(unsigned long start, unsigned int count)
{
	struct buf *buf = buf_alloc(1, count);
	int got;

	if (!buf)
		return NULL;
	got = get_user_pages_fast(start, count, FOLL_WRITE, buf->pages);
	if (got != count) {
		while (got > 0)
			put_page(buf->pages[--got]);
		kfree(buf->pages);
		kfree(buf);
		return NULL;
	}
	memset(page_address(buf->pages[0]), 0, PAGE_SIZE);
	return buf;
}
"""
GIVEN = """
static int fill(char *kernel, unsigned int count, struct page **pages)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		pages[i] = vmalloc_to_page(kernel + i * PAGE_SIZE);
	return count;
}
struct buf *buf_new(char *kernel, unsigned long start, unsigned int count, unsigned int user)
{
	struct buf *buf = kzalloc(sizeof(*buf), GFP_KERNEL);
	int got;

	if (!buf)
		return NULL;
	buf->user = user;
	buf->pages = kcalloc(count, sizeof(*buf->pages), GFP_KERNEL);
	if (!buf->pages)
		goto free;
	buf->count = count;
	if (user & USER)
		got = get_user_pages_fast(start, count, FOLL_WRITE, buf->pages);
	else
		got = fill(kernel, count, buf->pages);
	if (got != count) {
		if (user & USER)
			while (got > 0)
				put_page(buf->pages[--got]);
		goto free;
	}
	memset(page_address(buf->pages[0]), 0, PAGE_SIZE);
	return buf;
free:
	kfree(buf->pages);
	kfree(buf);
	return NULL;
}
"""
HELPERS = """
static void put_user(struct buf *buf)
{
	unsigned int i;

	for (i = 0; i < buf->count; i++)
		put_page(buf->pages[i]);
}
static void put_kernel(struct buf *buf)
{
	unsigned int i;

	for (i = 0; i < buf->count; i++)
		put_page(buf->pages[i]);
}
void buf_free(struct buf *buf)
{
	if (buf->user)
		put_user(buf);
	else
		put_kernel(buf);
	kfree(buf->pages);
	kfree(buf);
}
"""
ONE_FILE = STRUCT + FREE + ONE
BY_BIT = STRUCT + FREE.replace("buf->user", "buf->user & USER") + GIVEN
WITH_MAKER = STRUCT + FREE + ALLOC + FILL
WITH_HELPERS = STRUCT + HELPERS + ALLOC + FILL
IN_A_VARIABLE = ONE_FILE.replace(
    "unsigned int i;\n\n\tif (buf->user)", "unsigned int i;\n\tint user = buf->user;\n\n\tif (user)"
)
KERNEL = "vmalloc_to_page(k)"


def only(text: str) -> PinGroup:
    (group,) = pairing_of({HERE: text}).groups
    return group


def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(ONE_FILE, id="one function makes both"),
        pytest.param(BY_BIT, id="a bit of a parameter"),
        pytest.param(WITH_MAKER, id="a function that makes the objects"),
        pytest.param(WITH_HELPERS, id="helpers for each kind"),
        pytest.param(IN_A_VARIABLE, id="the answer is kept in a variable"),
        pytest.param(
            changed(BY_BIT, "if (user & USER)\n\t\tgot", "if (buf->user & USER)\n\t\tgot"),
            id="the object is asked while it is new",
        ),
        pytest.param(
            changed(ONE_FILE, "struct page **pages;", "struct page *pages[8];").replace(
                "\tbuf->pages = kcalloc(count, sizeof(*buf->pages), GFP_KERNEL);\n"
                "\tif (!buf->pages)\n\t\tgoto free;\n",
                "",
            ),
            id="an array in the object",
        ),
    ],
)
def test_the_kind_tells_whose_pages_are(text: str) -> None:
    group = only(text)
    found = verdict(group, pins_read_only=True)
    assert (group.gaps, found.action) == ((), Action.PIN)
    assert "put_kernel" not in {r.function for r in group.releases}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            ONE_FILE + "void f(struct buf *buf, int v) { buf->user = v; }", id="set later"
        ),
        pytest.param(ONE_FILE + "void f(struct buf *buf) { buf->user++; }", id="counted"),
        pytest.param(BY_BIT + "void f(struct buf *buf) { buf->user |= USER; }", id="a bit added"),
        pytest.param(ONE_FILE + "void f(struct buf *b) { set(&b->user); }", id="address taken"),
        pytest.param(
            ONE_FILE + "void f(struct buf *b, int *u) { get_user(b->user, u); }", id="read into"
        ),
        pytest.param(
            ONE_FILE + "void f(struct buf *b, void *u) { copy_from_user(b, u, sizeof(*b)); }",
            id="written over",
        ),
        pytest.param(
            ONE_FILE + "void f(struct buf *b) { memset(b, 0, sizeof(*b)); }", id="cleared"
        ),
        pytest.param(
            ONE_FILE + "void f(struct buf *b) { *b = (struct buf){ 0 }; }", id="made anew"
        ),
        pytest.param(ONE_FILE + "void f(struct buf *a, struct buf *b) { *a = *b; }", id="copied"),
        pytest.param(
            ONE_FILE + "struct box { struct buf buf; };\n"
            "void f(struct box *box, int v) { box->buf.user = v; }",
            id="in another",
        ),
        pytest.param(ONE_FILE + "struct buf first = { .user = 1 };", id="a variable"),
        pytest.param(
            changed(ONE_FILE, "unsigned int user;", "union { unsigned int user; unsigned int v; };")
            + "void f(struct buf *b, int v) { b->v = v; }",
            id="a union",
        ),
        pytest.param(
            changed(ONE_FILE, "\t\tbuf->user = 1;", "\t\tpublish(buf);\n\t\tbuf->user = 1;"),
            id="handed out first",
        ),
        pytest.param(
            changed(ONE_FILE, "\t\tbuf->user = 1;", "\t\tlist->next = buf;\n\t\tbuf->user = 1;"),
            id="stored first",
        ),
        pytest.param(
            changed(ONE_FILE, "kzalloc", "kmalloc").replace("\t\tbuf->user = 0;\n", ""),
            id="never set",
        ),
        pytest.param(
            WITH_MAKER + "void f(char *k)\n{\n\tstruct buf *buf = buf_alloc(0, 1);\n"
            f"\tbuf->pages[0] = {KERNEL};\n\tbuf->user = 1;\n\tpublish(buf);\n}}",
            id="set by who gets it",
        ),
        pytest.param(
            ONE_FILE + "static struct buf *make(char *k)\n{\n"
            "\tstruct buf *buf = kzalloc(sizeof(*buf), GFP_KERNEL);\n\n"
            "\tbuf->pages = kcalloc(1, sizeof(*buf->pages), GFP_KERNEL);\n"
            f"\tbuf->pages[0] = {KERNEL};\n\treturn buf;\n}}\n"
            "void f(char *k)\n{\n\tstruct buf *buf = make(k);\n\n"
            "\tbuf->user = 1;\n\tpublish(buf);\n}",
            id="filled by who makes it and set by who gets it",
        ),
    ],
)
def test_a_kind_that_may_change_tells_nothing(text: str) -> None:
    assert only(text).gaps


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(changed(ONE_FILE, "buf->user = 0;", "buf->user = 1;"), id="both are one kind"),
        pytest.param(
            ONE_FILE + "void f(struct buf *b) { put_page(b->pages[0]); }", id="nobody asks"
        ),
        pytest.param(
            ONE_FILE + f"void f(struct buf *b, char *k) {{ b->pages[1] = {KERNEL}; }}",
            id="filled for any",
        ),
        pytest.param(
            ONE_FILE + f"void f(struct buf *b, char *k) {{ if (b->user) b->pages[1] = {KERNEL}; }}",
            id="filled for this one",
        ),
        pytest.param(
            WITH_MAKER + "struct buf *f(char *k)\n{\n\tstruct buf *buf = buf_alloc(1, 1);\n"
            f"\tbuf->pages[0] = {KERNEL};\n\treturn buf;\n}}",
            id="made for both",
        ),
        pytest.param(
            WITH_HELPERS + "void f(struct buf *buf) { put_user(buf); }", id="a helper for any"
        ),
        pytest.param(
            WITH_HELPERS + "void (*putting)(struct buf *) = put_user;", id="a helper by pointer"
        ),
        pytest.param(
            changed(
                ONE_FILE,
                "\t\tbuf->user = 0;",
                "\t\tif (!count) {\n\t\t\tput_page(buf->pages[0]);\n\t\t\tgoto free;\n\t\t}\n"
                "\t\tbuf->user = 0;",
            ),
            id="dropped before it is known",
        ),
        pytest.param(
            changed(IN_A_VARIABLE, "\tif (user)", "\tuser = 1;\n\tif (user)"),
            id="another answer",
        ),
        pytest.param(
            changed(IN_A_VARIABLE, "\tif (user)", "\tbuf = buf->next;\n\tif (user)"),
            id="the answer of another",
        ),
        pytest.param(
            changed(BY_BIT, "\tif (user & USER)\n\t\tgot", "\tif (user & 4)\n\t\tgot"),
            id="another bit",
        ),
        pytest.param(
            changed(
                BY_BIT,
                "\tif (user & USER)\n\t\tgot",
                "\tuser |= USER;\n\tif (user & USER)\n\t\tgot",
            ),
            id="the parameter is changed",
        ),
    ],
)
def test_what_is_of_any_kind_is_of_this_one_too(text: str) -> None:
    assert only(text).gaps


@pytest.mark.parametrize(
    "text",
    [
        "void f(struct buf *a, struct buf *b) { a->pages = b->pages; }",
        "void f(struct buf *a, struct buf *b) { swap(a->pages, b->pages); }",
        "void f(struct buf *a, struct buf *b) { a->pages = krealloc(b->pages, 8, GFP_KERNEL); }",
        "void f(struct buf *a, struct page **pages) { a->pages = pages; }",
        """
void f(char *k, int n)
{
	struct page **pages = kcalloc(n, sizeof(*pages), GFP_KERNEL);
	int i;

	for (i = 0; i < 2; i++) {
		struct buf *buf = kzalloc(sizeof(*buf), GFP_KERNEL);

		buf->user = i;
		buf->pages = pages;
		if (!i)
			buf->pages[0] = vmalloc_to_page(k);
		publish(buf);
	}
}
""",
    ],
    ids=["copied", "swapped", "grown", "from anywhere", "given to two"],
)
def test_an_array_of_two_objects_is_of_both_kinds(text: str) -> None:
    assert only(ONE_FILE + text).gaps


BY_MACRO = "#define NEXT(x) ((x) = (x)->next)\n#define AGAIN(x) ((x)++)\n"
NEW = """
void f(char *k, int user)
{
	struct buf *buf = kzalloc(sizeof(*buf), GFP_KERNEL);
	struct page **pages = kcalloc(2, sizeof(*pages), GFP_KERNEL);

	buf->user = user;
	buf->pages = pages;
	publish(buf);
}
"""
ONE_OF_IT = """
void f(struct buf *b, char *k)
{
	if (!b->user)
		b->pages[1] = vmalloc_to_page(k);
}
"""
OF_KERNEL = NEW.replace("= user", "= 0").replace("publish(", f"pages[0] = {KERNEL};\n\tpublish(")


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        (ONE_FILE + ONE_OF_IT, "\tif (!b->user)\n", "\tif (b->user)\n\t\treturn;\n\tNEXT(b);\n"),
        (
            ONE_FILE + OF_KERNEL,
            "\tbuf->user = 0;\n\tbuf->pages = pages",
            "\tbuf->user = 0;\n\tNEXT(buf);\n\tbuf->pages = pages",
        ),
        (ONE_FILE + NEW, "\tbuf->pages = pages", "\tAGAIN(pages);\n\tbuf->pages = pages"),
        (WITH_MAKER, "\tbuf->user = user", "\tAGAIN(user);\n\tbuf->user = user"),
        (IN_A_VARIABLE, "\tif (user)", "\tAGAIN(user);\n\tif (user)"),
    ],
    ids=["the object", "a new object", "its array", "its flag", "the answer"],
)
def test_a_macro_may_set_what_it_gets(text: str, old: str, new: str) -> None:
    text = text.replace(STRUCT, STRUCT + BY_MACRO)
    assert not only(text).gaps
    assert only(changed(text, old, new)).gaps


def made_by(returned: str) -> str:
    """The objects come from a function that returns `returned`."""
    maker = f"static struct buf *buf_zero(void)\n{{\n\treturn {returned};\n}}\n"
    alloc = changed(ALLOC, "kzalloc(sizeof(*buf), GFP_KERNEL)", "buf_zero()")
    return STRUCT + FREE + maker + alloc + FILL


@pytest.mark.parametrize(
    ("returned", "known"),
    [
        ("kzalloc(sizeof(struct buf), GFP_KERNEL)", True),
        ("(struct buf *)kzalloc(sizeof(struct buf), GFP_KERNEL)", True),
        ("last ? NULL : kzalloc(sizeof(struct buf), GFP_KERNEL)", True),
        ("find_buf()", False),
        ("last ? last : kzalloc(sizeof(struct buf), GFP_KERNEL)", False),
        ("last ? find_buf() : kzalloc(sizeof(struct buf), GFP_KERNEL)", False),
    ],
)
def test_an_object_that_is_returned_at_once_is_new_if_it_always_is(
    returned: str, known: bool
) -> None:
    assert (only(made_by(returned)).gaps == ()) is known


def test_a_maker_may_return_objects_of_one_kind_alone() -> None:
    """Although the flag is that of a parameter."""
    free = "\t\tkfree(buf->pages);\n\t\tkfree(buf);\n\t\treturn NULL;\n"
    alone = changed(ALLOC, "\tbuf->user =", f"\tif (user) {{\n{free}\t}}\n\tbuf->user =")
    alone = changed(alone, "buf_alloc(", "buf_alloc_kernel(")
    fill = changed(FILL, "buf_alloc(0, count)", "buf_alloc_kernel(count, count)")
    assert not only(STRUCT + FREE + ALLOC + alone + fill).gaps
    wrong = changed(alone, "if (user)", "if (!user)")
    assert only(STRUCT + FREE + ALLOC + wrong + fill).gaps
    assert only(
        STRUCT + FREE + ALLOC + changed(FILL, "alloc(0, count)", "alloc(count, count)")
    ).gaps


@pytest.mark.parametrize(
    ("body", "known"),
    [
        ("\tstruct buf *buf = buf_alloc(0, count);\n\n\treturn buf;\n", True),
        ("\treturn buf_alloc(count, count);\n", False),
        ("\tstruct buf *buf = buf_alloc(count, count);\n\n\treturn buf;\n", False),
    ],
)
def test_a_maker_may_come_from_another_one(body: str, known: bool) -> None:
    through = f"static struct buf *buf_get(unsigned int count)\n{{\n{body}}}\n"
    text = changed(FILL, "buf_alloc(0, count)", "buf_get(count)")
    assert (only(STRUCT + FREE + ALLOC + through + text).gaps == ()) is known


def test_a_place_in_another_file_counts() -> None:
    header = "drivers/demo/demo.h"
    here = f'#include "demo.h"\n{FREE}{ONE}'
    other = '#include "demo.h"\nvoid f(struct buf *buf) { buf->user = 1; }\n'
    (apart,) = pairing_of({header: STRUCT, HERE: here}).groups
    (changing,) = pairing_of({header: STRUCT, HERE: here, "drivers/demo/more.c": other}).groups
    assert not apart.gaps
    assert changing.gaps
