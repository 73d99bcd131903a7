# SPDX-License-Identifier: GPL-2.0-only
"""The callers of a function that a macro of its driver passes a call on to."""

from __future__ import annotations

import pytest

from migrate.analysis.program.functions import called_by
from tests.analysis.groups import brief
from tests.analysis.memory import pairing_of, program_of

HERE, HEADER = "drivers/demo/demo.c", "drivers/demo/demo.h"
OTHER = "drivers/demo/other.c"
MACRO = "#define put(d) put_from(d, __func__)\n"
PUT = "static void put_from(struct demo *d, const char *by)\n{\n\tput_page(d->page);\n}\n"
USER = "void user(struct demo *d)\n{\n\tput(d);\n}\n"


def callers(files: dict[str, str], name: str = "put_from") -> tuple[list[str], bool]:
    program = program_of(files)
    (function,) = program.definitions(name, HERE)
    sites, closed = program.callers.of(function)
    return [called_by(site.facts.function) for site in sites], closed


def test_the_macro_is_the_caller() -> None:
    assert callers({HERE: PUT + MACRO + USER}) == (["put"], True)


def test_a_macro_with_two_calls_has_both() -> None:
    twice = "#define put(d) do { put_from(d, 0); put_from(d, __func__); } while (0)\n"
    assert callers({HERE: PUT + twice + USER}) == (["put", "put"], True)


@pytest.mark.parametrize(
    "macro",
    [
        "#define put(d) call(put_from, d)\n",
        "#define put(d) (d)->by = put_from, put_from(d, __func__)\n",
        "#define put(d) put_from(d, #d)\n",
        "#define put put_from\n#define drop(d) put\n",
        "#ifdef A\n#define put(d) put_from(d, 0)\n#else\n#define put(d) put_from(d, 1)\n#endif\n",
        "#define put(d) put_from(d, \n",
    ],
)
def test_a_macro_that_may_mean_something_else_leaves_them_open(macro: str) -> None:
    assert callers({HERE: PUT + macro + USER})[1] is False


def test_a_macro_is_one_function_for_all_files() -> None:
    files = {
        HEADER: "struct demo;\nvoid put_from(struct demo *d, const char *by);\n" + MACRO,
        HERE: '#include "demo.h"\n' + PUT.replace("static ", "") + USER,
        OTHER: '#include "demo.h"\n' + USER.replace("user", "other"),
    }
    program = program_of(files)
    (here,), (far,) = program.definitions("put", HERE), program.definitions("put", OTHER)
    assert here is far
    sites, closed = program.callers.of(here)
    assert ([site.facts.function.name for site in sites], closed) == (["user", "other"], True)


# Pages through such a macro

DRIVER = """
#include "demo.h"

int demo_start(struct demo *d, unsigned long at)
{
	return get_user_pages_fast(at, 1, FOLL_WRITE, &d->page) == 1 ? 0 : -EFAULT;
}

void demo_use(struct demo *d)
{
	memset(page_address(d->page), 0, PAGE_SIZE);
}

void drop_from(struct page *page, const char *by)
{
	put_page(page);
}

void demo_end(struct demo *d)
{
	drop(d->page);
}
"""
STRUCT = (
    "struct demo {\n\tstruct page *page;\n};\nvoid drop_from(struct page *page, const char *);\n"
)
DROP = "#define drop(page) drop_from(page, __func__)\n"


def gaps(**others: str) -> list[str]:
    files = {
        f"drivers/demo/{name}.c": '#include "demo.h"\n' + text for name, text in others.items()
    }
    (group,) = pairing_of({HEADER: STRUCT + DROP, HERE: DRIVER, **files}).groups
    assert len(group.releases) == 1
    return [brief(gap) for gap in group.gaps]


def test_pages_are_followed_through_it() -> None:
    assert gaps() == []


def test_another_user_drops_other_pages() -> None:
    other = "void other(void)\n{\n\tdrop(alloc_page(GFP_KERNEL));\n}\n"
    assert gaps(other=other) == ["from-other-call drivers/demo/other.c:4 alloc_page"]


def test_a_user_that_is_not_understood_leaves_them_open() -> None:
    other = "#define AGAIN(p) drop(p)\nvoid other(struct page *p)\n{\n\tAGAIN(p);\n}\n"
    assert gaps(other=other) != []
