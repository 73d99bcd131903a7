# SPDX-License-Identifier: GPL-2.0-only
"""The kind of objects of a public struct: whoever can access them leaves it alone."""

from __future__ import annotations

import pytest

from migrate.analysis.model import Action, PinGroup
from migrate.analysis.verdicts.classify import verdict
from tests.analysis.memory import pairing_of

HEADER = """
#include <linux/bits.h>
#define CACHED BIT(0)
#define USER BIT(1)
#define POOLED BIT(2)
struct shared {
	struct page **pages;
	unsigned int count;
	unsigned int flags;
	struct shared *next;
};
struct shared_ops {
	int (*announce)(struct shared *shared, struct page **pages, unsigned int count);
};
struct shared *shared_register(const struct shared_ops *ops, unsigned long start,
				unsigned int count, unsigned int flags);
void shared_release(struct shared *shared);
"""
CORE = """
#include <linux/shared.h>

static int kernel_pages(unsigned long start, unsigned int count, struct page **pages)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		pages[i] = vmalloc_to_page((void *)(start + i * PAGE_SIZE));
	return count;
}

static void drop_kernel_pages(struct page **pages, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		put_page(pages[i]);
}

void shared_release(struct shared *shared)
{
	unsigned int i;

	if (shared->flags & USER)
		for (i = 0; i < shared->count; i++)
			put_page(shared->pages[i]);
	else
		drop_kernel_pages(shared->pages, shared->count);
	kfree(shared->pages);
	kfree(shared);
}

struct shared *shared_register(const struct shared_ops *ops, unsigned long start,
				unsigned int count, unsigned int flags)
{
	struct shared *shared = kzalloc(sizeof(*shared), GFP_KERNEL);
	int got;

	if (!shared)
		return NULL;
	shared->flags = flags;
	shared->pages = kcalloc(count, sizeof(*shared->pages), GFP_KERNEL);
	if (!shared->pages) {
		kfree(shared);
		return NULL;
	}
	if (flags & USER)
		got = get_user_pages_fast(start, count, FOLL_WRITE, shared->pages);
	else
		got = kernel_pages(start, count, shared->pages);
	if (got > 0)
		shared->count = got;
	if (got != count || ops->announce(shared, shared->pages, count)) {
		shared_release(shared);
		return NULL;
	}
	return shared;
}
"""
OTHER = """
#include <linux/shared.h>

static int other_announce(struct shared *shared, struct page **pages, unsigned int count)
{
	memset(page_address(pages[0]), 0, PAGE_SIZE);
	CHANGE
	return 0;
}

static const struct shared_ops other_ops = {
	.announce = other_announce,
};

struct shared *other_new(unsigned long start)
{
	return shared_register(&other_ops, start, 1, USER);
}
"""


def group_of(
    change: str = "", *, beside: str = "", header: str = "", world: bool = False
) -> PinGroup:
    """The group where a driver in another folder does `change` to an object, or has `beside`."""
    files = {
        "include/linux/shared.h": HEADER + header,
        "drivers/shared/core.c": CORE,
        "drivers/other/other.c": OTHER.replace("CHANGE", change) + beside,
        "drivers/far/far.c": "#include <linux/shared.h>\n" + beside,
    }
    (group,) = pairing_of(files, open_world=world).groups
    return group


@pytest.mark.parametrize(
    "change",
    [
        "",
        "if (shared->flags & CACHED)\n\t\treturn 1;",
        "shared->flags &= ~CACHED;",
        "shared->flags |= POOLED | CACHED;",
        "shared->flags &= USER | POOLED;",
        "shared->flags ^= POOLED;",
    ],
)
def test_other_bits_may_change(change: str) -> None:
    group = group_of(change)
    assert (group.gaps, verdict(group, pins_read_only=True).action) == ((), Action.PIN)
    assert [r.function for r in group.releases] == ["shared_release"]


@pytest.mark.parametrize(
    "change",
    [
        "shared->flags |= USER;",
        "shared->flags &= ~USER;",
        "shared->flags &= CACHED;",
        "shared->flags ^= USER | CACHED;",
        "shared->flags &= ~other_bits();",
        "shared->flags <<= 1;",
        "shared->flags = 0;",
        "shared->flags += CACHED;",
        "get_user(shared->flags, where);",
        "other_store(&shared->flags);",
        "shared->pages = shared->next->pages;",
        "*shared = *shared->next;",
        "memcpy(shared, shared->next, sizeof(*shared));",
        "shared->pages[0] = alloc_page(GFP_KERNEL);",
        "pages[0] = alloc_page(GFP_KERNEL);",
        "other_kept = pages;",
    ],
)
def test_what_another_driver_changes_counts(change: str) -> None:
    found = verdict(group_of(change), pins_read_only=True)
    assert found.action is Action.MANUAL, found.reason


@pytest.mark.parametrize(
    ("beside", "header"),
    [
        pytest.param(
            "void far_swap(struct pair *one, struct pair *two)\n{\n\t*one = *two;\n}\n",
            "struct pair {\n\tstruct shared first;\n\tstruct shared second;\n};\n",
            id="in another struct",
        ),
        pytest.param(
            "void far_set(shared_t *one, shared_t *two)\n{\n\t*one = *two;\n}\n",
            "typedef struct shared shared_t;\n",
            id="by another name",
        ),
        pytest.param(
            "void far_set(struct holder *one, struct holder *two)\n{\n"
            "\t*one->object = *two->object;\n}\n",
            "struct holder {\n\tstruct shared *object;\n};\n",
            id="by a pointer in another struct",
        ),
        pytest.param(
            "void far_set(struct holder *one)\n{\n\tone->object->flags |= USER;\n}\n",
            "struct holder {\n\tstruct shared *object;\n};\n",
            id="a bit by a pointer in another struct",
        ),
        pytest.param(
            "void far_set(struct holder *one, void *user)\n{\n"
            "\tcopy_from_user(one->object, user, 16);\n}\n",
            "struct holder {\n\tstruct shared *object;\n};\n",
            id="bytes by a pointer in another struct",
        ),
        pytest.param(
            "void far_set(void)\n{\n\tSET(user_of);\n}\n",
            "#define SET(of) (of()->flags |= USER)\n",
            id="in a macro",
        ),
        pytest.param(
            "static struct shared far_one = {\n\t.flags = USER,\n};\n", "", id="a variable"
        ),
    ],
)
def test_a_third_driver_counts_as_well(beside: str, header: str) -> None:
    found = verdict(group_of(beside=beside, header=header), pins_read_only=True)
    assert found.action is Action.MANUAL, found.reason


def test_modules_elsewhere_may_do_anything() -> None:
    assert verdict(group_of(world=True), pins_read_only=True).action is Action.MANUAL
