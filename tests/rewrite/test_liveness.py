# SPDX-License-Identifier: GPL-2.0-only
"""Whether the variable of a loop is read after it, shape by shape."""

from __future__ import annotations

import pytest

from migrate.analysis.frontend.syntax import Function
from migrate.rewrite.loops.bounds import Around, Signs
from migrate.rewrite.loops.liveness import dead_after
from migrate.rewrite.loops.lowered import lower_text
from migrate.rewrite.loops.unused import can_drop, is_unused
from migrate.rewrite.text.draft import Draft, open_draft
from migrate.rewrite.text.expressions import below

LOOP = "for (i = 0; i < n; i++) put(p[i]);"
DEAD = {
    "nothing else": LOOP,
    "read before": "look(i); " + LOOP,
    "other loop behind": LOOP + " for (i = 0; i < n; i++) look(i);",
    "other loop before": "for (i = n; i > 0; i--) look(i); " + LOOP,
    "in a loop": "while (more()) { " + LOOP + " }",
    "in a loop with another": "while (more()) { for (i = 1; i < 3; i++) look(i); " + LOOP + " }",
    "read before, jump forward": "look(i); " + LOOP + " goto out; out: look(n);",
    "error path": "for (i = 0; i < n; i++) if (look(i)) goto fail; return; fail: " + LOOP,
    "macro's loop": "each(p) { " + LOOP + " look(p); }",
    "counts down": "while (i--) put(p[i]);",
    "set again behind": LOOP + " i = 3; look(i);",
    "set on each way": LOOP + " if (n) i = 3; else i = 4; return i;",
    "not reached": "while (more()) { " + LOOP + " return; look(i); }",
}
READ = {
    "returned": LOOP + " return i;",
    "compared": LOOP + " if (i < n) look(p);",
    "read before in the same loop": "while (more()) { look(i); " + LOOP + " }",
    "read before, jump back": "again: look(i); " + LOOP + " goto again;",
    "computed jump": "look(i); " + LOOP + " goto *p;",
    "read before in a macro's loop": "each(p) { look(i); " + LOOP + " }",
    "address taken": "look(&i); " + LOOP,
    "other loop starts with it": LOOP + " for (i = i - 1; i > 0; i--) look(i);",
    "other loop goes on": LOOP + " for (; i < 9; i++) look(i);",
    "other loop with a label": "goto in; for (i = 0; i < n; i++) { in: look(i); } "
    + LOOP
    + " goto in;",
    "around it": "for (i = 0; i < n; i++) { " + LOOP + " }",
    "shadowed": LOOP + " { int i = 3; look(i); }",
    "not understood": LOOP + " ) = ;",
    "counts down in a loop": "while (more()) { while (i--) put(p[i]); }",
    "counts down, jump back": "again: while (i--) put(p[i]); goto again;",
    "set again on one way": LOOP + " if (n) i = 3; return i;",
    "counted on": LOOP + " i++;",
    "set again, but a macro may jump": LOOP + " CHECK(n); i = 3; out: look(i);",
    "variable of a macro's loop": LOOP + " each(i) { look(i); }",
    "set before a way back, but a macro may jump": "again: look(i); "
    + LOOP
    + " i = 3; if (n) goto again;",
    "asked in a choice": LOOP + " n = i ? 1 : 2;",
    "asked by a switch": LOOP + " switch (i) { case 1: look(p); }",
    "counts down in a macro's loop": "each(p) { while (i--) put(p[i]); }",
}


def draft(statements: str, declaration: str = "int i;") -> Draft:
    text = f"void f(struct page **p, int n)\n{{\n\t{declaration}\n{statements}\n}}\n"
    return open_draft("a.c", text.encode())


def function(statements: str, declaration: str = "int i;") -> Function:
    (found,) = draft(statements, declaration).source.functions
    return found


def verdict(statements: str, declaration: str = "int i;") -> bool:
    given = draft(statements, declaration)
    (made,) = given.source.functions
    loops = [n for n in below(made.body) if n.type in ("for_statement", "while_statement")]
    (loop,) = [n for n in loops if (n.text or b"").endswith(b" put(p[i]);")]
    text = lower_text(given, made)
    found = text.loop(loop)
    assert found is not None
    return dead_after(text.lowered, found, "i")


