# SPDX-License-Identifier: GPL-2.0-only
"""What must hold for any code: order and layout do not matter, and nothing crashes."""

from __future__ import annotations

import random
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.analysis.frontend.syntax import Source, parse
from migrate.analysis.model import Pairing
from migrate.analysis.pairing.pair import pair
from tests.analysis.memory import pairing_of, scan_of, tree_of
from tests.shapes.world import SHAPES, shapes

# Shapes with groups over several functions and files; small, so that many examples are quick.
CHOSEN = (
    "01-released-elsewhere",
    "05-put-loop",
    "08-scatterlist",
    "10-helper-api",
    "12-released-in-another-file",
    "16-local-release-helper",
    "20-names-that-lie",
    "extra-ifdef-two-releases",
    "trap-kernel-pages-too",
    "trap-notifier-protects",
)
Files = dict[str, bytes]
Groups = list[tuple[object, ...]]


@cache
def files() -> Files:
    """The sources of the chosen shapes."""
    chosen = [shape for shape in shapes() if shape.name in CHOSEN]
    assert len(chosen) == len(CHOSEN)
    return {n: (SHAPES / s.name / n).read_bytes() for s in chosen for n in s.files}


def groups(pairing: Pairing) -> Groups:
    """The groups by names of functions and texts, without a place."""
    found = []
    for group in pairing.groups:
        acquires = sorted((a.place.path, a.function, a.text) for a in group.acquires)
        releases = sorted((r.place.path, r.function, r.text) for r in group.releases)
        uses = sorted({(u.place.path, u.function, u.kind.name, u.text) for u in group.uses})
        traits = sorted({t.kind.name for t in group.traits})
        found.append((acquires, releases, uses, traits, bool(group.gaps)))
    return sorted(found, key=repr)


@cache
def expected() -> Groups:
    return groups(pairing_of(files()))


def pieces(source: Source) -> list[bytes]:
    """The top-level parts of a file, which together are the file."""
    cuts = [child.start_byte for child in source.root.children] + [len(source.text)]
    cuts[0] = 0
    return [source.text[a:b] for a, b in pairwise(cuts)]


def shuffled(path: str, text: bytes, order: random.Random) -> bytes:
    """The file with its functions in another order; declarations stay at the top."""
    parts = pieces(parse(path, text))
    functions = [p for p in parts if parse(path, p).functions and not p.startswith(b"#")]
    rest = [p for p in parts if p not in functions]
    order.shuffle(functions)
    return b"".join(p if p.endswith(b"\n") else p + b"\n" for p in (*rest, *functions))


def test_the_pieces_are_the_file() -> None:
    for path, text in files().items():
        assert b"".join(pieces(parse(path, text))) == text


@settings(max_examples=12)
@given(st.integers(0, 2**32))
def test_the_order_of_functions_does_not_matter(seed: int) -> None:
    order = random.Random(seed)
    mixed = {path: shuffled(path, text, order) for path, text in files().items()}
    assert groups(pairing_of(mixed)) == expected()


@settings(max_examples=12)
@given(st.permutations(sorted(files())))
def test_the_order_of_files_does_not_matter(order: list[str]) -> None:
    assert groups(pairing_of({path: files()[path] for path in order})) == expected()


@settings(max_examples=12)
@given(st.permutations([f"{n}.c" for n in range(4)]))
def test_the_names_of_files_do_not_matter(names: list[str]) -> None:
    one = {p: t for p, t in files().items() if p.startswith("drivers/relay/") and p.endswith(".c")}
    header = {"drivers/relay/relay.h": files()["drivers/relay/relay.h"]}
    renamed = {f"drivers/relay/{n}": t for n, t in zip(names, one.values(), strict=False)} | header
    (group,) = pairing_of(renamed).groups
    (same,) = pairing_of(one | header).groups
    assert [a.text for a in group.acquires] == [a.text for a in same.acquires]
    assert [r.text for r in group.releases] == [r.text for r in same.releases]
    assert (group.gaps, len(group.uses)) == (same.gaps, len(same.uses))


FILLERS = (b"\n", b"\n\n", b"/* put_page(page); */\n", b"// get_user_pages_fast(1, 2, 3, 4);\n")


