# SPDX-License-Identifier: GPL-2.0-only
"""What becomes of C when it is lowered, and of which storage its expressions speak."""

from __future__ import annotations

from typing import TypeGuard

import pytest

from migrate.analysis.frontend.syntax import parse
from migrate.analysis.ir.expressions import (
    AddressOf,
    Binary,
    CallResult,
    Cast,
    Choice,
    Constant,
    Element,
    Evaluated,
    Expression,
    Load,
    Member,
    Opaque,
    Temporary,
    Unary,
    Variable,
    is_null,
    is_zero,
    root,
)
from migrate.analysis.ir.instructions import (
    Evaluate,
    Invoke,
    Leave,
    Lowered,
    Select,
    Store,
    is_addressed,
    is_counted,
)
from migrate.analysis.ir.lowering import lower
from migrate.analysis.ir.values import values


def lowered(body: str, parameters: str = "struct s *s, int n") -> Lowered:
    source = parse("a.c", f"int f({parameters})\n{{\n{body}\n}}\n".encode())
    return lower(source, source.functions[0])


def text(expression: Expression) -> str:
    match expression:
        case Variable(name) | Constant(name):
            return name
        case Member(inner, name, arrow):
            return f"{text(inner)}{'->' if arrow else '.'}{name}"
        case Load(inner):
            return f"*{text(inner)}"
        case Element(inner, index):
            return f"{text(inner)}[{'' if index is None else text(index)}]"
        case AddressOf(inner):
            return f"&{text(inner)}"
        case Cast(tag, inner):
            return f"({tag}){text(inner)}"
        case Unary(operator, inner):
            return f"{operator}{text(inner)}"
        case Binary(operator, left, right):
            return f"({text(left)} {operator} {text(right)})"
        case Choice(first, second):
            return f"{{{text(first)} or {text(second)}}}"
        case CallResult(number):
            return f"@{number}"
        case Evaluated(inner):
            return f"<{text(inner)}>"
        case Temporary(tag, elements):
            return f"new {tag}({', '.join(map(text, elements))})"
        case Opaque():
            return "?"


def said(body: str) -> list[str]:
    found = []
    for instruction in lowered(body).order:
        match instruction:
            case Store(target, value, operator):
                found.append(f"{text(target)} {operator} {text(value)}")
            case Invoke(number, callee, arguments):
                found.append(f"@{number} = {text(callee)}({', '.join(map(text, arguments))})")
            case Evaluate(value):
                found.append(f"evaluate {text(value)}")
            case Select(value):
                found.append(f"select {text(value)}")
            case Leave(value, False):
                found.append("return" if value is None else f"return {text(value)}")
    return found


@pytest.mark.parametrize(
    ("body", "instructions"),
    [
        ("n = (s->a);", ["n = s->a"]),
        ("s->a[n].b = *p;", ["s->a[n].b = *p"]),
        ("p = &s->a[0];", ["p = &s->a[0]"]),
        ("n = g(h(1), s->b);", ["@0 = h(1)", "@1 = g(@0, s->b)", "n = @1"]),
        ("if ((n = g()) < 0) return n;", ["@0 = g()", "n = @0", "return n"]),
        ("p->q = r = s->b;", ["r = s->b", "p->q = r"]),
        ("n += 2; n++; --s->a;", ["n += 2", "n ++ 1", "s->a -- 1"]),
        ("s->ops->go(s);", ["@0 = s->ops->go(s)"]),
        ("(put)(s);", ["@0 = put(s)"]),
        ("n = x ? g() : s->b;", ["@0 = g()", "n = {@0 or s->b}"]),
        ("n = g() ?: 1;", ["@0 = g()", "n = {<@0> or 1}"]),
        ("n = x && g();", ["@0 = g()", "n = (? && <@0>)"]),
        ("struct t t = { .a = g(), .b.c = 1, .d = { n } };",
         ["@0 = g()", "t.a = @0", "t.b.c = 1", "t.d[] = n"]),
        ("p = &(struct t){ .a = n };", ["new t().a = n", "p = &new t()"]),
        ("n = ({ int k = g(); k + 1; });", ["@0 = g()", "k = @0", "n = (k + 1)"]),
        ("n = (h(), 2);", ["@0 = h()", "n = 2"]),
        ("n = sizeof(g());", ["n = ?"]),
        ("n = offsetof(struct s, a);", ["n = ?"]),
        ("if (s->a) return;", ["evaluate s->a", "return"]),
        ("if (n) return;", ["return"]),
        ("switch (s->a) { case 1: g(); }", ["evaluate s->a", "select s->a", "@0 = g()"]),
        ("p = (struct t *)q;", ["p = (t)q"]),
        ("p = (typeof(p))(q);", ["p = ()q"]),
        ("asm(\"x\" : \"=r\"(n) : \"r\"(s));", ["@0 = asm(n, s)"]),
        ("if (0) g(); h();", ["@0 = h()"]),
        ("int n; { int n = 1; n = 2; } n = 3;", ["n#3 = 1", "n#3 = 2", "n#2 = 3"]),
    ],
)  # fmt: skip
def test_what_a_statement_is_lowered_to(body: str, instructions: list[str]) -> None:
    assert said(body) == instructions


