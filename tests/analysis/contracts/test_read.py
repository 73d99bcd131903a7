# SPDX-License-Identifier: GPL-2.0-only
"""A file of contracts: all that an entry may say, and the one line of what it may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.analysis.contract import Contract, ContractKind, Does
from migrate.analysis.contracts.read import read_contracts
from migrate.base.errors import Refusal

WHY = 'why = "I wrote it."'


def read(tmp_path: Path, text: str) -> tuple[Contract, ...]:
    path = tmp_path / "c.toml"
    path.write_text(text)
    return read_contracts(path)


def entry(*lines: str) -> str:
    return "\n".join(("[[contract]]", *lines, WHY)) + "\n"


SAID = [
    (
        ('function = "x"', "argument = 2", 'does = "reads"'),
        {"kind": ContractKind.ARGUMENT, "function": "x", "argument": 2, "does": Does.READS},
        "x() only reads the data of its argument 2",
    ),
    (
        ('member = "struct s.m"', "argument = 1", 'does = "keeps"', 'until = "f"'),
        {
            "kind": ContractKind.ARGUMENT,
            "member": "s.m",
            "argument": 1,
            "does": Does.KEEPS,
            "until": "f",
        },
        "what struct s.m points to keeps its argument 1 until f() and does not release it",
    ),
    (
        ('function = "x"', 'file = "./a.c"', 'callers = ["f", "g"]'),
        {
            "kind": ContractKind.CALLERS,
            "function": "x",
            "file": "a.c",
            "callers": ("f", "g"),
        },
        "x() is called by f(), g() and by nobody else",
    ),
    (
        ('member = "s.m"', 'filled = "nowhere else"', 'released = "nowhere else"'),
        {"kind": ContractKind.STORAGE, "member": "s.m", "filled": True, "released": True},
        "struct s.m is filled and released by nobody else",
    ),
    (
        ('member = "s.m"', 'released = ["f"]'),
        {
            "kind": ContractKind.STORAGE,
            "member": "s.m",
            "released": True,
            "released_in": ("f",),
        },
        "what is in struct s.m is released in f() alone",
    ),
    (
        ('function = "x"', 'never_reaches = ["f"]'),
        {"kind": ContractKind.APART, "function": "x", "never_reaches": ("f",)},
        "no page of x() gets to the releases in f()",
    ),
    (
        ('function = "f"', 'only_from = ["g"]'),
        {"kind": ContractKind.SOURCES, "function": "f", "only_from": ("g",)},
        "the releases in f() drop pages that g() acquires, alone",
    ),
    (
        ('acquired_in = ["g"]', 'released_in = ["f", "h"]'),
        {"kind": ContractKind.PAIRED, "acquired_in": ("g",), "released_in": ("f", "h")},
        "what g() acquires is released in f(), h() alone, and nothing else there",
    ),
    (
        ('notifier = "a.c:f"', 'covers = "other ranges"'),
        {"kind": ContractKind.NOTIFIER, "notifier": "a.c:f"},
        "the MMU notifier registered in a.c:f() is for other ranges",
    ),
    (
        ('macro = "HAVE_X"', "set = false"),
        {"kind": ContractKind.MACRO, "macro": "HAVE_X", "set": False},
        "HAVE_X is not set",
    ),
]


@pytest.mark.parametrize(("lines", "fields", "sentence"), SAID)
def test_all_that_an_entry_may_say(
    tmp_path: Path, lines: tuple[str, ...], fields: dict[str, object], sentence: str
) -> None:
    (found,) = read(tmp_path, entry(*lines))
    assert found == Contract(1, why="I wrote it.", **fields)  # type: ignore[arg-type]
    assert str(found) == sentence


def test_every_kind_is_among_them() -> None:
    assert {fields["kind"] for _, fields, _ in SAID} == {*ContractKind}


REFUSED = [
    ("[", "c.toml is not TOML"),
    ("x = 1", "unknown key 'x'"),
    ("contract = 1", "contract is not a list of tables"),
    ("contract = [1]", "contract 1: it is not a table"),
    ('[[contract]]\nfunktion = "x"', "unknown key 'funktion'. Did you mean 'function'?"),
    ("[[contract]]\nargument = true", "argument is not a number"),
    ("[[contract]]\nfunction = 1", "function is not a string"),
    ("[[contract]]\ncallers = [1]", "callers is not a list of names"),
    ("[[contract]]\nreleased = true", "released is not a list of names"),
    ('[[contract]]\nmacro = "X"\nset = true', "it does not say why"),
    (entry('function = "x"'), "it states nothing"),
    (entry('macro = "X"', "set = true", 'does = "reads"'), "it states more than one thing"),
    (entry('macro = "X"', "set = true", 'file = "a.c"'), "file has nothing to do with macro"),
    (entry('macro = "X"'), "it does not say whether the macro is set"),
    (entry('function = "x"', "argument = 1", 'does = "eats"'), "there is no effect 'eats'"),
    (entry('function = "x"', "argument = 1", 'does = "keeps"'), "until is required with keeps"),
    (entry('function = "x"', 'does = "reads"'), "it names no argument"),
    (entry("argument = 1", 'does = "reads"'), "it names no function"),
    (
        entry('function = "x"', 'member = "s.m"', "argument = 1", 'does = "reads"'),
        "it names function and member",
    ),
    (entry('member = "s"', "argument = 1", 'does = "reads"'), "'s' is not a member"),
    (entry('function = "x"', "callers = []"), "it names no callers"),
    (entry('callers = ["f"]'), "it names no function"),
    (entry('member = "s.m"', 'filled = "here"'), "filled can only be 'nowhere else'"),
    (entry('member = "s.m"', "released = []"), "released is neither"),
    (entry('filled = "nowhere else"'), "it names no member"),
    (entry('never_reaches = ["f"]'), "it names no function"),
    (entry('function = "f"', "never_reaches = []"), "never_reaches names no function"),
    (entry('function = "f"', "only_from = []"), "only_from names no function"),
    (entry('acquired_in = ["g"]'), "it does not name functions that acquire"),
    (entry('notifier = "f"', 'covers = "other ranges"'), "'f' is not a place"),
    (entry('notifier = "a.c:f"'), "it does not say covers = 'other ranges'"),
]


@pytest.mark.parametrize(("text", "line"), REFUSED)
def test_what_is_refused(tmp_path: Path, text: str, line: str) -> None:
    with pytest.raises(Refusal) as caught:
        read(tmp_path, text)
    assert line in str(caught.value)
    assert caught.value.next_step


def test_what_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="cannot be read: No such file"):
        read_contracts(tmp_path / "none.toml")
    (tmp_path / "c.toml").write_bytes(b"\xff")
    with pytest.raises(Refusal, match="it is not UTF-8 text"):
        read_contracts(tmp_path / "c.toml")
