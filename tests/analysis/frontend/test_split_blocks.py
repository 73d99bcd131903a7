# SPDX-License-Identifier: GPL-2.0-only
"""Blocks that a condition of the preprocessor opens, and the same condition closes."""

from __future__ import annotations

import pytest

from migrate.analysis.frontend.syntax import parse
from migrate.analysis.frontend.text.release import Release
from migrate.analysis.frontend.text.settled import settled
from tests.analysis.memory import only_group

RELEASE = Release((6, 1, 90), {"get_user_pages": 5})
OPEN, CLOSE = "#ifdef CONFIG_A\n\tif (x) {\n#endif\n", "#ifdef CONFIG_A\n\t}\n#endif\n"
SPLIT = {
    "an if": f"{OPEN}\t\tf();\n{CLOSE}",
    "an else": f"{OPEN[:-7]}\t\tg();\n\t}} else {{\n#endif\n\t\tf();\n{CLOSE}",
    "a loop in an if": f"{OPEN}{OPEN.replace('if (', 'while (')}\t\tf();\n{CLOSE}{CLOSE}",
    "two at once": f"{OPEN[:-7]}\twhile (y) {{\n#endif\n\t\tf();\n{CLOSE[:-7]}\t}}\n#endif\n",
    "a whole one between": f"{OPEN}#ifdef CONFIG_A\n\tf();\n#endif\n\t\tg();\n{CLOSE}",
    "a condition": f"{OPEN}\t\tf();\n{CLOSE}".replace("ifdef CONFIG_A", "if A && defined(B)"),
}


def code(inside: str) -> bytes:
    return f"void d(void)\n{{\n{inside}}}\nvoid e(void)\n{{\n}}\n".encode()


@pytest.mark.parametrize("what", SPLIT)
def test_the_block_is_whole(what: str) -> None:
    text = code(SPLIT[what])
    assert len(settled(text, RELEASE)) == len(text)
    source = parse("a.c", text, release=RELEASE)
    assert not source.root.has_error
    assert [f.name for f in source.functions] == ["d", "e"]


STAYS = {
    "another condition": f"{OPEN}\t\tf();\n{CLOSE.replace('_A', '_B')}",
    "the other way round": f"{OPEN}\t\tf();\n{CLOSE.replace('ifdef', 'ifndef')}",
    "two sides": f"{OPEN[:-7]}#else\n\tif (y) {{\n#endif\n\t\tf();\n\t}}\n",
    "one end only": f"{OPEN}\t\tf();\n\t}}\n{CLOSE}",
    "more closed than opened": f"{OPEN}\t\tf();\n{CLOSE[:-7]}\t}}\n#endif\n",
    "another function": f"{OPEN}\t\tf();\n}}\nvoid h(void)\n{{\n{CLOSE}",
    "a call": "#ifdef CONFIG_A\n\tf({\n#endif\n\t\tg();\n#ifdef CONFIG_A\n\t});\n#endif\n",
}


@pytest.mark.parametrize("why", STAYS)
def test_everything_else_stays(why: str) -> None:
    assert settled(code(STAYS[why]), RELEASE) == code(STAYS[why])


def test_declarations_of_a_header_stay() -> None:
    text = (
        b'#ifdef __cplusplus\nextern "C" {\n#endif\nint f(void);\n#ifdef __cplusplus\n}\n#endif\n'
    )
    assert settled(text, RELEASE) == text


DRIVER = """
struct demo {
	struct page *page;
};

int demo_start(struct demo *d, unsigned long at)
{
	return get_user_pages_fast(at, 1, FOLL_WRITE, &d->page) == 1 ? 0 : -EFAULT;
}

void demo_use(struct demo *d)
{
	memset(page_address(d->page), 0, PAGE_SIZE);
}

void demo_end(struct demo *d, bool late)
{
#ifdef CONFIG_LATE
	if (late) {
		LATE;
	} else {
#endif
		NOW;
#ifdef CONFIG_LATE
	}
#endif
}
"""


def releases(late: str, now: str) -> tuple[int, bool]:
    group = only_group(DRIVER.replace("LATE;", late).replace("NOW;", now))
    return len(group.releases), not group.gaps


def test_both_sides_are_followed() -> None:
    assert releases("put_page(d->page);", "put_page(d->page);") == (2, True)
    assert releases("d->page = alloc_page(GFP_KERNEL);", "put_page(d->page);") == (1, False)
    assert releases("put_page(d->page);", "d->page = alloc_page(GFP_KERNEL);") == (1, False)
