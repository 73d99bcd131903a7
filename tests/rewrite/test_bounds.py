# SPDX-License-Identifier: GPL-2.0-only
"""What proves that a count is not negative, and what does not."""

from __future__ import annotations

import pytest

from migrate.analysis.frontend.syntax import parse
from migrate.rewrite.loops.bounds import proved_not_negative

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


def proved(statements: str) -> bool:
    text = f"void f(void)\n{{\n{statements}\n}}\n".encode()
    (function,) = parse("a.c", text).functions
    at = text.index(b"put(")
    name = function.node.descendant_for_byte_range(at, at + 3)
    assert name is not None and name.parent is not None
    assert name.parent.type == "call_expression"
    return proved_not_negative(function.body, name.parent, "n")


@pytest.mark.parametrize("which", PROVED)
def test_what_proves_it(which: str) -> None:
    assert proved(PROVED[which])


@pytest.mark.parametrize("which", NOT_PROVED)
def test_what_does_not(which: str) -> None:
    assert not proved(NOT_PROVED[which])
