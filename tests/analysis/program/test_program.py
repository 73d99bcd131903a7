# SPDX-License-Identifier: GPL-2.0-only
"""Storage, callers, definitions and macros over the files of one tree."""

from __future__ import annotations

import pytest

from migrate.analysis.ir.model import AccessPath, FunctionFacts
from migrate.analysis.place import FunctionId
from migrate.analysis.program.functions import file_of, is_macro
from migrate.analysis.program.location import (
    AbstractLocation,
    CallResult,
    Global,
    Local,
    Member,
    Untyped,
)
from migrate.analysis.program.program import Program
from tests.analysis.memory import program_of

HERE = "drivers/demo/demo.c"
F = FunctionId(HERE, 0)
STRUCTS = """
#include <linux/scatterlist.h>
struct inner {
	struct page *page;
};
struct demo {
	struct page **pages;
	struct inner inner, *next;
	struct inner array[4];
	struct {
		struct page *deep;
		struct {
			struct page *deeper;
		} more;
	} named;
	union {
		struct page *single;
		void *address;
	};
	struct scatterlist sgl[4];
	struct sg_table table;
	struct bio_vec *vec;
};
typedef struct demo demo_t;
struct page *global;
struct demo *global_demo;
"""


def function(program: Program, name: str, path: str = HERE) -> FunctionFacts:
    source = program.source(path)
    assert source is not None
    (found,) = source.by_name[name]
    return program.facts(found)


def cell_of(expression: str, parameters: str = "struct demo *demo") -> tuple[AbstractLocation, str]:
    """The storage of `expression`, and the member of the container."""
    text = f"{STRUCTS}\nvoid f({parameters})\n{{\n\tuse({expression});\n}}\n"
    program = program_of({HERE: text})
    facts = function(program, "f")
    return program.cells.of(facts.calls[-1].arguments[0][0], facts)


def member(tag: str, path: str) -> Member:
    return Member(tag, tuple(path.split(".")), HERE if tag in ("demo", "inner") else "")


@pytest.mark.parametrize(
    ("expression", "tag", "path"),
    [
        ("demo->pages", "demo", "pages"),
        ("demo->pages[1]", "demo", "pages"),
        ("*demo->pages", "demo", "pages"),
        ("&demo->pages[1]", "demo", "pages"),
        ("(*demo).pages", "demo", "pages"),
        ("demo[2].pages", "demo", "pages"),
        ("(void *)demo->pages", "demo", "pages"),
        ("demo->inner.page", "inner", "page"),
        ("demo->next->page", "inner", "page"),
        ("demo->array[1].page", "inner", "page"),
        ("demo->next", "demo", "next"),
        ("demo->named.deep", "demo", "named.deep"),
        ("demo->named.more.deeper", "demo", "named.more.deeper"),
        ("demo->single", "demo", "single"),
        ("global_demo->pages", "demo", "pages"),
        ("((struct demo *)data)->pages", "demo", "pages"),
    ],
)
def test_a_member_is_a_struct_and_a_path(expression: str, tag: str, path: str) -> None:
    assert cell_of(expression, "struct demo *demo, void *data") == (member(tag, path), "")


@pytest.mark.parametrize("parameters", ["demo_t *demo", "demo_t demo[2]", "struct demo **demo"])
def test_a_typedef_and_more_pointers_are_the_same_member(parameters: str) -> None:
    expression = "(*demo)->pages" if "**" in parameters else "demo->pages"
    assert cell_of(expression, parameters) == (member("demo", "pages"), "")


def test_a_local_belongs_to_its_function() -> None:
    assert cell_of("demo") == (Local(F, "demo"), "")
    assert cell_of("&demo") == (Local(F, "demo"), "")


def test_a_global_is_not_local() -> None:
    assert cell_of("global") == (Global("drivers/demo", "global"), "")


def test_a_call_is_a_result() -> None:
    assert cell_of("g(demo)") == (CallResult(F, 0), "")


@pytest.mark.parametrize(
    ("expression", "name", "via"),
    [
        ("demo->sgl[1].page_link", "sgl", "page_link"),
        ("demo->table.sgl", "table", "sgl"),
        ("demo->vec[2].bv_page", "vec", "bv_page"),
        ("demo->vec->bv_page", "vec", "bv_page"),
    ],
)
def test_a_member_of_a_container_is_the_container(expression: str, name: str, via: str) -> None:
    assert cell_of(expression) == (member("demo", name), via)


def test_a_container_of_its_own_is_the_variable() -> None:
    assert cell_of("vec.bv_page", "struct bio_vec vec") == (Local(F, "vec"), "bv_page")


def test_a_member_of_what_has_no_type_is_unknown() -> None:
    assert cell_of("nobody->page") == (Untyped(HERE, "page"), "")
    assert cell_of("demo->nothing->page") == (Untyped(HERE, "page"), "")


def test_a_location_is_called_as_in_c() -> None:
    locations = (Local(F, "page#2"), Global("drivers/demo", "page"), member("demo", "a.page"))
    assert [str(found) for found in locations] == ["page", "page", "struct demo.a.page"]
    assert {found.word for found in locations} == {"page"}
    assert str(CallResult(F, 3)) == "the result"


