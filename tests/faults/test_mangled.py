# SPDX-License-Identifier: GPL-2.0-only
"""C of the shapes with tokens cut out, doubled, swapped and moved in from other files: whatever
that makes of it, it is read without a crash, whole, and twice in the same way."""

from __future__ import annotations

import random
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from migrate.analysis.frontend.syntax import parse
from migrate.analysis.gaps import GapKind
from migrate.analysis.pairing.pair import pair
from migrate.analysis.verdicts.classify import classify
from migrate.base import codec
from migrate.rewrite.profile.profiles import load_profile
from migrate.rewrite.text.tokens import tokenize
from tests.analysis.memory import scan_of, tree_of
from tests.faults.readers import SAMPLES, all_facts

PATH = "drivers/demo/demo.c"


def mangled(seed: int) -> bytes:
    """One sample, changed in up to eight places."""
    order = random.Random(seed)
    text, other = order.choice(SAMPLES), order.choice(SAMPLES)
    pieces, more = _pieces(text), _pieces(other)
    for _ in range(order.randint(1, 8)):
        at, end = sorted((order.randrange(len(pieces) + 1), order.randrange(len(pieces) + 1)))
        end = min(end, at + order.choice((1, 1, 1, 2, 5, 30)))
        start = order.randrange(len(more))
        match order.randrange(5):
            case 0:
                del pieces[at:end]
            case 1:
                pieces[at:at] = pieces[at:end]
            case 2:
                pieces[at:end] = reversed(pieces[at:end])
            case 3:
                pieces[at:at] = more[start : start + order.choice((1, 2, 8, 40))]
            case _:
                pieces[at:end] = more[start : start + end - at]
    return b"".join(pieces)


def _pieces(text: bytes) -> list[bytes]:
    """Each token with the white space before it."""
    ends = [0, *(token.end for token in tokenize(parse(PATH, text))), len(text)]
    return [text[a:b] for a, b in pairwise(ends)]


def test_the_pieces_are_the_file() -> None:
    assert all(b"".join(_pieces(text)) == text for text in SAMPLES)
    assert len({mangled(seed) for seed in range(200)} - set(SAMPLES)) > 180


@given(st.integers(0, 2**64))
def test_the_facts_of_mangled_code(seed: int) -> None:
    text = mangled(seed)
    assert all_facts(text) == all_facts(text)


def analysed(text: bytes) -> str:
    tree = tree_of({PATH: text})
    found = scan_of(tree)
    pairing = pair(tree, found)
    places = sorted(a.place for g in pairing.groups for a in g.acquires)
    assert places == [a.place for a in found.acquires], "each acquire is in one group"
    assert not any(gap.kind == GapKind.ANALYSIS_FAILED for g in pairing.groups for gap in g.gaps)
    verdicts = classify(tree, pairing, profile=load_profile("vaddr-pin"))
    return codec.dumps(verdicts)


@example(3562)  # memcpy() with one argument
@given(st.integers(0, 2**64))
def test_the_groups_of_mangled_code(seed: int) -> None:
    text = mangled(seed)
    assert analysed(text) == analysed(text)
