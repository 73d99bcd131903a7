# SPDX-License-Identifier: GPL-2.0-only
"""The API as it comes out for headers of several kernels."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.kernel.signatures import read_signatures
from migrate.kernel.tree import Tree
from migrate.rewrite.api.introduce import api_change
from migrate.rewrite.api.toctree import add_entry
from migrate.rewrite.model import ApiChange, FileChange
from migrate.rewrite.profile.counterparts import Counterparts
from migrate.rewrite.profile.profiles import load_profile
from tests.rewrite.trees import DATA, make_tree

VERSIONS = ("4.9", "5.1", "5.3", "6.1", "6.12")
MIRRORED = {
    "vaddr_pin_pages": "get_user_pages",
    "vaddr_pin_pages_fast": "get_user_pages_fast",
    "vaddr_pin_pages_remote": "get_user_pages_remote",
    "vaddr_pin_pages_unlocked": "get_user_pages_unlocked",
    "vaddr_pin_pages_locked": "get_user_pages_locked",
}
DESCRIPTION = ("Documentation/core-api/vaddr_pin_pages.rst", "Documentation/core-api/index.rst")


def introduce(tree: Tree) -> ApiChange:
    return api_change(Counterparts(tree, load_profile("vaddr-pin")))


def applied(change: ApiChange) -> dict[str, bytes]:
    return {file.path: file.after for commit in change.commits for file in commit}


def added_by(commit: tuple[FileChange, ...]) -> str:
    """What `commit` adds to each file, in one piece."""
    added = []
    for file in commit:
        before, after = (file.before or b"").decode(), file.after.decode()
        lines = after.splitlines(keepends=True)
        old = before.splitlines(keepends=True)
        start = next(n for n, line in enumerate(lines) if n >= len(old) or line != old[n])
        new = lines[start : start + len(lines) - len(old)]
        assert "".join(lines[:start] + lines[start + len(new) :]) == before
        added += [f"### {file.path}\n", *new]
    return "".join(added)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_text_is_as_recorded(version: str, tmp_path: Path) -> None:
    """All that is added to C, for each kernel, to the byte; the rest of the files is untouched."""
    change = introduce(make_tree(tmp_path, version, {}))
    expected = (DATA / "api" / f"{version}.txt").read_text()
    assert added_by(change.commits[0]) == expected


@pytest.mark.parametrize("version", VERSIONS)
def test_no_line_of_it_is_too_long_for_checkpatch_of_old(version: str) -> None:
    """Until 5.6 the kernel's checkpatch.pl warns beyond 80 columns; the series would be held."""
    added = (DATA / "api" / f"{version}.txt").read_text().splitlines()
    assert [line for line in added if len(line.expandtabs(8)) > 80] == []


@pytest.mark.parametrize("version", VERSIONS)
def test_every_signature_is_mirrored_argument_for_argument(version: str, tmp_path: Path) -> None:
    before = make_tree(tmp_path / "before", version, {})
    after = make_tree(tmp_path / "after", version, applied(introduce(before)))
    old, new = read_signatures(before), read_signatures(after)
    for pin, get in MIRRORED.items():
        assert (pin in new) == (get in old)
        if get in old:
            assert new[pin].parameters == old[get].parameters
            assert new[pin].return_type == old[get].return_type
    assert {"put_user_page", "put_user_pages", "put_user_pages_dirty_lock"} <= set(new)
    assert {name: new[name] for name in old} == old


@pytest.mark.parametrize("version", VERSIONS)
def test_a_tree_that_has_it_gets_nothing(version: str, tmp_path: Path) -> None:
    before = make_tree(tmp_path / "before", version, {})
    after = make_tree(tmp_path / "after", version, applied(introduce(before)))
    assert introduce(after) == ApiChange((), (), ())


