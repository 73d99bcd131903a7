# SPDX-License-Identifier: GPL-2.0-only
"""Arrays that a function fills in one way or another, and a flag of the object that has them."""

from __future__ import annotations

import pytest

from migrate.analysis.model import Action, PinGroup
from migrate.analysis.verdicts.classify import verdict
from tests.analysis.memory import pairing_of

HERE = "drivers/demo/demo.c"
HEAD = """
#include <linux/mm.h>
struct block {
	unsigned int count;
	u32 numbers[1];
};
struct list {
	void *memory;
	int mapped;
	unsigned int count;
	unsigned int ours;
	struct page **pages;
};
"""
PUT = """
void demo_put(struct list *list)
{
	unsigned int i;

	if (list->mapped)
		kunmap(list->pages[0]);
	if (list->ours)
		for (i = 0; i < list->count; i++)
			put_page(list->pages[i]);
	kfree(list->memory);
}
"""
GET = """
struct list *demo_get(char *kernel, unsigned long start, unsigned int count)
{
	struct block *block;
	struct list *list;
	struct page **pages;
	u32 *numbers;
	unsigned int i;
	int got;

	block = kmalloc(4096, GFP_KERNEL);
	if (!block)
		return NULL;
	numbers = block->numbers;
	pages = (struct page **)(numbers + count);
	list = (struct list *)(pages + count);
	list->memory = block;
	list->count = count;
	list->ours = 0;
	list->pages = pages;
	list->mapped = 0;
	if (kernel) {
		for (i = 0; i < count; i++) {
			struct page *page = vmalloc_to_page(kernel + i * 4096);

			if (!page) {
				demo_put(list);
				return NULL;
			}
			pages[i] = page;
		}
	} else {
		got = get_user_pages_fast(start, count, FOLL_WRITE, pages);
		if (got != count) {
			for (i = 0; i < got; i++)
				put_page(pages[i]);
			demo_put(list);
			return NULL;
		}
		memset(page_address(pages[0]), 0, PAGE_SIZE);
		list->ours = 1;
	}
	list->mapped = 1;
	numbers[0] = count;
	return list;
}
"""
ALL = PUT + GET
ALLOCATED = GET.replace(
    "\tpages = (struct page **)(numbers + count);\n\tlist = (struct list *)(pages + count);\n",
    "\tpages = kcalloc(count, sizeof(*pages), GFP_KERNEL);\n"
    "\tlist = kzalloc(sizeof(*list), GFP_KERNEL);\n",
)
LOCAL = """
int demo_copy(char *kernel, unsigned long start)
{
	struct page *pages[2];

	if (kernel) {
		pages[0] = vmalloc_to_page(kernel);
		memset(page_address(pages[0]), 1, PAGE_SIZE);
		return 0;
	}
	if (get_user_pages_fast(start, 1, FOLL_WRITE, pages) != 1)
		return -EFAULT;
	memset(page_address(pages[0]), 0, PAGE_SIZE);
	put_page(pages[0]);
	return 0;
}
"""


def swap_in(old: str, new: str, text: str = ALL) -> str:
    """`text` with one thing in it that is not as it was."""
    assert text.count(old) == 1, old
    return text.replace(old, new)


def extra(body: str) -> str:
    """`ALL` with a function that may mix the two kinds up."""
    return f"{ALL}\nvoid demo_extra(struct list *list, unsigned long n)\n{{\n\t{body}\n}}\n"