@settings(max_examples=12)
@given(st.integers(0, 2**32))
def test_comments_and_blank_lines_only_move_lines(seed: int) -> None:
    order = random.Random(seed)
    padded = {}
    moved: dict[tuple[str, int], int] = {}
    for path, text in files().items():
        lines, new = [], 0
        for number, line in enumerate(text.splitlines(keepends=True), 1):
            # Not behind a line that goes on: the comment would end up in a macro.
            if order.random() < 0.3 and not (lines and lines[-1].rstrip().endswith(b"\\")):
                filler = order.choice(FILLERS)
                lines.append(filler)
                new += filler.count(b"\n")
            lines.append(line)
            new += 1
            moved[path, number] = new
        padded[path] = b"".join(lines)
    before, after = pairing_of(files()), pairing_of(padded)
    assert groups(after) == expected()
    for one, two in zip(before.groups, after.groups, strict=True):
        assert one.name == two.name
        for old, now in zip(
            (*one.acquires, *one.releases), (*two.acquires, *two.releases), strict=True
        ):
            assert now.place.line == moved[old.place.path, old.place.line]


@settings(max_examples=6)
@given(st.sampled_from([b"\r\n", b" \n", b"\t\n"]))
def test_line_ends_do_not_matter(end: bytes) -> None:
    plain = {p: t for p, t in files().items() if b"\\\n" not in t}
    other = {p: t.replace(b"\n", end) for p, t in plain.items()}
    assert groups(pairing_of(other)) == groups(pairing_of(plain))


def test_two_runs_are_the_same_to_the_byte() -> None:
    from migrate.base import codec

    assert codec.dumps(pairing_of(files())) == codec.dumps(pairing_of(files()))


# Fuzz


def survives(damaged: Files) -> None:
    """Scan and pair get through, and every acquire is in one group."""
    tree = tree_of(damaged)
    found = scan_of(tree)
    pairing = pair(tree, found)
    places = sorted(a.place for g in pairing.groups for a in g.acquires)
    assert places == [a.place for a in found.acquires]
    lines = {path: text.count(b"\n") + 1 for path, text in damaged.items()}
    for place in places:
        if place.path in lines:
            assert 1 <= place.line <= lines[place.path]


TOKENS = (
    *(b"{", b"}", b"(", b")", b";", b",", b"*", b"&", b"->", b"#", b"\\\n", b'"', b"'", b"/*"),
    *(b"*/", b"//", b"#if 0\n", b"#else\n", b"#endif\n", b"#define ", b"\x00", b"\xff\xfe"),
    *(b"\r\n", b"\n", b"struct ", b"static ", b"return ", b"goto ", b"put_page(", b"page", b"NULL"),
    *(b"get_user_pages_fast(", b"({", b"})", b"sizeof", b"if (", b"for (", b"do {", b"\xc3\xbc"),
)


def mutate(text: bytes, order: random.Random) -> bytes:
    for _ in range(order.randint(1, 6)):
        at = order.randint(0, len(text))
        to = min(len(text), at + order.choice((0, 1, 2, 5, 20, 200)))
        match order.randint(0, 4):
            case 0:
                text = text[:at] + text[to:]
            case 1:
                text = text[:at] + order.choice(TOKENS) + text[at:]
            case 2:
                text = text[:at] + order.randbytes(to - at) + text[to:]
            case 3:
                text = text[:at] + text[at:to] * 3 + text[to:]
            case _:
                text = text[:at] if order.random() < 0.2 else text + text[at:to]
    return text


@settings(max_examples=60)
@given(st.integers(0, 2**32))
def test_damaged_code_never_crashes(seed: int) -> None:
    order = random.Random(seed)
    names = order.sample(sorted(files()), 6)
    survives({name: mutate(files()[name], order) for name in names})


@settings(max_examples=25)
@given(st.binary(max_size=300))
def test_bytes_that_are_no_code_never_crash(noise: bytes) -> None:
    call = b"\nget_user_pages_fast(a, 1, 0, &p->q);\n"
    survives({"drivers/demo/demo.c": noise + call + noise, "drivers/demo/demo.h": noise})


