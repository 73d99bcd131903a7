# SPDX-License-Identifier: GPL-2.0-only
"""The last patches: a rule for coccicheck and a comment, to the byte, and where there are none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from migrate.analysis.model import Action
from migrate.analysis.verdicts.left import Call, Left, left
from migrate.base.data import data_folder
from migrate.base.errors import Refusal
from migrate.delivery.wording import wrap
from migrate.kernel.tree import Tree
from migrate.rewrite.api.checkpatch import SCRIPT
from migrate.rewrite.api.deprecate import RULE, deprecation, told
from migrate.rewrite.api.internal import INTERNAL, Outside
from migrate.rewrite.groups.engine import rewrite
from migrate.rewrite.model import ApiChange, FileChange, Rewrite
from migrate.rewrite.profile.profiles import load_profile
from tests.analysis.groups import acquire
from tests.rewrite.trees import DATA, classification, group_of, make_tree

HEADER = "include/linux/mm.h"
CALLER = b"""\
void f(struct page **p)
{
	get_user_pages_fast(1, 1, FOLL_WRITE, p);
	put_page(*p);
}
"""
COMMENT = b"""\
/*
 * No new callers of get_user_pages*() outside of mm/, please: code that
 * accesses the data of the pages pins them with pin_user_pages() or one of its
 * relatives. scripts/coccinelle/api/gup-callers.cocci flags such calls.
 */
