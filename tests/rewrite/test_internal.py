# SPDX-License-Identifier: GPL-2.0-only
"""The patch that makes GUP internal to mm/: what moves, to the byte, and what stops it."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.base.errors import Refusal
from migrate.kernel.tree import Tree
from migrate.rewrite.api.internal import HEADER, INTERNAL, Internal, Outside, made_internal
from tests.rewrite.trees import make_tree

MM_H = b"""\
#ifndef _LINUX_MM_H
#define _LINUX_MM_H

struct page;

/* Taking pages. */
long get_user_pages(unsigned long start, unsigned long nr_pages,
			unsigned int gup_flags, struct page **pages);
long pin_user_pages(unsigned long start, unsigned long nr_pages,
			unsigned int gup_flags, struct page **pages);

static inline bool get_user_page_fast_only(unsigned long addr, struct page **page)
{
	return get_user_pages_fast_only(addr, 1, 0, page) == 1;
}

int get_user_pages_fast_only(unsigned long start, int nr_pages,
			unsigned int gup_flags, struct page **pages);

void put_page(struct page *page);

#endif /* _LINUX_MM_H */
"""
MOVED = b"""\
/* Taking pages. */
long get_user_pages(unsigned long start, unsigned long nr_pages,
			unsigned int gup_flags, struct page **pages);
"""
MOVED_TOO = b"""\
static inline bool get_user_page_fast_only(unsigned long addr, struct page **page)
{
	return get_user_pages_fast_only(addr, 1, 0, page) == 1;
}

int get_user_pages_fast_only(unsigned long start, int nr_pages,
			unsigned int gup_flags, struct page **pages);

"""
INTERNAL_H = b"""\
#ifndef _MM_INTERNAL_H
#define _MM_INTERNAL_H

#include <linux/fs.h>

struct page *lookup_page(unsigned long address);

#endif /* _MM_INTERNAL_H */
"""
GUP_C = b"""\
#include <linux/mm.h>

#include "internal.h"

long get_user_pages(unsigned long start, unsigned long nr_pages,
			unsigned int gup_flags, struct page **pages)
{
	return 0;
}
EXPORT_SYMBOL(get_user_pages);

int get_user_pages_fast_only(unsigned long start, int nr_pages,
			unsigned int gup_flags, struct page **pages)
{
	return 0;
}
EXPORT_SYMBOL_GPL(get_user_pages_fast_only);

long pin_user_pages(unsigned long start, unsigned long nr_pages,
			unsigned int gup_flags, struct page **pages)
{
	return 0;
}
EXPORT_SYMBOL(pin_user_pages);
"""
USER_C = b"""\
#include <linux/mm.h>
#ifdef CONFIG_NUMA
#include <linux/mempolicy.h>
#endif