@pytest.mark.parametrize(
    ("code", "storage"),
    [
        ("s->a.b", ["s.a.b"]),
        ("&s->a", ["s.a"]),
        ("s->a[n]", ["*s.a"]),
        ("*s->a", ["*s.a"]),
        ("p + n", ["p", "n"]),
        ("p & PAGE_MASK", ["p", "PAGE_MASK"]),
        ("p & ~PAGE_MASK", []),
        ("p & 0xfff", []),
        ("p == q", []),
        ("!p", []),
        ("-ENOMEM", []),
        ("((struct t *)p)->m", ["(t.m"]),
        ("g()->m", ["@0.m"]),
        ("x ? p : q", ["p", "q"]),
        ("NULL", []),
    ],
)
def test_the_storage_of_an_expression(code: str, storage: list[str]) -> None:
    (*_, last) = lowered(f"return {code};").order[:-1]
    assert isinstance(last, Leave) and last.value is not None
    found = []
    for value in values(last.value):
        assert not isinstance(value, int)
        path = ".".join((value.base, *value.members)) if hasattr(value, "base") else "@"
        found.append(("*" if getattr(value, "loaded", False) else "") + path)
    assert found == storage


def test_a_branch_knows_its_statement() -> None:
    source = "if (n < 0) {\ng();\n}"
    (condition,) = lowered(source).conditions
    begin = len("int f(struct s *s, int n)\n{\n")
    assert (condition.start, condition.asked) == (begin + 4, begin + len("if (n < 0)"))
    assert condition.end == begin + len(source)


def test_instructions_know_what_the_preprocessor_asks() -> None:
    guards = {
        text(i.callee): i.guards
        for i in lowered("#ifdef A\ng();\n#else\nh();\n#endif\nk();").order
        if isinstance(i, Invoke)
    }
    assert guards == {
        "g": frozenset({("A", True)}),
        "h": frozenset({("A", False)}),
        "k": frozenset(),
    }


@pytest.mark.parametrize(
    ("condition", "guard"),
    [
        ("IS_ENABLED(CONFIG_A)", ("IS_ENABLED(CONFIG_A)", True)),
        ("!IS_BUILTIN(CONFIG_A)", ("IS_BUILTIN(CONFIG_A)", False)),
        ("LINUX_VERSION_CODE < KERNEL_VERSION(5, 6, 0)",
         ("LINUX_VERSION_CODE < KERNEL_VERSION(5, 6, 0)", True)),
    ],
)  # fmt: skip
def test_a_condition_that_the_build_decides_is_one_of_the_preprocessor(
    condition: str, guard: tuple[str, bool]
) -> None:
    found = lowered(f"if ({condition})\n\tg();\nelse\n\th();\nk();").order
    guards = {text(i.callee): set(i.guards) for i in found if isinstance(i, Invoke)}
    other = (guard[0], not guard[1])
    assert [guards[name] for name in "ghk"] == [{guard}, {other}, set()]


