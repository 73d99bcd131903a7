# SPDX-License-Identifier: GPL-2.0-only
"""A flag beside each page that says whose it is: only where it cannot say anything else."""

from __future__ import annotations

import pytest

from migrate.analysis.model import Action, PinGroup
from migrate.analysis.verdicts.classify import verdict
from tests.analysis.memory import pairing_of

HERE = "drivers/demo/demo.c"
OTHER = "drivers/demo/other.c"
HEADER = """
struct part {
	int length;
	struct page *page;
	int ours;
	char name[8];
};
struct box {
	int count;
	struct part part[4];
	void *next;
};
struct entry {
	int busy;
	struct page *page;
	int ours;
};
void demo_finish(struct box *box, int i);
void demo_drop(struct entry *entry);
"""
FILL = """
static void demo_fill(struct box *box, int i, int length, struct page *page, int ours)
{
	box->part[i].length = length;
	box->part[i].page = page;
	box->part[i].ours = ours;
}
"""
USER = """
int demo_user(struct box *box, unsigned long start)
{
	struct page *page;

	if (get_user_pages_fast(start, 1, FOLL_WRITE, &page) != 1)
		return -EFAULT;
	memset(page_address(page), 0, PAGE_SIZE);
	demo_fill(box, 0, 1, page, 1);
	return 0;
}
"""
OWN = """
int demo_own(struct box *box)
{
	struct page *page = alloc_page(GFP_KERNEL);

	if (!page)
		return -ENOMEM;
	demo_fill(box, 1, 1, page, 0);
	demo_fill(box, 2, 1, NULL, 1);
	return 0;
}
"""
PUT = """
void demo_finish(struct box *box, int i)
{
	if (!box->part[i].page)
		return;
	if (box->part[i].ours)
		put_page(box->part[i].page);
	else
		__free_page(box->part[i].page);
}
"""
ALL = FILL + USER + OWN + PUT

PASSED = """
static int demo_map(struct page *page, int ours, long offset)
{
	if (offset < 0) {
		if (ours)
			put_page(page);
		else
			__free_page(page);
		return -EINVAL;
	}
again:
	writel(page_to_phys(page), offset);
	offset -= 8;
	if (offset) {
		ours = 0;
		page = NULL;
	}
	if (offset > 100)
		goto again;
	return 0;
}

int demo_user(unsigned long start, long offset)
{
	struct page *page;

	if (get_user_pages_fast(start, 1, FOLL_WRITE, &page) != 1)
		return -EFAULT;
	memset(page_address(page), 0, PAGE_SIZE);
	return demo_map(page, true, offset);
}

int demo_own(long offset)
{
	return demo_map(alloc_page(GFP_KERNEL), false, offset);
}
"""


def swap_in(old: str, new: str, text: str = ALL) -> str:
    """`text` with one thing in it that is not as it was."""
    assert text.count(old) == 1, old
    return text.replace(old, new)


def extra(body: str, parameters: str = "struct box *box, int i") -> str:
    """`ALL` with a function that may mix the two kinds up."""
    return f"{ALL}\nvoid demo_extra({parameters})\n{{\n\t{body}\n}}\n"


def tail(between: str = "", first: str = "box = kmalloc(8192, GFP_KERNEL);") -> str:
    """`ALL` with a function that stores bytes behind a box."""
    return (
        f"{ALL}\nstruct box *demo_new(struct box *old, void *from)\n{{\n\tstruct box *box;\n"
        f"\tchar *tail;\n\n\t{first}\n\tif (!box)\n\t\treturn NULL;\n"
        f"\ttail = (char *)box + 4096;\n\t{between}\n\tmemcpy(tail, from, 16);\n"
        "\tbox->next = tail;\n\treturn box;\n}\n"
    )


