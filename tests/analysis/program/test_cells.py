# SPDX-License-Identifier: GPL-2.0-only
"""Which files may name the members of a struct that a .c file defines."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migrate.analysis.gaps import Gap
from tests.analysis.groups import brief
from tests.analysis.heap.test_hidden_releases import HERE, PUT, START, STRUCT, end
from tests.analysis.memory import pairing_of

OTHER = "drivers/demo/other.c"
UNCLEAR = "void f(struct demo *x)\n{\n\tput_page(x->inner->page);\n}\n"
"""Code that may name a member `page` of any struct that it can see."""
DOUBT = "member-type-unknown page f"


def found(files: dict[str, str]) -> tuple[Gap, ...]:
    (group,) = pairing_of({HERE: STRUCT + START + end(PUT)} | files).groups
    return group.gaps


def gaps(files: dict[str, str]) -> list[str]:
    return [brief(replace(gap, place=None)) for gap in found(files)]


def test_no_other_file_sees_it() -> None:
    assert gaps({OTHER: UNCLEAR}) == []


def test_the_file_itself() -> None:
    assert gaps({HERE: STRUCT + START + end(PUT) + UNCLEAR}) == [DOUBT]


def test_who_sees_only_its_name_may_copy_it() -> None:
    copy = (
        "struct demo;\nvoid f(struct demo *x, void *to, int size)\n{\n\tmemcpy(to, x, size);\n}\n"
    )
    assert [brief(gap) for gap in found({OTHER: copy})] == [f"struct-copied-out {OTHER}:4 demo"]


@pytest.mark.parametrize("written", ['"demo.c"', '"../demo/demo.c"', "<demo/demo.c>"])
def test_a_file_that_includes_it(written: str) -> None:
    assert gaps({OTHER: f"#include {written}\n{UNCLEAR}"}) == [DOUBT]


def test_a_file_of_another_driver_that_includes_it() -> None:
    assert gaps({OTHER: UNCLEAR, "sound/x.c": '#include "../drivers/demo/demo.c"\n'}) == [DOUBT]


@pytest.mark.parametrize("name", ["other.c", "other.inc"])
def test_a_file_that_it_includes(name: str) -> None:
    code = f'{STRUCT}#include "{name}"\n{START}{end(PUT)}'
    assert gaps({HERE: code, OTHER: UNCLEAR}) == [DOUBT]


def test_a_struct_of_the_same_name() -> None:
    assert gaps({OTHER: STRUCT + UNCLEAR}) == [DOUBT]


def test_a_struct_of_the_same_name_is_no_door_for_others() -> None:
    third = "drivers/demo/third.c"
    assert gaps({OTHER: STRUCT, third: UNCLEAR}) == []
    assert gaps({OTHER: STRUCT + '#include "third.c"\n', third: UNCLEAR}) == [DOUBT]


MACRO = "#define DROP(d) put_page((d)->page)\n"


def test_a_header_may_have_a_macro_for_it() -> None:
    header = "drivers/demo/drop.h"
    files = {header: MACRO, HERE: '#include "drop.h"\n' + STRUCT + START + end(PUT)}
    assert [brief(gap) for gap in found(files)] == [f"macro-names-member {header}:1 page"]


def test_a_header_that_is_not_included() -> None:
    assert gaps({"drivers/demo/drop.h": MACRO}) == []
    assert gaps({OTHER: MACRO}) == []