@pytest.mark.parametrize("which", DEAD)
def test_not_read_afterwards(which: str) -> None:
    assert verdict(DEAD[which])


IN_A_BLOCK = {
    "of its own each round": ("while (more()) { int i = 3; while (i--) put(p[i]); }", True),
    "set in each round": ("while (more()) { int i; i = got(); while (i--) put(p[i]); }", True),
    "read before in the round": ("do { int i; look(i); while (i--) put(p[i]); } while (n);", True),
    "read after it": ("while (more()) { int i = 3; while (i--) put(p[i]); look(i); }", False),
    "a loop in the block": (
        "while (more()) { int i = 3; while (more()) { while (i--) put(p[i]); } }",
        False,
    ),
    "static": ("while (more()) { static int i = 3; while (i--) put(p[i]); }", False),
    "static, for": ("static int i; look(i); " + LOOP, False),
    "jump back": ("while (more()) { int i = 3; again: while (i--) put(p[i]); goto again; }", False),
}


@pytest.mark.parametrize("which", IN_A_BLOCK)
def test_declared_in_a_block(which: str) -> None:
    statements, expected = IN_A_BLOCK[which]
    assert verdict(statements, "") is expected


@pytest.mark.parametrize("which", READ)
def test_read_afterwards_or_not_known(which: str) -> None:
    assert not verdict(READ[which])


@pytest.mark.parametrize(
    ("declaration", "expected"),
    [
        ("int i;", True),
        ("int i, k;", True),
        ("unsigned long i = 0, k = look();", True),
        ("struct page *i;", True),
        ("int i = look();", False),
        ("static int i;", False),
        ("int i __maybe_unused;", False),
        ("int i, k __maybe_unused;", False),
        ("int i;\t/* page */", False),
        ("int i /* page */;", False),
        ("/* page */\n\tint i;", False),
        ("int i[3];", False),
        ("\n#ifdef A\n\tint i;\n#endif\n", False),
    ],
)
def test_a_declaration_goes_only_alone(declaration: str, expected: bool) -> None:
    made = draft("look(p);", declaration)
    (around,) = made.source.functions
    assert is_unused(around, "i")
    assert can_drop(made, around, "i") == expected


def test_what_is_named_anywhere_is_used() -> None:
    assert not is_unused(function("look(sizeof(i));"), "i")
    assert not is_unused(function("look(p);"), "n"), "a parameter"


UP = {
    "counted": "i = 0; while (more()) i++; LOOP",
    "counted in a loop's head": "for (i = 0; i < n; i++) look(p); LOOP",
    "started elsewhere": "if (n) i = 3; i += 2; LOOP",
}
NOT_UP = {
    "counted down elsewhere": "i = 0; i--; LOOP",
    "never started": "i++; LOOP",
    "set to anything": "i = 0; i = more(); LOOP",
    "less a number": "i = 0; i -= 1; LOOP",
    "negative": "i = -1; LOOP",
    "address taken": "i = 0; look(&i); LOOP",
    "given to what may be a macro": "i = 0; get_user(i, p); LOOP",
    "not understood": "i = 0; ) = ; LOOP",
}


def counts_up(statements: str) -> bool:
    given = draft(statements.replace("LOOP", "while (--i >= 0) put(p[i]);"))
    (made,) = given.source.functions
    loops = [n for n in below(made.body) if n.type == "while_statement"]
    (loop,) = [n for n in loops if b"put(" in (n.text or b"")]
    text = lower_text(given, made)
    found = text.loop(loop)
    assert found is not None
    return Signs(text.lowered, "i", Around(lambda _: False, lambda: True)).not_negative_in(
        found.head
    )


@pytest.mark.parametrize("which", UP)
def test_counts_up(which: str) -> None:
    assert counts_up(UP[which])


@pytest.mark.parametrize("which", NOT_UP)
def test_may_be_negative(which: str) -> None:
    assert not counts_up(NOT_UP[which])