"""
NONE = ApiChange((), (), ())
NOTHING = Left((), ())
PINS = load_profile("pin-user-pages")


def idle(tree: Tree, profile: str) -> Rewrite:
    """A rewrite that found nothing to convert."""
    return Rewrite(tree.commit, profile, NONE, (), ())


def last_of(tree: Tree, profile: str) -> tuple[ApiChange, Rewrite]:
    verdicts = classification(tree, group_of("g", {"drivers/a.c": CALLER}))
    target = load_profile(profile)
    done = rewrite(tree, verdicts, target, lambda path: path)
    return deprecation(tree, done, target, left(verdicts)), done


def test_to_the_byte(tmp_path: Path) -> None:
    tree = make_tree(tmp_path, "6.1", {"drivers/a.c": CALLER})
    last, _ = last_of(tree, "pin-user-pages")
    old = tree.read(HEADER) or b""
    mark = b"long get_user_pages_remote("
    assert old.count(mark) == 1
    rule = (data_folder("cocci") / "guard" / "gup-callers.cocci").read_bytes()
    assert last.commits == (
        (FileChange(RULE, None, rule),),
        (FileChange(HEADER, old, old.replace(mark, COMMENT + mark)),),
    )
    assert last.subjects == (
        "coccinelle: api: flag new callers of get_user_pages*()",
        "mm: say that get_user_pages*() is not for new callers",
    )
    assert "pin_user_pages()" in last.bodies[0]


def test_behind_the_patches_of_the_api(tmp_path: Path) -> None:
    tree = make_tree(tmp_path, "6.1", {"drivers/a.c": CALLER})
    last, done = last_of(tree, "vaddr-pin")
    brought = [f.after for files in done.api.commits for f in files if f.path == HEADER]
    _, (change,) = last.commits
    assert change.before == brought[-1]
    assert b"with vaddr_pin_pages() or" in change.after


@pytest.mark.parametrize("profile", ["pin-user-pages", "vaddr-pin"])
def test_twice_is_once(profile: str, tmp_path: Path) -> None:
    tree = make_tree(tmp_path / "one", "6.1", {"drivers/a.c": CALLER})
    last, done = last_of(tree, profile)
    files = {f.path: f.after for c in (*done.api.commits, *last.commits) for f in c}
    again = make_tree(tmp_path / "two", "6.1", files)
    assert deprecation(again, idle(again, profile), load_profile(profile), NOTHING) == NONE


def test_nobody_is_sent_to_what_is_not_there(tmp_path: Path) -> None:
    tree = make_tree(tmp_path, "6.1", {})
    assert deprecation(tree, idle(tree, "vaddr-pin"), load_profile("vaddr-pin"), NOTHING) == NONE


def test_a_profile_without_pins_is_refused(tmp_path: Path) -> None:
    tree = make_tree(tmp_path, "6.1", {})
    profile = replace(load_profile("pin-user-pages"), pins=False)
    with pytest.raises(Refusal, match="has no function that pins"):
        deprecation(tree, idle(tree, profile.name), profile, NOTHING)


def test_a_declaration_with_a_comment_of_its_own_keeps_it(tmp_path: Path) -> None:
    """The new one goes to the next, with an empty line in between."""
    header = (DATA / "headers" / "6.1.h").read_bytes()
    mark = b"long get_user_pages_remote("
    told = header.replace(mark, b"/* From afar. */\n" + mark)
    tree = make_tree(tmp_path, "6.1", {HEADER: told})
    last = deprecation(tree, idle(tree, "pin-user-pages"), load_profile("pin-user-pages"), NOTHING)
    after = last.commits[1][0].after
    assert b"/* From afar. */\n" + mark in after
    assert b"\n\n" + COMMENT in after and after.replace(b"\n" + COMMENT, b"", 1) == told


@pytest.mark.parametrize("mark", ["deprecated apis", "various structs that are normally const"])
def test_checkpatch_gets_a_check_where_it_has_a_place(mark: str, tmp_path: Path) -> None:
    before = f"#!/usr/bin/env perl\n# check for {mark}\n\t\tif (1) {{\n\t\t}}\n".encode()
    tree = make_tree(tmp_path / "one", "6.1", {SCRIPT: before})
    profile = load_profile("pin-user-pages")
    last = deprecation(tree, idle(tree, "pin-user-pages"), profile, NOTHING)
    assert last.subjects[1] == "checkpatch: warn of new callers of get_user_pages*()"
    ((change,),) = last.commits[1:2]
    head, _, tail = change.after.partition(b"# check for new callers of get_user_pages*()")
    assert before == head + tail[tail.index(b"# check for ") :]
    assert b"with pin_user_pages() or" in tail and b"|get_user_pages_remote|" in tail
    assert b"get_user_pages_longterm" not in tail, "6.1 has no such function"
    again = make_tree(tmp_path / "two", "6.1", {SCRIPT: change.after})
    subjects = deprecation(again, idle(again, "pin-user-pages"), profile, NOTHING).subjects
    assert last.subjects[1] not in subjects


@pytest.mark.parametrize("text", [b"#!/bin/sh\n", b"# check for deprecated apis\n" * 2])
def test_checkpatch_without_a_place_stays(text: bytes, tmp_path: Path) -> None:
    tree = make_tree(tmp_path, "6.1", {SCRIPT: text})
    last = deprecation(tree, idle(tree, "pin-user-pages"), load_profile("pin-user-pages"), NOTHING)
    assert SCRIPT not in [file.path for files in last.commits for file in files]


def test_what_is_left_is_counted_where_new_callers_look(tmp_path: Path) -> None:
    tree = make_tree(tmp_path, "6.1", {"drivers/a.c": CALLER})
    verdicts = classification(tree, group_of("g", {"drivers/a.c": CALLER}), action=Action.KEEP)
    last = deprecation(tree, idle(tree, "pin-user-pages"), PINS, left(verdicts))
    assert last.subjects[-1] == "mm: say that get_user_pages*() is not for new callers"
    assert "One call outside of mm/ stays, so the functions cannot move" in last.bodies[-1]
    assert "\n- it was left alone (1)\n" in last.bodies[-1]


def test_what_stops_calls_is_a_list_in_the_mail() -> None:
    calls = tuple(Call(acquire(), "g", stop) for stop in ("not converted", "not understood"))
    assert "2 calls outside of mm/ stay" in told(Left(calls, ()), Outside())
    text = wrap(told(Left(calls, ()), Outside()))
    assert text.endswith("\n\n- not converted (1)\n- not understood (1)")


def test_a_name_without_a_call_is_told(tmp_path: Path) -> None:
    table = b"void *f[] = { get_user_pages_fast };\n"
    inner = b"#ifndef I_H\n#define I_H\n#endif\n"
    tree = make_tree(tmp_path, "6.1", {"drivers/a.c": table, INTERNAL: inner})
    last = deprecation(tree, idle(tree, "pin-user-pages"), PINS, NOTHING)
    assert "these name the functions: drivers/a.c." in last.bodies[-1]


def test_the_end(tmp_path: Path) -> None:
    """Who is the last to be converted makes the functions internal, in place of the comment."""
    inner = b"#ifndef I_H\n#define I_H\n#endif\n"
    tree = make_tree(tmp_path, "6.1", {"drivers/a.c": CALLER, INTERNAL: inner})
    last, _ = last_of(tree, "pin-user-pages")
    assert last.subjects == (
        "coccinelle: api: flag new callers of get_user_pages*()",
        "mm: make get_user_pages*() internal",
    )
    texts = {file.path: file.after for file in last.commits[-1]}
    assert b"long get_user_pages(" in texts[INTERNAL]
    assert b"get_user_pages_fast(" not in texts[HEADER]