def test_an_option_that_the_file_defines_is_none_of_the_build() -> None:
    text = "#define CONFIG_A 1\nvoid f(void)\n{\n\tif (IS_ENABLED(CONFIG_A))\n\t\tg();\n}\n"
    source = parse("a.c", text.encode())
    (function,) = (f for f in source.functions if f.name == "f")
    assert {frozenset(i.guards) for i in lower(source, function).calls.values()} == {frozenset()}


@pytest.mark.parametrize(
    "condition", ["n", "n && IS_ENABLED(CONFIG_A)", "is_enabled(CONFIG_A)", "2", "CODE < 5"]
)
def test_other_conditions_are_no_guards(condition: str) -> None:
    calls = lowered(f"if ({condition})\n\tg();").calls.values()
    assert [set(i.guards) for i in calls if text(i.callee) == "g"] == [set()]


@pytest.mark.parametrize(
    ("body", "unsure"),
    [("g();", False), ("goto *p;", True), ("if (x { g(); }", True)],
)
def test_what_is_not_understood_is_unsure(body: str, unsure: bool) -> None:
    assert lowered(body).unsure == unsure


def test_a_call_with_a_type_among_its_arguments_is_unclear_and_no_more_than_that() -> None:
    found = lowered("n = g(s, container_of(s, struct s, m));")
    calls = {text(i.callee): i.unclear for i in found.calls.values()}
    assert calls == {"g": False, "container_of": True}
    assert not found.unsure


@pytest.mark.parametrize(
    "body",
    [
        "g(container_of(s, struct s, m));",
        "n++; g(container_of(s, struct s, m));",
        "if (n) g(container_of(s, struct s, m));",
        "out: g(container_of(s, struct s, m));",
        "switch (n) { case 1: g(container_of(s, struct s, m)); }",
    ],
)
def test_a_call_that_reads_like_a_type_or_a_declaration(body: str) -> None:
    found = lowered(body)
    (inner, outer) = found.calls.values()
    assert (text(inner.callee), inner.unclear) == ("container_of", True)
    assert text(inner.arguments[0]) == "s"
    assert (text(outer.callee), outer.unclear) == ("g", False)
    assert outer.arguments == (CallResult(inner.number),)
    assert not found.unsure


@pytest.mark.parametrize(
    "given",
    ["void *", "struct s *", "unsigned long", "kind *", "int (*)(int a)", "kind (*)(int a)"],
)
def test_a_macro_that_gets_a_type_alone_is_a_call(given: str) -> None:
    found = lowered(f"if (n) {{ g({given}); n++; }}")
    ((name, arguments, unclear),) = (
        (text(i.callee), i.arguments, i.unclear) for i in found.calls.values()
    )
    assert (name, arguments, unclear) == ("g", (), True)
    lowered(f"switch (n) {{ case 1: g({given}); break; default: g({given}); }}")


def test_a_declaration_of_a_function_is_no_call() -> None:
    assert not lowered("int (*h)(struct s *s); int k(struct s *s);").calls


def test_variables_are_asked_by_what_is_done_to_them() -> None:
    found = lowered("int k; g(&n); s->a = 1; k++; if (h(&k)) return; (s)->a++;")
    assert is_addressed(found, "n") and is_addressed(found, "k") and not is_addressed(found, "s")
    assert is_counted(found, "k") and not is_counted(found, "n")
    assert not is_addressed(lowered("x = n && s;"), "s")


def test_locals_say_how_long_they_live() -> None:
    found = lowered(
        "static int a; register int b; struct t *c __free(put) = g(); { int d; }"
    ).locals
    assert {n: v.lasting for n, v in found.items() if not v.parameter} == {
        "a": True, "b": False, "c": False, "d": False
    }  # fmt: skip
    assert found["c"].cleaned and not found["b"].cleaned
    assert found["a"].outermost and not found["d"].outermost
    assert found["s"].parameter


def test_constants_are_told_by_their_value() -> None:
    assert (
        is_zero(Constant("NULL")) and is_zero(Cast("t", Constant("0"))) and is_zero(Constant("0UL"))
    )
    assert not is_zero(Constant("10")) and not is_zero(Constant("true"))
    assert is_null(Unary("-", Variable("ENOMEM"))) and not is_null(Variable("page"))
    assert root(Load(Binary("+", Member(Variable("s"), "a", True), Variable("n")))) == Variable("s")
    assert root(CallResult(0)) is None