def test_the_messages(tmp_path: Path) -> None:
    new = introduce(make_tree(tmp_path / "new", "6.1", {}))
    assert new.subjects == (
        "mm/gup: introduce vaddr_pin_pages() and put_user_page()",
        "Documentation: core-api: describe pinning by user address",
    )
    old = introduce(make_tree(tmp_path / "old", "5.3", {}))
    assert old.subjects[0] == "mm/gup: introduce vaddr_pin_pages()"
    assert "are built on pin_user_pages*()" in new.bodies[0]
    assert "take and drop page references" in old.bodies[0]
    said = [" ".join(c.bodies[0].split()) for c in (new, old)]
    assert "page references and release them with put_page(), so" in said[0]
    assert "page references, and most release them with put_page(), so" in said[1]
    for body in (*new.bodies, *old.bodies):
        assert max(map(len, body.splitlines())) <= 75
        assert "{" not in body and "  " not in body


LOOKED_UP = """
void look(struct page **p)
{
	vaddr_get_page(0, 0, p);
	vaddr_get_page_locked(0, 0, p);
}
"""


def lookups(tree: Tree, text: str = LOOKED_UP) -> ApiChange:
    """The API for a tree in which one file is converted to `text`."""
    change = FileChange("kernel/look.c", b"", text.encode())
    return api_change(Counterparts(tree, load_profile("vaddr-pin")), [change])


@pytest.mark.parametrize("version", ["5.3", "6.1", "6.12"])
def test_the_lookups_come_along_where_they_are_called(version: str, tmp_path: Path) -> None:
    """All that is added to C, to the byte: by follow_page(), from 6.12 on by folio_walk_start()."""
    newer = {"include/linux/mmap_lock.h": b"void mmap_read_lock(struct mm_struct *mm);\n"}
    change = lookups(make_tree(tmp_path, version, newer if version[0] == "6" else {}))
    assert change.subjects[1] == "mm/gup: introduce vaddr_get_page() and vaddr_get_page_locked()"
    added = added_by(change.commits[1])
    assert added == (DATA / "api" / f"{version}.lookup.txt").read_text()
    assert all(len(line.expandtabs(8)) <= 80 for line in added.splitlines())


def test_a_lookup_that_nobody_calls_stays_out(tmp_path: Path) -> None:
    tree = make_tree(tmp_path, "6.1", {})
    assert "vaddr_get_page" not in str(introduce(tree))
    one = lookups(tree, LOOKED_UP.replace("vaddr_get_page_locked(", "other("))
    assert one.subjects[1] == "mm/gup: introduce vaddr_get_page()"
    assert "vaddr_get_page_locked" not in str(one)
    assert "EXPORT_SYMBOL_GPL(vaddr_get_page)" not in str(one.commits[1]), "no module calls it"
    assert "``vaddr_get_page(start, gup_flags, &page)``" in str(one.commits[2])


FAULTED = """
void look(void)
{
	vaddr_fault_in_locked(0, 0);
}
"""


@pytest.mark.parametrize("version", ["4.9", "5.1", "6.1", "6.12"])
def test_what_faults_in_comes_along_where_it_is_called(version: str, tmp_path: Path) -> None:
    change = lookups(make_tree(tmp_path, version, {}), FAULTED)
    assert change.subjects[1] == "mm/gup: introduce vaddr_fault_in_locked()"
    assert added_by(change.commits[1]) == (DATA / "api" / f"{version}.fault.txt").read_text()
    assert "No module calls it, so it is not exported." in change.bodies[1]
    described = change.commits[2][0].after.decode()
    assert "\n\nFaulting a page in\n==================\n\n``vaddr_fault_in_locked(" in described


UNMAPPED = """
void end(struct folio *folio, struct page *page, void *one, void *two)
{
	unmap_and_put_user_page(page, one);
	unmap_and_put_user_folio(folio, two);
}
"""


def test_what_unmaps_as_well_comes_along_where_it_is_called(tmp_path: Path) -> None:
    tree = make_tree(tmp_path, "6.12", {})
    both = lookups(tree, UNMAPPED)
    assert both.subjects[1] == (
        "mm/gup: introduce unmap_and_put_user_page() and unmap_and_put_user_folio()"
    )
    assert "folio_release_kmap() or unmap_and_put_page()" in both.bodies[1]
    assert added_by(both.commits[1]) == (DATA / "api" / "6.12.unmap.txt").read_text()
    assert "Looking up a page" not in str(both.commits[2])
    one = lookups(tree, UNMAPPED.replace("unmap_and_put_user_page(", "other("))
    assert one.subjects[1] == "mm/gup: introduce unmap_and_put_user_folio()"
    assert "which does the same and ends the pin" in " ".join(one.bodies[1].split())
    assert "unmap_and_put_user_page" not in str(one)
    assert "``unmap_and_put_user_folio(folio, addr)``" in str(one.commits[2])


