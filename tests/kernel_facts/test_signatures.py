# SPDX-License-Identifier: GPL-2.0-only
"""Signatures read from headers as kernels of different ages have them."""

from __future__ import annotations

import pytest

from migrate.kernel.signatures import GUP_NAMES, Signature, read_signatures
from tests.analysis.memory import tree_of

# The shapes of the API over the years; only what a signature is made of.
OLD = """
long get_user_pages_remote(struct task_struct *tsk, struct mm_struct *mm,
		unsigned long start, unsigned long nr_pages,
		unsigned int gup_flags, struct page **pages,
		struct vm_area_struct **vmas);
long get_user_pages(unsigned long start, unsigned long nr_pages,
		unsigned int gup_flags, struct page **pages,
		struct vm_area_struct **vmas);
long get_user_pages_locked(unsigned long start, unsigned long nr_pages,
		unsigned int gup_flags, struct page **pages, int *locked);
long __get_user_pages_unlocked(struct task_struct *tsk, struct mm_struct *mm,
		unsigned long start, unsigned long nr_pages,
		struct page **pages, unsigned int gup_flags);
long get_user_pages_unlocked(unsigned long start, unsigned long nr_pages,
		struct page **pages, unsigned int gup_flags);
int get_user_pages_fast(unsigned long start, int nr_pages, int write,
		struct page **pages);
extern int __get_user_pages_fast(unsigned long start, int nr_pages, int write,
		struct page **pages);
"""
MIDDLE = """
long get_user_pages(unsigned long start, unsigned long nr_pages,
		unsigned int gup_flags, struct page **pages,
		struct vm_area_struct **vmas);
#if defined(CONFIG_FS_DAX) || defined(CONFIG_CMA)
long get_user_pages_longterm(unsigned long start, unsigned long nr_pages,
		unsigned int gup_flags, struct page **pages,
		struct vm_area_struct **vmas);
#else
static inline long get_user_pages_longterm(unsigned long start,
		unsigned long nr_pages, unsigned int gup_flags,
		struct page **pages, struct vm_area_struct **vmas)
{
	return without_dax(start, nr_pages, gup_flags, pages, vmas);
}
#endif
int get_user_pages_fast(unsigned long start, int nr_pages,
		unsigned int gup_flags, struct page **pages);
int __get_user_pages_fast(unsigned long start, int nr_pages, int write,
		struct page **pages);
static inline void put_user_page(struct page *page)
{
	put_page(page);
}
void put_user_pages(struct page **pages, unsigned long npages);
void put_user_pages_dirty_lock(struct page **pages, unsigned long npages, bool make_dirty);
struct page *follow_page(struct vm_area_struct *vma, unsigned long address,
		unsigned int foll_flags);
"""
NEW = """
long get_user_pages_remote(struct mm_struct *mm,
		unsigned long start, unsigned long nr_pages,
		unsigned int gup_flags, struct page **pages,
		int *locked);
static inline struct page *get_user_page_vma_remote(struct mm_struct *mm,
		unsigned long addr,
		int gup_flags,
		struct vm_area_struct **vmap)
{
	return vma_and_page(mm, addr, gup_flags, vmap);
}
long get_user_pages(unsigned long start, unsigned long nr_pages,
		unsigned int gup_flags, struct page **pages);
int get_user_pages_fast_only(unsigned long start, int nr_pages,
		unsigned int gup_flags, struct page **pages);
static inline bool get_user_page_fast_only(unsigned long addr,
		unsigned int gup_flags, struct page **pagep)
{
	return one_page(addr, gup_flags, pagep);
}
int pin_user_pages_fast(unsigned long start, int nr_pages,
		unsigned int gup_flags, struct page **pages);
void unpin_user_page(struct page *page);
"""


def signatures(header: str, more: tuple[str, ...] = ()) -> dict[str, Signature]:
    text = header.encode()
    return read_signatures(tree_of({"include/linux/mm.h": text}, skeleton=False), more)


def roles(signature: Signature) -> list[str]:
    return [parameter.name for parameter in signature.parameters]


def test_an_old_tree_has_a_task_and_a_write_argument() -> None:
    found = signatures(OLD)
    assert roles(found["get_user_pages_remote"]) == [
        *("tsk", "mm", "start", "nr_pages", "gup_flags", "pages", "vmas")
    ]
    assert roles(found["get_user_pages_fast"]) == ["start", "nr_pages", "write", "pages"]
    assert found["__get_user_pages_unlocked"].pages_position == 4
    assert found["__get_user_pages_fast"].pages_position == 3
    assert found["get_user_pages_locked"].parameters[-1].type == "int *"
    assert "pin_user_pages" not in found