TOLD = {
    "one piece of memory": ALL,
    "allocations": PUT + ALLOCATED,
    "a local array": LOCAL,
    "an early return": swap_in(
        "\tif (list->ours)\n\t\tfor", "\tif (!list->ours)\n\t\treturn;\n\t\tfor"
    ),
    "the flag first": swap_in(
        "\t\tgot = get_user", "\t\tlist->ours = 1;\n\t\tgot = get_user"
    ).replace(
        "demo_put(list);\n\t\t\treturn NULL;\n\t\t}\n\t\tmemset", "return NULL;\n\t\t}\n\t\tmemset"
    ),
    "a loop of a macro that fills none": swap_in(
        "\tlist->mapped = 1;", "\tdemo_for_each(i, start) {\n\t\tgot--;\n\t}\n\tlist->mapped = 1;"
    ),
    "a macro that prints": "#define demo_log(fmt, ...) printk(fmt, ##__VA_ARGS__)\n"
    + swap_in("\tlist->mapped = 1;", '\tdemo_log("%p %p", list, pages);\n\tlist->mapped = 1;'),
    "the array cleared": extra("list->pages = NULL;"),
    "the flag read": extra("list->count = list->ours;"),
}
MIXED = {
    # the release
    "no test": swap_in("\tif (list->ours)\n\t\tfor", "\tif (list->mapped)\n\t\tfor"),
    "the other way round": swap_in("if (list->ours)", "if (!list->ours)"),
    "a call in between": swap_in(
        "\tif (list->ours)\n\t\tfor", "\tif (list->ours && demo_wait(list))\n\t\tfor"
    ),
    "a release of both": swap_in("\treturn list;", "\tput_page(pages[0]);\n\treturn list;"),
    # where it is filled
    "the flag for both": swap_in("\tlist->mapped = 1;", "\tlist->ours = 1;\n\tlist->mapped = 1;"),
    "the flag on the wrong way": swap_in(
        "\tif (kernel) {\n", "\tif (kernel) {\n\t\tlist->ours = 1;\n"
    ),
    "the flag of before": swap_in("\tlist->ours = 0;\n", ""),
    "a flag that is not known": swap_in("\tlist->ours = 0;", "\tlist->ours = count;"),
    "a flag in an expression": swap_in(
        "\tlist->ours = 0;", "\tlist->ours = 1;\n\tcount && (list->ours = 0);"
    ),
    "the array behind the flag": swap_in("\tlist->pages = pages;\n", "")
    .replace("\t\tlist->ours = 1;", "\t\tlist->ours = 1;\n\t\tdemo_show(list);")
    .replace("\tlist->mapped = 1;", "\tlist->pages = pages;\n\tlist->mapped = 1;"),
    "both ways": swap_in("\t} else {\n\t\tgot", "\t}\n\tif (start) {\n\t\tgot"),
    "a way back": swap_in("\tif (kernel) {\n", "again:\n\tif (kernel) {\n").replace(
        "\tlist->mapped = 1;", "\tif (count--)\n\t\tgoto again;\n\tlist->mapped = 1;"
    ),
    "an array of the caller": PUT
    + ALLOCATED.replace("\tstruct page **pages;\n", "")
    .replace("\tpages = kcalloc(count, sizeof(*pages), GFP_KERNEL);\n", "")
    .replace("unsigned int count)", "unsigned int count, struct page **pages)"),
    "an array that is kept": PUT
    + "static struct page *demo_pages[8];\n"
    + ALLOCATED.replace("kcalloc(count, sizeof(*pages), GFP_KERNEL)", "demo_pages"),
    "a local array that is kept": LOCAL.replace(
        "struct page *pages[2]", "static struct page *pages[2]"
    ),
    "two arrays": PUT
    + ALLOCATED.replace(
        "\tif (kernel) {\n", "\tif (kernel)\n\t\tpages = list->memory;\n\tif (kernel) {\n"
    ),
    "another name of the array": swap_in("\t\t\tpages[i] = page;", "\t\t\tlist->pages[i] = page;"),
    "the preprocessor": swap_in(
        "\t\tlist->ours = 1;\n", "#ifdef DEMO\n\t\tlist->ours = 1;\n#endif\n"
    ),
    "a loop of a macro": swap_in(
        "\tlist->mapped = 1;",
        "\tdemo_for_each(i, list) {\n\t\tlist->ours = 1;\n\t}\n\tlist->mapped = 1;",
    ),
    "a macro that takes another object": swap_in(
        "\t\tlist->ours = 1;", "\t\tdemo_for_each(list, block) {\n\t\t}\n\t\tlist->ours = 1;"
    ),
    "a jump out of a loop of a macro": swap_in(
        "\tlist->mapped = 1;",
        "\tdemo_for_each(i, list) {\n\t\tbreak;\n\t}\n\tlist->ours = 1;\n\tlist->mapped = 1;",
    ),
    # who else stores
    "the flag elsewhere": extra("list->ours = 1;"),
    "the flag by its address": extra("demo_set(&list->ours);"),
    "the flag counted": extra("list->ours++;"),
    "the array elsewhere": extra("list->pages = demo_table;"),
    "an element elsewhere": extra("list->pages[0] = alloc_page(GFP_KERNEL);"),
    "an element by another name": extra(
        "struct page **pages = list->pages;\n\n\tpages[n] = vmalloc_to_page(list->memory);"
    ),
    "an element by a function": extra("demo_fill(&list->pages[n]);"),
    "bytes": extra("memset(&list->count, 1, 8);"),
    "bytes of all": extra("memcpy(list, list->memory, n);"),
    "bytes of somebody's": extra("kernel_read(list->file, list, n, &n);"),
    "the flag by a macro that stores": extra("cmpxchg(list->ours, 0, 1);"),
    "a copy": extra("struct list other = *list;\n\n\tdemo_use(&other);"),
    # memory for more than one array
    "the same memory": swap_in(
        "list = (struct list *)(pages + count);", "list = (struct list *)pages;"
    ),
    "no length": swap_in(
        "list = (struct list *)(pages + count);", "list = (struct list *)(pages + i);"
    ),
    "another length": swap_in(
        "list = (struct list *)(pages + count);", "list = (struct list *)(pages + count--);"
    ),
    "numbers that may be pointers": ALL.replace("u32 *numbers", "unsigned long *numbers"),
    "bytes that may be anything": ALL.replace("u32 *numbers", "char *numbers"),
    "a pointer to other memory": ALL.replace("numbers = block->numbers", "numbers = block->other"),
}


def group_of(text: str) -> PinGroup:
    (group,) = pairing_of({HERE: HEAD + text}).groups
    return group


@pytest.mark.parametrize("text", TOLD.values(), ids=list(TOLD))
def test_what_was_stored_on_another_way_is_not_there(text: str) -> None:
    group = group_of(text)
    assert verdict(group, True).action is Action.PIN
    assert {r.name for r in group.releases} == {"put_page"}


@pytest.mark.parametrize("text", MIXED.values(), ids=list(MIXED))
def test_an_array_that_may_have_both_tells_nothing(text: str) -> None:
    assert verdict(group_of(text), True).action is Action.MANUAL