TOLD = {
    "two members": ALL,
    "two parameters": PASSED,
    "a function that all files may call": PASSED.replace("static int demo_map", "int demo_map"),
    "the other order": swap_in(
        "\tbox->part[i].page = page;\n\tbox->part[i].ours = ours;",
        "\tbox->part[i].ours = ours;\n\tbox->part[i].page = page;",
    ),
    "an early return": swap_in(
        "\tif (box->part[i].ours)\n\t\tput_page(box->part[i].page);\n\telse\n"
        "\t\t__free_page(box->part[i].page);",
        "\tif (!box->part[i].ours) {\n\t\t__free_page(box->part[i].page);\n\t\treturn;\n\t}\n"
        "\tput_page(box->part[i].page);",
    ),
    "a parameter by the name of a function": ALL.replace("int ours)", "int put_page)").replace(
        "ours = ours;", "ours = put_page;"
    ),
    "a comparison": swap_in("if (box->part[i].ours)", "if (box->part[i].ours != 0)"),
    "an unlikely test": swap_in("if (box->part[i].ours)", "if (unlikely(box->part[i].ours))"),
    "both or none": swap_in(
        "\tbox->part[i].page = page;\n\tbox->part[i].ours = ours;",
        "\tif (length)\n\t\tbox->part[i].page = page, box->part[i].ours = ours;",
    ),
    "another variable by the name of the flag": swap_in(
        "\tif (offset < 0) {",
        "\t{\n\t\tint ours = 0;\n\n\t\toffset += ours;\n\t}\n\tif (offset < 0) {",
        PASSED,
    ),
    "a pointer in a union": "union demo_any {\n\tstruct part *part;\n\tlong number;\n};\n" + ALL,
    "an initialiser of another struct": "struct other {\n\tint ours;\n};\n"
    "static struct other demo_other = { .ours = 1 };\n" + ALL,
    "an initialiser of pointers": ALL + "\nstatic struct part *demo_parts[2] = { demo_any };\n",
    "an initialiser of nothing": ALL + "\nstatic struct part demo_part = { 0 };\n",
    "an initialiser of nothing with a comment": ALL
    + "\nstatic struct part demo_part = { /* all of it */ 0 };\n",
    "a read of the flag": extra('pr_debug("%d", 1);\n\tbox->count = box->part[i].ours;'),
    "a page that is cleared": extra("box->part[i].page = NULL;"),
    "the whole set to 0": extra("memset(box, 0, sizeof(*box));"),
    "bytes of new memory": tail(),
    "bytes of new memory that was looked at": tail("box->count = 1;"),
    "another member copied over": extra("memcpy(&box->count, &i, sizeof(box->count));"),
    "a flag of the same name": extra("other->ours = 1;", "struct other *other").replace(
        "static void demo_fill", "struct other {\n\tint ours;\n};\nstatic void demo_fill", 1
    ),
}
MIXED = {
    # the test before the release
    "no test": swap_in("if (box->part[i].ours)", "if (box->count)"),
    "the test of another element": swap_in("if (box->part[i].ours)", "if (box->part[0].ours)"),
    "the wrong way round": swap_in("if (box->part[i].ours)", "if (!box->part[i].ours)"),
    "a test of more": swap_in("if (box->part[i].ours)", "if (box->part[i].ours || box->count)"),
    "another object by then": swap_in(
        "\tif (box->part[i].ours)\n\t\tput_page",
        "\tif (box->part[i].ours && i++)\n\t\tput_page",
    ),
    "another object by a call": swap_in(
        "\tif (box->part[i].ours)\n\t\tput_page",
        "\tif (box->part[i].ours && demo_wait(box))\n\t\tput_page",
    ),
    "a release behind the test": swap_in(
        "\telse\n\t\t__free_page(box->part[i].page);",
        "\tput_page(box->part[i].page);",
    ),
    # the calls that pass both
    "more arguments than parameters": swap_in(
        "demo_map(alloc_page(GFP_KERNEL), false, offset)",
        "demo_map(alloc_page(GFP_KERNEL), false, offset, 1)",
        PASSED,
    ),
    "an argument that is not understood": swap_in(
        "demo_map(alloc_page(GFP_KERNEL), false, offset)",
        "demo_map(alloc_page(GFP_KERNEL), false, offset offset)",
        PASSED,
    ),
    # the stores
    "a user's page without the flag": swap_in(
        "demo_fill(box, 0, 1, page, 1);", "demo_fill(box, 0, 1, page, 0);"
    ),
    "an own page with the flag": swap_in(
        "demo_fill(box, 1, 1, page, 0);", "demo_fill(box, 1, 1, page, 1);"
    ),
    "a flag that is not known": swap_in(
        "demo_fill(box, 1, 1, page, 0);", "demo_fill(box, 1, 1, page, box->count);"
    ),
    "a flag that a call says": swap_in(
        "demo_fill(box, 1, 1, page, 0);", "demo_fill(box, 1, 1, page, demo_is_ours(box));"
    ),
    "a flag that anybody may change": "static int demo_kind;\nvoid demo_reset(void)\n{\n"
    "\tdemo_kind = 1;\n}\n"
    + swap_in(
        "demo_fill(box, 1, 1, page, 0);",
        "demo_kind = 0;\n\tdemo_reset();\n\tdemo_fill(box, 1, 1, page, demo_kind);",
    ),
    "a flag that is kept": swap_in(
        "\tstruct page *page = alloc_page(GFP_KERNEL);",
        "\tstruct page *page = alloc_page(GFP_KERNEL);\n\tstatic int kind;",
    ).replace(
        "demo_fill(box, 1, 1, page, 0);",
        "kind = 0;\n\tdemo_wait(box);\n\tdemo_fill(box, 1, 1, page, kind);",
    ),
    "not a 1": swap_in("demo_fill(box, 0, 1, page, 1);", "demo_fill(box, 0, 1, page, 2);"),
    "a caller by a pointer": ALL + "\nvoid *demo_hook = demo_fill;\n",
    "a call in between": swap_in(
        "\tbox->part[i].ours = ours;", "\tdemo_sync(box);\n\tbox->part[i].ours = ours;"
    ),
    "a return in between": swap_in(
        "\tbox->part[i].ours = ours;", "\tif (i)\n\t\treturn;\n\tbox->part[i].ours = ours;"
    ),
    "another element": swap_in("box->part[i].ours = ours;", "box->part[0].ours = ours;"),
    "another element by then": swap_in(
        "\tbox->part[i].ours = ours;", "\ti = 0;\n\tbox->part[i].ours = ours;"
    ),
    "another page by then": swap_in(
        "\tbox->part[i].length = length;", "\tpage = box->part[0].page;"
    ),
    "another flag by then": swap_in("\tbox->part[i].length = length;", "\tours = 1;"),
    "a flag that a macro changes": swap_in(
        "\tbox->part[i].length = length;", "\tDEMO_CHANGE(ours);"
    ),
    "an object that a macro means": ALL.replace("box->part[i].", "DEMO_THIS->part[i].", 3),
    "an object that anybody may change": "static struct box *demo_box;\n"
    + ALL.replace("\tbox->part[i].", "\tdemo_box->part[i].", 3),
    "an object that is another by then": ALL.replace(
        "box->part[i].length = length;", "box->next = page;"
    ).replace("box->part[i].", "box->next->part[i].", 2),
    "another page behind the flag": swap_in(
        "\tbox->part[i].ours = ours;",
        "\tbox->part[i].ours = ours;\n\tbox->part[i].page = box->part[0].page;",
    ),
    "a flag on one way only": swap_in(
        "\tbox->part[i].length = length;", "\tif (length)\n\t\tours = 1;"
    ),
    "a flag in a loop": swap_in(
        "\tbox->part[i].length = length;", "\tfor (; length; length--)\n\t\tours = !ours;"
    ),
    # who else stores
    "the flag alone": extra("box->part[i].ours = 1;"),
    "the flag alone, or more of it": extra("box->part[i].ours |= 1;"),
    "the flag counted up": extra("box->part[i].ours++;"),
    "the flag through a pointer": extra("int *ours = &box->part[i].ours;\n\n\t*ours = 1;"),
    "the flag by a function": extra("demo_set(&box->part[i].ours);"),
    "the flag by a macro": extra("WRITE_ONCE(box->part[i].ours, 1);"),
    "the flag by an unknown macro": extra("DEMO_SET(box->part[i].ours);"),
    "the flags swapped": extra("swap(box->part[0].ours, box->part[1].ours);"),
    "the page alone": extra("box->part[i].page = alloc_page(GFP_KERNEL);"),
    "the page of another": extra("box->part[i].page = box->part[0].page;"),
    "the page by its address": extra("demo_get(&box->part[i].page);"),
    "the pages swapped": extra("swap(box->part[0].page, box->part[1].page);"),
    "bytes of an element": extra("memset(&box->part[i].length, 0, 4);"),
    "bytes up to the flag": extra("memset(&box->part[i], 0, offsetof(struct part, ours));"),
    "bytes of an array": extra(
        "memcpy(box->part, other, n);", "struct box *box, void *other, int n"
    ),
    "bytes behind another member": extra("memcpy((char *)&box->count, &i, 64);"),
    "bytes of a name": extra("memset(box->part[i].name - 16, 1, 8);"),
    "bytes of all": extra("memset(box, 1, sizeof(*box));"),
    "bytes of a pointer": extra("memset(box, 0, sizeof(box));"),
    "bytes by another name": extra("void *p = &box->part[i].length;\n\n\tmemset(p, 0, 12);"),
    "bytes of memory that was filled": tail("demo_user(box, 0);"),
    "bytes of memory that others have": tail("old->next = box;"),
    "bytes of memory that was there before": tail(first="box = old;"),
    "bytes of memory that may have been there": tail(
        first="box = kmalloc(8192, GFP_KERNEL);\n\tif (from)\n\t\tbox = old;"
    ),
    "bytes from user space": extra(
        "return copy_from_user(box, from, 8);", "struct box *box, void __user *from"
    ),
    "a copy of an element": extra("box->part[0] = box->part[1];\n\tbox->part[i].ours = 1;"),
    "a copy of the whole": extra("struct box other = *box;\n\n\tdemo_use(&other);"),
    "an initialiser": extra(
        "struct box other = { .part = { { .ours = 1 } } };\n\n\tdemo_use(&other);"
    ),
    "an initialiser of a variable": ALL
    + "\nstruct box demo_box = { .part = { { .ours = 1 } } };\n",
    "an initialiser by position": extra(
        "struct box other = { 0, { { NULL, 1 } } };\n\n\tdemo_use(&other);"
    ),
    "an initialiser by position of a variable": ALL + "\nstruct part demo_part = { NULL, 1 };\n",
    "an initialiser of a literal": ALL
    + "\nstruct part *demo_part = &(struct part){ .ours = 1 };\n",
    "the place of the flag": extra("demo_set(box, offsetof(struct part, ours));"),
    "the flag by assembly": extra('asm("movl $1, %0" : "=m" (box->part[i].ours));'),
    "a union in a function": extra(
        "union {\n\t\tstruct part part;\n\t\tlong number;\n\t} any;\n\n\tdemo_use(&any);"
    ),
    "a union": ALL.replace("\tstruct page *page;\n\tint ours;", "", 0).replace(
        "static void demo_fill",
        "union demo_any {\n\tstruct part part;\n\tlong number;\n};\nstatic void demo_fill",
        1,
    ),
    # parameters
    "a parameter changed before": swap_in(
        "\tif (offset < 0) {", "\tours = 1;\n\tif (offset < 0) {", PASSED
    ),
    "a parameter changed by a way back": swap_in("\t\tpage = NULL;\n", "", PASSED)
    .replace("again:\n", "")
    .replace("{\n\tif (offset < 0)", "{\nagain:\n\tif (offset < 0)"),
    "a page changed before": swap_in(
        "\tif (offset < 0) {",
        "\tpage = alloc_page(GFP_KERNEL);\n\tif (offset < 0) {",
        PASSED,
    ),
    "a parameter that nobody is known to give": ALL
    + FILL.replace("static void demo_fill", "void demo_fill_too"),
    "a parameter of unknown callers": PASSED + "\nvoid *demo_hook = demo_map;\n",
    "a parameter that a macro changes": swap_in(
        "\tif (offset < 0) {", "\tDEMO_CHANGE(ours);\n\tif (offset < 0) {", PASSED
    ),
    "a page that a macro changes": swap_in(
        "\tif (offset < 0) {", "\tswap(page, other);\n\tif (offset < 0) {", PASSED
    ),
    "a free without a test": PASSED + "\nvoid demo_free(struct page *page)\n{\n\t__free_page(page);"
    "\n}\n\nvoid demo_third(long start)\n{\n\tstruct page *page;\n\n"
    "\tget_user_pages_fast(start, 1, FOLL_WRITE, &page);\n\tdemo_map(page, 1, start);"
    "\n\tdemo_free(page);\n}\n",
    "a parameter by its address": swap_in(
        "\tif (offset < 0) {", "\tdemo_look(&ours);\n\tif (offset < 0) {", PASSED
    ),
}


