# SPDX-License-Identifier: GPL-2.0-only
"""What one function does with its values."""

from __future__ import annotations

import pytest

from migrate.analysis.ir.model import AccessPath, Flow, FunctionFacts, Result
from tests.analysis.memory import call_of, facts_of


def flows(facts: FunctionFacts) -> list[tuple[str, tuple[str, ...]]]:
    """Every flow as text: "a.b" for members, "*" for a store through, "#n" for a result."""
    return [(text_of(f), tuple(value_of(v) for v in f.sources)) for f in facts.flows]


def text_of(flow: Flow) -> str:
    return ("*" if flow.through else "") + value_of(flow.target)


def value_of(value: object) -> str:
    if isinstance(value, AccessPath):
        return ".".join((value.base, *value.members))
    assert isinstance(value, Result)
    return f"#{value.call}"


def body(text: str, parameters: str = "struct s *s, struct page **pages, int i") -> FunctionFacts:
    return facts_of(f"void f({parameters})\n{{\n{text}\n}}\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("s = other;", [("s", ("other",))]),
        ("s->a.b = pages;", [("s.a.b", ("pages",))]),
        ("s->a = pages[i];", [("s.a", ("pages",))]),
        ("s->a = *pages;", [("s.a", ("pages",))]),
        ("s->a = &s->b;", [("s.a", ("s.b",))]),
        ("i = s->a & PAGE_MASK;", [("i", ("s.a", "PAGE_MASK"))]),
        ("i = s->a + (s->b & ~PAGE_MASK);", [("i", ("s.a",))]),
        ("i = s->a | ((PAGE_SIZE - 1) & s->b);", [("i", ("s.a",))]),
        ("i = s->a & ~s->b;", [("i", ("s.a", "s.b"))]),
        ("i = s->a & (PAGE_SIZE - 2);", [("i", ("s.a", "PAGE_SIZE"))]),
        ("pages[i] = s->a;", [("*pages", ("s.a",))]),
        ("*pages = s->a;", [("*pages", ("s.a",))]),
        ("s->a[i] = pages;", [("*s.a", ("pages",))]),
        ("(*s).a = pages;", [("s.a", ("pages",))]),
        ("s->a = pages + i;", [("s.a", ("pages", "i"))]),
        ("s->a = (void *)(unsigned long)pages;", [("s.a", ("pages",))]),
        ("s->a = i ? pages : s->b;", [("s.a", ("pages", "s.b"))]),
        ("s->a = pages ?: s->b;", [("s.a", ("pages", "s.b"))]),
        ("s->a = (i++, pages);", [("s.a", ("pages",))]),
        ("s->a = s->b = pages;", [("s.b", ("pages",)), ("s.a", ("s.b",))]),
        ("s->a = f2(i);", [("s.a", ("#0",))]),
        ("s->a = i == 1;", [("s.a", ())]),
        ("s->a = !pages;", [("s.a", ())]),
        ("s->a = sizeof(*pages);", [("s.a", ())]),
        ("s->a = ({ int x = 1; g(x); pages; });", [("x", ()), ("s.a", ("pages",))]),
        ("if ((s->a = pages[0]) != NULL) g();", [("s.a", ("pages",))]),
        ("for (s = first; s; s = s->next) ;", [("s", ("first",)), ("s", ("s.next",))]),
        ("while ((s = s->next)) ;", [("s", ("s.next",))]),
        ("switch (i) { case 1: s->a = pages; break; default: s->b = pages; }", None),
        ("do { s->a = pages; } while (i);", [("s.a", ("pages",))]),
        ("out: s->a = pages;", [("s.a", ("pages",))]),
    ],
)
def test_flows(text: str, expected: list[tuple[str, tuple[str, ...]]] | None) -> None:
    found = flows(body(text))
    if expected is None:
        expected = [("s.a", ("pages",)), ("s.b", ("pages",))]
    assert found == expected


@pytest.mark.parametrize(
    ("text", "null"),
    [
        ("s->a = NULL;", True),
        ("s->a = 0;", True),
        ("s->a = (void *)0;", True),
        ("s->a = ((struct page *)NULL);", True),
        ("s->a = pages;", False),
        ("s->a = g();", False),
    ],
)
def test_a_flow_of_nothing_is_null(text: str, null: bool) -> None:
    (flow,) = body(text).flows
    assert flow.null is null


