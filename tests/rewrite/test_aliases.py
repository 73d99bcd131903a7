# SPDX-License-Identifier: GPL-2.0-only
"""Local helpers that are mere aliases after the rewrite: they stay, unless the profile says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from migrate.analysis.acquires.scan import scan
from migrate.analysis.pairing.pair import pair
from migrate.rewrite.model import Rewrite
from migrate.rewrite.profile.model import Profile
from migrate.rewrite.profile.profiles import load_profile
from migrate.rewrite.profile.verdicts import classify
from migrate.rewrite.result.audited import rewrite_audited
from tests.rewrite.trees import NoCache, make_tree

HELPER = """\
static inline void demo_put(struct page *page)
{
	put_page(page);
}

"""
DEMO = """\
#include <linux/mm.h>

struct demo {
	struct page *page;
};

HELPER_HEREint demo_fill(struct demo *demo, unsigned long addr, const char *from)
{
	if (get_user_pages_fast(addr, 1, FOLL_WRITE, &demo->page) != 1)
		return -EFAULT;
	memcpy(page_address(demo->page), from, PAGE_SIZE);
	if (from[0]) {
		demo_put(demo->page);	/* no use for it */
		return -EINVAL;
	}
	return 0;
}

void demo_end(struct demo *demo)
{
	demo_put(demo->page);
}
"""
WHOLE = DEMO.replace("HELPER_HERE", HELPER)


def converted(folder: Path, text: str, drop: bool = True) -> Rewrite:
    """`text` as drivers/demo/demo.c through all that leads to edits."""
    tree = make_tree(folder, "6.1", {"drivers/demo/demo.c": text.encode()})
    profile: Profile = replace(load_profile("pin-user-pages"), drop_aliases=drop)
    pairing = pair(tree, scan(tree, cache=NoCache(), jobs=1, progress=lambda *_: None))
    verdicts = classify(tree, pairing, profile=profile)
    return rewrite_audited(tree, verdicts, profile, lambda _: "DEMO")


def pinned(text: str) -> str:
    return text.replace("get_user_pages_fast", "pin_user_pages_fast").replace(
        "put_page", "unpin_user_page"
    )


def after(result: Rewrite) -> str:
    assert not result.failures
    (change,) = result.changes
    return change.files[0].after.decode()


def test_a_helper_stays_by_itself(tmp_path: Path) -> None:
    result = converted(tmp_path, WHOLE, drop=False)
    assert after(result) == pinned(WHOLE)


def test_a_helper_goes_and_its_callers_call_what_it_called(tmp_path: Path) -> None:
    result = converted(tmp_path, WHOLE)
    expected = pinned(WHOLE.replace(HELPER, "").replace("demo_put(", "put_page("))
    assert after(result) == expected
    assert "common/drop-function.cocci" in result.changes[0].rules


STAYS = {
    "does more": ("\tput_page(page);\n}", "\tput_page(page);\n\tdemo_count--;\n}"),
    "does it on a condition": ("\tput_page(page);\n}", "\tif (page)\n\t\tput_page(page);\n}"),
    "has a comment": ("\tput_page(page);\n}", "\t/* ours */\n\tput_page(page);\n}"),
    "is explained": (
        "static inline void demo_put",
        "/* Ends */\nstatic inline void demo_put",
    ),
    "is below a heading": (
        "static inline void demo_put",
        "/* Ends */\n\nstatic inline void demo_put",
    ),
    "is not only this file's": ("static inline void demo_put", "void demo_put"),
    "has a prototype": ("struct demo {", "static void demo_put(struct page *page);\nstruct demo {"),
    "is in a comment": ("int demo_fill", "/* See demo_put() */\nint demo_fill"),
    "is conditional": (HELPER, f"#ifdef CONFIG_MMU\n{HELPER}#endif\n\n"),
}


@pytest.mark.parametrize("why", STAYS)
def test_a_helper_stays_that(why: str, tmp_path: Path) -> None:
    old, new = STAYS[why]
    text = WHOLE.replace(old, new)
    assert text != WHOLE
    found = after(converted(tmp_path, text))
    assert "demo_put(struct page *page)\n{" in found
    assert found.count("demo_put(demo->page)") == 2


ANOTHER_NAME = "#define demo_put put_page\n\n"


def test_calls_by_another_name_are_replaced(tmp_path: Path) -> None:
    text = DEMO.replace("HELPER_HERE", ANOTHER_NAME)
    found = after(converted(tmp_path, text))
    expected = text.replace("demo_put(", "unpin_user_page(").replace(
        "get_user_pages_fast", "pin_user_pages_fast"
    )
    assert found == expected


OTHER_NAMES = {
    "for another kernel, too": (
        "#if LINUX_VERSION_CODE > 10\n#define demo_put free_page\n#else\n"
        "#define demo_put put_page\n#endif\n\n",
        True,
    ),
    "with a condition": (
        "#ifdef DEMO\n#define demo_put put_page\n#else\n#define demo_put demo_drop\n#endif\n\n",
        False,
    ),
    "for something else": ("#define demo_put demo_drop\n\n", False),
}


@pytest.mark.parametrize("why", OTHER_NAMES)
def test_another_name_must_mean_one_function(why: str, tmp_path: Path) -> None:
    macro, known = OTHER_NAMES[why]
    result = converted(tmp_path, DEMO.replace("HELPER_HERE", macro))
    assert bool(result.changes) == known
    if known:
        assert "demo_put(" not in after(result)


def test_another_name_of_what_drops_pins_stays(tmp_path: Path) -> None:
    text = DEMO.replace("HELPER_HERE", "#define demo_put unpin_user_page\n\n")
    pins = text.replace("get_user_pages_fast", "pin_user_pages_fast")
    assert not converted(tmp_path, pins).changes