def group_of(text: str, more: dict[str, str] | None = None) -> PinGroup:
    head = '#include <linux/mm.h>\n#include "demo.h"\n'
    files = {"drivers/demo/demo.h": HEADER, HERE: head + text}
    (group,) = pairing_of(files | {p: head + t for p, t in (more or {}).items()}).groups
    return group


@pytest.mark.parametrize("text", TOLD.values(), ids=list(TOLD))
def test_the_flag_tells_whose_a_page_is(text: str) -> None:
    group = group_of(text)
    assert verdict(group, True).action is Action.PIN
    assert [r.name for r in group.releases] == ["put_page"]
    assert not [u for u in group.uses if "__free_page" in u.text]


@pytest.mark.parametrize("text", MIXED.values(), ids=list(MIXED))
def test_a_flag_that_may_say_something_else_tells_nothing(text: str) -> None:
    assert verdict(group_of(text), True).action is Action.MANUAL


@pytest.mark.parametrize(
    "text",
    [
        "void demo_extra(struct box *box)\n{\n\tbox->part[0].ours = 1;\n}\n",
        "void demo_extra(struct box *box)\n{\n\tmemset(&box->part[0].ours, 1, 4);\n}\n",
        "#define DEMO_OURS(b) ((b)->part[0].ours = 1)\n",
    ],
)
def test_a_store_in_another_file_counts(text: str) -> None:
    assert verdict(group_of(ALL, {OTHER: text}), True).action is Action.MANUAL