def test_loaded_tells_the_value_from_what_it_points_to() -> None:
    (call,) = body("put_page(*pages);").calls
    assert call.arguments == ((AccessPath("pages", (), True),),)
    (call,) = body("put_page(pages);").calls
    assert call.arguments == ((AccessPath("pages", (), False),),)
    (call,) = body("put_page(&s->a);").calls
    assert call.arguments == ((AccessPath("s", ("a",), False),),)
    (call,) = body("put_page(s->a[i]);").calls
    assert call.arguments == ((AccessPath("s", ("a",), True),),)


def test_initialisers() -> None:
    text = "struct t t = { .a = pages, .b = { .c = s->d }, [2] = { .e = pages }, };"
    assert flows(body(text)) == [("t.a", ("pages",)), ("t.b.c", ("s.d",)), ("t.e", ("pages",))]
    assert flows(body("struct page *all[] = { s->a, s->b };")) == [
        ("*all", ("s.a",)),
        ("*all", ("s.b",)),
    ]
    assert flows(body("struct t t = { .a.b = pages };")) == [("t.a.b", ("pages",))]


def test_an_inner_variable_hides_an_outer_one() -> None:
    facts = body(
        "struct page *page = pages[0];\n"
        "{\n\tstruct page *page = pages[1];\n\tput_page(page);\n}\n"
        "for (struct page *page = pages[2]; page; page = next(page))\n\tput_page(page);\n"
        "put_page(page);"
    )
    assert flows(facts)[:2] == [("page", ("pages",)), ("page#2", ("pages",))]
    used = [value_of(c.arguments[0][0]) for c in facts.calls if c.name == "put_page"]
    assert used == ["page#2", "page#3", "page"]
    assert {"page", "page#2", "page#3"} <= set(facts.types)


def test_an_initialiser_sees_the_outer_variable() -> None:
    facts = body("struct s *t = s;\n{\n\tstruct s *s = s2(t), *u = s;\n\tg(u);\n}")
    assert flows(facts) == [("t", ("s",)), ("s#2", ("#0",)), ("u", ("s#2",))]


def test_statement_expressions_have_their_own_scope() -> None:
    facts = body("s->a = ({ struct page *page = pages[0]; page; }); g(page);")
    assert flows(facts) == [("page", ("pages",)), ("s.a", ("page",))]
    assert facts.calls[-1].arguments == ((AccessPath("page"),),)


def test_parameters_and_types() -> None:
    facts = facts_of(
        "int f(struct page **pages, const char name[8], u64, void (*cb)(int), ...)\n{\n}"
    )
    assert facts.parameters[:2] == ("pages", "name")
    assert facts.parameters[2] == ""
    assert facts.types["pages"].tag == "page"
    assert facts.types["pages"].depth == 2
    assert facts.types["name"].depth == 1


def test_calls_have_names_arguments_and_sources() -> None:
    facts = body("if (i)\n\tg(s->a, i + 1, /* note */ NULL);\ng();", "struct s *s, int i")
    first, second = facts.calls
    assert (first.name, first.sources) == ("g", ("s->a", "i + 1", "NULL"))
    assert first.arguments == ((AccessPath("s", ("a",)),), (AccessPath("i"),), ())
    assert (first.place.line, first.text) == (4, "g(s->a, i + 1, /* note */ NULL);")
    assert (second.name, second.place.line) == ("g", 5)


def test_calls_in_calls_come_first_and_are_results() -> None:
    facts = body("put_page(virt_to_page(s->a));")
    inner, outer = facts.calls
    assert (inner.name, outer.name) == ("virt_to_page", "put_page")
    assert outer.arguments == ((Result(0),),)


@pytest.mark.parametrize(
    "text",
    [
        "s->ops->put_page(s);",
        "(*s->ops.put_page)(s);",
        "put_page[i](s);",
    ],
)
def test_a_call_through_a_pointer_has_no_name(text: str) -> None:
    (call,) = body(text).calls
    assert call.name == ""
    assert call.pointer is not None


def test_a_local_by_the_name_of_a_function_is_a_pointer() -> None:
    (call,) = body("void (*put_page)(struct page *) = s->put; put_page(s->page);").calls
    assert (call.name, call.pointer) == ("", AccessPath("put_page"))


def test_no_call_in_comments_strings_sizeof_and_labels() -> None:
    facts = body('put_page:\n/* put_page(a) */ s = "put_page(b)"; // put_page(c)\ngoto put_page;')
    assert facts.calls == ()


def test_accesses() -> None:
    facts = body("s->a = s->b.c; *pages = NULL; i = pages[0]->flags; s->n++; (*pages)++;")
    found = [(value_of(a.loc), a.member, a.write) for a in facts.accesses]
    assert ("s", "a", True) in found
    assert ("s.b", "c", False) in found
    assert ("pages", "", True) in found
    assert ("pages", "flags", False) in found
    assert ("pages", "", False) in found