def test_the_cover_letter_says_why_there_is_a_second_name(tmp_path: Path) -> None:
    new = introduce(make_tree(tmp_path / "new", "6.1", {})).cover
    old = introduce(make_tree(tmp_path / "old", "5.3", {})).cover
    assert new.startswith("Why a second name")
    assert "--profile pin-user-pages" in " ".join(new.split())
    assert old.startswith("The names are those of the discussion of August 2019")


def test_the_documentation_is_linked(tmp_path: Path) -> None:
    change = introduce(make_tree(tmp_path / "6.12", "6.12", {}))
    page, index = change.commits[1]
    assert (page.path, index.path) == DESCRIPTION
    assert page.before is None
    text = page.after.decode()
    assert "vaddr_pin_pages_remote()       get_user_pages_remote()\n" in text
    assert "vaddr_pin_pages_locked" not in text
    assert "\n\nvaddr_pin_page_vma_remote() pins one page, and returns it or an error" in text
    assert "\n\n\n" not in text
    older = introduce(make_tree(tmp_path / "5.8", "5.8", {})).commits[1][0].after
    assert b"error pointer" not in older
    assert index.after == (index.before or b"").replace(
        b"   mm-api\n", b"   mm-api\n   vaddr_pin_pages\n"
    )


@pytest.mark.parametrize(
    ("version", "said"),
    [("5.3", "pages, npages)``, which marks the pages dirty"), ("6.1", "npages, make_dirty)``")],
)
def test_the_documentation_names_the_parameters_of_the_tree(
    tmp_path: Path, version: str, said: str
) -> None:
    """put_user_pages_dirty_lock() of 5.1 to 5.3 always marks the pages dirty."""
    text = introduce(make_tree(tmp_path / version, version, {})).commits[1][0].after.decode()
    dirty = [part for part in text.split("* ") if "put_user_pages_dirty_lock(" in part]
    assert len(dirty) == 1
    assert said in dirty[0]
    assert ("if they were written to" in dirty[0]) is (version == "6.1")


def test_what_has_nothing_to_stand_on_without_mmu_is_left_out_there(tmp_path: Path) -> None:
    files = applied(introduce(make_tree(tmp_path / "4.9", "4.9", {})))
    nommu = files["mm/nommu.c"].decode()
    assert "vaddr_pin_pages_unlocked(" in nommu and "vaddr_pin_pages_fast(" in nommu
    assert "vaddr_pin_pages_remote(" not in nommu and "vaddr_pin_pages_locked(" not in nommu
    assert "void put_user_page(" in nommu
    assert "mm/util.c" not in files
    gup = applied(introduce(make_tree(tmp_path / "5.1", "5.1", {})))["mm/gup.c"].decode()
    guarded = gup.split("#ifdef CONFIG_MMU\n")[-1].split("#endif")[0]
    assert "vaddr_pin_pages_longterm(" in guarded and "vaddr_pin_pages_fast(" not in guarded


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (("c", "b"), b".. toctree::\n   :maxdepth: 1\n\n   a\n   b\n   new\n\nText\n"),
        (("c",), b".. toctree::\n   :maxdepth: 1\n\n   a\n   b\n   new\n\nText\n"),
        (("a",), b".. toctree::\n   :maxdepth: 1\n\n   a\n   new\n   b\n\nText\n"),
    ],
)
def test_toctree_entries(after: tuple[str, ...], expected: bytes) -> None:
    index = b".. toctree::\n   :maxdepth: 1\n\n   a\n   b\n\nText\n"
    assert add_entry(index, "new", after) == expected
    assert add_entry(expected, "new", after) == expected
    assert add_entry(b"Text\n", "new", after) == b"Text\n"
