# SPDX-License-Identifier: GPL-2.0-only
"""Who in the whole tree can see a header."""

from __future__ import annotations

from migrate.analysis.frontend.corpus import Corpus
from migrate.analysis.frontend.includes import Includes
from migrate.analysis.program.include_graph import IncludeGraph
from tests.analysis.memory import tree_of

HEADER = "include/linux/demo.h"


def seeing(files: dict[str, str], word: str = "page") -> tuple[str, ...] | None:
    tree = tree_of({HEADER: "struct demo;\n"} | files, skeleton=False)
    return IncludeGraph(Corpus(tree), Includes(tree)).files(HEADER, word)


def test_those_who_include_it_and_have_the_word() -> None:
    found = seeing(
        {
            "sound/a.c": "#include <linux/demo.h>\nint page;\n",
            "sound/b.c": "#include <linux/demo.h>\nint pages;\n",
            "sound/c.c": "int page;\n",
        }
    )
    assert found == ("sound/a.c",)


def test_a_header_that_does_not_include_what_it_uses() -> None:
    found = seeing(
        {
            "sound/a.c": '#include <linux/demo.h>\n#include "late.h"\n',
            "sound/late.h": '#include "later.h"\nint page;\n',
            "sound/later.h": "int page;\n",
            "sound/b.c": '#include "other.h"\n',
            "sound/other.h": "int page;\n",
        }
    )
    assert found == ("sound/late.h", "sound/later.h")


def test_a_source_file_that_includes_another() -> None:
    found = seeing(
        {
            "sound/a.c": "#include <linux/demo.h>\n",
            "sound/b.c": '#include "a.c"\nint page;\n',
        }
    )
    assert found == ("sound/b.c",)


def test_over_other_headers() -> None:
    found = seeing(
        {
            "include/linux/more.h": "# include <linux/demo.h>\n",
            "sound/own.h": "#include <linux/more.h>\nint page;\n",
            "sound/a.c": '#include "own.h"\nint page;\n',
            "sound/b.c": '#include "other.h"\nint page;\n',
            "sound/other.h": "int page;\n",
            "net/deep/x.c": '#include "../../sound/own.h"\nint page;\n',
        }
    )
    assert found == ("net/deep/x.c", "sound/a.c", "sound/own.h")


def test_other_programs_do_not_count() -> None:
    assert seeing({"tools/a.c": "#include <linux/demo.h>\nint page;\n"}) == ()


def test_too_many_are_none() -> None:
    text = "#include <linux/demo.h>\nint page;\n"
    assert seeing({f"sound/n{n}.c": text for n in range(41)}) is None
    assert seeing({f"sound/n{n}.c": "#include <linux/demo.h>\n" for n in range(1501)}) is None
    assert seeing({f"sound/n{n}.c": "#include <linux/demo.h>\n" for n in range(100)}) == ()
