# SPDX-License-Identifier: GPL-2.0-only
"""Which files are worth a parse: none that has what is asked for is left out."""

from __future__ import annotations

import pytest

from migrate.analysis.frontend.corpus import Corpus
from tests.analysis.memory import tree_of

HERE, OTHER = "drivers/demo/demo.c", "drivers/demo/other.c"
HEADER = "include/linux/other.h"

DEFINES = {
    "plain": "int take(int a)\n{\n\treturn a;\n}\n",
    "attributes behind": 'int take(int a) __must_hold(x) __section("a;b")\n{\n}\n',
    "a comment between": "int take(int a /* ; } */)\n// one; two\n{\n}\n",
    "a condition between": "#ifdef A\nint take(int a)\n#else\nint take(void)\n#endif\n{\n}\n",
    "behind a macro": "SYSCALL_DEFINE1(take, int, a)\n{\n}\n",
    "after a call": "int f(void)\n{\n\ttake(1);\n}\nint take(int a) {\n}\n",
    "a division": "int take(int a[8 / 2])\n{\n}\n",
    "a lone quote": 'int take(int a) /* " */ BUG(")\n{\n}\n',
}

DOES_NOT = {
    "a prototype": "int take(int a);\n",
    "a call": "int f(void)\n{\n\treturn take(1);\n}\n",
    "a longer name": "int take_all(int a)\n{\n}\n",
    "nothing": "int a;\n",
}


def defining(text: str) -> tuple[list[str], list[str]]:
    corpus = Corpus(tree_of({HERE: "int a;\n", OTHER: text, HEADER: text}))
    near = corpus.defining_files(HERE, "take")
    return list(near), list(corpus.public_defining_files("take"))


@pytest.mark.parametrize("text", DEFINES.values(), ids=list(DEFINES))
def test_a_file_that_may_define_a_function_is_named(text: str) -> None:
    assert defining(text) == ([OTHER], [HEADER])


@pytest.mark.parametrize("text", DOES_NOT.values(), ids=list(DOES_NOT))
def test_a_file_that_does_not_is_left_out(text: str) -> None:
    assert defining(text) == ([], [])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("struct ops o = { .take = f };\n", [OTHER]),
        ("void g(struct ops *o)\n{\n\to->take  = f;\n}\n", [OTHER]),
        ("int g(struct ops *o)\n{\n\treturn o->take();\n}\n", []),
    ],
)
def test_files_that_set_a_member(text: str, found: list[str]) -> None:
    corpus = Corpus(tree_of({HERE: "int a;\n", OTHER: text}))
    assert list(corpus.setting_files(HERE, "take")) == found


@pytest.mark.parametrize("kind", ["struct", "union"])
def test_files_that_define_a_struct(kind: str) -> None:
    corpus = Corpus(tree_of({HERE: "int a;\n", OTHER: f"{kind} taken\n{{\n\tint a;\n}};\n"}))
    assert list(corpus.struct_files("taken", HERE)) == [HERE, OTHER]


FOLDERS = {
    "objects of it": ("pump-y := core/pump.o valve/valve.o\n", "drivers/linden/pump"),
    "its own Makefile": ("include $(src)/core/Makefile\n", "drivers/linden/pump"),
    "only the folder": ("obj-y += core/ valve/\n", "drivers/linden/pump/core"),
    "another folder": ("pump-y := hardcore/pump.o valve/valve.o\n", "drivers/linden/pump/core"),
    "a folder of the same name": ("head-y += kernel/core/x.o\n", "drivers/linden/pump/core"),
}


@pytest.mark.parametrize(("makefile", "folder"), FOLDERS.values(), ids=list(FOLDERS))
def test_what_one_makefile_builds_is_one_driver(makefile: str, folder: str) -> None:
    files = {"drivers/linden/pump/Makefile": makefile, "drivers/linden/pump/core/x.c": "int a;\n"}
    assert Corpus(tree_of(files)).scope_folder("drivers/linden/pump/core/x.c") == folder


def test_a_folder_of_many_drivers_is_none() -> None:
    files = {f"drivers/linden/pump/n{n}/x.c": "" for n in range(1001)}
    files |= {"drivers/linden/pump/Makefile": "pump-y := n1/x.o\n"}
    assert Corpus(tree_of(files)).scope_folder("drivers/linden/pump/n1/x.c").endswith("/n1")
