# SPDX-License-Identifier: GPL-2.0-only
"""Objects that a table of operations makes ones of a class: only where nothing makes them
another."""

from __future__ import annotations

import pytest

from migrate.analysis.flags.operations import Operations
from migrate.analysis.model import Action, PinGroup
from migrate.analysis.verdicts.classify import verdict
from tests.analysis.memory import pairing_of, program_of

HERE = "drivers/demo/demo.c"
HEAD = """#include <linux/mm.h>
struct object;
struct operations {
	int (*fill)(struct object *object);
	void (*drop)(struct object *object);
};
struct part { int busy; };
struct object {
	struct part base;
	struct part other;
	const struct operations *ops;
	const struct operations *more;
	struct object *link;
	unsigned long start;
	int nr;
	struct page **pages;
	struct list_head list;
};
static const unsigned short sizes[] = { 1, 2 };
"""
USER = """
static int user_fill(struct object *object)
{
	struct page **pages = kcalloc(object->nr, sizeof(*pages), GFP_KERNEL);
	int got;

	if (!pages)
		return -ENOMEM;
	got = get_user_pages_fast(object->start, object->nr, FOLL_WRITE, pages);
	if (got != object->nr) {
		while (got > 0)
			put_page(pages[--got]);
		kfree(pages);
		return -EFAULT;
	}
	memset(page_address(pages[0]), 0, 64);
	object->pages = pages;
	return 0;
}

static void user_drop(struct object *object)
{
	int i;

	for (i = 0; i < object->nr; i++)
		put_page(object->pages[i]);
	kfree(object->pages);
}

static const struct operations user_ops = { .fill = user_fill, .drop = user_drop };
"""
KERNEL = """
static int kernel_fill(struct object *object)
{
	int i;

	object->pages = kcalloc(object->nr, sizeof(*object->pages), GFP_KERNEL);
	if (!object->pages)
		return -ENOMEM;
	for (i = 0; i < object->nr; i++)
		object->pages[i] = alloc_page(GFP_KERNEL);
	return 0;
}

static void kernel_drop(struct object *object)
{
	int i;

	for (i = 0; i < object->nr; i++)
		__free_page(object->pages[i]);
	kfree(object->pages);
}

static void kernel_put(struct object *object)
{
	put_page(object->pages[0]);
}

static const struct operations put_ops = { .fill = kernel_fill, .drop = kernel_put };
static const struct operations kernel_ops = { .fill = kernel_fill, .drop = kernel_drop };
"""
MAKE = """
static int make(const struct operations *ops, int nr, struct object **out)
{
	struct object *made = kzalloc(sizeof(*made), GFP_KERNEL);

	if (!made)
		return -ENOMEM;
	made->ops = ops;
	made->nr = nr;
	*out = made;
	return 0;
}
"""
PARTS = """
static inline struct object *around(struct part *part)
{
	return container_of(part, struct object, base);
}

static int make_part(const struct operations *ops, int nr, struct part **out)
{
	struct object *made = kzalloc(sizeof(*made), GFP_KERNEL);

	if (!made)
		return -ENOMEM;
	made->ops = ops;
	made->nr = nr;
	*out = &made->base;
	return 0;
}

static int make(const struct operations *ops, int nr, struct object **out)
{
	struct part *part;
	int ret = make_part(ops, nr, &part);

	if (ret)
		return ret;
	*out = around(part);
	return 0;
}
"""
USERS = """
int object_use(struct object *object)
{
	return object->ops->fill(object);
}

void object_free(struct object *object)
{
	object->ops->drop(object);
	kfree(object);
}

struct object *of_user(unsigned long start, int nr)
{
	struct object *object;

	if (make(&user_ops, nr, &object))
		return NULL;
	object->start = start;
	return object;
}
"""
IMPORT = """
struct object *of_list(struct scatterlist *list, int nr)
{
	struct object *object = NULL;
	int i;

	if (make(&kernel_ops, nr, &object))
		return NULL;
	object->pages = kcalloc(nr, sizeof(*object->pages), GFP_KERNEL);
	for (i = 0; i < nr; i++)
		object->pages[i] = sg_page(&list[i]);
	return object;
}
"""
WHOLE = HEAD + USER + KERNEL + MAKE + USERS + IMPORT


def group_of(text: str) -> PinGroup:
    (group,) = pairing_of({HERE: text}).groups
    return group


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(WHOLE, id="whole"),
        pytest.param(WHOLE.replace(MAKE, PARTS), id="by a part"),
        pytest.param(WHOLE.replace(IMPORT, ""), id="without an import"),
        pytest.param(
            WHOLE.replace(
                "return container_of(part,",
                "struct part *p = NULL;\n\treturn p ? NULL : container_of(part,",
            ).replace(IMPORT, ""),
            id="without an import whatever make does",
        ),
    ],
)
def test_pages_of_other_operations_are_not_dropped(text: str) -> None:
    group = group_of(text)
    assert verdict(group, True).action is Action.PIN
    assert [r.function for r in group.releases] == ["user_fill", "user_drop"]


