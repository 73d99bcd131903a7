# SPDX-License-Identifier: GPL-2.0-only
"""The record of pins, in trees of several kinds."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from migrate.delivery.proof.controls import Names, Spoiled, spoil
from migrate.delivery.proof.model import Line, Spoiling
from migrate.delivery.proof.scratch.instrument import Instrumented, Unfit, Wanted, instrument
from migrate.delivery.proof.seen.places import Hunk
from migrate.kernel import signatures
from migrate.kernel.tree import Tree

MM = """\
#ifndef _LINUX_MM_H
#define _LINUX_MM_H
struct page;
struct vm_area_struct;
struct mm_struct;
long pin_user_pages(unsigned long start, unsigned long nr_pages, unsigned int gup_flags,
                    struct page **pages);
int pin_user_pages_fast(unsigned long start, int nr_pages,
                        unsigned int gup_flags, struct page **pages);
struct page *vaddr_pin_page_vma_remote(struct mm_struct *mm, unsigned long addr,
                                       int gup_flags, struct vm_area_struct **vmap);
void unpin_user_page(struct page *page);
void unpin_user_pages(struct page **pages, unsigned long npages);
void unpin_user_pages_dirty_lock(struct page **pages, unsigned long npages, bool make_dirty);
void unpin_user_page_range_dirty_lock(struct page *page, unsigned long npages, bool make_dirty);
#endif /* _LINUX_MM_H */
"""
CALLS = """\
#include <stdbool.h>
#include "mm.h"
int f(struct page **pages, struct page *one)
{
        int got =
                pin_user_pages_fast(1,
                                    2, 0, pages);

        if (got > 0)
                unpin_user_pages(pages, got);
        unpin_user_page(vaddr_pin_page_vma_remote(0, 0, 0, 0));
        for (int i = 0; i < got; i++)
                unpin_user_page(pages[i]);
        return got;
}
"""


def tree(folder: Path, mm: str = MM, more: dict[str, str] | None = None) -> Tree:
    files = {"include/linux/mm.h": mm, "mm/gup.c": "int x;\n", "mm/Makefile": "obj-y := gup.o\n"}
    files |= more or {}
    texts = {path: text.encode() for path, text in files.items() if text}
    return Tree(folder, "").with_files(dict.fromkeys(signatures._HEADERS, b"") | texts)


def committed(folder: Path, mm: str = MM, more: dict[str, str] | None = None) -> Tree:
    """The same, where files that are not there are looked for in a repository."""
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    (folder / "x").write_text("x")
    for args in (["add", "x"], ["commit", "-q", "-m", "x"]):
        subprocess.run(["git", "-C", str(folder), *args], check=True)
    head = subprocess.run(
        ["git", "-C", str(folder), "rev-parse", "HEAD"], check=True, capture_output=True
    )
    files = {p: b for p, b in tree(folder, mm, more)._blobs.items() if b}
    return Tree(folder, head.stdout.decode().strip()).with_files(files)


def fitted(folder: Path) -> Instrumented:
    made = instrument(tree(folder))
    assert isinstance(made, Instrumented)
    return made


def test_only_its_own_files_and_three_lines_change(tmp_path: Path) -> None:
    files = fitted(tmp_path).files
    assert files["include/linux/mm.h"].decode().replace("#include <linux/gup_prove.h>\n", "") == MM
    assert files["mm/gup.c"] == b"#define GUP_PROVE_OFF\n#line 1\nint x;\n"
    added = files["mm/Makefile"].decode().removeprefix("obj-y := gup.o\n")
    assert added.splitlines() == [
        *("", "obj-y += gup_prove.o"),
        *("KASAN_SANITIZE_gup_prove.o := n", "KCOV_INSTRUMENT_gup_prove.o := n"),
    ]
    assert sorted(files)[1:2] == ["include/linux/mm.h"]
    assert len(files) == 5


def test_each_function_that_is_declared_is_noted(tmp_path: Path) -> None:
    made = fitted(tmp_path)
    assert made.acquires == ("pin_user_pages", "pin_user_pages_fast", "vaddr_pin_page_vma_remote")
    assert made.releases == (
        *("unpin_user_page", "unpin_user_pages", "unpin_user_pages_dirty_lock"),
        "unpin_user_page_range_dirty_lock",
    )


def test_callers_compile_and_say_where_the_name_stands(tmp_path: Path) -> None:
    made = fitted(tmp_path)
    header = made.files["include/linux/gup_prove.h"].decode()
    (tmp_path / "gup_prove.h").write_text(header)
    mm = made.files["include/linux/mm.h"].decode()
    (tmp_path / "mm.h").write_text(mm.replace("<linux/gup_prove.h>", '"gup_prove.h"'))
    (tmp_path / "calls.c").write_text(CALLS)
    strict = ["gcc", "-std=gnu11", "-Wall", "-Werror", "-I.", "-c", "calls.c"]
    done = subprocess.run(strict, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    shown = subprocess.run(
        ["gcc", "-std=gnu11", "-E", "-P", "-I.", "calls.c"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert '.file = "calls.c", .line = 6' in shown


UIO = """\
#ifndef LINUX_UIO_H
#define LINUX_UIO_H
#include <stdbool.h>
#include <sys/types.h>
struct iov_iter;
struct page;
ssize_t iov_iter_extract_pages(struct iov_iter *i, struct page ***pages, size_t maxsize,
                               unsigned int maxpages, unsigned int flags, size_t *offset0);
