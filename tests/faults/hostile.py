# SPDX-License-Identifier: GPL-2.0-only
"""Files that somebody made to take the machine down: much of one thing, as much as is asked for.

Each maker gets a number and gives the files of one driver, and how many acquires are in them.
`FULL` are the numbers of `python -m bench.hostile`; the tests take fewer.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass

from migrate.analysis.frontend.limits import MOST_BYTES

FOLDER = "drivers/misc/hostile"
HERE = f"{FOLDER}/hostile.c"
_INCLUDES = b"#include <linux/mm.h>\n#include <linux/slab.h>\n"
_TAKE = b"get_user_pages_fast(at, 1, FOLL_WRITE, &page)"
_CALL = re.compile(rb"(?<!\w)get_user_pages_fast\(at")


@dataclass(frozen=True)
class Hostile:
    """The files by path, and the number of acquires in them."""

    files: dict[str, bytes]
    acquires: int


def _of(text: bytes, more: dict[str, bytes] | None = None, through_helper: int = 0) -> Hostile:
    files = {HERE: _INCLUDES + text} | (more or {})
    calls = sum(len(_CALL.findall(t)) for t in files.values())
    return Hostile(files, calls + through_helper)


def _holding(inside: bytes, name: bytes = b"hostile_get", before: bytes = b"") -> bytes:
    """A function that takes a page, does something, and drops the page."""
    return (
        before + b"int " + name + b"(unsigned long at, int a)\n{\n\tstruct page *page;\n\n"
        b"\tif (" + _TAKE + b" != 1)\n\t\treturn -EFAULT;\n\tset_page_dirty_lock(page);\n\t"
        + inside + b"\n\tput_page(page);\n\treturn 0;\n}\n"
    )  # fmt: skip


def one_line(n: int) -> Hostile:
    return _of(_holding(b"a = a + 1; " * n))


def one_function(n: int) -> Hostile:
    return _of(_holding(b"\ta = hostile_step(page, a);\n" * n))


def parentheses(n: int) -> Hostile:
    return _of(_holding(b"a = " + b"(" * n + b"a" + b")" * n + b";"))


def open_parentheses(n: int) -> Hostile:
    return _of(_holding(b"a = 1;") + b"int x = " + b"(" * n)


def braces(n: int) -> Hostile:
    return _of(_holding(b"{" * n + b"}" * n))


def conditionals(n: int) -> Hostile:
    return _of(b"#ifdef A\n" * n + _holding(b"a = 1;") + b"#endif\n" * n)


def functions(n: int) -> Hostile:
    many = b"".join(b"static int f%d(int a)\n{\n\treturn a;\n}\n" % i for i in range(n))
    return _of(_holding(b"a = 1;") + many)


def same_functions(n: int) -> Hostile:
    return _of(_holding(b"a = 1;") + b"static int f(int a) { return a; }\n" * n)


def acquires(n: int) -> Hostile:
    return _of(b"".join(_holding(b"a = 1;", b"get%d" % i) for i in range(n)))


def acquires_in_one_function(n: int) -> Hostile:
    return _of(_holding((b"a = " + _TAKE + b"; put_page(page);\n") * n))


def comment(n: int) -> Hostile:
    return _of(_holding(b"a = 1;", before=b"/*" + b" page" * n + b" */\n"))


def string(n: int) -> Hostile:
    return _of(_holding(b'hostile_say("' + b"page " * n + b'");'))


def escapes(n: int) -> Hostile:
    return _of(_holding(b'hostile_say("' + rb"\"" * n + b'");'))


def quotes(n: int) -> Hostile:
    return _of(_holding(b"a = 1;") + b"\"'" * n)


def labels(n: int) -> Hostile:
    return _of(_holding(b"".join(b"l%d:\n\tif (a)\n\t\tgoto l%d;\n" % (i, i) for i in range(n))))


def labels_in_a_row(n: int) -> Hostile:
    return _of(_holding(b"".join(b"l%d: " % i for i in range(n)) + b"a = 1;"))


def members(n: int) -> Hostile:
    many = b"".join(b"\tstruct page *m%d;\n" % i for i in range(n))
    return _of(b"struct hostile {\n" + many + b"};\n" + _stored())


def union_members(n: int) -> Hostile:
    many = b"".join(b"\tstruct page *m%d;\n" % i for i in range(n))
    return _of(b"union hostile {\n" + many + b"};\n" + _stored(b"union"))


def _stored(kind: bytes = b"struct") -> bytes:
    return (
        b"int hostile_get(" + kind + b" hostile *h, unsigned long at)\n{\n\tstruct page *page;\n"
        b"\tif (" + _TAKE + b" != 1)\n\t\treturn -EFAULT;\n\tset_page_dirty_lock(page);\n"
        b"\th->m0 = page;\n\treturn 0;\n}\n"
        b"void hostile_put(" + kind + b" hostile *h)\n{\n\tput_page(h->m0);\n}\n"
    )  # fmt: skip


def unnamed_structs(n: int) -> Hostile:
    nested = b"struct {\n" * n + b"\tstruct page *m0;\n" + b"};\n" * n
    return _of(b"struct hostile {\n" + nested + b"};\n" + _stored())


def terms(n: int) -> Hostile:
    return _of(_holding(b"a = a" + b" + a" * n + b";"))


def file_scope_terms(n: int) -> Hostile:
    return _of(b"int x = 1" + b" + 1" * n + b";\n" + _holding(b"a = x;"))


def else_ifs(n: int) -> Hostile:
    return _of(_holding(b"if (a)\n\t\ta = 1;\n" + b"\telse if (a)\n\t\ta = 2;\n" * n))


def pointers(n: int) -> Hostile:
    return _of(_holding(b"int " + b"*" * n + b"p; a = " + b"*" * n + b"p;"))


def nested_calls(n: int) -> Hostile:
    return _of(_holding(b"a = " + b"hostile_step(" * n + b"a" + b")" * n + b";"))


def macro(n: int) -> Hostile:
    body = b"\\\n".join(b"\tx = hostile_step(page, x);" for _ in range(n * 40))
    define = b"#define HOSTILE(page, x) do { \\\n" + body + b"\\\n} while (0)\n"
    return _of(define + _holding(b"\tHOSTILE(page, a);\n" * n))


def header(n: int) -> Hostile:
    text = b"".join(b"struct s%d { struct page *page; int a; };\n" % i for i in range(n))
    include = b'#include "hostile.h"\n'
    path = f"{FOLDER}/hostile.h"
    text += b"struct hostile {\n\tstruct page *m0;\n};\n"
    return _of(include + _stored(), {path: text})


def defines(n: int) -> Hostile:
    text = b"".join(b"#define REGISTER_%d 0x%x\n" % (i, i) for i in range(n))
    return _of(_holding(b"a = REGISTER_0;"), {f"{FOLDER}/registers.h": text})


def calls_in_a_row(n: int) -> Hostile:
    steps = b"".join(
        b"static void f%d(struct page *page)\n{\n\tf%d(page);\n}\n" % (i, i + 1) for i in range(n)
    )
    last = b"static void f%d(struct page *page)\n{\n\tput_page(page);\n}\n" % n
    return _of(last + steps + _holding(b"f0(page);\n\treturn 0;"))


def callers(n: int) -> Hostile:
    helper = (
        b"int hostile_take(unsigned long at, struct page **pages)\n{\n"
        b"\treturn get_user_pages_fast(at, 1, FOLL_WRITE, pages);\n}\n"
    )
    caller = (
        b"int c%d(unsigned long at)\n{\n\tstruct page *page;\n"
        b"\tif (hostile_take(at, &page) != 1)\n\t\treturn -1;\n\tput_page(page);\n\treturn 0;\n}\n"
    )
    text = helper + b"".join(caller % i for i in range(n))
    # That it is a helper is not seen in a file that is not analysed.
    return _of(text, through_helper=n if len(text) < MOST_BYTES else 0)


def recursion(n: int) -> Hostile:
    steps = b"".join(
        b"static void f%d(struct page *page)\n{\n\tf%d(page);\n}\n" % (i, (i + 1) % n)
        for i in range(n)
    )
    return _of(steps + _holding(b"f0(page);"))


def variables(n: int) -> Hostile:
    many = b"".join(b"\tstruct page *p%d = page;\n" % i for i in range(n))
    return _of(_holding(many + b"\ta = 1;"))


def switch(n: int) -> Hostile:
    cases = b"".join(b"\tcase %d:\n\t\ta = %d;\n\t\tbreak;\n" % (i, i) for i in range(n))
    return _of(_holding(b"switch (a) {\n" + cases + b"\t}"))


def branches(n: int) -> Hostile:
    return _of(_holding(b"\tif (a)\n\t\ta = hostile_ask(page);\n" * n))


def loops(n: int) -> Hostile:
    return _of(_holding(b"while (a) { " * n + b"a = hostile_ask(page);" + b" }" * n))


def typedefs(n: int) -> Hostile:
    text = b"typedef " * n + b"int hostile_t;\nstruct hostile {\n\tstruct page *m0;\n};\n"
    include = b'#include "hostile.h"\nhostile_t x;\n'
    return _of(include + _stored(), {f"{FOLDER}/hostile.h": text})


def words(n: int) -> Hostile:
    other = b"/" + b" hostile_get / hostile_put m0" * n
    return _of(
        b"struct hostile {\n\tstruct page *m0;\n};\n" + _stored(), {f"{FOLDER}/other.c": other}
    )


def noise(n: int) -> Hostile:
    rng = random.Random(n)
    kinds = [b"(", b")", b"{", b"}", b";", b",", b"a", b"page", b" ", b"*", b"&", b'"', b"\n", b"#"]
    return _of(_holding(b"a = 1;") + b"".join(rng.choices(kinds, k=n)))


def just_small_enough(n: int) -> Hostile:
    step = b"\ta = hostile_step(page, a);\n\tif (a)\n\t\tgoto out;\n"
    get = _holding(step * 2000 + b"out:", b"get%d")
    return _of(b"".join(get.replace(b"%d", b"%d" % i) for i in range(n)))


Maker = Callable[[int], Hostile]

FULL: dict[Maker, int] = {
    one_line: 300_000,
    one_function: 1_850_000,
    parentheses: 1_000_000,
    open_parentheses: 1_000_000,
    braces: 1_000_000,
    conditionals: 1_000_000,
    functions: 100_000,
    same_functions: 50_000,
    acquires: 100_000,
    acquires_in_one_function: 100_000,
    comment: 10_000_000,
    string: 10_000_000,
    escapes: 25_000_000,
    quotes: 25_000_000,
    labels: 1_000_000,
    labels_in_a_row: 1_000_000,
    members: 1_000_000,
    union_members: 80_000,
    unnamed_structs: 45,
    terms: 1_000_000,
    file_scope_terms: 400_000,
    else_ifs: 100_000,
    pointers: 1_000_000,
    nested_calls: 100_000,
    macro: 1_000,
    header: 1_200_000,
    defines: 1_900_000,
    calls_in_a_row: 100_000,
    callers: 100_000,
    recursion: 10_000,
    variables: 50_000,
    switch: 100_000,
    branches: 100_000,
    loops: 100_000,
    typedefs: 240_000,
    words: 65_000,
    noise: 1_000_000,
    just_small_enough: 16,
}
"""The makers, each with the number that makes the worst of it."""