COUNTER = {
    "by another table": ("object->ops->drop(object);", "object->more->drop(object);"),
    "of a link": (
        "object->pages = pages;",
        "object->pages = pages;\n\tif (object->link)\n\t\tuser_drop(object->link);",
    ),
    "also by a pointer": (
        "object->start = start;\n\treturn object;\n}",
        "if (nr > 9)\n\t\tuser_drop(object);\n\tobject->start = start;\n\treturn object;\n}\n"
        "void run(struct object *object)\n{\n"
        "\tvoid (*drop)(struct object *) = object->ops->drop;\n\n\tdrop(object);\n}",
    ),
    "two ways out": ("*out = made;", "if (nr > 9)\n\t\t*out = last(nr);\n\telse\n\t\t*out = made;"),
    "the place is passed on": ("*out = made;", "*out = made;\n\tfind(out);"),
    "in a local table": (
        "return object->ops->fill(object);",
        "static const struct operations mixed = { .fill = user_fill, .drop = kernel_put };\n\n"
        "\tshow(object, &mixed);\n\treturn object->ops->fill(object);",
    ),
    "in a table by a store": (
        "return object->ops->fill(object);",
        "struct operations *mixed = copy_of(object);\n\n\tmixed->drop = kernel_put;\n"
        "\treturn object->ops->fill(object);",
    ),
    "in an array of tables": (
        "int object_use(",
        "static const struct operations mixed[] = { { .fill = user_fill, .drop = kernel_put } };\n"
        "int object_use(",
    ),
    "one function in two tables": (".drop = kernel_drop", ".drop = user_drop"),
    "the other function for two": (
        "kernel_ops = { .fill = kernel_fill",
        "kernel_ops = { .fill = user_fill",
    ),
    "the table is no constant": (
        "static const struct operations user",
        "static struct operations user",
    ),
    "a table by position": (
        "kernel_ops = { .fill = kernel_fill, .drop = kernel_drop }",
        "kernel_ops = { kernel_fill, .drop = kernel_drop }",
    ),
    "tables in an array": (
        "kernel_ops = { .fill = kernel_fill, .drop = kernel_drop }",
        "kernel_ops[1] = { { .fill = kernel_fill, .drop = user_drop } }",
    ),
    "of another object": ("object->ops->drop(object);", "object->ops->drop(object->link);"),
    "the table first": (
        "object->ops->drop(object);",
        "const struct operations *ops = object->ops;\n\tops->drop(object);",
    ),
    "called directly": (
        "int object_use(",
        "void hurry(struct object *object)\n{\n\tuser_drop(object);\n}\nint object_use(",
    ),
    "its address": (
        "int object_use(",
        "void later(struct object *object)\n{\n"
        "\tvoid (*drop)(struct object *) = user_drop;\n\tdrop(object);\n}\n"
        "int object_use(",
    ),
    "another table later": (
        "return object->ops->fill(object);",
        "object->ops = &user_ops;\n\treturn object->ops->fill(object);",
    ),
    "an object of before": ("*out = made;", "*out = nr ? made : last(nr);"),
    "another variable": ("*out = made;", "made = last(nr);\n\t*out = made;"),
    "another table inside": ("made->ops = ops;", "made->ops = nr ? ops : &user_ops;"),
    "the table changes": ("made->ops = ops;", "ops = &user_ops;\n\tmade->ops = ops;"),
    "set twice": (
        "made->ops = ops;",
        "made->ops = ops;\n\tif (nr > 4)\n\t\tmade->ops = &user_ops;",
    ),
    "the variable is set again": (
        "object->pages = kcalloc(nr,",
        "object = last(nr);\n\tobject->pages = kcalloc(nr,",
    ),
    "the variable is filled again": (
        "object->pages = kcalloc(nr,",
        "find(&object);\n\tobject->pages = kcalloc(nr,",
    ),
    "filled for either": ("make(&kernel_ops, nr", "make(nr ? &kernel_ops : &user_ops, nr"),
    "filled for any": (
        "int object_use(struct object *object)\n{\n",
        "int object_use(struct object *object)\n{\n\tobject->pages[0] = alloc_page(GFP_KERNEL);\n",
    ),
    "a copy": (
        "return object->ops->fill(object);",
        "*object = *last(0);\n\treturn object->ops->fill(object);",
    ),
    "a shared array": (
        "object->pages = kcalloc(nr,",
        "last(nr)->pages = object->pages;\n\tobject->pages = kcalloc(nr,",
    ),
    "the parameter changes": (
        "static void user_drop(struct object *object)\n{\n\tint i;\n",
        "static void user_drop(struct object *object)\n{\n\tint i;\n\n\tobject = last(1);\n",
    ),
    "a macro sets the parameter": (
        "static void user_drop(struct object *object)\n{\n\tint i;\n",
        "static void user_drop(struct object *object)\n{\n\tint i;\n\n\tNEXT(object);\n",
    ),
    "a macro sets the variable": (
        "object->pages = kcalloc(nr,",
        "NEXT(object);\n\tobject->pages = kcalloc(nr,",
    ),
    "a macro sets the table": ("made->ops = ops;", "NEXT(ops);\n\tmade->ops = ops;"),
    "a macro sets the new one": ("*out = made;", "NEXT(made);\n\t*out = made;"),
    "a macro sets what is handed out": ("*out = made;", "*out = made;\n\tNEXT(*out);"),
    "its address is passed": (
        "static void user_drop(struct object *object)\n{\n\tint i;\n",
        "static void user_drop(struct object *object)\n{\n\tint i;\n\n\tfind(&object);\n",
    ),
}


