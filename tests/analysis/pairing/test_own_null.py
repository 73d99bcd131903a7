# SPDX-License-Identifier: GPL-2.0-only
"""A driver's own name for NULL."""

from __future__ import annotations

import pytest

from migrate.analysis.gaps import GapKind
from tests.analysis.memory import pairing_of

DEMO = """
#include "demo.h"
struct demo {
	struct page **pages;
	int count;
};

int demo_start(struct demo *demo, unsigned long at)
{
	demo->count = get_user_pages_fast(at, demo->count, FOLL_WRITE, demo->pages);
	if (demo->count > 0)
		memset(page_address(demo->pages[0]), 0, 64);
	return 0;
}

void demo_stop(struct demo *demo)
{
	while (demo->count-- > 0)
		put_page(demo->pages[demo->count]);
	kfree(demo->pages);
	demo->pages = DEMO_NULL;
}
"""


def is_unset(header: str) -> bool:
    (group,) = pairing_of({"drivers/demo/demo.c": DEMO, "drivers/demo/demo.h": header}).groups
    return GapKind.NOTHING_SETS in {gap.kind for gap in group.gaps}


@pytest.mark.parametrize("value", ["NULL", "((void *)0)", "(void *) 0", "0"])
def test_nothing_comes_from_null(value: str) -> None:
    assert not is_unset(f"#define DEMO_NULL {value}\n")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "#define DEMO_NULL demo_pages()\n",
        "#define DEMO_NULL 1\n",
        "#ifdef A\n#define DEMO_NULL NULL\n#else\n#define DEMO_NULL demo_pages\n#endif\n",
        "#define DEMO_NULL(x) NULL\n",
    ],
)
def test_other_names_may_be_pages(header: str) -> None:
    assert is_unset(header)