@pytest.mark.parametrize(
    ("body", "blocks", "misread", "unsure"),
    [
        ("g(n) ; { h(); }", [], False, False),
        ("g(); each(n, s) { h(); }", ["{ h(); }"], False, True),
        ("g(); each(n) { h(); }", ["each(n) { h(); }"], False, True),
        ("each(n, s) { each(s) { h(); } }", ["each(s) { h(); }", "{ each(s) { h(); } }"], False,
         True),
        ("g(); each(n, s) h();", [], True, True),
        ("each(n, s) { h(); }", ["{ h(); }"], False, True),
        ("each(n, s) { n = (n + ; }", ["{ n = (n + ; }"], True, True),
        ("n = (n + ;", [], True, True),
        ("s = container_of(s, struct s, m);", [], False, False),
        ("return g(union u, n) + h(n, struct s *);", [], False, False),
        ("each(n, s) { h(container_of(s, struct s, m)); }",
         ["{ h(container_of(s, struct s, m)); }"], False, True),
        ("g(n m, s);", [], True, True),
        ("g(struct s (*)[2], n);", [], True, True),
        ("g(struct s *p = n);", [], True, True),
        ("goto *s; each(n, s) { h(); }", ["{ h(); }"], True, True),
    ],
)  # fmt: skip
def test_a_block_behind_a_macro(body: str, blocks: list[str], misread: bool, unsure: bool) -> None:
    found = lowered(body)
    start = len("int f(struct s *s, int n)\n{\n")
    assert [body[b.start - start : b.stop - start] for b in found.macros.blocks] == blocks
    assert (found.macros.misread, found.unsure) == (misread, unsure)


def test_what_stands_alone() -> None:
    found = lowered(
        "n = g(); if ((n = g()) < 0) h(n = g()); if (n > 1) h(1); if (n > 2 && s) h(1);"
    )
    stores = [i.start in found.statements for i in found.order if isinstance(i, Store)]
    assert stores == [True, False, False]
    assert [c.alone for c in found.conditions] == [True, True, False, False]
    assert not lowered("while (n) h(1);").conditions[0].alone


def test_labels_and_variables_without_a_value_are_instructions() -> None:
    found = lowered("int k, m = 1; again: k = m; goto again;").order
    assert [type(i).__name__ for i in found[:4]] == ["Declare", "Store", "Label", "Store"]


def reached(body: str, call: str, without: str) -> bool:
    """Whether a way through the function comes to one call and past the other."""
    found = lowered(body)
    names = {i.name: n for n, b in enumerate(found.blocks) for i in b.instructions if is_call(i)}
    seen, queue = {0}, [0]
    while queue:
        block = queue.pop()
        more = {e.target for e in found.edges if e.source == block} - seen - {names[without]}
        seen |= more
        queue += more
    return names[call] in seen


def is_call(instruction: object) -> TypeGuard[Invoke]:
    return isinstance(instruction, Invoke)


EACH = "list_for_each_entry(s, &list, node) { if (n) %s; once(s); }"
AROUND = "while (n) { %s inner(s); } outer(s);"


@pytest.mark.parametrize("jump", ["break", "continue"])
def test_a_jump_out_of_the_loop_of_a_macro_ends_there(jump: str) -> None:
    body = AROUND % (EACH % jump)
    assert reached(body, "inner", without="once")
    assert not reached(body.replace("while (n)", "for (;;)"), "outer", without="inner")


def test_a_macro_that_may_be_no_loop_may_leave_the_one_around_it() -> None:
    body = AROUND % (EACH % "break").replace("list_for_each_entry", "with_locked")
    assert reached(body, "inner", without="once")
    assert reached(body.replace("while (n)", "for (;;)"), "outer", without="inner")


@pytest.mark.parametrize(
    "name", ["u32", "u64", "s64", "size_t", "loff_t", "__u64", "__le64", "dma_addr_t"]
)
def test_a_number_in_parentheses_before_another_is_a_cast(name: str) -> None:
    assert said(f"n = ({name})(n);") == [f"n = ({name})n"]
    assert said("n = (call)(n);") == ["@0 = call(n)", "n = @0"]
