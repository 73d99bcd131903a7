# SPDX-License-Identifier: GPL-2.0-only
"""The table of kernel functions, applied forward and backward."""

from __future__ import annotations

import pytest

from migrate.analysis.frontend.kernel_api import (
    RESULT,
    Form,
    KernelFunction,
    Link,
    are_alike,
)
from migrate.analysis.frontend.knowledge import knowledge, read_function
from migrate.analysis.model import UseKind
from migrate.analysis.program.trace import AGAIN
from migrate.analysis.valueflow import transfer

TABLE = {**knowledge().exact, **dict(knowledge().patterns)}
COUNTS = (1, 2, 3, 5, 11)


def disagreements(known: KernelFunction) -> list[str]:
    """Where what goes forward does not come back, or the other way round."""
    found = []
    for count in COUNTS:
        for form in Form:
            for move in transfer.moves(known, count):
                on = move.out_of(form)
                if on and not any(are_alike(Form(b), form) for b in move.into(on)):
                    found.append(f"{form} along {move} does not come back")
                for before in move.into(form):
                    if not are_alike(transfer.plain(move.out_of(before)), form):
                        found.append(f"{form} against {move} does not go there")
    return found


@pytest.mark.parametrize("name", sorted(n for n, f in TABLE.items() if f.flows))
def test_what_goes_forward_comes_back(name: str) -> None:
    assert disagreements(TABLE[name]) == []


def test_two_directions_that_disagree_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    known = knowledge().exact["sg_set_page"]
    monkeypatch.setattr(transfer.Move, "into", lambda *_: iter(()))
    assert disagreements(known)


def there(name: str, position: int, form: str, count: int) -> list[tuple[int, str]]:
    moves = transfer.moves(knowledge().exact[name], count)
    return [(m.target, on) for m in moves if m.origin == position and (on := m.out_of(form))]


def before(name: str, position: int, form: str, count: int) -> list[tuple[int, str]]:
    moves = transfer.moves(knowledge().exact[name], count)
    return [(m.origin, b) for m in moves if m.target == position for b in m.into(form)]


@pytest.mark.parametrize(
    ("name", "position", "form", "count", "expected"),
    [
        ("kmap", 0, "page", 1, [(RESULT, "address")]),
        ("sg_virt", 0, "scatter", 1, [(RESULT, "address")]),
        ("virt_to_page", 0, "address", 1, [(RESULT, AGAIN)]),
        ("sg_page", 0, "scatter", 1, [(RESULT, "page")]),
        ("compound_head", 0, AGAIN, 1, [(RESULT, AGAIN)]),
        ("sg_set_page", 0, "page", 4, []),
        ("sg_set_page", 1, "page", 4, [(0, "scatter")]),
        ("sg_set_page", 2, "page", 4, []),  # a length
        ("sg_set_buf", 1, "address", 3, [(0, "scatter")]),
        ("sg_chain", 2, "scatter", 3, [(0, "scatter")]),
        ("for_each_sg", 0, "scatter", 4, [(1, "scatter")]),
        ("swap", 0, "page", 2, [(1, "page")]),
        ("swap", 1, "page", 2, [(0, "page")]),
        ("xchg", 1, "page", 2, [(0, "page")]),
        ("cmpxchg", 1, "page", 3, []),  # it is only compared
        ("cmpxchg", 2, "page", 3, [(0, "page")]),
        ("min_t", 0, "physical", 3, []),  # a type
        ("min_t", 2, "physical", 3, [(RESULT, "physical")]),
        ("htonl", 0, "physical", 1, [(RESULT, "physical")]),
        ("htonl", 0, "page", 1, []),
        ("memcpy", 1, "page", 3, [(0, "page")]),
        ("memcpy", 1, "address", 3, []),  # the data, and that is somewhere else then
        ("memcpy", 1, AGAIN, 3, [(0, AGAIN)]),
        ("kmemdup", 0, "page", 3, [(RESULT, "page")]),
        ("memcmp", 1, "page", 3, []),
        ("drm_prime_pages_to_sg", 0, "page", 2, [(RESULT, "scatter")]),  # before 5.10
        ("drm_prime_pages_to_sg", 1, "page", 3, [(RESULT, "scatter")]),
        ("kmalloc", 0, "page", 2, []),
    ],
)
def test_forward(
    name: str, position: int, form: str, count: int, expected: list[tuple[int, str]]
) -> None:
    assert there(name, position, form, count) == expected


