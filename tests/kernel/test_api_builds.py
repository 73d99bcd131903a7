# SPDX-License-Identifier: GPL-2.0-only
"""The patches that introduce the API compile, with a user of it, with CONFIG_MMU and without."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

from migrate.kernel.tree import open_tree
from migrate.rewrite.api.introduce import api_change
from migrate.rewrite.model import FileChange
from migrate.rewrite.profile.counterparts import Counterparts
from migrate.rewrite.profile.profiles import load_profile

MODULE = "drivers/misc/vmw_vmci/vmci_host.c"
LOOKUP = b"""
struct page *a_lookup(struct vm_area_struct *vma)
{
	return follow_page(vma, 0, FOLL_GET);
}
"""
"""What has follow_page() exported where there is one, which without an MMU is in mm/nommu.c."""

BUILT_EITHER_WAY = "mm/util.c"
USER = """
int a_user(unsigned long start, struct page **pages);
int a_user(unsigned long start, struct page **pages)
{
	int got = vaddr_pin_pages_fast(start, 4, FOLL_WRITE, pages);

	if (got < 0)
		return got;
	if (got > 2)
		put_user_page(pages[--got]);
	put_user_pages_dirty_lock(pages, got, true);
	return vaddr_pin_pages_unlocked(start, 1, pages, 0);
}

int a_lookup_by_address(unsigned long start, struct page **page);
int a_lookup_by_address(unsigned long start, struct page **page)
{
	int ret = vaddr_get_page(start, FOLL_WRITE, page);

	if (ret == 1)
		put_page(*page);
	return vaddr_get_page_locked(start, 0, page);
}

int a_fault(unsigned long start);
int a_fault(unsigned long start)
{
	return vaddr_fault_in_locked(start, FOLL_WRITE);
}

void an_end(struct folio *folio, struct page *page, void *one, void *two);
void an_end(struct folio *folio, struct page *page, void *one, void *two)
{
	unmap_and_put_user_folio(folio, two);
	unmap_and_put_user_page(page, one);
}
"""
"""Calls of what is only added for callers, too."""

TWINS = """
#include <linux/uio.h>

void a_borrower(struct iov_iter *iter, struct page **pages, struct page ***made);
void a_borrower(struct iov_iter *iter, struct page **pages, struct page ***made)
{
	bool pinned = iov_iter_vaddr_will_pin(iter);
	size_t start;

	if (iov_iter_vaddr_pin_pages2(iter, pages, PAGE_SIZE, 2, &start) > 0 && pinned)
		put_user_page(pages[0]);
	iov_iter_vaddr_pin_pages_alloc2(iter, made, PAGE_SIZE, &start);
}
"""
"""The same for a tree that has no iov_iter_extract_pages()."""

INLINE = {"iov_iter_vaddr_will_pin"}

WITH_MMU = ("ARCH=x86_64", "tinyconfig")
WITHOUT = ("ARCH=arm", "CROSS_COMPILE=arm-linux-gnueabihf-", "mps2_defconfig")


def make(tree: Path, out: Path, *words: str) -> None:
    done = subprocess.run(
        ["make", "-s", "-j2", f"O={out}", "WERROR=0", *words],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert not re.search(r"\.[ch]:\d+:\d+: warning: ", done.stderr), done.stderr[-3000:]


def defined(compiled: Path, declared: set[str]) -> set[str]:
    """Which of `declared` the object has; nm of the machine reads the symbols of any ELF file."""
    done = subprocess.run(["nm", str(compiled)], capture_output=True, text=True, check=True)
    words = [line.split() for line in done.stdout.splitlines()]
    return {w[2] for w in words if len(w) == 3 and w[1] == "T"} & declared


def test_with_and_without_mmu(
    each_linux: Path,
    kernel_copy: Callable[[Path], Path],
    tmp_path: Path,
) -> None:
    tree = kernel_copy(each_linux)
    parts = Counterparts(open_tree(tree), load_profile("vaddr-pin"))
    module = (tree / MODULE).read_bytes()
    either = (tree / BUILT_EITHER_WAY).read_bytes()
    twins = "iov_iter_vaddr_pin_pages2" in parts.introduced
    user = USER + (TWINS if twins else "")
    converted = [
        FileChange(MODULE, module, module + LOOKUP),
        FileChange(BUILT_EITHER_WAY, either, either + user.encode()),
    ]
    change = api_change(parts, converted)
    files = [file for files in change.commits for file in files]
    assert ("mm/nommu.c" in [f.path for f in files]) is parts.has("follow_page")
    for file in files:
        (tree / file.path).write_bytes(file.after)
    (tree / BUILT_EITHER_WAY).write_bytes(converted[1].after)

    declared = set(parts.introduced) - INLINE
    assert {"vaddr_pin_pages", "put_user_page", "vaddr_get_page"} <= declared
    user_object = BUILT_EITHER_WAY.replace(".c", ".o")
    for name, words, objects in (
        ("mmu", WITH_MMU, ["mm/gup.o"]),
        ("nommu", WITHOUT, ["mm/gup.o", "mm/nommu.o"]),
    ):
        objects += ["lib/iov_iter.o"] if twins else []
        *arch, config = words
        out = tmp_path / name
        make(tree, out, *arch, config)
        assert ("CONFIG_MMU=y" in (out / ".config").read_text()) is (name == "mmu")
        make(tree, out, *arch, *objects, user_object)
        found = set().union(*(defined(out / path, declared) for path in objects))
        assert found == declared
