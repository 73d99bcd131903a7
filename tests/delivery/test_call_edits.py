# SPDX-License-Identifier: GPL-2.0-only
"""The edit of one call as SmPL, and what a message shows of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.analysis.acquires.spatch import Patched, run_spatch
from migrate.delivery.commits.call_edits import call_edit
from migrate.delivery.commits.smpl import semantic_patch
from migrate.rewrite.model import FileChange

KEEPS_ALL = "- get_user_pages_fast(es)\n+ look(es)\n"


def change(*calls: tuple[str, str], path: str = "drivers/a.c") -> FileChange:
    """A file in which each call became the other one."""

    def text(which: int) -> bytes:
        body = "".join(f"\tr = {call[which]};\n" for call in calls)
        return f"static int take(void)\n{{\n\tint r;\n\n{body}\treturn r;\n}}\n".encode()

    return FileChange(path, text(0), text(1))


ONE = ("get_user_pages_fast(at, 1, 0, &page)", "look(at, 0, &page)")
OTHER = ("get_user_pages_fast(to & MASK, 1, FOLL_WRITE, p)", "look(to & MASK, FOLL_WRITE, p)")
TRUTH = ("get_user_pages_fast(at, n, rw == READ, p)", "look(at, n, rw == READ ? FOLL_WRITE : 0, p)")
NO_PAGE = ("get_user_pages_fast(at, 1, FOLL_WRITE, NULL)", "look(at, FOLL_WRITE)")


@pytest.mark.parametrize(
    ("calls", "text"),
    [
        ((ONE, OTHER), "- get_user_pages_fast(e1, 1, e3, e4)\n+ look(e1, e3, e4)\n"),
        (
            (TRUTH,),
            "- get_user_pages_fast(e1, e2, e3, e4)\n+ look(e1, e2, e3 ? FOLL_WRITE : 0, e4)\n",
        ),
        ((NO_PAGE,), "- get_user_pages_fast(e1, 1, e3, NULL)\n+ look(e1, e3)\n"),
    ],
)
def test_arguments_that_go_or_become_flags(
    calls: tuple[tuple[str, str], ...], text: str, tmp_path: Path
) -> None:
    """The message shows it, and run by hand it makes the edit."""
    edited = change(*calls)
    assert call_edit([edited], "get_user_pages_fast", "look", ["take"]).text == text
    shown = semantic_patch([edited], ())
    assert text in shown
    rule = tmp_path / "shown.cocci"
    rule.write_text(shown)
    outcome = run_spatch(rule, {edited.path: edited.before or b""})
    assert isinstance(outcome, Patched)
    assert outcome.files[edited.path].split() == edited.after.split()


SAME = ("get_user_pages_fast(at, n, 0, p)", "look(at, n, 0, p)")


@pytest.mark.parametrize(
    "calls",
    [
        (SAME,),
        # Not every call loses the same argument, or loses it at all.
        (ONE, ("get_user_pages_fast(at, 2, 0, &page)", "look(at, 0, &page)")),
        (ONE, SAME),
        # An argument that was not there.
        (("get_user_pages_fast(at, 1, 0, p)", "look(at, 0, p, more)"),),
        (("get_user_pages_fast(at, n, w, p)", "look(at, n, w ? FOLL_WRITE : FOLL_FORCE, p)"),),
        (("get_user_pages_fast(at, n, w, p)", "look(at, n, v ? FOLL_WRITE : 0, p)"),),
    ],
)
def test_what_is_not_understood_keeps_all_arguments(calls: tuple[tuple[str, str], ...]) -> None:
    edited = change(*calls)
    assert call_edit([edited], "get_user_pages_fast", "look", ["take"]).text == KEEPS_ALL
    assert bool(semantic_patch([edited], ())) is (calls == (SAME,))
