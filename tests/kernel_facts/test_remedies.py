# SPDX-License-Identifier: GPL-2.0-only
"""data/remedies.toml: each entry says why, from when to when, and what it is for and is not."""

from __future__ import annotations

import re

import pytest

from migrate.kernel.kbuild.remedies import (
    Remedy,
    advice_for,
    make_arguments,
    parse_version,
    remedies,
    remedy_for,
)

EVERY = pytest.mark.parametrize("remedy", remedies(), ids=lambda r: r.name)
OF_THE_TREE = ("-m32",)
"""What the tree's own makefile asks for, and its makefiles of folders do not get."""
AN_OLD_DEFAULT = ("-fno-pie", "-fcf-protection=none", "-fno-stack-protector", "-Wa,-many")


@EVERY
def test_it_says_why_and_from_when_to_when(remedy: Remedy) -> None:
    assert len(remedy.why.split()) > 4 and not remedy.why.endswith(".")
    for bound in (remedy.since, remedy.until):
        assert re.fullmatch(r"|\d+\.\d+", bound)
    if remedy.since and remedy.until:
        assert parse_version(remedy.since) < parse_version(remedy.until)
    sets = (*remedy.host, *remedy.compiler, *remedy.assembler, *remedy.make)
    assert bool(sets) is not bool(remedy.advice), "it sets something or advises, never both"


@EVERY
def test_it_knows_its_words_and_no_others(remedy: Remedy) -> None:
    assert re.search(remedy.says, remedy.sample)
    assert remedy.other and not re.search(remedy.says, remedy.other)
    inside = parse_version(remedy.since) if remedy.since else (2, 6)
    assert remedy.is_for(inside, remedy.sample)
    if remedy.until:
        assert not remedy.is_for(parse_version(remedy.until), remedy.sample)
    if remedy.since:
        assert not remedy.is_for((2, 6), remedy.sample)


@EVERY
def test_it_never_changes_the_c_of_an_object(remedy: Remedy) -> None:
    for flag in (*remedy.compiler, *remedy.assembler):
        assert flag.startswith("-Wno-") or flag in AN_OLD_DEFAULT + OF_THE_TREE, flag
        assert flag not in ("-w", "-fpermissive")
    for flag in remedy.host:
        assert not flag.startswith(("-D", "-U", "-i")), flag
    for variable in remedy.make:
        name, _, value = variable.partition("=")
        assert not name.startswith("CONFIG_") or not value, "only to leave something out"
        assert not re.search("FLAGS|^CC$", name), "flags have fields of their own"


def test_names_are_told_apart() -> None:
    names = [r.name for r in remedies()]
    assert len(set(names)) == len(names)


def test_one_that_was_tried_is_not_tried_again() -> None:
    text = "multiple definition of `yylloc'"
    first = remedy_for((5, 3, 0), text)
    assert first is not None and first.name == "host-common"
    assert remedy_for((5, 3, 0), text, [first.name]) is None
    assert remedy_for((5, 7, 0), text) is None
    assert remedy_for((5, 3, 0), "all is well") is None


def test_advice_is_not_tried_but_given() -> None:
    text = "x.c:1:1: fatal error: openssl/bio.h: No such file or directory"
    assert remedy_for((5, 3, 0), text) is None
    assert advice_for((5, 3, 0), text).endswith("install libssl-dev")
    assert advice_for((5, 3, 0), "all is well") == ""


def test_what_make_gets() -> None:
    named = {r.name: r for r in remedies()}
    taken = [named["host-common"], named["openssl-deprecated"], named["no-pie"]]
    assert make_arguments(taken, "gcc-9") == [
        "HOSTCC=gcc-9 -fcommon -Wno-error=deprecated-declarations -Wno-deprecated-declarations",
        "KCFLAGS=-fno-pie",
        "KAFLAGS=-fno-pie",
    ]
