# SPDX-License-Identifier: GPL-2.0-only
"""Conditionals of which a side opens what is closed behind them."""

from __future__ import annotations

import pytest

from migrate.analysis.frontend.syntax import parse
from migrate.analysis.frontend.text.release import Release
from migrate.analysis.frontend.text.settled import settled
from tests.analysis.memory import only_group

SIX_ONE = Release((6, 1, 90), {"get_user_pages": 5})
OLD = "#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 8, 0)"
SPLIT = {
    "the head of an if": ("\tif (x) {\n", "\tif (y) {\n", "\t\tg();\n\t}\n"),
    "the beginning of a call": ("\tf(a,\n", "\tf(\n", "\t  b);\n"),
    "one side only": ("\tif (x) {\n", "", "\t\tg();\n"),
    "an else": ("\tif (x) {\n\t} else {\n", "\t{\n", "\t\tg();\n\t}\n"),
    "an end": ("\tif (x) {\n\t}\n\tdo {\n", "\tif (y)\n\tdo {\n", "\t} while (0);\n"),
    "one in another": (f"\tf(\n{OLD}\n\t  a,\n#endif\n", "\tf(c,\n", "\t  b);\n"),
}


@pytest.mark.parametrize("newer", [False, True])
@pytest.mark.parametrize("what", SPLIT)
def test_the_side_of_this_kernel_is_read(what: str, newer: bool) -> None:
    one, two, rest = SPLIT[what]
    old, new = (one, two) if newer else (two, one)
    if what == "one side only" and not newer:
        rest += "\t}\n"
    inside = f"{OLD}\n{old}#else\n{new}#endif\n{rest}"
    text = f"void d(void)\n{{\n{inside}}}\nvoid e(void) {{}}\n".encode()
    assert len(settled(text, SIX_ONE)) == len(text)
    source = parse("a.c", text, release=SIX_ONE)
    assert not source.root.has_error
    assert [f.name for f in source.functions] == ["d", "e"]


STAYS = {
    "both sides are code": f"{OLD}\n\tif (x) {{ g(); }}\n#else\n\th();\n#endif",
    "nobody knows the side": "#ifdef X\n\tif (x) {\n#else\n\tif (y) {\n#endif\n\t}",
    "one is not known": f"#ifdef X\n\tf(\n{OLD.replace('if', 'elif')}\n\tg(\n#endif\n\tb);",
    "a call is not overlooked": f"{OLD}\n\tget_user_pages(a,\n#else\n\tf(\n#endif\n\tb);",
    "only words": f'{OLD}\n\tf(")"); /* (( */\n#else\n\tg(); // (\n#endif',
}


@pytest.mark.parametrize("why", STAYS)
def test_everything_else_stays(why: str) -> None:
    text = ("void d(void)\n{\n" + STAYS[why] + "\n}\n").encode()
    assert settled(text, SIX_ONE) == text


def test_what_is_never_compiled_needs_no_end() -> None:
    text = b"void d(void)\n{\n#if 0\n\tif (x) {\n#endif\n\tg();\n}\nvoid e(void) {}\n"
    assert [f.name for f in parse("a.c", text, release=SIX_ONE).functions] == ["d", "e"]


PROGRAM = """
struct demo {{
	struct page *page;
}};

int demo_fill(struct demo *demo, unsigned long at)
{{
	if (get_user_pages_fast(at, 1, FOLL_WRITE, &demo->page) != 1)
		return -EFAULT;
	memset(page_address(demo->page), 0, 64);
{condition}
	if (demo_try(demo->page)) {{
#else
	if (!at) {{
#endif
		return 1;
	}}
	return 0;
}}

void demo_end(struct demo *demo)
{{
	put_page(demo->page);
}}
"""


@pytest.mark.parametrize(("condition", "known"), [(OLD, True), ("#ifdef DEMO_OLD", False)])
def test_a_group_with_uneven_sides(condition: str, known: bool) -> None:
    group = only_group(PROGRAM.format(condition=condition))
    assert (not group.gaps) == known
