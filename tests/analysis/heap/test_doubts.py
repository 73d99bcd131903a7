# SPDX-License-Identifier: GPL-2.0-only
"""What could hide a release, and what only looks as if it could: the gap in full, or none."""

from __future__ import annotations

import pytest

from tests.analysis.groups import gaps_of
from tests.analysis.heap.test_hidden_releases import HERE, PUT, START, STRUCT, end, stored
from tests.analysis.memory import pairing_of

MEMBER = STRUCT + START + end(PUT)
"""A page that is kept in `struct demo` and released by another function: all of it is found."""
AT = 1 + MEMBER.count("\n")
"""The line of the first thing behind it."""


def gaps(text: str, **more: str) -> list[str]:
    """The gaps of the only group of a file, with other files of its folder by their names."""
    others = {f"drivers/demo/{name}.c": contents for name, contents in more.items()}
    (group,) = pairing_of({HERE: text} | others).groups
    return gaps_of(group)


def behind(code: str) -> list[str]:
    """The gaps when `code` follows the two functions that hold the page."""
    return gaps(MEMBER + code)


def test_all_is_found() -> None:
    assert gaps(MEMBER) == []


# Members in macros


@pytest.mark.parametrize(
    "macro",
    [
        "#define DEMO_DROP(d) put_page((d)->page)\n",
        "#define DEMO_DROP put_page(the_demo.page)\n",
        "#define DEMO_DROP(d) put_page((d)-> \\\n\tpage)\n",
        "#define DEMO_SIZE (&((struct demo *)0)->page, the_demo->page)\n",
        "#define DEMO_SIZE (&((struct demo *)8)->page)\n",
        "#define DEMO_SIZE(page) (&((struct demo *)0)->page, page)\n",
        "#define DEMO_SIZE (&((struct demo *)0)->page))\n",
        "#define DEMO_SIZE (&(struct demo *)->page)\n",
    ],
)
def test_a_macro_may_release_what_it_names(macro: str) -> None:
    assert behind(macro) == [f"macro-names-member {HERE}:{AT} page"]


@pytest.mark.parametrize(
    "macro",
    [
        "#define DEMO_PLACE (&((struct demo *)0)->page)\n",
        "#define DEMO_PLACE \\\n\t(&((struct demo *) 0) \\\n\t->page)\n",
        "#define DEMO_PLACES (&((struct demo *)0)->page - &((struct demo *)(0))->page)\n",
        "#define DEMO_NAME page\n",
        "#define DEMO_NAME(x) demo_name(page, x)\n",
        "#define DEMO_OTHER(d) put_page((d)->pages)\n",
        "/* demo->page is released by demo_end() */\n",
        'static const char demo_text[] = "demo->page";\n',
    ],
)
def test_a_macro_that_measures_or_means_something_else(macro: str) -> None:
    assert behind(macro) == []


def test_a_macro_that_measures_hides_none_that_follows() -> None:
    both = "#define PLACE (&((struct demo *)0)->page)\n#define DROP(d) put_page((d)->page)\n"
    assert behind(both) == [f"macro-names-member {HERE}:{AT + 1} page"]


def test_pages_that_were_given_on_before_they_were_kept() -> None:
    kept = stored("struct page *same;\n\n\tsame = page;\n\tdemo->page = same;")
    macro = "#define DROP(d) put_page((d)->page)\n"
    at = 1 + (STRUCT + kept).count("\n")
    assert gaps(STRUCT + kept + macro) == [f"macro-names-member {HERE}:{at} page"]


# Members in code that the parser does not understand


def test_code_at_file_scope() -> None:
    code = "DEMO_EVENT(x,\n\tDEMO_DO(\n\t\tput_page(x->page);\n\t)\n);\n"
    assert behind(code) == [f"code-outside-function {HERE}:{AT + 2}"]


def test_what_a_trace_event_records_is_no_page() -> None:
    event = "TRACE_EVENT(x,\n\tTP_fast_assign(\n\t\t__entry->page = 1;\n\t)\n);\n"
    assert behind(event) == []
    other = event.replace("__entry->page = 1;", "__entry->page = 1;\n\t\tput_page(x->page);")
    assert behind(other) == [f"code-outside-function {HERE}:{AT + 3}"]
    deep = event.replace("__entry->page", "__entry->demo->page")
    assert behind(deep) == [f"code-outside-function {HERE}:{AT + 2}"]


def test_a_member_behind_an_arrow_is_one_whatever_the_parser_says() -> None:
    code = "void f(struct list_head *l)\n{\n\tput_page(first(l, struct demo, x)->page);\n}\n"
    assert behind(code) == [f"code-unclear {HERE}:{AT + 2}"]


