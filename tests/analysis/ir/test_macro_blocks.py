# SPDX-License-Identifier: GPL-2.0-only
"""What the parser does not understand of a function, and whether that is no more than a type."""

from __future__ import annotations

import pytest

from migrate.analysis.ir.macro_blocks import only_types_unread
from tests.analysis.memory import facts_of


@pytest.mark.parametrize(
    ("body", "unsure", "types"),
    [
        ("n = min_t(unsigned int, a, b);", False, True),
        # The parser skips the shorter one of two words.
        ("p = container_of(q, struct x, m);", False, True),
        ("p = container_of(q, struct demo_device, m);", False, True),
        ("p = kzalloc_objs(struct demo_device, n);", False, True),
        ("goto out;\nout:\n\treturn;", False, True),
        ("p = container_of(q, const struct x, m);", True, True),
        ("p = kzalloc_objs(struct page *, n);", True, True),
        ("if (f(a, <=, b))\n\t\tg();", True, True),
        ("if (h(f(x, int (*)(void))))\n\t\tg();", True, True),
        # more than a type
        ("n = min_t(unsigned int, a, b) + ;", True, False),
        ("for_each(x, y) {\n\t\tf();\n\t}", True, False),
        ("f(x, ({ if (a) b(c d); }), struct y *);", True, False),
        ("f(x,\n#ifdef A\n1\n#else\n2\n#endif\n);", True, False),
        ("f(a b);\n\tx y z;", True, False),
        # nobody knows where it goes, or what is compiled
        ("goto *p;", True, False),
        ("goto *p;\n\tq = f(struct page *, n);", True, False),
        ("#ifdef A\n\tf();\n#endif", False, False),
    ],
)
def test_code_that_is_not_understood(body: str, unsure: bool, types: bool) -> None:
    facts = facts_of(f"void f(void)\n{{\n\t{body}\n}}\n")
    assert facts.lowered.unsure is unsure
    assert only_types_unread(facts.function.body) is types