@pytest.mark.parametrize(
    ("name", "position", "form", "count", "expected"),
    [
        ("page_to_pfn", RESULT, "physical", 1, [(0, "page")]),
        ("page_to_pfn", RESULT, "address", 1, [(0, "page")]),  # by arithmetic
        ("page_to_pfn", RESULT, "page", 1, []),
        ("pfn_to_kaddr", RESULT, "address", 1, [(0, "physical")]),
        ("sg_phys", RESULT, "physical", 1, [(0, "scatter")]),
        ("sg_set_buf", 0, "scatter", 3, [(1, "address")]),
        ("sg_chain", 0, "scatter", 3, [(2, "scatter")]),
        ("drm_prime_pages_to_sg", RESULT, "scatter", 3, [(1, "page")]),
        ("swap", 1, "page", 2, [(0, "page")]),
        ("min_t", RESULT, "physical", 3, [(1, "physical"), (2, "physical")]),
        ("memcpy", 0, "page", 3, [(1, "page")]),
    ],
)
def test_backward(
    name: str, position: int, form: str, count: int, expected: list[tuple[int, str]]
) -> None:
    assert before(name, position, form, count) == expected


def test_what_walks_along_a_container_is_no_value_of_its_own() -> None:
    known = knowledge().exact["for_each_sg"]
    ties = [(move.target, move.flow.link) for move in transfer.moves(known, 4)]
    assert ties == [(1, Link.ALONG), (0, Link.BACK)]
    assert known.walks
    assert not knowledge().exact["sg_chain"].walks


@pytest.mark.parametrize(
    ("name", "position", "form", "expected"),
    [
        ("memset", 0, "address", UseKind.WRITE_DATA),
        ("memset", 0, "page", None),  # the pointers
        ("kmemdup", 0, "address", UseKind.READ_DATA),
        ("copy_highpage", 0, "page", UseKind.WRITE_DATA),
        ("copy_to_user_page", 1, "page", UseKind.WRITE_DATA),
        ("dma_map_page", 1, "page", UseKind.DMA),
        ("dma_map_page", 1, "physical", UseKind.PHYSICAL_KEPT),
        ("iommu_map", 2, "physical", UseKind.DMA),
        ("iommu_map", 2, "page", None),
        ("get_page", 0, "address", None),
        ("page_to_pfn", 0, "physical", None),
        ("kfree", 0, "page", None),
    ],
)
def test_uses(name: str, position: int, form: str, expected: UseKind | None) -> None:
    assert transfer.use(knowledge().exact[name], position, form) is expected


@pytest.mark.parametrize(
    ("name", "position", "form", "expected"),
    [
        ("put_user", 0, "page", True),
        ("copy_to_user", 1, "physical", True),
        ("copy_to_user", 1, "address", False),
        ("kmemdup", 0, "physical", True),
        ("memcmp", 0, "physical", False),
    ],
)
def test_out_of_sight(name: str, position: int, form: str, expected: bool) -> None:
    assert transfer.is_out_of_sight(knowledge().exact[name], position, form) is expected


def test_a_number_made_of_a_page_is_none() -> None:
    htonl, copied = knowledge().exact["htonl"], read_function("f", {"flows": ["any 0 -> same"]})
    assert transfer.is_number_of(htonl, 0, "page", 1)
    assert not transfer.is_number_of(htonl, 0, AGAIN, 1)
    assert not transfer.is_number_of(htonl, 0, "physical", 1)
    assert not transfer.is_number_of(copied, 0, "page", 1)
