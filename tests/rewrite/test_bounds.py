# SPDX-License-Identifier: GPL-2.0-only
"""What proves that a count is not negative, and what does not."""

from __future__ import annotations

import pytest

from migrate.analysis.frontend.syntax import parse
from migrate.analysis.ir.expressions import Variable
from migrate.analysis.ir.lowering import lower
from migrate.rewrite.loops.bounds import Around, Signs

PROVED = {
    "greater": "if (n > 0) put(p, n);",
    "greater or equal": "if (n >= 0) { look(p); put(p, n); }",
    "equal": "if (n == 3) put(p, n);",
    "mirrored": "if (0 < n) put(p, n);",
    "both": "if (p && n > 0) put(p, n);",
    "parentheses": "if ((likely((n) > 0))) put(p, n);",
    "else": "if (n < 0) look(p); else put(p, n);",
    "else of either": "if (!p || n <= 0) look(p); else put(p, n);",
    "not": "if (!(n < 1)) put(p, n);",
    "way out": "if (n < 0) return; look(p); put(p, n);",
    "way out of two": "if (!p || n <= 0) { n = 0; goto out; } put(p, n); out: look(p);",
    "way out further up": "if (n < 0) return; if (p) { look(p); put(p, n); }",
    "way out of a loop": "for (;;) { if (n < 0) break; put(p, n); n = more(p); }",
    "behind a label": "n = more(p); out: if (n > 0) put(p, n);",
    "around a loop": "if (n > 0) while (more(p)) put(p, n);",
}

NOT_PROVED = {
    "no test": "put(p, n);",
    "not zero": "if (n) put(p, n);",
    "other variable": "if (m > 0) put(p, n);",
    "other comparison": "if (n < 3) put(p, n);",
    "negative bound": "if (n > -3) put(p, n);",
    "unsigned bound": "if (n > 0UL) put(p, n);",
    "variable bound": "if (n == m) put(p, n);",
    "wrong branch": "if (n > 0) look(p); else put(p, n);",
    "either": "if (n > 0 || p) put(p, n);",
    "else of both": "if (p && n < 0) look(p); else put(p, n);",
    "assigned": "if (n > 0) { n = more(p); put(p, n); }",
    "assigned deeper": "if (n > 0) { if (p) n -= 2; put(p, n); }",
    "counted down": "if (n > 0) { n--; put(p, n); }",
    "assigned in the test": "if (n > 0 && (n = more(p))) put(p, n);",
    "assigned after the way out": "if (n < 0) return; n = more(p); put(p, n);",
    "given to what may be a macro": "if (n < 0) return; get_user(n, p); put(p, n);",
    "address taken": "fill(&n); if (n > 0) put(p, n);",
    "assembler": 'if (n > 0) { asm("x" : "+r" (n)); put(p, n); }',
    "no way out": "if (n < 0) look(p); put(p, n);",
    "sometimes a way out": "if (n < 0) { if (p) return; } put(p, n);",
    "way out with an else": "if (n < 0) return; else n = more(p); put(p, n);",
    "label between": "if (n < 0) goto out; look(p); out: put(p, n);",
    "label inside": "if (n > 0) { out: put(p, n); }",
    "case": "switch (m) { if (n < 0) return; case 1: put(p, n); }",
    "next time round": "if (n > 0) while (more(p)) { put(p, n); n = more(p); }",
    "next time round by a label": "if (n > 0) do { put(p, n); out: n; } while (m); goto out;",
    "next time round in a macro's loop": "if (n > 0) { each(p) { put(p, n); n = more(p); } }",
    "other side of the preprocessor": "\n#ifdef X\nif (n < 0) return;\n#else\nput(p, n);\n#endif\n",
    "only with an option": "\n#ifdef X\nif (n < 0) return;\n#endif\nput(p, n);",
    "not understood": "if (n > 0) { ) = ; put(p, n); }",
}


def proved(statements: str, jumps: bool = True) -> bool:
    text = f"void f(int n)\n{{\n{statements}\n}}\n".encode()
    source = parse("a.c", text)
    lowered = lower(source, source.functions[0])
    (call,) = [c for c in lowered.calls.values() if c.start == text.index(b"put(")]
    return Signs(lowered, "n", Around(lambda _: False, lambda: jumps)).not_negative_at(call)