def test_a_store_to_a_member_is_no_read_of_it() -> None:
    facts = body("s->a = 1;")
    assert [(a.member, a.write) for a in facts.accesses] == [("a", True)]


def test_returns() -> None:
    facts = body("if (i)\n\treturn pages[i];\nreturn i ? s->a : NULL;\nreturn -1;\nreturn;")
    assert [tuple(value_of(v) for v in r.values) for r in facts.returns] == [
        ("pages",),
        ("s.a",),
    ]


def test_preprocessor_conditions_are_kept() -> None:
    facts = body(
        "#ifdef CONFIG_A\n\tg(1);\n#else\n\tg(2);\n#endif\n"
        "#ifndef CONFIG_B\n\tg(3);\n#endif\n\tg(4);"
    )
    assert [sorted(c.guards) for c in facts.calls] == [
        [("CONFIG_A", True)],
        [("CONFIG_A", False)],
        [("CONFIG_B", False)],
        [],
    ]


def test_conditions_around_the_function_count() -> None:
    facts = facts_of("#if defined(CONFIG_A)\nvoid f(void)\n{\n\tg();\n}\n#endif\n")
    assert facts.guards == call_of(facts, "g").guards == frozenset({("CONFIG_A", True)})


def test_a_call_is_found_once_in_each_kind_of_statement() -> None:
    text = (
        "if (g(1)) g(2); else g(3);\nwhile (g(4)) g(5);\ndo g(6); while (g(7));\n"
        "for (g(8); g(9); g(10)) g(11);\nswitch (g(12)) { case 1: g(13); default: g(14); }\n"
        "out: g(15);\ni = g(16);\nint x = g(17);\ng(g(18));\nreturn g(19);"
    )
    numbers = [c.sources[0] for c in body(text).calls]
    assert sorted(n for n in numbers if n.isdigit()) == sorted(str(n) for n in range(1, 20))
    assert len(numbers) == 20


def test_compound_assignments_are_no_new_value() -> None:
    assert flows(body("i |= s->flags; i += 1;"))[0] == ("i", ("s.flags",))


def test_a_cast_in_front_of_a_call_is_passed_through() -> None:
    facts = body("s = (struct s *)g(i);")
    assert flows(facts) == [("s", ("#0",))]


def test_a_cast_to_the_type_of_something_is_no_call() -> None:
    facts = facts_of("void f(long x)\n{\n\tlong y = (x & ((typeof(x))(x) - 1));\n\n\tuse(y);\n}\n")
    assert [call.name for call in facts.calls] == ["use"]
    (flow,) = facts.flows
    assert set(flow.sources) == {AccessPath("x")}


def test_the_operand_of_typeof_is_not_evaluated() -> None:
    facts = facts_of("void f(long *x)\n{\n\tg(typeof(*x), offsetof(typeof(*x), m));\n}\n")
    assert [call.name for call in facts.calls] == ["g"]
    assert facts.accesses == ()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("&s->a", True),
        ("(void *)&s->a", True),
        ("i ? &s->a : 0", True),
        ("&s->a[i & 3] + 4", True),
        ("s->a", False),
        ("i & 3", False),
        ("i && s", False),
        ("g(&s->a)", False),
        ("sizeof(&s->a)", False),
    ],
)
def test_an_address_is_told_from_other_ampersands(value: str, expected: bool) -> None:
    facts = body(f"s->b = {value}; h(i, {value}); return {value};")
    (call,) = [c for c in facts.calls if c.name == "h"]
    assert call.addressed == (False, expected)
    assert [f.addressed for f in facts.flows] == [expected]
    assert {r.addressed for r in facts.returns} <= {expected}


def test_any_argument_that_is_not_understood_may_be_an_address() -> None:
    (call,) = body("h(i, s );  h2(s ] [, i);").calls[:1]
    assert call.addressed == (False, False)
    unclear = [c for c in body("h(i, s, );").calls if c.unclear]
    assert all(all(c.addressed) for c in unclear)
    assert unclear


def test_a_macro_by_the_name_of_a_number_is_called_and_one_of_a_pointer_is_not() -> None:
    text = """
        static void f(int length, int (*get)(int x), unknown_t other)
        {
            g(length(1), get(2), other(3));
        }
        """
    assert [call.name for call in facts_of(text).calls] == ["length", "", "", "g"]
