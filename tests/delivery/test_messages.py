# SPDX-License-Identifier: GPL-2.0-only
"""Messages made of texts, without a repository."""

from __future__ import annotations

import pytest

from migrate.analysis.verdicts.notes import NoteKind, note
from migrate.delivery.commits.messages import RULES_DOCUMENT, Call, CommitText, GroupText, messages
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
