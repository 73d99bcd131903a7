# SPDX-License-Identifier: GPL-2.0-only
"""Function pointers in a driver's own structs: from the call to the functions, and back."""

from __future__ import annotations

import pytest

from migrate.analysis.program.callers import Site
from tests.analysis.memory import program_of

HERE = "drivers/demo/demo.c"
CODE = """
struct ops {
	void (*take)(struct page *p);
	void (*put)(struct page *p);
};
struct holder {
	struct ops ops;
	struct ops many[2];
	struct ops *other;
	struct {
		void (*bare)(struct page *p);
	} own;
};
static void put(struct page *p)
{
}
static void user(struct ops *ops, struct page *p)
{
	ops->put(p);
}
static void bare_user(struct holder *holder, struct page *p)
{
	holder->own.bare(p);
}
"""


def callers(more: str) -> tuple[list[str], bool]:
    """The functions that call put(), and whether those are all."""
    program = program_of({HERE: CODE + more})
    source = program.source(HERE)
    assert source is not None
    sites, closed = program.callers.of(source.by_name["put"][0])
    return [site.facts.function.name for site in sites], closed


@pytest.mark.parametrize(
    "initialiser",
    [
        "static struct ops x = {\n\t.put = put,\n};\n",
        "static struct ops x = {\n\t.put = &put,\n};\n",
        "static struct ops x[] = {\n\t{ .put = put },\n};\n",
        "static struct ops x[2] = {\n\t[1] = { .put = put },\n};\n",
        "static struct ops x[2] = {\n\t[1].put = put,\n};\n",
        "static struct holder x = {\n\t.ops = { .put = put },\n};\n",
        "static struct holder x = {\n\t.ops.put = put,\n};\n",
        "static struct holder x = {\n\t.many = { { .put = put } },\n};\n",
        "static struct holder x = {\n\t.many = { [1] = { .put = put } },\n};\n",
    ],
)
def test_a_function_in_an_initialiser_is_called_through_its_member(initialiser: str) -> None:
    assert callers(initialiser) == (["user"], True)


def test_a_member_of_a_struct_without_a_name() -> None:
    assert callers("static struct holder x = {\n\t.own = { .bare = put },\n};\n") == (
        ["bare_user"],
        True,
    )


@pytest.mark.parametrize(
    "taken",
    [
        "static struct ops x = { put };\n",
        "static struct holder x = { { .put = put } };\n",  # whose member, by its position
        "static struct ops *x = &(struct ops){ .put = put };\n",
        "static struct holder x = {\n\t.other = &(struct ops){ .put = put },\n};\n",
        "static struct holder x = {\n\t.missing = { .put = put },\n};\n",
        "static struct nowhere x = {\n\t.put = put,\n};\n",
        "static struct ops x = {\n\t.take = put,\n};\n",  # which nobody calls
        "static struct ops x = {\n\t.put = put,\n};\nvoid *f(void)\n{\n\treturn x.put;\n}\n",
        "static struct ops x = {\n\t.put = put,\n};\nvoid f(void)\n{\n\thand_out(x.put);\n}\n",
        "static struct ops x = {\n\t.put = put,\n};\nvoid *also = put;\n",
    ],
)
def test_a_function_that_may_be_called_otherwise(taken: str) -> None:
    assert callers(taken)[1] is False


def test_a_file_that_is_not_analysed_may_call_it() -> None:
    sets = "struct ops x = {\n\t.put = put,\n};\n"
    deep = f"struct ops y = {{\n\t.put = put,\n}};\nint n = {'(' * 5000}0{')' * 5000};\n"
    public = CODE.replace("static void put", "void put")
    program = program_of({HERE: public + sets, "drivers/demo/deep.c": deep})
    source = program.source(HERE)
    other = program.source("drivers/demo/deep.c")
    assert source is not None
    assert other is not None
    assert other.unread
    paths = (HERE, "drivers/demo/deep.c")
    assert program.pointer_calls.of(source.by_name["put"][0], paths, False) is None
    alone = program_of({HERE: public + sets})
    assert alone.pointer_calls.of(source.by_name["put"][0], (HERE,), False)


SETS = "static struct ops x = {\n\t.put = put,\n};\n"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (SETS, ["put"]),
        ("", []),
        (SETS + "void f(struct ops *ops)\n{\n\tops->put = find();\n}\n", []),
        (SETS + "void f(struct ops *ops)\n{\n\tops->put = NULL;\n}\n", ["put"]),
    ],
)
def test_what_a_call_through_a_member_means(more: str, expected: list[str]) -> None:
    program = program_of({HERE: CODE + more})
    source = program.source(HERE)
    assert source is not None
    site = Site(program.facts(source.by_name["user"][0]), 0)
    assert [f.name for f in program.pointer_calls.meant_by(site)] == expected