@pytest.mark.parametrize("which", PROVED)
def test_what_proves_it(which: str) -> None:
    assert proved(PROVED[which])


@pytest.mark.parametrize("which", NOT_PROVED)
def test_what_does_not(which: str) -> None:
    assert not proved(NOT_PROVED[which])


BY_LABELS = {
    "both ways": "if (n < 0) goto out; if (p) goto put; return; put: put(p, n); out: look(p);",
    "back": "if (n < 0) return; again: put(p, n); if (p) goto again;",
}
NOT_BY_LABELS = {
    "from where it may be": "if (n < 0) goto out; look(p); out: put(p, n);",
    "changed on one way": "if (n < 0) return; if (p) goto put; n = more(p); put: put(p, n);",
    "changed before the way back": "if (n < 0) return; again: put(p, n); n--; goto again;",
}


@pytest.mark.parametrize("which", BY_LABELS)
def test_a_goto_leads_where_it_says_unless_a_macro_has_one(which: str) -> None:
    assert proved(BY_LABELS[which], jumps=False)
    assert not proved(BY_LABELS[which], jumps=True)


@pytest.mark.parametrize("which", NOT_BY_LABELS)
def test_a_goto_brings_what_it_had(which: str) -> None:
    assert not proved(NOT_BY_LABELS[which], jumps=False)


MORE = {
    "set to a number": "n = 3; put(p, n);",
    "set on each way": "if (p) n = 0; else n = 7; put(p, n);",
    "counted up": "n = 0; while (more(p)) n++; put(p, n);",
    "given in the test": "if ((n = more(p)) > 0) put(p, n);",
    "warned of": "if (WARN_ON(n < 0)) return; put(p, n);",
    "cannot be": "n = 3; if (n < 0) n = more(p); put(p, n);",
    "a loop of a macro": "if (n < 0) return; each(p->list, q) { look(q); } put(p, n);",
}
NOT_MORE = {
    "counted down in the test": "if (n-- >= 0) put(p, n);",
    "set to a large number": "n = 4294967295U; put(p, n);",
    "compared with a size": "if (n >= sizeof(long)) put(p, n);",
    "a loop of a macro": "n = more(p); each(p->list, q) { n = 3; } put(p, n);",
    "variable of a macro's loop": "n = 3; each(p->list, n) { put(p, n); }",
    "a macro's loop with one word": "n = 3; each(n) { put(p, n); }",
    "never reached": "return; if (n > 0) put(p, n);",
}


@pytest.mark.parametrize("which", MORE)
def test_what_the_order_of_statements_proves(which: str) -> None:
    assert proved(MORE[which])


@pytest.mark.parametrize("which", NOT_MORE)
def test_what_it_does_not(which: str) -> None:
    assert not proved(NOT_MORE[which])


def test_a_shift_by_pages_is_believed_of_bytes() -> None:
    def shifted(is_bytes: bool, statements: str) -> bool:
        text = f"void f(long n, size_t all)\n{{\n{statements}\n}}\n".encode()
        source = parse("a.c", text)
        lowered = lower(source, source.functions[0])
        (call,) = lowered.calls.values()
        around = Around(lambda e: is_bytes and e == Variable("all"), lambda: True)
        return Signs(lowered, "n", around).not_negative_at(call)

    assert shifted(True, "n = all >> PAGE_SHIFT; put(p, n);")
    assert not shifted(False, "n = all >> PAGE_SHIFT; put(p, n);")
    assert not shifted(True, "n = all >> shift; put(p, n);")
    assert not shifted(True, "n = all >> PAGE_SHIFT; n -= 1; put(p, n);")


def test_a_static_variable_keeps_what_it_had() -> None:
    text = b"void f(void)\n{\n\tstatic int n = 3;\n\tput(p, n);\n\tn = -1;\n}\n"
    source = parse("a.c", text)
    lowered = lower(source, source.functions[0])
    (call,) = lowered.calls.values()
    assert not Signs(lowered, "n", Around(lambda _: False, lambda: True)).not_negative_at(call)
