# SPDX-License-Identifier: GPL-2.0-only
"""New names of the GUP API are seen in the headers of a tree, and known ones are not listed."""

from __future__ import annotations

import pytest

from scripts.unknown_api import FOLLOWED, unknown
from tests.analysis.memory import tree_of

HEADER = "include/linux/mm.h"


def found(text: str, path: str = HEADER) -> tuple[str, ...]:
    return unknown(tree_of({path: text}, skeleton=False))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("long pin_user_folios_lately(struct folio **folios);\n", ("pin_user_folios_lately",)),
        ("void unpin_folio_softly(struct folio *folio);\n", ("unpin_folio_softly",)),
        ("struct page *get_user_page_soon(unsigned long at);\n", ("get_user_page_soon",)),
        (
            "static inline void put_softly(struct page *p)\n{\n\tput_page(p);\n}\n",
            ("put_softly",),
        ),
        (
            "static inline int two(struct page **p)\n{\n"
            "\treturn get_user_pages_fast(0, 2, 0, p);\n}\n",
            ("two",),
        ),
    ],
)
def test_a_function_that_is_new(text: str, names: tuple[str, ...]) -> None:
    assert found(text) == names
    assert found(text, "drivers/demo/demo.h") == ()


@pytest.mark.parametrize(
    "text",
    [
        "long get_user_pages(unsigned long start);\nvoid put_page(struct page *page);\n",
        "long memfd_pin_folios(struct file *memfd);\nvoid unpin_folios(struct folio **f);\n",
        "static inline void folio_release_kmap(struct folio *f, void *a)\n{\n\tfolio_put(f);\n}\n",
        "/* pin_user_folios_lately() is not there */\n",
        "static inline void look(struct page *p)\n{\n\tlock_page(p);\n}\n",
    ],
)
def test_what_is_known_or_no_function_of_it(text: str) -> None:
    assert found(text) == ()


def test_each_that_needs_no_entry_has_a_reason() -> None:
    assert all(reason for reason in FOLLOWED.values())
