# SPDX-License-Identifier: GPL-2.0-only
"""Objects of one struct that are told from each other: only when nothing can mix them up."""

from __future__ import annotations

import pytest

from migrate.analysis.model import Action, PinGroup
from migrate.analysis.verdicts.classify import verdict
from tests.analysis.memory import pairing_of

HERE = "drivers/demo/demo.c"
STRUCTS = """
struct entry {
	struct page *page;
};
struct box {
	struct entry inside;
	struct entry *user;
	struct entry *own;
	struct entry *many[4];
};
"""
USER = """
int demo_get(struct box *box, unsigned long start)
{
	struct entry *entry = kzalloc(sizeof(*entry), GFP_KERNEL);

	if (get_user_pages_fast(start, 1, FOLL_WRITE, &entry->page) != 1)
		return -EFAULT;
	memset(page_address(entry->page), 0, PAGE_SIZE);
	box->user = entry;
	return 0;
}
"""
OWN = """
int demo_make(struct box *box)
{
	struct entry *entry = kzalloc(sizeof(*entry), GFP_KERNEL);

	entry->page = alloc_page(GFP_KERNEL);
	box->own = entry;
	return 0;
}
"""
PUT = """
void demo_put(struct box *box)
{
	struct entry *entry = box->user;

	put_page(entry->page);
}
"""
PARAMETER = """
static void demo_drop(struct entry *entry)
{
	put_page(entry->page);
}

void demo_put(struct box *box)
{
	demo_drop(box->user);
}
"""
ARRAY = USER.replace("box->user", "box->many[0]") + PUT.replace("box->user", "box->many[0]")
NEW = """
static struct entry *demo_new(void)
{
	return kzalloc(sizeof(struct entry), GFP_KERNEL);
}
"""
CALLED = NEW + USER.replace("kzalloc(sizeof(*entry), GFP_KERNEL)", "demo_new()") + PUT


def extra(body: str, parameters: str = "struct box *box") -> str:
    """A function that may mix the two kinds up."""
    return f"\nvoid demo_extra({parameters})\n{{\n\t{body}\n}}\n"


APART = {
    "a member": USER + PUT + OWN,
    "a parameter": USER + PARAMETER + OWN,
    "an array of pointers": ARRAY + OWN,
    "a function that allocates": CALLED + OWN,
    "a variable": USER + PUT + "int demo_make(void)\n{\n\tstruct entry entry;\n\n"
    "\tentry.page = alloc_page(GFP_KERNEL);\n\tuse(&entry);\n\treturn 0;\n}\n",
    "a cleared pointer": USER + PUT + OWN + extra("box->user = NULL;"),
    "pointers copied elsewhere": USER
    + PUT
    + OWN
    + extra("memcpy(to, from, 32);", "struct entry **to, struct entry **from"),
    "a read elsewhere": USER + PUT + OWN + extra("struct entry *e = box->user;\n\n\tuse(e);"),
}
MIXED = {
    "assigned": USER + PUT + OWN + extra("box->user = box->own;"),
    "by two variables": USER
    + PUT
    + OWN
    + extra("struct entry *e = box->own;\n\tstruct entry *f = e;\n\n\tbox->user = f;"),
    "by an argument": USER + PARAMETER + OWN + extra("demo_drop(box->own);"),
    "by unknown callers": USER + PARAMETER.replace("static ", "") + OWN,
    "copied": USER + PUT + OWN + extra("*box->user = *box->own;"),
    "copied by memcpy": USER + PUT + OWN + extra("memcpy(box->user, box->own, 8);"),
    "copied by kmemdup": USER + PUT + OWN + extra("box->user = kmemdup(box->own, 8, GFP_KERNEL);"),
    "copied with what it is in": USER
    + PUT
    + OWN
    + extra("struct box other = *box;\n\n\tuse(&other);"),
    "passed by value": USER + PUT + OWN + "void demo_take(struct entry entry)\n{\n}\n",
    "by an unknown function": USER + PUT + OWN + extra("demo_find(&box->user);"),
    "by an unknown function that is cast for": USER
    + PUT
    + OWN
    + extra("demo_find((void *)&box->user);"),
    "by an address without a type": USER
    + PUT
    + OWN
    + extra("void *p = &box->user;\n\n\tdemo_find(p);"),
    "by an address that is returned": USER
    + PUT
    + OWN
    + "static void *demo_where(struct box *box)\n{\n\treturn &box->user;\n}\n"
    + extra("demo_find(demo_where(box));"),
    "by an own function": USER
    + PUT
    + OWN
    + "static void demo_set(struct entry **e, struct entry *to)\n{\n\t*e = to;\n}\n"
    + extra("demo_set(&box->user, box->own);"),
    "from an unknown function": USER + PUT + OWN + extra("box->user = demo_find(1);"),
    "by a loop over a list": USER
    + PUT.replace(
        "struct entry *entry = box->user;",
        "struct entry *entry = box->user;\n\n\tlist_for_each_entry(entry, &box->list, node)",
    )
    + OWN,
    "by a macro": "#define demo_each(e, b) for ((e) = (b)->own; (e); (e)++)\n"
    + USER
    + PUT.replace(
        "struct entry *entry = box->user;",
        "struct entry *entry = box->user;\n\n\tdemo_each(entry, box)",
    )
    + OWN,
    "by swap": USER + PUT + OWN + extra("swap(box->user, box->own);"),
    "by its address": USER
    + PUT
    + OWN
    + extra("struct entry **e = &box->user;\n\n\t*e = box->own;"),
    "by an array's name": ARRAY
    + OWN
    + extra("struct entry **e = box->many;\n\n\te[0] = box->own;"),
    "by an array given away": ARRAY + OWN + extra("demo_find(box->many);"),
    "in an array": ARRAY + OWN + extra("box->many[1] = box->own;"),
    "one allocation": CALLED + OWN.replace("kzalloc(sizeof(*entry), GFP_KERNEL)", "demo_new()"),
    "a cast": USER + PUT + OWN + extra("box->user = (void *)start;", "struct box *box, long start"),
}


def groups(text: str) -> tuple[PinGroup, ...]:
    return pairing_of({HERE: "#include <linux/mm.h>\n" + STRUCTS + text}).groups


@pytest.mark.parametrize("text", APART.values(), ids=list(APART))
def test_other_objects_are_no_sources(text: str) -> None:
    (group,) = groups(text)
    assert verdict(group, True).action is Action.PIN


@pytest.mark.parametrize("text", MIXED.values(), ids=list(MIXED))
def test_objects_that_may_be_mixed_up_stay(text: str) -> None:
    (group,) = groups(text)
    assert verdict(group, True).action is Action.MANUAL