bool iov_iter_extract_will_pin(const struct iov_iter *iter);
#endif
"""
EXTRACTS = """\
#include <stdbool.h>
#include <sys/types.h>
#include "mm.h"
#include <linux/uio.h>
ssize_t f(struct iov_iter *iter, struct page ***pages)
{
        size_t offset;

        return iov_iter_extract_pages(iter, pages,
                                      4096, 1, 0, &offset);
}
"""


def compiled(folder: Path, made: Instrumented, uio: str, calls: str) -> str:
    """What a compiler, which has nothing to complain of, makes of the macros in `calls`."""
    (folder / "linux").mkdir()
    (folder / "linux/uio.h").write_text(uio)
    (folder / "linux/gup_prove.h").write_bytes(made.files["include/linux/gup_prove.h"])
    (folder / "mm.h").write_bytes(made.files["include/linux/mm.h"])
    (folder / "calls.c").write_text(calls)
    gcc = ["gcc", "-std=gnu11", "-Wall", "-Werror", "-I."]
    done = subprocess.run(
        [*gcc, "-c", "calls.c"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return subprocess.run(
        [*gcc, "-E", "-P", "calls.c"],
        cwd=folder, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip


def test_pages_of_iterators_are_noted_where_they_are_pinned(tmp_path: Path) -> None:
    more = {"include/linux/uio.h": UIO, "lib/iov_iter.c": "int y;\n"}
    made = instrument(tree(tmp_path, more=more))
    assert isinstance(made, Instrumented)
    assert "iov_iter_extract_pages" in made.acquires
    # It takes the pins by other functions of the family, for whoever calls it.
    assert made.files["lib/iov_iter.c"] == b"#define GUP_PROVE_OFF\n#line 1\nint y;\n"
    shown = compiled(tmp_path, made, UIO, EXTRACTS)
    assert '.file = "calls.c", .line = 9' in shown
    assert shown.count("gup_prove_extracted(&__gp_site, __gp_iter,") == 1


TWINS = """\
#ifndef LINUX_UIO_H
#define LINUX_UIO_H
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
struct iov_iter;
struct page;
ssize_t iov_iter_vaddr_pin_pages(struct iov_iter *i, struct page **pages,
                                 size_t maxsize, unsigned maxpages, size_t *start);
ssize_t iov_iter_vaddr_pin_pages_alloc(struct iov_iter *i, struct page ***pages,
                                       size_t maxsize, size_t *start);
ssize_t iov_iter_vaddr_pin_pages2(struct iov_iter *i, struct page **pages,
                                  size_t maxsize, unsigned maxpages, size_t *start);
