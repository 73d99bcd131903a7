# SPDX-License-Identifier: GPL-2.0-only
"""Macros that name the member with the pages."""

from __future__ import annotations

import pytest

from migrate.analysis.gaps import GapKind
from tests.analysis.memory import only_group

DEMO = """
#include <linux/mm.h>
#include <linux/scatterlist.h>
struct demo {{
	struct page *page;
	struct scatterlist sg[4];
}};
{macro}
int demo_fill(struct demo *demo, unsigned long at)
{{
	if (get_user_pages_fast(at, 1, FOLL_WRITE, &demo->page) != 1)
		return -EFAULT;
	sg_set_page(&demo->sg[0], demo->page, PAGE_SIZE, 0);
	return dma_map_sg(0, demo->sg, 1, 0);
}}

u64 demo_ask(struct demo *demo)
{{
	return {use};
}}

void demo_end(struct demo *demo)
{{
	put_page(demo->page);
}}
"""
HARMLESS = [
    "#define DEMO_ASK(d, i) sg_dma_address(&(d)->sg[i])",
    "#define DEMO_ASK(d, i) (cpu_to_le32(sg_dma_len(&d->sg[(i)])))",
    "#define DEMO_ASK(d, i) (sg_dma_len((d)->sg + 0) + \\\n\t(d)->sg[i].dma_length)".replace(
        "sg_dma_len((d)->sg + 0)", "sg_dma_len((d)->sg)"
    ),
    "#define DEMO_ASK(d, i) ((d)->sg[i].length - (d)->sg[i].offset)",
]
HARMFUL = [
    "#define DEMO_ASK(d, i) demo_other(&(d)->sg[i])",
    "#define DEMO_ASK(d, i) sg_page(&(d)->sg[i])",
    "#define DEMO_ASK(d, i) ((d)->sg[i].page_link)",
    "#define DEMO_ASK(d, i) (&(d)->sg[i])",
    "#define DEMO_ASK(d, i) (sg_dma_len(&(d)->sg[i]) + demo_other((d)->sg))",
    "#define DEMO_ASK(d, i) ({ put_page((d)->page); sg_dma_len((d)->sg); })",
    "#define DEMO_ASK(d, i) demo_other((d)->sg[i].length = 0, (d)->page)",
    "#define DEMO_ASK(d, i) (&(d)->sg[i].length)",
    "#define DEMO_ASK(d, i) sg_dma_len(&(d)->sg[i]) MORE sg",
    "#define DEMO_ASK (d)->page",
]


def is_named(macro: str, use: str = "DEMO_ASK(demo, 0)") -> bool:
    group = only_group(DEMO.format(macro=macro, use=use))
    return GapKind.MACRO_NAMES_MEMBER in {gap.kind for gap in group.gaps}


@pytest.mark.parametrize("macro", HARMLESS)
def test_a_macro_may_ask_for_numbers(macro: str) -> None:
    assert not is_named(macro)


@pytest.mark.parametrize("macro", HARMFUL)
def test_a_macro_that_may_do_more(macro: str) -> None:
    assert is_named(macro)


def test_all_definitions_count() -> None:
    one, two = HARMLESS[0], HARMFUL[0]
    assert is_named(f"#ifdef DEMO\n{one}\n#else\n{two}\n#endif")


def test_a_driver_may_have_its_own_function_by_that_name() -> None:
    own = "static int sg_dma_len(struct scatterlist *sg) { demo_other(sg); return 0; }\n"
    assert is_named(own + "#define DEMO_ASK(d, i) sg_dma_len(&(d)->sg[i])")
