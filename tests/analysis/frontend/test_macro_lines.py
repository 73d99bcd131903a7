# SPDX-License-Identifier: GPL-2.0-only
"""What is found in the body of a macro has the place and the text of a line of the file."""

from __future__ import annotations

from tree_sitter import Node

from migrate.analysis.frontend.macros import macro_bodies
from migrate.analysis.frontend.syntax import Source, parse

TEXT = """#define DEMO_PUT(one, two) \\
({ \\
	demo_note(one); /* said */ \\
	put_page(two); \\
})
int after;
"""


def calls(source: Source) -> list[Node]:
    found, queue = [], [source.root]
    while queue:
        node = queue.pop()
        if node.type == "call_expression":
            found.append(node)
        queue.extend(node.children)
    return sorted(found, key=lambda node: node.start_byte)


def test_place_and_line_are_those_of_the_file() -> None:
    ((text, origin),) = macro_bodies(parse("a.h", TEXT.encode()), "DEMO_PUT")
    source = parse("a.h", text, origin)
    lines = TEXT.split("\n")
    found = [(source.place(node), source.line(node)) for node in calls(source)]
    assert [place.line for place, _ in found] == [3, 4]
    for place, line in found:
        assert line == lines[place.line - 1].strip()
    assert [lines[p.line - 1][p.column :].partition("(")[0] for p, _ in found] == [
        "demo_note",
        "put_page",
    ]


def test_without_a_place_for_the_body_it_is_the_line_of_the_macro() -> None:
    ((text, origin),) = macro_bodies(parse("a.h", b"#define DEMO(p) put_page(p)\n"), "DEMO")
    source = parse("a.h", text, origin)
    ((place, line),) = [(source.place(n), source.line(n)) for n in calls(source)]
    assert (place.line, line) == (1, "#define DEMO(p) put_page(p)")