def test_a_function_is_found_by_its_id() -> None:
    program = program_of({HERE: "void f(void)\n{\n}\nvoid g(void)\n{\n}\n"})
    found = program.function(FunctionId(HERE, 1))
    assert found is not None and (found.name, found.id) == ("g", FunctionId(HERE, 1))
    assert program.function(FunctionId("nowhere.c", 0)) is None
    assert file_of("include/x.h:NAME:0") == "include/x.h"
    assert file_of(HERE) == HERE


def test_a_struct_is_looked_for_near_the_file_first() -> None:
    program = program_of(
        {
            HERE: "void f(void)\n{\n}\n",
            "drivers/demo/demo.h": "struct thing {\n\tstruct page *near;\n};\n",
            "drivers/other/demo.h": "struct thing {\n\tstruct page *other;\n};\n",
            "include/linux/thing.h": "struct thing {\n\tstruct page *far;\n};\n",
        }
    )
    found = program.types.struct("thing", HERE)
    assert found is not None
    assert found.path == "drivers/demo/demo.h"
    assert not program.types.is_public("thing", HERE)
    elsewhere = program.types.struct("thing", "drivers/third/demo.c")
    assert elsewhere is not None
    assert elsewhere.path == "include/linux/thing.h"
    assert program.types.is_public("thing", "drivers/third/demo.c")
    assert program.types.is_public("no_such_thing", HERE)


def test_a_struct_of_an_architecture_is_public() -> None:
    files = {"arch/arm64/include/asm/thing.h": "struct thing {\n\tint a;\n};\n"}
    program = program_of(files)
    assert program.types.is_public("thing", "arch/arm64/mm/demo.c")
    assert program.types.struct("thing", "arch/powerpc/mm/demo.c") is None


# Callers


def callers(files: dict[str, str], name: str, path: str = HERE) -> tuple[list[str], bool]:
    """The functions that call `name` as defined in `path`, and whether those are all."""
    program = program_of(files)
    source = program.source(path)
    assert source is not None
    sites, closed = program.callers.of(source.by_name[name][0])
    return [site.facts.function.name for site in sites], closed


STATIC = "static void put(struct page *p)\n{\n}\n"
USER = "void user(struct page *p)\n{\n\tput(p);\n}\n"


def test_callers_of_a_static_function() -> None:
    files = {HERE: STATIC + USER, "drivers/demo/other.c": "static " + STATIC[7:] + USER}
    assert callers(files, "put") == (["user"], True)


@pytest.mark.parametrize(
    "taken",
    [
        "struct ops ops = {\n\t.put = put,\n};\n",
        "void (*pointer)(struct page *p) = put;\n",
        "void user2(void)\n{\n\tcall_later(put);\n}\n",
        "void user2(struct ops *ops)\n{\n\tops->put = put;\n}\n",
        "void user2(struct ops *ops)\n{\n\tops->put = &put;\n}\n",
        "void *user2(void)\n{\n\treturn put;\n}\n",
        "void *table[] = { put };\n",
    ],
)
def test_a_function_whose_address_is_taken_may_have_more_callers(taken: str) -> None:
    assert callers({HERE: STATIC + USER + taken}, "put")[1] is False


@pytest.mark.parametrize(
    "harmless",
    [
        "EXPORT_SYMBOL_GPL(put);\n",
        "/* put is called put */\n",
        'const char *text = "put";\n',
        "static void put(struct page *p);\n",
        "struct ops {\n\tvoid (*put)(struct page *p);\n};\n",
    ],
)
def test_a_mention_is_no_address(harmless: str) -> None:
    assert callers({HERE: STATIC + USER + harmless}, "put") == (["user"], True)


def test_callers_of_a_function_that_is_not_static() -> None:
    files = {
        HERE: STATIC.replace("static ", ""),
        "drivers/demo/demo.h": "void put(struct page *p);\n",
        "drivers/demo/sub/other.c": USER,
    }
    assert callers(files, "put")[0] == ["user"]


def test_a_static_function_of_that_name_in_another_file_is_another() -> None:
    files = {
        HERE: STATIC.replace("static ", ""),
        "drivers/demo/other.c": STATIC + USER,
        "drivers/demo/third.c": USER.replace("user", "third"),
    }
    assert callers(files, "put")[0] == ["third"]


def test_a_function_of_a_public_header_may_have_callers_anywhere() -> None:
    files = {
        HERE: STATIC.replace("static ", "") + USER,
        "include/linux/demo.h": "void put(struct page *p);\n",
    }
    assert callers(files, "put") == (["user"], False)


def test_a_static_inline_of_a_header_has_callers_in_every_file() -> None:
    files = {
        "drivers/demo/demo.h": STATIC.replace("static", "static inline"),
        HERE: '#include "demo.h"\n' + USER,
        "drivers/demo/other.c": '#include "demo.h"\n' + USER.replace("user", "other"),
    }
    assert sorted(callers(files, "put", "drivers/demo/demo.h")[0]) == ["other", "user"]


# Definitions and macros


