# SPDX-License-Identifier: GPL-2.0-only
"""Messages made of texts, without a repository."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migrate.analysis.verdicts.notes import NoteKind, note
from migrate.delivery.commits.messages import RULES_DOCUMENT, CommitText, messages, subject
from migrate.delivery.commits.prefixes import Prefix
from migrate.delivery.commits.text.groups import Call, GroupText
from migrate.delivery.plumbing import Identity

WHO = Identity("A Person", "person@example.org")


def text(document: str, *groups: GroupText) -> str:
    (message,) = messages([CommitText("a: b", groups)], WHO, document=document)
    return " ".join(message.split())


def one(action: str = "pin", function: str = "get", *warnings: str) -> GroupText:
    call = Call(function, "a.c", "get_user_pages_fast", "pin_user_pages_fast", "")
    drop = Call(function, "a.c", "put_page", "unpin_user_page", "")
    return GroupText(function, action, "2", "A reason.", warnings, (), (call,), (drop,))


@pytest.mark.parametrize(("document", "said"), [(RULES_DOCUMENT, True), ("", False)])
def test_who_reads_of_case_2_is_told_of_longterm(document: str, said: bool) -> None:
    """And nobody else of a transfer, which may be over soon."""
    told = text(document, one("pin", "get", note(NoteKind.DEVICE_LONGTERM, "a.c:5")))
    assert ("CASE 2" in told) is said
    assert ("FOLL_LONGTERM is not added (a.c:5)" in told) is said


def test_what_is_kept_is_named_in_any_case() -> None:
    told = text("", one("pin", "get", note(NoteKind.NO_LONGTERM, "a.c:5")))
    assert "without FOLL_LONGTERM (a.c:5)" in told


def test_beside_a_lookup_the_pinned_functions_are_named() -> None:
    told = text(RULES_DOCUMENT, one("pin", "pins"), one("follow", "looks"))
    assert "Nothing else changes for pins():" in told
    assert "The former need a pin; for the latter a lookup is enough." in told
    alone = text(RULES_DOCUMENT, one("pin", "pins"))
    assert "Nothing else changes for the caller:" in alone


def test_a_release_that_fits_already_is_not_called_new() -> None:
    call = Call("get", "a.c", "get_user_pages", "vaddr_pin_pages", "")
    stays = Call("put", "a.c", "put_user_page", "put_user_page", "")
    told = text("", GroupText("get", "pin", "2", "A reason.", (), (), (call,), (stays,)))
    assert "with vaddr_pin_pages(); the calls that release them need no change." in told
    assert "and release them with" not in told
    assert "and release them with unpin_user_page()." in text("", one())


def looks(function: str, reason: str = "Only struct page is looked at.") -> GroupText:
    call = Call(function, "a.c", "get_user_pages_fast", "look", "")
    drop = Call(function, "a.c", "put_page", "put_page", "")
    shown = (f"a.c:1: {function};",)
    return GroupText(function, "follow", "4", reason, (), (), (call,), (drop,), shown=shown)


def test_what_is_true_of_several_functions_is_said_once() -> None:
    told = text(RULES_DOCUMENT, looks("one"), looks("two"), looks("other", "Another reason."))
    said = "one() and two(), CASE 4: Only struct page is looked at. get_user_pages_fast() becomes"
    assert f"{said} look(). a.c:1: one; a.c:1: two;" in told
    assert "other(), CASE 4: Another reason. get_user_pages_fast() becomes look()." in told


def test_releases_elsewhere_stay_with_their_acquires() -> None:
    def kept(function: str) -> GroupText:
        drop = Call(f"{function}_end", "a.c", "put_page", "unpin_user_page", "")
        return replace(one("pin", function), releases=(drop,))

    told = text(RULES_DOCUMENT, kept("first"), kept("second"))
    for name in ("first", "second"):
        assert f"{name}(), CASE 2" in told
        assert f"put_page() in {name}_end() becomes unpin_user_page()." in told
    both = text(RULES_DOCUMENT, one("pin", "first"), one("pin", "second"))
    assert "first() and second(), CASE 2" in both
    assert "put_page() in the same functions becomes unpin_user_page()." in both


def test_a_function_is_not_named_twice_in_a_sentence() -> None:
    group = one("pin", "get")
    put = Call("put", "a.c", "put_page", "unpin_user_page", "")
    told = text("", replace(group, releases=(put, *group.releases)))
    assert "get() takes references to user pages with get_user_pages_fast(); it and put()" in told
    assert "get_user_pages_fast(); put() drops" in text("", replace(group, releases=(put,)))


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ("pin", "mm: pin user pages instead of taking references"),
        ("follow", "mm: pin or look up user pages"),
    ],
)
def test_a_look_up_is_not_said_to_take_no_reference(action: str, said: str) -> None:
    """The functions that look a page up take a reference as well."""
    groups = [one("pin", "first"), one(action, "second")]
    named = [
        replace(g, acquires=(replace(g.acquires[0], new=f"a_new_function_of_{n:020}"),))
        for n, g in enumerate(groups)
    ]
    assert subject(Prefix("mm:"), named) == said


def test_two_commits_of_a_driver_have_different_subjects() -> None:
    """A file with a fix of its own is converted in a commit after that."""
    prefix = Prefix("misc: alpha:")
    first = subject(prefix, [one("pin", "start")])
    second = subject(prefix, [one("pin", "resume")], {first})
    assert first == "misc: alpha: pin user pages with pin_user_pages_fast()"
    assert second == "misc: alpha: pin user pages in resume()"
    every = {first, second, f"{prefix.text} pin user pages instead of taking references"}
    last = subject(prefix, [one("pin", "resume")], every)
    assert last == "misc: alpha: pin user pages"
    assert subject(prefix, [one("pin", "resume")], {*every, last}) == first
