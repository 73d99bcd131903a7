# SPDX-License-Identifier: GPL-2.0-only
"""What the parser makes of a word."""

from __future__ import annotations

import pytest

from migrate.analysis.frontend.mentions import Mention, mentions
from migrate.analysis.frontend.syntax import parse


def only(text: str) -> Mention:
    (found,) = mentions(parse("a.c", text.encode()), "word")
    return found


@pytest.mark.parametrize(
    ("text", "true"),
    [
        ("void f(void)\n{\n\ts->word = 1;\n}\n", {"is_member", "is_behind_dot"}),
        ("void f(void)\n{\n\t__entry->word = 1;\n}\n", {"is_member", "is_behind_dot", "is_traced"}),
        ("void f(void)\n{\n\tint word;\n}\n", set()),
        ("struct s { int word; };\n", set()),
        ("#define W(s) ((s)->word)\n", {"in_macro", "is_behind_dot", "is_misread_member"}),
        (
            "#define W sizeof(((struct s *)0)->word)\n",
            {"in_macro", "is_behind_dot", "is_misread_member", "measured"},
        ),
        ("#define W word\n", {"in_macro"}),
        ("void f(void)\n{\n\tM(a) put(word);\n}\n", {"is_taken_for_type"}),
        ("void f(void)\n{\n\tint x y = word;\n}\n", {"is_garbled"}),
        # What sparse reads is nothing to a compiler.
        ("void f(void)\n{\n\tchar __user *word, *dst;\n}\n", set()),
        ("void f(void)\n{\n\tstruct s __rcu *t = word;\n}\n", set()),
        ("void f(void)\n{\n\tchar __odd *word;\n}\n", {"is_garbled"}),
    ],
)
def test_what_a_word_is(text: str, true: set[str]) -> None:
    found = only(text)
    asked = {"is_member", "is_behind_dot", "is_traced", "in_macro", "is_taken_for_type"}
    said = {name for name in (*asked, "is_garbled", "is_misread_member") if getattr(found, name)}
    if found.in_macro and found.only_measured:
        said.add("measured")
    assert said == true


def test_an_offset_that_is_added() -> None:
    text = "void f(void)\n{\n\tp = (char *)q + offsetof(struct s, word);\n}\n"
    assert only(text).adds_offset(frozenset({"s"}))
    assert not only(text).adds_offset(frozenset({"t"}))
    assert not only(text.replace("(char *)q + ", "")).adds_offset(frozenset({"s"}))


def test_only_those_within_a_function() -> None:
    source = parse("a.c", b"int word;\nvoid f(void)\n{\n\tword = 1;\n}\nint *p = &word;\n")
    assert [m.place.line for m in mentions(source, "word")] == [1, 4, 6]
    assert [m.place.line for m in mentions(source, "word", source.functions[0])] == [4]