def definitions(files: dict[str, str], name: str, path: str = HERE) -> list[str]:
    return [function.path for function in program_of(files).definitions(name, path)]


def test_definitions_are_those_a_call_may_mean() -> None:
    files = {
        HERE: USER,
        "drivers/demo/other.c": STATIC.replace("static ", ""),
        "drivers/demo/private.c": STATIC,
        "drivers/elsewhere/other.c": STATIC.replace("static ", ""),
    }
    assert definitions(files, "put") == ["drivers/demo/other.c"]
    assert definitions(files, "put", "drivers/demo/private.c") == ["drivers/demo/private.c"]
    assert definitions(files, "nobody") == []
    assert definitions(files, "") == []


def test_two_definitions_by_condition_are_both_meant() -> None:
    both = "#ifdef CONFIG_A\n" + STATIC + "#else\n" + STATIC + "#endif\n"
    assert definitions({HERE: both + USER}, "put") == [HERE, HERE]


def test_an_inline_function_of_a_public_header_is_found() -> None:
    header = STATIC.replace("static", "static inline")
    assert definitions({HERE: USER, "include/linux/put.h": header}, "put") == [
        "include/linux/put.h"
    ]


@pytest.mark.parametrize(
    "macro",
    [
        "#define put(p) put_page(p)\n",
        "#define put(p) do { put_page(p); } while (0)\n",
        "#define put(p) \\\n\tdo { \\\n\t\tif (p) \\\n\t\t\tput_page(p); \\\n\t} while (0)\n",
        "#define put(p) ({ put_page(p); 0; })\n",
        "#define put(p, ...) put_page(p)\n",
        "#ifdef CONFIG_A\n#define put(p) put_page(p)\n#endif\n",
    ],
)
def test_a_macro_is_looked_into(macro: str) -> None:
    program = program_of({HERE: macro + USER})
    (found,) = program.definitions("put", HERE)
    assert is_macro(found)
    facts = program.facts(found)
    assert facts.parameters[0] == "p"
    assert [call.name for call in facts.calls] == ["put_page"]


def test_both_definitions_of_a_macro_count() -> None:
    macros = "#ifdef A\n#define put(p) put_page(p)\n#else\n#define put(p) folio_put(p)\n#endif\n"
    program = program_of({HERE: macros + USER})
    names = {program.facts(f).calls[0].name for f in program.definitions("put", HERE)}
    assert names == {"put_page", "folio_put"}


def test_a_macro_without_parameters_is_no_function() -> None:
    assert definitions({HERE: "#define put put_page\n" + USER}, "put") == []


# Users of members


def test_users_of_a_member_are_looked_for_where_the_driver_sees_it() -> None:
    program = program_of(
        {
            "drivers/demo/demo.h": "struct thing {\n\tstruct page *held;\n};\n",
            HERE: '#include "demo.h"\nvoid a(struct thing *t)\n{\n\tput_page(t->held);\n}\n',
            "drivers/demo/sub/b.c": '#include "../demo.h"\n'
            "void b(struct thing *t)\n{\n\tput_page(t->held);\n}\nvoid c(void)\n{\n}\n",
            "drivers/demo/late.h": "static void f(struct thing *t)\n{\n\tput_page(t->held);\n}\n",
            "drivers/demo/e.c": "void e(struct thing *t)\n{\n\tput_page(t->held);\n}\n",
            "drivers/elsewhere/d.c": "void d(struct thing *t)\n{\n\tput_page(t->held);\n}\n",
        }
    )
    facts = function(program, "a")
    cell, _ = program.cells.of(facts.calls[0].arguments[0][0], facts)
    users = program.cells.member_users(cell, HERE)
    assert {"a", "b", "f"} <= {u.function.name for u in users}
    assert not {"c", "e"} & {u.function.name for u in users}


def test_the_pointers_of_a_sum() -> None:
    program = program_of({HERE: "void f(struct page **pages, int n)\n{\n\tuse(pages + n);\n}\n"})
    facts = function(program, "f")
    (kept,) = program.types.pointers(facts.calls[0].arguments[0], facts)
    assert kept == facts.calls[0].arguments[0][0]


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("({ typeof(x) z = (x); z - (z % (y)); })", ["z", "z", "y"]),
        ("({ __auto_type z = (x); z + (y); })", ["z", "y"]),
        ("((x) + (y))", ["x", "y"]),
        ("({ struct page **z = (x); int n = 1; z + n + (y); })", ["z", "y"]),
        ("({ unsigned long z = (x); z + (y); })", ["z", "y"]),
    ],
)
def test_what_may_be_the_pointer_in_a_macro(body: str, kept: list[str]) -> None:
    """A parameter has no type, and a variable may have that of a parameter."""
    text = f"#define SUM(x, y) {body}\nvoid f(int n)\n{{\n\tSUM(n, n);\n}}\n"
    program = program_of({HERE: text})
    (macro,) = program.definitions("SUM", HERE)
    facts = program.facts(macro)
    found = program.types.pointers(facts.returns[0].values, facts)
    assert [value.base for value in found if isinstance(value, AccessPath)] == kept
