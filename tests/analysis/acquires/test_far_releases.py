# SPDX-License-Identifier: GPL-2.0-only
"""A release that spatch does not see is named, in files without an acquire as in others."""

from __future__ import annotations

from typing import Any

import pytest

from migrate.analysis.acquires import spatch_finder
from migrate.analysis.acquires.far_releases import compare_releases
from migrate.analysis.acquires.scan import scan
from migrate.analysis.acquires.spatch import Failed, run_spatch
from migrate.analysis.gaps import Gap, GapKind
from migrate.analysis.model import Pairing
from migrate.analysis.pairing.pair import pair
from migrate.analysis.program.program import Program
from tests.analysis.memory import tree_of

HERE, THERE = "drivers/demo/demo.c", "drivers/demo/release.c"
HEADER = "struct demo {\n\tstruct page *page;\n};\n"
ACQUIRE = """
#include "demo.h"
int demo_start(struct demo *demo, unsigned long start)
{
	return get_user_pages_fast(start, 1, FOLL_WRITE, &demo->page);
}
"""
SEEN = '#include "demo.h"\nvoid demo_end(struct demo *demo)\n{\n\tput_page(demo->page);\n}\n'
NOT_SEEN = SEEN.replace("put_page", "each_of(demo, ({ if (!demo)\n\t\treturn;\n\tput_page").replace(
    "page);", "page); }));"
)


def compared(release: str, acquire: str = ACQUIRE) -> tuple[Pairing, Pairing]:
    """The pairing before and after, with the real spatch."""
    cache: Any = dict[str, str]()
    files = {"drivers/demo/demo.h": HEADER, HERE: acquire, THERE: release}
    tree = tree_of(files)
    program = Program(tree)

    class Memory:
        def get(self, key: str) -> str | None:
            found: str | None = cache.get(key)
            return found

        def put(self, key: str, value: str) -> None:
            cache[key] = value

    def quiet(*_: Any) -> None:
        return None

    found = scan(tree, cache=Memory(), jobs=2, progress=quiet, program=program)
    before = pair(tree, found, program=program)
    after = compare_releases(program, found, before, cache=Memory(), jobs=2)
    return before, after


def test_a_release_that_both_see_changes_nothing() -> None:
    before, after = compared(SEEN)
    assert [r.place.path for group in before.groups for r in group.releases] == [THERE]
    assert after == before


def test_a_release_that_spatch_skips_is_the_first_gap() -> None:
    before, after = compared(NOT_SEEN)
    (group,) = before.groups
    (release,) = group.releases
    assert release.place.path == THERE
    assert after.groups[0].gaps == (
        Gap(GapKind.SPATCH_SKIPS, release.place),
        *group.gaps,
    )
    assert not after.groups[0].complete


def test_a_file_on_which_spatch_fails_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(rule: Any, files: Any, **options: Any) -> Any:
        return Failed("no luck") if THERE in files else run_spatch(rule, files, **options)

    monkeypatch.setattr(spatch_finder, "run_spatch", run)
    _, after = compared(SEEN)
    first = after.groups[0].gaps[0]
    assert (first.kind, first.other) == (GapKind.SPATCH_FAILS, "no luck")


def test_files_with_an_acquire_are_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def run(rule: Any, files: Any, **options: Any) -> Any:
        asked.extend(files)
        return run_spatch(rule, files, **options)

    monkeypatch.setattr(spatch_finder, "run_spatch", run)
    compared(SEEN)
    assert asked == [HERE, THERE]
