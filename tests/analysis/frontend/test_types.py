# SPDX-License-Identifier: GPL-2.0-only
"""What declarations say about types."""

from __future__ import annotations

import pytest

from migrate.analysis.frontend.nodes import find_first
from migrate.analysis.frontend.syntax import parse
from migrate.analysis.frontend.types import Declarations, declarations, declared, pointer_depth


def declared_in(text: str) -> Declarations:
    return declarations(parse("drivers/demo/demo.h", text.encode()))


def members(text: str, tag: str = "s") -> dict[str, tuple[str, int]]:
    """The members of struct `tag`, each with the tag of its type and the depth."""
    found = declared_in(text).structs[tag].members
    return {name: (kind.tag, kind.depth) for name, kind in found.items()}


@pytest.mark.parametrize(
    ("declaration", "name", "tag", "depth"),
    [
        ("struct page *page;", "page", "page", 1),
        ("struct page **pages;", "pages", "page", 2),
        ("struct page *pages[4];", "pages", "page", 2),
        ("struct page *(*pages)[4];", "pages", "page", 3),
        ("const struct page * const *pages;", "pages", "page", 2),
        ("struct page *pages[];", "pages", "page", 2),
        ("unsigned long nr;", "nr", "unsigned long", 0),
        ("demo_t *demo;", "demo", "demo_t", 1),
        ("union u u;", "u", "u", 0),
        ("struct page __rcu *page;", "page", "page", 1),
    ],
)
def test_declared(declaration: str, name: str, tag: str, depth: int) -> None:
    node = find_first(parse("demo.c", declaration.encode()).root, "declaration")
    assert node is not None
    ((found, kind),) = declared(node)
    assert (found, kind.tag, kind.depth) == (name, tag, depth)


def test_several_names_in_one_declaration() -> None:
    node = find_first(parse("demo.c", b"struct page *one, **two, three[2];").root, "declaration")
    assert node is not None
    assert [(n, k.depth) for n, k in declared(node)] == [("one", 1), ("two", 2), ("three", 1)]


def test_members_of_a_struct() -> None:
    text = "struct s {\n\tstruct page **pages;\n\tint nr, max;\n\tu32 low:4;\n\tstruct t t[2];\n};"
    assert members(text) == {
        "pages": ("page", 2),
        "nr": ("int", 0),
        "max": ("int", 0),
        "low": ("u32", 0),
        "t": ("t", 1),
    }


def test_members_of_unnamed_members_belong_to_the_struct() -> None:
    text = (
        "struct s {\n\tunion {\n\t\tstruct page *page;\n\t\tstruct {\n\t\t\tvoid *a;\n"
        "\t\t};\n\t};\n\tstruct {\n\t\tint n;\n\t} named;\n};"
    )
    assert set(members(text)) == {"page", "a", "named"}
    inline = declared_in(text).structs["s"].members["named"].inline
    assert inline is not None
    assert set(inline.members) == {"n"}


def test_members_under_conditions_count() -> None:
    text = (
        "struct s {\n#ifdef CONFIG_A\n\tstruct page *a;\n#else\n\tstruct page *b;\n#endif\n"
        "\tstruct page *c;\n};"
    )
    assert set(members(text)) == {"a", "b", "c"}


def test_structs_in_structs_and_in_conditions_are_found() -> None:
    text = (
        "#ifdef CONFIG_A\nstruct outer {\n\tstruct inner {\n\t\tstruct page *page;\n\t} one;\n};\n"
        "#endif\nunion u {\n\tint a;\n};\n"
    )
    assert set(declared_in(text).structs) == {"outer", "inner", "u"}


def test_a_function_pointer_is_a_member() -> None:
    assert "put" in members("struct s {\n\tvoid (*put)(struct page *page);\n};")


def test_typedefs() -> None:
    found = declared_in(
        "typedef struct s s_t;\ntypedef struct {\n\tstruct page *page;\n} *anonymous_t;\n"
        "typedef s_t *s_ptr;\ntypedef struct named {\n\tint n;\n} named_t;\n"
    )
    assert (found.typedefs["s_t"].tag, found.typedefs["s_t"].depth) == ("s", 0)
    assert (found.typedefs["s_ptr"].tag, found.typedefs["s_ptr"].depth) == ("s_t", 1)
    assert found.typedefs["named_t"].tag == "named"
    assert set(found.structs["named"].members) == {"n"}
    anonymous = found.typedefs["anonymous_t"]
    assert anonymous.inline is not None
    assert anonymous.depth == 1
    assert set(anonymous.inline.members) == {"page"}


def test_variables_of_the_file() -> None:
    found = declared_in("static struct s *the_s;\nextern struct page *pages[8];\nint f(void);\n")
    assert (found.variables["the_s"].tag, found.variables["the_s"].depth) == ("s", 1)
    assert found.variables["pages"].depth == 2


def test_locals_are_no_variables_of_the_file() -> None:
    found = declared_in(
        "void f(void)\n{\n\tstruct page *page;\n\tstruct local {\n\t\tint n;\n\t};\n}\n"
    )
    assert found.variables == {}


def test_depth_of_a_plain_name() -> None:
    node = find_first(parse("demo.c", b"int n;").root, "identifier")
    assert node is not None
    assert pointer_depth(node) == 0


def test_a_struct_that_is_not_understood_says_so() -> None:
    text = "struct a { int x; };\nstruct b { int x; DEMO(1) = ; int y; };\n"
    found = declarations(parse("a.c", text.encode())).structs
    assert (found["a"].garbled, found["b"].garbled) == (False, True)