@pytest.mark.parametrize(
    "code",
    [
        "struct x *a b, *c = /* the page */ d;",
        'struct x *a b, *c = d("page");',
        "struct x a b = {\n#define X page\n\t1 };",
        "struct x *a b = ({ f(page); });",
    ],
)
def test_words_in_a_declaration_that_is_not_understood(code: str) -> None:
    """It is of no matter what stands there when the word is none of its names."""
    assert behind(f"void f(struct demo *d)\n{{\n\t{code}\n}}\n") == []


def test_a_declaration_that_is_not_understood() -> None:
    code = "void f(struct demo *demo)\n{\n\tstruct x *a b, *c = demo->page;\n}\n"
    assert behind(code) == [f"code-unclear {HERE}:{AT + 2}"]


# Types


def test_an_object_of_no_known_type() -> None:
    code = "void f(struct not_here *x)\n{\n\tput_page(x->inner->page);\n}\n"
    assert behind(code) == [f"member-type-unknown {HERE}:{AT} page f"]


def test_a_struct_that_is_declared_nowhere_may_be_this_one_by_another_name() -> None:
    code = "void f(struct not_here *x)\n{\n\tput_page(x->page);\n}\n"
    assert behind(code) == [f"member-type-unknown {HERE}:{AT} page f"]


def test_a_member_of_that_name_in_another_struct() -> None:
    code = "struct other {\n\tstruct page *page;\n};\n"
    code += "void f(struct other *x)\n{\n\tx->page = NULL;\n}\n"
    assert behind(code) == []


DEEP = f"file-not-analysed {HERE}:1 the function at line {{}} is nested in more than 150 levels"


def test_a_function_that_is_nested_too_deep() -> None:
    deep = "1 + (" * 1000 + "demo->page" + ")" * 1000
    code = f"void f(struct demo *demo)\n{{\n\tg({deep});\n}}\n"
    assert behind(code) == [DEEP.format(27)]


# Releases by name, where the pages are in a variable


def local(between: str) -> list[str]:
    """The gaps of a page in a local variable."""
    return gaps(STRUCT + stored(f"{between}\n\tput_page(page);").replace("demo->page = page;", ""))


LINE = 18
"""The line of `between`."""


def test_a_release_that_is_named_and_not_called() -> None:
    assert local("later(put_page);") == [f"release-not-called {HERE}:{LINE} put_page"]
    assert local("void (*drop)(struct page *) = put_page;") == [
        f"release-not-called {HERE}:{LINE} put_page"
    ]
    assert local("demo->put_page = 1; later(put_page);") == [
        f"release-not-called {HERE}:{LINE} put_page"
    ]
    assert local("demo->fn = (put_page)demo;") == [f"release-not-called {HERE}:{LINE} put_page"]
    assert local("later(put_page); later(unpin_user_page);") == [
        f"release-not-called {HERE}:{LINE} put_page",
        f"release-not-called {HERE}:{LINE} unpin_user_page",
    ]


@pytest.mark.parametrize(
    "code",
    [
        "/* put_page() drops it */",
        'pr_debug("put_page");',
        "my_put_page(1);",
        "demo->put_page = 1;",
        "goto put_page;\nput_page:",
    ],
)
def test_what_only_looks_like_its_name(code: str) -> None:
    assert local(code) == []


@pytest.mark.parametrize(
    "how",
    [
        "__free(put_page)",
        "__cleanup(drop)",
        "__attribute__((cleanup(drop)))",
        "__attribute__((__cleanup__(drop)))",
    ],
)
def test_a_variable_that_releases_by_itself(how: str) -> None:
    found = local(f"struct page *own {how} = NULL;")
    assert f"released-by-scope {HERE}:7 demo_start" in found


def test_a_function_that_cleans_up_is_no_variable_that_does() -> None:
    assert local("cleanup(demo); int n = cleanup(demo);") == []


def test_a_declaration_of_the_variable_that_is_not_understood() -> None:
    assert f"code-unclear {HERE}:{LINE}" in local("struct x *a b, *c = page;")


def test_a_variable_that_hides_another_of_its_name() -> None:
    code = """
void demo_start(unsigned long start, int page)
{
	if (start) {
		struct page *page;

		if (get_user_pages_fast(start, 1, FOLL_WRITE, &page) != 1)
			return;
		struct x *a b, *c = page;
		put_page(page);
	}
}
"""
    assert gaps(code) == [f"code-unclear {HERE}:9"]


def test_a_release_in_another_function_says_nothing_of_this_one() -> None:
    code = "void g(void)\n{\n\tlater(put_page);\n}\n"
    assert gaps(STRUCT + stored("put_page(page);") + code) == []


def test_each_is_said_once() -> None:
    code = "void f(struct x *x)\n{\n\tput_page(x->y->page);\n\tput_page(x->z->page);\n}\n"
    assert behind(code) == [f"member-type-unknown {HERE}:{AT} page f"]


