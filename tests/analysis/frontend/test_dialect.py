# SPDX-License-Identifier: GPL-2.0-only
"""Kernel C that the grammar does not know, and what is made of it."""

from __future__ import annotations

import pytest

from migrate.analysis.frontend.syntax import parse
from migrate.analysis.frontend.text.dialect import readable
from migrate.analysis.gaps import GapKind
from tests.analysis.memory import only_group

LABELLED = """
int f(int x)
{
	if (x)
		goto out;
	g();
%s
#ifdef CONFIG_X
	h();
#else
	k();
#endif
	return 0;
}
"""
LABELS = ["out:", "out:   ", "out: /* away */", "\tout :", "out:\n", "out: // away"]


@pytest.mark.parametrize("label", LABELS)
def test_a_label_may_stand_before_a_directive(label: str) -> None:
    text = (LABELLED % label).encode()
    assert len(readable(text)) == len(text)
    (function,) = parse("a.c", text).functions
    assert not function.body.has_error
    kinds = [child.type for child in function.body.named_children]
    assert "labeled_statement" in kinds and "preproc_ifdef" in kinds


def test_a_shorter_label_is_shorter_everywhere() -> None:
    text = readable((LABELLED % "out:").encode())
    assert b"goto ou ;" in text and b"\nou:;\n" in text and b"out" not in text


@pytest.mark.parametrize(
    "text",
    [
        "int f(int x)\n{\n\tswitch (x) {\n\tdefault:\n#ifdef A\n\t\tg();\n#endif\n\t}\n}\n",
        "int f(void)\n{\nout:\n\treturn 0;\n}\n",
        "enum {\n\tout,\n#ifdef A\n\tb,\n#endif\n};\n",
        "int out(void);\nint f(void)\n{\no:\n#ifdef A\n\tg();\n#endif\n\treturn 0;\n}\n",
        "#define SAVE \\\n\tmfmsr\tr0\n44:\n#ifdef A\n\tnop\n#endif\n\tb\t44b\n",
    ],
)
def test_everything_else_stays_as_it_is(text: str) -> None:
    assert readable(text.encode()) == text.encode()


def test_a_label_keeps_the_places_behind_it() -> None:
    source = parse("a.c", (LABELLED % "out:").encode())
    (function,) = source.functions
    found = [source.place(n).line for n in function.body.named_children]
    assert found == sorted(found) and found[-1] == 13


VARIADIC = """
#define demo_msg(LEVEL, FMT, %s) printk(LEVEL "demo: " FMT, ## %s)
#define demo_dbg(FMT, %s) do { if (demo_loud) demo_msg("7", FMT, ## %s); } while (0)
#define demo_hold(FMT, %s) demo_kept(FMT, ## %s)
int demo_go(unsigned long at)
{
	struct page *page;

	if (get_user_pages_fast(at, 1, FOLL_WRITE, &page) != 1)
		return -EFAULT;
	%s
	memset(page_address(page), 0, 64);
	put_page(page);
	return 0;
}
"""
NAMES = {"GNU": ("ARGS...", "ARGS"), "C99": ("...", "__VA_ARGS__")}


@pytest.mark.parametrize("names", NAMES.values(), ids=list(NAMES))
@pytest.mark.parametrize(
    ("call", "known"),
    [
        ('demo_dbg("%lx\\n", at);', True),
        ('demo_dbg("%p\\n", page);', True),
        ('demo_dbg("%lx %p\\n", at, page);', True),
        ('demo_hold("", at, page);', False),
    ],
)
def test_what_a_variadic_macro_gets_is_followed(
    names: tuple[str, str], call: str, known: bool
) -> None:
    group = only_group(VARIADIC % (*names * 3, call))
    assert (not group.gaps) == known
    assert GapKind.UNNAMED_ARGUMENT not in {gap.kind for gap in group.gaps}


@pytest.mark.parametrize(
    "kind", ["unsigned int", "unsigned long", "long long", "unsigned long int"]
)
@pytest.mark.parametrize("macro", ["min_t", "max_t", "clamp_t"])
def test_a_type_of_several_words_may_be_an_argument(macro: str, kind: str) -> None:
    text = f"int f(int a, int b)\n{{\n\treturn {macro}({kind}, a, b);\n}}\n".encode()
    assert len(readable(text)) == len(text)
    (function,) = parse("a.c", text).functions
    assert not function.body.has_error


@pytest.mark.parametrize(
    "text",
    ["int f_t(unsigned int);", "int g(unsigned int, int);", "int h_t(unsigned int a, int b);"],
)
def test_the_types_of_parameters_stay(text: str) -> None:
    assert readable(text.encode()) == text.encode()


@pytest.mark.parametrize(
    "line",
    [
        "typeof(x->pages[0]) page = x->pages[0];",
        "const __typeof__(&x->pages) *all = &x->pages, *more;",
        "typeof(f(x)) *z;",
        "g(x); typeof (*x->y) array[2] = { 1 };",
    ],
)
def test_a_declaration_with_the_type_of_an_expression(line: str) -> None:
    text = f"void h(struct demo *x)\n{{\n\t{line}\n}}\n".encode()
    assert len(readable(text)) == len(text)
    (function,) = parse("a.c", text).functions
    assert not function.body.has_error
    assert "declaration" in {child.type for child in function.body.named_children}


@pytest.mark.parametrize(
    "line", ["y = (typeof(x->pages))z;", "g(typeof(x->y), 1);", "n = sizeof(typeof(*x->y));"]
)
def test_another_typeof_stays(line: str) -> None:
    assert readable(line.encode()) == line.encode()