@pytest.mark.parametrize("which", COUNTER)
def test_what_may_be_of_another_class(which: str) -> None:
    old, new = COUNTER[which]
    assert WHOLE.count(old) == 1
    assert verdict(group_of(WHOLE.replace(old, new)), True).action is Action.MANUAL


PART_COUNTER = {
    "another part": ("struct object, base", "struct object, other"),
    "another part is handed out": ("*out = &made->base;", "*out = &made->other;"),
    "another part of another": ("*out = around(part);", "*out = around(&last(nr)->base);"),
    "the next one": ("*out = around(part);", "*out = list_next_entry(around(part), list);"),
    "of a saved one": ("container_of(part, struct", "container_of(saved, struct"),
    "not always around it": (
        "return container_of(part, struct object, base);",
        "if (!part->busy)\n\t\treturn container_of(part, struct object, base);\n\treturn last(0);",
    ),
    "no part": ("return container_of(part,", "return nr_of(part) ? last(0) : container_of(part,"),
}


@pytest.mark.parametrize("which", PART_COUNTER)
def test_what_may_be_around_another_part(which: str) -> None:
    old, new = PART_COUNTER[which]
    text = WHOLE.replace(MAKE, PARTS)
    assert text.count(old) == 1
    assert verdict(group_of(text.replace(old, new)), True).action is Action.MANUAL


def test_a_function_of_a_table_that_goes_elsewhere_works_on_any_object() -> None:
    """Although all its calls by name are on objects of one table."""
    text = WHOLE.replace(
        "\tobject->start = start;\n\treturn object;",
        "\tif (nr > 9)\n\t\tuser_drop(object);\n\tobject->start = start;\n\treturn object;",
    ).replace(
        "\t\tobject->pages[i] = sg_page(&list[i]);\n",
        "\t\tobject->pages[i] = sg_page(&list[i]);\n"
        "\tif (nr > 9)\n\t\tkernel_drop(object);\n\telse\n\t\tkernel_put(object);\n",
    )
    assert verdict(group_of(text), True).action is Action.PIN
    text += "void run(struct object *object)\n{\n\thook(object->ops->drop);\n}\n"
    assert verdict(group_of(text), True).action is Action.MANUAL


TWO_OF_THEM = """
static int make_one(const struct operations *a, const struct operations *b, int nr,
		struct object **out)
{
	struct object *one, *two;

	if (make(a, nr, &one) || make(b, nr, &two))
		return -ENOMEM;
	if (nr > 9)
		*out = one;
	else
		*out = ONE_OR_TWO;
	return 0;
}
"""


@pytest.mark.parametrize(
    ("made", "handed_out", "action"),
    [
        ("&kernel_ops, &user_ops", "one", Action.PIN),
        ("&kernel_ops, &user_ops", "two", Action.MANUAL),
        ("&user_ops, &kernel_ops", "one", Action.MANUAL),
        ("&user_ops, &kernel_ops", "two", Action.MANUAL),
    ],
)
def test_what_is_handed_out_is_always_of_one_parameter(
    made: str, handed_out: str, action: Action
) -> None:
    text = WHOLE.replace(MAKE, MAKE + TWO_OF_THEM.replace("ONE_OR_TWO", handed_out))
    text = text.replace("make(&kernel_ops, nr,", f"make_one({made}, nr,")
    assert verdict(group_of(text), True).action is action


def test_two_tables_of_one_name_are_not_told_apart() -> None:
    files = {"drivers/demo/demo.h": HEAD, HERE: '#include "demo.h"\n' + KERNEL + USER}
    assert len(Operations(program_of(files), "operations", HERE).tables()) == 3
    files["drivers/demo/more.c"] = '#include "demo.h"\n' + KERNEL
    assert Operations(program_of(files), "operations", HERE).tables() == ()
