# SPDX-License-Identifier: GPL-2.0-only
"""Where releases of members that nothing fills are looked for."""

from __future__ import annotations

import pytest

from migrate.analysis.gaps import GapKind
from migrate.analysis.pairing import unreached
from tests.analysis.memory import pairing_of

TAKES = """
struct demo { struct page *page; };
int demo_get(struct demo *demo, unsigned long at)
{
	return get_user_pages_fast(at, 1, FOLL_WRITE, &demo->page);
}
void demo_end(struct demo *demo)
{
	memset(page_address(demo->page), 0, 8);
	put_page(demo->page);
}
"""
DROPS = """
struct other { struct page *page; };
void other_end(void *data)
{
	struct other *other = data;

	put_page(other->page);
}
"""


def is_seen(home: str, other: str) -> bool:
    (group,) = pairing_of({home: TAKES, other: DROPS}).groups
    return GapKind.RELEASE_UNFILLED in {gap.kind for gap in group.gaps}


@pytest.mark.parametrize(
    ("home", "other"),
    [
        ("fs/demo.c", "fs/other.c"),
        ("fs/demo.c", "fs/sub/other.c"),
        ("drivers/misc/demo/demo.c", "drivers/misc/demo/sub/other.c"),
    ],
)
def test_in_the_files_of_a_driver(home: str, other: str) -> None:
    assert is_seen(home, other)


def test_a_large_folder_is_not_one_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unreached, "_ONE_DRIVER", 1)
    assert is_seen("fs/demo.c", "fs/other.c")
    assert not is_seen("fs/demo.c", "fs/sub/other.c")
    assert is_seen("fs/sub/demo.c", "fs/sub/other.c")
