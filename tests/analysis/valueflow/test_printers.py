# SPDX-License-Identifier: GPL-2.0-only
"""Pages that a driver's own function prints."""

from __future__ import annotations

import pytest

from migrate.analysis.gaps import GapKind
from tests.analysis.memory import only_group

DEMO = """
{log}
int demo_go(struct demo *demo, unsigned long at)
{{
	struct page *page;

	if (get_user_pages_fast(at, 1, FOLL_WRITE, &page) != 1)
		return -EFAULT;
	demo_log("%p\\n", page);
	memset(page_address(page), 0, 64);
	put_page(page);
	return 0;
}}
"""
PRINTS = {
    "at once": """
void demo_log(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintk(format, args);
	va_end(args);
}
""",
    "through a buffer": """
static void demo_log(const char *format, ...)
{
	char text[256];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	printk("demo: %s", text);
}
""",
    "as a format": """
static void demo_log(const char *format, ...)
{
	struct va_format vaf;
	va_list args;

	va_start(args, format);
	vaf.fmt = format;
	vaf.va = &args;
	printk("demo: %pV", &vaf);
	va_end(args);
}
""",
}
MORE = {
    "they are given on": ("vprintk(format, args);", "demo_vlog(format, args);"),
    "one is taken": ("vprintk(format, args);", "demo_put(va_arg(args, struct page *));"),
    "they are kept": ("vprintk(format, args);", "demo_last = args;"),
    "the list is of somebody else": ("va_list args;", "demo_list args;"),
    "the list outlives the call": ("va_list args;", "static va_list args;"),
    "none is unnamed": (", ...", ""),
}


def is_unknown(log: str) -> bool:
    group = only_group(DEMO.format(log=log))
    return GapKind.UNNAMED_ARGUMENT in {gap.kind for gap in group.gaps}


@pytest.mark.parametrize("how", PRINTS)
def test_what_is_printed_is_not_used(how: str) -> None:
    assert not is_unknown(PRINTS[how])


@pytest.mark.parametrize("why", MORE)
def test_more_may_be_done(why: str) -> None:
    old, new = MORE[why]
    text = PRINTS["at once"]
    assert old in text
    assert is_unknown(text.replace(old, new, 1))