def test_a_tree_of_the_middle_has_longterm_and_the_first_releases() -> None:
    found = signatures(MIDDLE)
    assert roles(found["get_user_pages_fast"]) == ["start", "nr_pages", "gup_flags", "pages"]
    assert roles(found["__get_user_pages_fast"])[2] == "write"
    assert found["get_user_pages_longterm"].pages_position == 3
    assert roles(found["put_user_pages_dirty_lock"]) == ["pages", "npages", "make_dirty"]
    assert roles(found["put_user_page"]) == ["page"]
    assert found["follow_page"].return_type == "struct page *"
    assert found["follow_page"].pages_position is None


def test_the_tree_of_the_shapes_is_like_6_1() -> None:
    found = read_signatures(tree_of({}))
    assert roles(found["get_user_pages_remote"]) == [
        *("mm", "start", "nr_pages", "gup_flags", "pages", "vmas", "locked")
    ]
    assert found["get_user_pages"].parameters[4].type == "struct vm_area_struct **"
    assert found["get_user_page_fast_only"].pages_position == 2
    assert found["get_user_page_fast_only"].return_type == "bool"
    assert found["unpin_user_pages_dirty_lock"].return_type == "void"


def test_a_new_tree_has_no_vmas_and_returns_a_page() -> None:
    found = signatures(NEW)
    assert roles(found["get_user_pages"]) == ["start", "nr_pages", "gup_flags", "pages"]
    assert roles(found["get_user_pages_remote"])[-1] == "locked"
    remote = found["get_user_page_vma_remote"]
    assert remote.pages_position is None
    assert remote.return_type == "struct page *"
    assert "follow_page" not in found


@pytest.mark.parametrize("header", [OLD, MIDDLE, NEW])
def test_every_acquire_says_where_the_pages_go(header: str) -> None:
    for name, signature in signatures(header).items():
        if name in GUP_NAMES and signature.return_type != "struct page *":
            position = signature.pages_position
            assert position is not None, name
            assert "page **" in signature.parameters[position].type


def test_layout_qualifiers_and_comments_do_not_matter() -> None:
    plain = signatures("long get_user_pages(unsigned long start, struct page **pages);\n")
    for header in (
        "extern long __must_check get_user_pages(unsigned long start, struct page **pages);\n",
        "long\nget_user_pages(unsigned long start,\n\t\t/* out */ struct page **pages);\n",
        "#ifdef CONFIG_MMU\nlong get_user_pages(unsigned long start, struct page **pages);\n"
        "#endif\n",
        '#ifdef __cplusplus\nextern "C" {\n#endif\n'
        "long get_user_pages(unsigned long start, struct page **pages);\n",
    ):
        found = signatures(header)["get_user_pages"]
        assert roles(found) == roles(plain["get_user_pages"])
        assert found.pages_position == 1


def test_parameters_without_names_are_kept() -> None:
    (found,) = signatures("long get_user_pages(unsigned long, struct page **);\n").values()
    assert [p.name for p in found.parameters] == ["", ""]
    assert found.parameters[1].type == "struct page **"


def test_names_in_comments_strings_and_bodies_are_no_prototypes() -> None:
    text = (
        "/* long get_user_pages(unsigned long start); */\n"
        'static const char *text = "get_user_pages(unsigned long start)";\n'
        "static inline long other(void)\n{\n\treturn get_user_pages_fast(0, 1, 0, NULL);\n}\n"
        "#define get_user_pages_remote(mm) 0\n"
    )
    assert signatures(text) == {}


def test_more_names_can_be_asked_for() -> None:
    text = "int my_pin_pages(unsigned long start, struct page **pages);\nint other(int a);\n"
    assert signatures(text) == {}
    found = signatures(text, ("my_pin_pages",))
    assert set(found) == {"my_pin_pages"}
    assert found["my_pin_pages"].header == "include/linux/mm.h"


def test_the_first_of_two_declarations_counts() -> None:
    text = (
        "long get_user_pages(unsigned long start, struct page **pages);\n"
        "static inline long get_user_pages(unsigned long a, struct page **pagep)\n{\n"
        "\treturn 0;\n}\n"
    )
    assert roles(signatures(text)["get_user_pages"]) == ["start", "pages"]


def test_other_headers_are_not_asked() -> None:
    files = {
        "include/linux/pagemap.h": "void release_pages(struct page **pages, int nr);\n",
        "include/linux/other.h": "void put_user_page(struct page *page);\n",
    }
    found = read_signatures(tree_of(files, skeleton=False))
    assert {name: s.header for name, s in found.items()} == {
        "release_pages": "include/linux/pagemap.h"
    }