@pytest.mark.parametrize(
    "names", ["KERN_ERR", "KERN_ERR DRV_NAME", "KERN_ERR  DRV", "LEVEL FROM DRV_NAME", "lvl drv"]
)
@pytest.mark.parametrize("before", ["printk(", "dev_say(dev, "])
def test_several_names_may_stand_before_a_string(before: str, names: str) -> None:
    text = f'void f(int a)\n{{\n\t{before}{names} ": %d\\n" MORE, a);\n}}\n'.encode()
    assert len(readable(text)) == len(text)
    (function,) = parse("a.c", text).functions
    assert not function.body.has_error


@pytest.mark.parametrize(
    "line",
    ['f("(as it is");', 'f("a, b c d", x);', 'f(a, "%d b");', "f(unsigned long, x);", 'f(A "b");'],
)
def test_words_in_strings_and_single_names_stay(line: str) -> None:
    assert readable(line.encode()) == line.encode()


STATED = """
#define demo_msg(LEVEL, FMT, ARGS...) {printer}(LEVEL DEMO_NAME ": " FMT, ## ARGS)
int demo_go(unsigned long at)
{{
	struct page *page;

	if (get_user_pages_fast(at, 1, FOLL_WRITE, &page) != 1)
		return -EFAULT;
	demo_msg(KERN_ERR, "%p\\n", page);
	memset(page_address(page), 0, 64);
	put_page(page);
	return 0;
}}
"""


@pytest.mark.parametrize(("printer", "known"), [("printk", True), ("demo_kept", False)])
def test_a_message_with_two_names_before_its_text_is_read(printer: str, known: bool) -> None:
    group = only_group(STATED.format(printer=printer))
    assert GapKind.CALL_ARGUMENTS_UNCLEAR not in {gap.kind for gap in group.gaps}
    assert (not group.gaps) == known


@pytest.mark.parametrize("macro", ["INLINE", "STATIC", "DEMO_API"])
@pytest.mark.parametrize("before", ["", "static ", "static inline "])
@pytest.mark.parametrize(
    "kind",
    ["int", "void", "struct page *", "const char *", "unsigned long", "Bool", "u64", "size_t\n"],
)
def test_a_macro_may_stand_before_the_type_of_a_function(
    macro: str, before: str, kind: str
) -> None:
    text = f"{before}{macro} {kind} f(int a)\n{{\n\tg(a);\n}}\n".encode()
    assert len(readable(text)) == len(text)
    source = parse("a.c", text)
    assert not source.root.has_error
    (function,) = source.functions
    assert function.name == "f" and function.static is before.startswith("static")


@pytest.mark.parametrize(
    "head",
    [
        "static DEMO_STATUS f(int a)",
        "DEMO_STATUS DEMO_CALL f(int a)",
        "static unsigned long f(int a)",
        "static const struct page *f(int a)",
        "typedef struct page *f(int a)",
        "demo_t notrace f(int a)",
        "\treturn DEMO f(a)",
        "static DEMO demo[] = { f(a) }",
    ],
)
def test_types_and_other_words_stay(head: str) -> None:
    text = f"{head}\n".encode()
    assert readable(text) == text


@pytest.mark.parametrize("word", ["IN", "OUT", "IN OUT", "_Inout_", "__in"])
def test_words_before_the_type_of_a_parameter(word: str) -> None:
    listed = f"{word} int a, {word} struct page **b,\n{word} char c"
    text = f"int f({listed})\n{{\n\tg(a);\n}}\n".encode()
    assert len(readable(text)) == len(text)
    source = parse("a.c", text)
    assert not source.root.has_error
    assert [source.code(p) for p in source.functions[0].parameters] == [
        "int a",
        "struct page **b",
        "char c",
    ]


@pytest.mark.parametrize("text", ["f(IN, OUT);", "f(INSIDE x);", "f(a IN b);", "f(a, OUT + 1);"])
def test_such_words_elsewhere_stay(text: str) -> None:
    assert readable(text.encode()) == text.encode()


TAKEN = """
static INLINE struct page *
demo_take(unsigned long at)
{
	struct page *page = NULL;

	if (get_user_pages_fast(at, 1, FOLL_WRITE, &page) != 1)
		return NULL;
	return page;
}

int demo_go(unsigned long at)
{
	struct page *page = demo_take(at);

	if (!page)
		return -EFAULT;
	memset(page_address(page), 0, 64);
	put_page(page);
	return 0;
}
"""


def test_a_group_with_a_macro_in_a_head() -> None:
    group = only_group(TAKEN)
    assert not group.gaps and group.releases


def test_a_label_may_be_one_letter_and_a_number() -> None:
    text = (LABELLED % "o1:").replace("goto out", "goto o1").encode()
    found = readable(text)
    assert len(found) == len(text) and b"goto o ;" in found and b"\no:;\n" in found


def test_the_first_line_is_rewritten_as_the_others_are() -> None:
    text = b"KEPT int demo_go(int x)\n{\n\treturn x;\n}\n"
    assert readable(text) == text.replace(b"KEPT", b"    ")


@pytest.mark.parametrize(
    ("before", "known"),
    [("\t", True), ("\tconst __", True), ("{ ", True), ("\tf(", False), ("\treturn ", False)],
)
def test_only_a_declaration_gets_one_word_for_its_type(before: str, known: bool) -> None:
    text = f"{before}typeof(a->b) x = y;\n".encode()
    assert (b"typeof(a__b)" in readable(text)) is known
