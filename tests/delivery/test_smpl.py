# SPDX-License-Identifier: GPL-2.0-only
"""The semantic patch of a message: shown when by itself it makes the very edit, and else not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from migrate.analysis.acquires.spatch import Patched, run_spatch
from migrate.delivery.commits.smpl import changes_comments, semantic_patch
from migrate.rewrite.model import FileChange

FOLD = ("common/fold-loop.cocci", "common/rename-call.cocci")

PIN = """static int take(struct dev *d)
{
	return get_user_pages_fast(d->at, 1, 0, &d->page);
}

static void drop(struct dev *d)
{
	put_page(d->page); /* that of get_user_pages_fast() */
}
"""
OTHER = """
static void other(struct dev *d)
{
	put_page(d->another);
}
"""
LOOP = """static void drop(struct dev *d)
{
	int i;

	for (i = 0; i < d->n; i++)
		put_page(d->pages[i]);
	put_page(d->last);
}
"""


def edit(before: str, *swaps: tuple[str, str], path: str = "drivers/a.c") -> FileChange:
    after = before
    for old, new in swaps:
        assert old in after
        after = after.replace(old, new, 1)
    return FileChange(path, before.encode(), after.encode())


ACQUIRE = ("get_user_pages_fast(d", "vaddr_pin_pages_fast(d")
RELEASE = ("put_page(d->page)", "put_user_page(d->page)")
COMMENT = ("of get_user_pages_fast()", "of vaddr_pin_pages_fast()")


def words(text: bytes) -> list[bytes]:
    return re.sub(rb"/\*.*?\*/", b"", text).split()


def test_calls_that_all_change_need_no_functions() -> None:
    change = edit(PIN, ACQUIRE, RELEASE, COMMENT)
    assert semantic_patch([change], ()) == (
        "@@\nexpression list es;\n@@\n(\n"
        "- get_user_pages_fast(es)\n+ vaddr_pin_pages_fast(es)\n|\n"
        "- put_page(es)\n+ put_user_page(es)\n)\n"
    )


def test_a_comment_that_changes_is_noticed() -> None:
    """spatch keeps comments, so the message may not say that it makes this edit as a whole."""
    calls, renamed = edit(PIN, ACQUIRE, RELEASE), edit(PIN, ACQUIRE, RELEASE, COMMENT)
    assert semantic_patch([calls], ()) == semantic_patch([renamed], ()) != ""
    assert not changes_comments([calls])
    assert changes_comments([calls, renamed])


def test_calls_that_stay_are_kept_out_by_function() -> None:
    text = semantic_patch([edit(PIN + OTHER, ACQUIRE, RELEASE)], ())
    assert "identifier fn = {drop};" in text
    assert "identifier fn = {take" not in text


def test_only_the_loops_that_the_edit_folds_are_shown() -> None:
    loop = "for (i = 0; i < d->n; i++)\n\t\tput_page(d->pages[i]);"
    folded = (loop, "put_user_pages(d->pages, d->n);")
    one = edit(LOOP.replace("\tput_page(d->last);\n", ""), folded)
    assert semantic_patch([one], FOLD) == (
        "@@\nidentifier i;\nexpression a, n;\n@@\n"
        "- for (i = 0; i < n; i++)\n-\tput_page(a[i]);\n+ put_user_pages(a, n);\n"
    )
    back = LOOP.replace("drop", "back").replace(loop, "while (i--)\n\t\tput_page(d->pages[i]);")
    both = edit(
        LOOP + back,
        folded,
        ("while (i--)\n\t\tput_page(d->pages[i]);", "put_user_pages(d->pages, i);"),
        ("put_page(d->last)", "put_user_page(d->last)"),
        ("put_page(d->last)", "put_user_page(d->last)"),
    )
    shown = semantic_patch([both], FOLD)
    assert "for (i = 0; i < n; i++)" in shown and "while (i--)" in shown
    assert "{\n-\tput_page" not in shown and "while (i)" not in shown


def test_calls_of_the_same_function_are_one_rule() -> None:
    both = "static void NAME(struct dev *d)\n{\n\tget_user_pages_fast(d->at, 1, 0, &d->page);\n"
    both += "\tput_page(d->page);\n}\n"
    text = both.replace("NAME", "use") + both.replace("NAME", "other")
    assert semantic_patch([edit(text, ACQUIRE, RELEASE)], ()) == (
        "@@\nidentifier fn = {use};\nexpression list es;\n@@\n  fn(...)\n  {\n  <...\n(\n"
        "- get_user_pages_fast(es)\n+ vaddr_pin_pages_fast(es)\n|\n"
        "- put_page(es)\n+ put_user_page(es)\n)\n  ...>\n  }\n"
    )


@pytest.mark.parametrize(
    "change",
    [
        edit(PIN, ACQUIRE, RELEASE),
        edit(PIN + OTHER, ACQUIRE, RELEASE),
        edit(
            LOOP,
            ("\tint i;\n\n", "\tint i;\n\n"),
            (
                "for (i = 0; i < d->n; i++)\n\t\tput_page(d->pages[i]);",
                "put_user_pages(d->pages, d->n);",
            ),
            ("put_page(d->last)", "put_user_page(d->last)"),
        ),
    ],
)
def test_what_is_shown_makes_the_edit(change: FileChange, tmp_path: Path) -> None:
    """Run by hand, as a reviewer would."""
    text = semantic_patch([change], FOLD)
    assert text
    rule = tmp_path / "shown.cocci"
    rule.write_text(text)
    outcome = run_spatch(rule, {change.path: change.before or b""})
    assert isinstance(outcome, Patched)
    assert words(outcome.files[change.path]) == words(change.after)


@pytest.mark.parametrize(
    "change",
    [
        edit(PIN, ACQUIRE, RELEASE, ("d->at, 1, 0,", "d->at, 1, FOLL_LONGTERM,")),
        edit(PIN, ("\treturn", "\td->n = 1;\n\treturn"), ACQUIRE),
        # One of two calls in a function: no rule of this form tells them apart.
        edit(LOOP, ("put_page(d->last)", "put_user_page(d->last)")),
        FileChange("drivers/new.c", None, b"int x;\n"),
        edit("get_user_pages() is called\n", ("get_user", "pin_user"), path="Documentation/a.rst"),
    ],
)
def test_an_edit_that_does_more_shows_none(change: FileChange) -> None:
    assert semantic_patch([change], FOLD) == ""


def test_one_file_that_does_more_takes_it_from_all() -> None:
    plain = edit(PIN, ACQUIRE, RELEASE)
    more = edit(PIN, ("d->at, 1, 0,", "d->at, 1, FOLL_WRITE,"), ACQUIRE, path="drivers/b.c")
    assert semantic_patch([plain, more], ()) == ""
    assert semantic_patch([], ()) == ""


def test_no_line_is_longer_than_a_message_may_have() -> None:
    names = [f"a_function_with_quite_a_long_name_{n}" for n in range(4)]
    text = "".join(f"void {n}(struct page *p)\n{{\n\tput_page(p);\n}}\n" for n in names)
    text += "void other(struct page *p)\n{\n\tput_page(p);\n}\n"
    changed = edit(text, *[("put_page(p)", "put_user_page(p)")] * 4)
    shown = semantic_patch([changed], ())
    assert all(name in shown for name in names)
    assert max(map(len, shown.expandtabs().split("\n"))) <= 75