def test_other_files_of_the_folder_are_looked_at() -> None:
    include = '#include "demo.h"\n'
    files = {
        "drivers/demo/demo.h": STRUCT,
        HERE: include + START + end(PUT),
        "drivers/demo/a.c": include + "int x;\n",
        "drivers/demo/b.c": include + "#define DROP(d) put_page((d)->page)\n",
    }
    (group,) = pairing_of(files).groups
    assert gaps_of(group) == ["macro-names-member drivers/demo/b.c:2 page"]


def test_a_function_with_the_pages_that_is_nested_too_deep() -> None:
    assert local("start = " + "1 + (" * 1000 + "start" + ")" * 1000 + ";") == [DEEP.format(8)]


# Macros that are not given what they name


@pytest.mark.parametrize(
    ("macro", "use", "gap"),
    [
        ("#define DROP put_page(page)", "DROP;", "macro-names-variable {}:2 page f"),
        ("#define DROP() put_page(page)", "DROP();", "macro-names-variable {}:2 page f"),
        (
            "#define DROP do { \\\n\tput_page(page); \\\n\t} while (0)",
            "DROP;",
            "macro-names-variable {}:2 page f",
        ),
        ("#define DROP put_page(page)", "", ""),
        ("#define DROP(page) put_page(page)", "n++;", ""),
        ("#define SIZE offsetof(struct demo, page)", "n += SIZE;", ""),
        ("#define FIRST(d) ((d)->page)", "n += !FIRST(demo);", ""),
        ("#define DROPS put_page(pages)", "n += !DROPS;", ""),
    ],
)
def test_a_macro_that_names_a_variable(macro: str, use: str, gap: str) -> None:
    code = (
        "#include <linux/mm.h>\n" + macro + "\nint f(struct demo *demo, unsigned long a, int n)\n"
        "{\n\tstruct page *page;\n\n\tif (get_user_pages_fast(a, 1, FOLL_WRITE, &page) != 1)\n"
        f"\t\treturn -14;\n\t{use}\n\tmemset(page_address(page), 0, 8);\n\tput_page(page);\n"
        "\treturn n;\n}\n"
    )
    found = " | ".join(gaps(code))
    assert (gap.format(HERE) in found) if gap else found == ""


@pytest.mark.xfail(strict=True, reason="what ## pastes together is not put together")
def test_a_macro_that_pastes_the_name_of_a_variable() -> None:
    code = (
        "#include <linux/mm.h>\n#define CAT(a, b) a##b\nint f(unsigned long a, int n)\n"
        "{\n\tstruct page *page;\n\n\tif (get_user_pages_fast(a, 1, FOLL_WRITE, &page) != 1)\n"
        "\t\treturn -14;\n\tmemset(page_address(page), 0, 8);\n\tif (n)\n"
        "\t\tput_page(CAT(pa, ge));\n"
        "\telse\n\t\tput_page(page);\n\treturn n;\n}\n"
    )
    assert gaps(code) != []


# Other ways to a member


@pytest.mark.parametrize(
    ("code", "gap"),
    [
        (
            "#define OTHER page\nvoid f(struct demo *d)\n{\n\tput_page(d->OTHER);\n}\n",
            "macro-stands-for-member",
        ),
        (
            "void f(struct demo *d)\n{\n"
            "\tput_page(*(struct page **)((char *)d + offsetof(struct demo, page)));\n}\n",
            "member-offset-taken",
        ),
        (
            "struct view {\n\tstruct page *first;\n};\nvoid f(struct demo *d)\n{\n"
            "\tput_page(((struct view *)d)->first);\n}\n",
            "struct-cast",
        ),
        # A struct that is a part of the other, from the outside and from the inside.
        ("struct outer {\n\tstruct demo demo;\n};\nvoid *f(struct demo *d)\n"
         "{\n\treturn (struct outer *)d;\n}\n", ""),
        ("int f(void)\n{\n\treturn offsetof(struct demo, page) + sizeof(int *);\n}\n", ""),
        (
            "struct view {\n\tstruct page *first;\n};\nvoid f(struct demo *d)\n{\n"
            "\tstruct view *v = kmemdup(d, 8, 0);\n\n\tput_page(v->first);\n}\n",
            "struct-copied-out",
        ),
        ("void f(struct demo *d)\n{\n\tg(kmemdup(d, 8, 0));\n}\n",
         "struct-copied-out"),
        ("void f(struct demo *d)\n{\n\tstruct demo *e = kmemdup(d, 8, 0);\n\n\tkfree(e);\n}\n",
         ""),
    ],
)  # fmt: skip
def test_a_member_by_another_name(code: str, gap: str) -> None:
    found = " | ".join(behind(code))
    assert (gap in found) if gap else found == ""