long f(struct page **pages)
{
	return get_user_pages(0, 1, 0, pages);
}
"""
FILES = {HEADER: MM_H, INTERNAL: INTERNAL_H, "mm/gup.c": GUP_C, "mm/sub/user.c": USER_C}


def tree_of(folder: Path, **more: bytes) -> Tree:
    return make_tree(folder, "6.1", FILES | {k.replace("__", "/"): v for k, v in more.items()})


def after(tree: Tree, changed: dict[str, bytes] | None = None) -> dict[str, bytes]:
    found = made_internal(tree.with_files(changed or {}), changed or {})
    assert isinstance(found, Internal), found
    return {file.path: file.after for file in found.files}


def test_to_the_byte(tmp_path: Path) -> None:
    tree = tree_of(tmp_path)
    found = made_internal(tree, {})
    assert isinstance(found, Internal)
    assert [file.path for file in found.files] == [HEADER, "mm/gup.c", INTERNAL, "mm/sub/user.c"]
    texts = {file.path: file.after for file in found.files}
    assert texts[HEADER] == MM_H.replace(MOVED, b"").replace(MOVED_TOO, b"")
    assert texts[INTERNAL] == INTERNAL_H.replace(
        b"#include <linux/fs.h>\n", b"#include <linux/fs.h>\n#include <linux/mm.h>\n"
    ).replace(b"#endif", MOVED + b"\n" + MOVED_TOO + b"#endif")
    assert texts["mm/gup.c"] == GUP_C.replace(b"EXPORT_SYMBOL(get_user_pages);\n", b"").replace(
        b"EXPORT_SYMBOL_GPL(get_user_pages_fast_only);\n", b""
    )
    assert texts["mm/sub/user.c"] == USER_C.replace(
        b"#include <linux/mm.h>\n", b'#include <linux/mm.h>\n\n#include "../internal.h"\n'
    )
    assert "get_user_page_fast_only(), get_user_pages() or get_user_pages_fast_only()" in found.body
    assert "drop the exports" in found.body


def test_twice_is_once(tmp_path: Path) -> None:
    tree = tree_of(tmp_path / "one")
    done = after(tree)
    again = made_internal(tree.with_files(done), done)
    assert again == Outside(reason=f"{HEADER} declares none of them")
    with pytest.raises(Refusal, match="There is nothing to migrate in this tree"):
        make_tree(tmp_path / "two", "6.1", FILES | done)


CALL = b"void f(void)\n{\n\tget_user_pages(0, 1, 0, 0);\n}\n"


@pytest.mark.parametrize(
    "text",
    [
        CALL,
        b"#define TAKE(p) \\\n\tget_user_pages(0, 1, 0, p)\n",
        b"EXPORT_SYMBOL(get_user_pages_fast_only);\n",
        b"void *f = get_user_pages;\n",
    ],
)
def test_a_name_outside_stops_it(text: bytes, tmp_path: Path) -> None:
    tree = tree_of(tmp_path, **{"lib__a.c": text})
    assert made_internal(tree, {}) == Outside(("lib/a.c",))


def test_what_the_branch_converts_is_gone(tmp_path: Path) -> None:
    tree = tree_of(tmp_path, **{"lib__a.c": CALL})
    text = CALL.replace(b"get_user", b"pin_user")
    assert HEADER in after(tree, {"lib/a.c": text})


def test_what_the_branch_brings_is_seen(tmp_path: Path) -> None:
    tree = tree_of(tmp_path)
    changed = {"lib/b.c": CALL}
    assert made_internal(tree.with_files(changed), changed) == Outside(("lib/b.c",))


@pytest.mark.parametrize(
    "text",
    [b"/* get_user_pages() */\n", b'char *f = "get_user_pages";\n', b"int get_user_pages_x;\n"],
)
def test_words_and_other_names_do_not(text: bytes, tmp_path: Path) -> None:
    assert HEADER in after(tree_of(tmp_path, **{"lib__a.c": text}))


def test_user_space_does_not_count(tmp_path: Path) -> None:
    assert HEADER in after(tree_of(tmp_path, **{"tools__a.c": CALL}))


def test_a_module_of_mm_keeps_its_export(tmp_path: Path) -> None:
    build = {
        "Kconfig": b'config SUB\n\ttristate "sub"\n',
        "mm/Kconfig": b"",
        "Kbuild": b"obj-y += mm/\n",
        "mm/Makefile": b"obj-y += gup.o sub/\n",
        "mm/sub/Makefile": b"obj-$(CONFIG_SUB) += user.o\n",
    }
    tree = make_tree(tmp_path, "6.1", FILES | build)
    text = after(tree)["mm/gup.c"]
    assert b"EXPORT_SYMBOL(get_user_pages);" in text
    assert b"EXPORT_SYMBOL_GPL(get_user_pages_fast_only);" not in text


@pytest.mark.parametrize(
    ("path", "text", "why"),
    [
        (INTERNAL, b"struct page;\n", f"{INTERNAL} does not end with #endif"),
        (
            HEADER,
            MM_H.replace(b"/* Taking pages. */\n", b"#ifdef CONFIG_MMU\n").replace(
                b"void put_page", b"#endif\nvoid put_page"
            ),
            f"{HEADER} declares get_user_pages() only on a condition",
        ),
        (
            HEADER,
            MM_H.replace(b"void put_page", b"#define g get_user_pages\nvoid put_page"),
            f"{HEADER} names one of them in other code",
        ),
    ],
)
def test_headers_that_stop_it(path: str, text: bytes, why: str, tmp_path: Path) -> None:
    tree = make_tree(tmp_path, "6.1", FILES | {path: text})
    assert made_internal(tree, {}) == Outside(reason=why)