CALL = b"get_user_pages_fast(start, 1, FOLL_WRITE, pages)"
BODY = b"void f(unsigned long start, struct page **pages)\n{\n%s\n}\n"
ODD = {
    "empty": b"",
    "only the name": b"get_user_pages_fast",
    "the name and a parenthesis": b"get_user_pages_fast(",
    "no function around it": CALL + b";\n",
    "no arguments": BODY % b"get_user_pages_fast();",
    "one argument": BODY % b"get_user_pages_fast(start);",
    "too many arguments": BODY % b"get_user_pages_fast(a, b, c, d, e, f, g, h);",
    "empty arguments": BODY % b"get_user_pages_fast(,,,);",
    "pages is a number": BODY % b"get_user_pages_fast(start, 1, 0, 5);",
    "pages is a string": BODY % b'get_user_pages_fast(start, 1, 0, "pages");',
    "pages is a sum": BODY % b"get_user_pages_fast(start, 1, 0, pages + start * 2);",
    "pages is a difference of globals": BODY % b"get_user_pages_fast(start, 1, 0, a + b - c);",
    "pages is a call": BODY % b"get_user_pages_fast(start, 1, 0, f(start));",
    "pages is a literal": BODY % b"get_user_pages_fast(start, 1, 0, (struct page *[1]){ 0 });",
    "pages is a choice": BODY % b"get_user_pages_fast(start, 1, 0, start ? pages : other);",
    "pages is a statement": BODY % b"get_user_pages_fast(start, 1, 0, ({ pages; }));",
    "pages is a member of nothing": BODY % b"get_user_pages_fast(start, 1, 0, &(0)->pages);",
    "a function in itself": BODY % b"f(start, pages); f(start, pages);" + BODY % CALL,
    "a null byte": BODY % (CALL + b";\x00put_page(pages[0]);"),
    "no valid text": BODY % (b'pr_info("\xff\xfe\xc3\x28");' + CALL + b";"),
    "a byte order mark": b"\xef\xbb\xbf" + BODY % (CALL + b";"),
    "a long line": BODY % (b"x = " + b"a + " * 25_000 + CALL + b";"),
    "a long name": BODY % (b"put_" + b"x" * 100_000 + b"(" + CALL + b");"),
    "too many braces": b"{" * 500 + BODY % (CALL + b";") + b"}" * 700,
    "too many parentheses": BODY % (b"(" * 200 + CALL + b")" * 200 + b";"),
    "nested statement expressions": BODY % (b"({ " * 60 + CALL + b"; })" * 60 + b";"),
    "many functions": BODY % (CALL + b";")
    + b"".join(b"void f%d(struct page **p)\n{\n\tf%d(p);\n}\n" % (n, n + 1) for n in range(300)),
    "a struct in itself": b"struct s {\n\tstruct s s;\n\tstruct page *p;\n};\n"
    + BODY % b"struct s *s; get_user_pages_fast(start, 1, 0, &s->s.s.s.p);",
    "a typedef of itself": b"typedef t t;\n"
    + BODY % b"t s; get_user_pages_fast(start, 1, 0, &s.p);",
    "typedefs of each other": b"typedef u *t;\ntypedef t *u;\n"
    + BODY % b"t s; get_user_pages_fast(start, 1, 0, &s->p);",
    "a macro of itself": b"#define put(p) put(p)\n"
    + BODY % (CALL + b"; put(pages); put_page(*pages);"),
    "#if without #endif": b"#if 1\n" + BODY % (CALL + b";"),
    "#endif without #if": BODY % (b"#endif\n" + CALL + b";\n#else\n#endif\n"),
    "a comment without an end": BODY % (CALL + b"; /* and so on"),
    "a string without an end": BODY % (b'pr_info("' + CALL + b";"),
    "old style parameters": b"f(start, pages)\nunsigned long start;\nstruct page **pages;\n{\n\t"
    + CALL
    + b";\n}\n",
}


CRASHES: dict[str, str] = {}
"""Code on which it does crash, and why."""


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            text,
            id=name,
            marks=[pytest.mark.xfail(reason=CRASHES[name])] if name in CRASHES else [],
        )
        for name, text in ODD.items()
    ],
)
def test_odd_code_never_crashes(text: bytes) -> None:
    survives({"drivers/demo/demo.c": text})