def test_a_variable_that_others_name() -> None:
    code = (
        "#include <linux/mm.h>\n{}struct page *demo_page;\nint f(unsigned long a)\n{{\n"
        "\tint n = get_user_pages_fast(a, 1, FOLL_WRITE, &demo_page);\n\n"
        "\tmemset(page_address(demo_page), 0, 8);\n\tput_page(demo_page);\n\treturn n;\n}}\n"
    )
    other = "extern struct page *demo_page;\nvoid g(void)\n{\n\tput_page(demo_page);\n}\n"

    def found(static: str, path: str) -> list[str]:
        groups = pairing_of({HERE: code.format(static), path: other}).groups
        return gaps_of(groups[0])

    assert found("", "drivers/elsewhere/other.c") == ["global-shared demo_page"]
    assert found("static ", "drivers/elsewhere/other.c") == []
    assert found("", "drivers/demo/other.c") == []


# Another struct, laid over the beginning

VIEW = (
    "struct view {\n\tstruct page *first;\n\tint second;\n};\nvoid f(struct demo *d)\n{\n"
    "\tput_page(((struct view *)d)->first);\n}\n"
)
"""What 16 bytes of an object show."""
ENDS = "void *a, *b, *c, *d;"


def seen_through(view: str, before: str) -> list[str]:
    """The gaps when `view` is laid over an object that has `before` in front of the page."""
    lists = "struct list_head {\n\tstruct list_head *next, *prev;\n};\n"
    struct = STRUCT.replace("struct demo {", f"struct demo {{\n\t{before}")
    return gaps(lists + struct + START + end(PUT) + view)


@pytest.mark.parametrize("before", [ENDS, "struct list_head a, b;", "int n; void *a[2]; " + ENDS])
def test_a_struct_that_ends_before_the_member(before: str) -> None:
    assert not any("struct-cast" in gap for gap in seen_through(VIEW, before))


@pytest.mark.parametrize(
    "before",
    [
        "void *a, *b, *c;",
        "long a, b, c, d, e, f;",  # of two or four bytes, for all that is known
        "void *a[16];",
        f"union {{ {ENDS} }};",
        f"\n#ifdef CONFIG_DEMO\n\t{ENDS}\n#endif\n",
        "unsigned long a : 1, b : 1, c : 1, e : 1; void *d;",
    ],
)
def test_a_struct_that_may_reach_the_member(before: str) -> None:
    assert any("struct-cast" in gap for gap in seen_through(VIEW, before))


@pytest.mark.parametrize(
    "view",
    [
        VIEW.replace("int second;", "int second[2];"),
        VIEW.replace("int second;", "enum unknown second;"),
        VIEW.replace("int second;", "struct unknown second;"),
        VIEW.replace("};", "} __aligned(64);", 1),
        VIEW.replace("void f", "struct whole {\n\tstruct view view;\n\tint more;\n};\nvoid f"),
    ],
)
def test_a_struct_of_which_it_is_not_known_where_it_ends(view: str) -> None:
    assert any("struct-cast" in gap for gap in seen_through(view, ENDS))


HEAD = """
struct head {
	unsigned long size;
};

static void demo_free(void *memory)
{
	struct head *head%s;

%s
	demo_account(head->size);
	kfree(head);
}

void f(struct demo *d)
{
	demo_free(d);
}
"""
BEFORE = {
    "a decrement": ("", "\thead = (struct head *)memory;\n\thead--;"),
    "a step of one": ("", "\thead = memory;\n\thead -= 1;"),
    "a difference": ("", "\thead = (struct head *)memory - 1;"),
    "at the declaration": (" = (struct head *)memory - 1", ""),
}
WITHIN = {
    "the object itself": ("", "\thead = memory;"),
    "one end of it": ("", "\thead = memory;\n\thead++;"),
    "something between": ("", "\thead = memory;\n\tdemo_account(head->size);\n\thead--;"),
    "a condition": ("", "\thead = memory;\n\tif (demo_has(memory))\n\t\thead--;"),
    "an unknown distance": ("", "\thead = (struct head *)memory - demo_count();"),
    "no step": ("", "\thead = (struct head *)memory - 0;"),
    "both": ("", "\thead = memory;\n\thead--;\n\thead++;"),
    "by address": ("", "\thead = memory;\n\thead--;\n\tdemo_set(&head);"),
}


@pytest.mark.parametrize("how", BEFORE)
def test_a_head_before_the_object_is_no_view_of_it(how: str) -> None:
    found = gaps(STRUCT + START + end(PUT) + HEAD % BEFORE[how])
    assert not any("struct-cast" in gap for gap in found)


@pytest.mark.parametrize("how", WITHIN)
def test_what_may_be_within_the_object_is_a_view_of_it(how: str) -> None:
    found = gaps(STRUCT + START + end(PUT) + HEAD % WITHIN[how])
    assert any("struct-cast" in gap for gap in found)