ssize_t iov_iter_vaddr_pin_pages_alloc2(struct iov_iter *i, struct page ***pages,
                                        size_t maxsize, size_t *start);
bool iov_iter_vaddr_will_pin(const struct iov_iter *i);
#endif
"""
USES = """\
#include <stdbool.h>
#include <sys/types.h>
#include "mm.h"
#include <linux/uio.h>
ssize_t f(struct iov_iter *iter, struct page **pages, struct page ***made, size_t *offset)
{
        CALL;
}
"""


@pytest.mark.parametrize(
    ("call", "noted", "failing"),
    [
        # The first two leave the iterator where it is, so that nothing goes back.
        ("(iter, pages, 4096, 1, offset)", "NULL, __gp_pages", "-14"),
        ("_alloc(iter, made, 4096, offset)", "NULL, *__gp_pages", "(*__gp_pages = NULL, -14)"),
        ("2(iter, pages, 4096, 1, offset)", "__gp_iter, __gp_pages", "-14"),
        ("_alloc2(iter, made, 64, offset)", "__gp_iter, *__gp_pages", "(*__gp_pages = NULL, -14)"),
    ],
)
def test_twins_are_noted_where_they_are_called(
    tmp_path: Path, call: str, noted: str, failing: str
) -> None:
    more = {"include/linux/uio.h": TWINS, "lib/iov_iter.c": "int y;\n"}
    made = instrument(tree(tmp_path, more=more))
    assert isinstance(made, Instrumented)
    assert {n for n in made.acquires if n.startswith("iov_iter")} == signatures.TWIN_NAMES
    assert made.files["lib/iov_iter.c"] == b"#define GUP_PROVE_OFF\n#line 1\nint y;\n"
    uses = USES.replace("CALL", f"return iov_iter_vaddr_pin_pages{call}")
    shown = compiled(tmp_path, made, TWINS, uses)
    assert '.file = "calls.c", .line = 7' in shown
    shown = shown.replace("((void *)0)", "NULL")
    assert f"__gp_pins && __gp_got > 0 ? gup_prove_extracted(&__gp_site, {noted}," in shown
    assert f"gup_prove_fails(&__gp_site) ? {failing} : (iov_iter_vaddr_pin_pages" in shown
    assert "__gp_pins = iov_iter_vaddr_will_pin(__gp_iter)" in shown


def test_a_helper_of_another_shape_is_not_noted(tmp_path: Path) -> None:
    more = {"include/linux/uio.h": UIO.replace("size_t *offset0", "size_t offset0")}
    made = instrument(tree(tmp_path, more=more | {"lib/iov_iter.c": "int y;\n"}))
    assert isinstance(made, Instrumented)
    assert "iov_iter_extract_pages" not in made.acquires and "lib/iov_iter.c" not in made.files


def test_what_stands_for_a_release_compiles_as_its_call_did(tmp_path: Path) -> None:
    made = fitted(tmp_path)
    (tmp_path / "gup_prove.h").write_text(made.files["include/linux/gup_prove.h"].decode())
    mm = made.files["include/linux/mm.h"].decode()
    (tmp_path / "mm.h").write_text(mm.replace("<linux/gup_prove.h>", '"gup_prove.h"'))
    names = Names(made.acquires, made.releases)
    call = b"if (n)\n\tunpin_user_page(page);\nelse\n\tn ? (void)0 : unpin_user_page(page);\n"
    wanted = [Spoiled("g", Line("a.c", n), Spoiling.DROPPED) for n in (2, 4)]
    spoiled, failed = spoil(call, call, wanted, (Hunk(1, 4, 1, 4),), names)
    assert not failed and spoiled.count(b"gup_prove_dropped()") == 2
    head = b'#include <stdbool.h>\n#include "mm.h"\nvoid f(int n)\n{\n'
    (tmp_path / "a.c").write_bytes(head + spoiled + b"}\n")
    strict = ["gcc", "-std=gnu11", "-Wall", "-Werror", "-I.", "-c", "a.c"]
    done = subprocess.run(strict, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stderr == ""


WATCHED = "-fsanitize-coverage=trace-pc -g1"


def test_the_objects_of_the_groups_are_watched(tmp_path: Path) -> None:
    more = {"a/Kbuild": "obj-y += x.o\n", "a/Makefile": "#\n", "a/b/y.c": "int y;\n"}
    wanted = Wanted(watched=("a/x.c", "a/b/y.c", "mm/z.c", "a/x.h"), plain=("a/b/y.c",))
    made = instrument(committed(tmp_path / "repository", more=more), wanted)
    assert isinstance(made, Instrumented)
    assert made.files["a/Kbuild"].decode() == (
        f"obj-y += x.o\n\nCFLAGS_x.o += {WATCHED}\n"
        f"\nCFLAGS_b/y.o += {WATCHED} -DGUP_PROVE_PLAIN\n"
        f"CFLAGS_y.o += {WATCHED} -DGUP_PROVE_PLAIN\n"
    )
    assert f"\nCFLAGS_z.o += {WATCHED}\n".encode() in made.files["mm/Makefile"]
    assert made.files["mm/Makefile"].count(b"gup_prove.o") == 3
    assert "a/Makefile" not in made.files


LOOKUPS = """\
struct folio { struct page page; };
#define FOLL_GET 0x4
static inline void put_page(struct page *page) { page->n--; }
static inline void folio_put(struct folio *folio) { folio->page.n--; }
int vaddr_get_page(unsigned long start, unsigned int gup_flags, struct page **page);
struct page *follow_page(struct vm_area_struct *vma, unsigned long address, unsigned int flags);
#endif /* _LINUX_MM_H */
"""
LOOKS = """\
#include <stdbool.h>
#include "mm.h"
int f(struct folio *folio)
{
        struct page *page;

        folio_put(folio);
        put_page(follow_page(0, 1, FOLL_GET));
        if (vaddr_get_page(1, 0, &page) == 1)
                put_page(page);
        return 0;
}
"""


def test_what_looks_pages_up_is_noted_in_its_own_files_alone(tmp_path: Path) -> None:
    mm = MM.replace("struct page;", "struct page { int n; };")
    mm = mm.replace("#endif /* _LINUX_MM_H */\n", LOOKUPS)
    made = instrument(tree(tmp_path, mm))
    assert isinstance(made, Instrumented)
    assert made.drops == ("put_page", "folio_put")
    (tmp_path / "gup_prove.h").write_text(made.files["include/linux/gup_prove.h"].decode())
    text = made.files["include/linux/mm.h"].decode()
    (tmp_path / "mm.h").write_text(text.replace("<linux/gup_prove.h>", '"gup_prove.h"'))
    (tmp_path / "looks.c").write_text(LOOKS)
    gcc = ["gcc", "-std=gnu11", "-Wall", "-Werror", "-Wno-unused-value", "-I."]
    for more, noted in ([], 0), (["-DGUP_PROVE_PLAIN"], 5):
        done = subprocess.run(
            [*gcc, *more, "-c", "looks.c"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stderr == ""
        shown = subprocess.run(
            [*gcc, *more, "-E", "-P", "looks.c"],
            cwd=tmp_path, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        assert shown.count(".plain = ") == noted


@pytest.mark.parametrize(
    ("mm", "more", "reason"),
    [
        (
            "int x;\n#endif\n",
            {},
            "include/linux/mm.h declares no function that takes or releases pins",
        ),
        (
            MM.replace("#endif /* _LINUX_MM_H */\n", "int y;\n"),
            {},
            "include/linux/mm.h does not end with #endif",
        ),
        (MM, {"mm/Makefile": ""}, "there is no mm/Makefile"),
    ],
)
def test_a_tree_that_it_does_not_fit(
    tmp_path: Path, mm: str, more: dict[str, str], reason: str
) -> None:
    assert instrument(committed(tmp_path / "repository", mm, more)) == Unfit(reason)
