# SPDX-License-Identifier: GPL-2.0-only
"""follow_page() is exported when, and only when, a converted file may be a module."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.rewrite.api.introduce import api_change
from migrate.rewrite.model import ApiChange, FileChange
from migrate.rewrite.profile.counterparts import Counterparts
from migrate.rewrite.profile.profiles import load_profile
from tests.rewrite.trees import DATA, make_tree

DEFINITION = b"""
struct page *follow_page(struct vm_area_struct *vma, unsigned long address, unsigned int flags)
{
	return look_up(vma, address, flags);
}

static int next_one;
"""
DECLARATION = (
    b"struct page *follow_page(struct vm_area_struct *vma, unsigned long address,\n"
    b"\t\t\t unsigned int foll_flags);\n"
)
EXPORT = b"}\nEXPORT_SYMBOL_GPL(follow_page);\n\nstatic int next_one;\n"
SITE = b"int f(struct vm_area_struct *vma)\n{\n\treturn look(vma);\n}\n"
SUBJECT = "mm/gup: export follow_page() to modules"


def introduce(
    folder: Path,
    kind: str,
    after: bytes,
    extra: bytes = b"",
    definition: bytes = DEFINITION,
    header: bytes = DECLARATION,
) -> ApiChange:
    gup = (DATA / "sources" / "6.1.gup.c").read_bytes() + definition + extra
    nommu = (DATA / "sources" / "4.9.nommu.c").read_bytes() + definition
    declared = (DATA / "headers" / "6.1.h").read_bytes()
    assert declared.count(DECLARATION) == 1
    files = {
        "include/linux/mm.h": declared.replace(DECLARATION, header),
        "mm/gup.c": gup,
        "mm/nommu.c": nommu,
        "Makefile": b"VERSION = 0\nobj-y += drivers/\n",
        "drivers/Makefile": b"obj-$(CONFIG_D) += d.o\n",
        "drivers/Kconfig": f'config D\n\t{kind} "D"\n'.encode(),
        "drivers/d.c": SITE,
    }
    tree = make_tree(folder, "6.1", files)
    changes = [FileChange("drivers/d.c", SITE, after)]
    return api_change(Counterparts(tree, load_profile("vaddr-pin")), changes)


def test_a_module_gets_the_export(tmp_path: Path) -> None:
    change = introduce(tmp_path, "tristate", SITE.replace(b"look", b"follow_page"))
    assert change.subjects[1] == SUBJECT
    assert change.bodies[1].startswith("follow_page() is called by built-in code only")
    assert change.bodies[1].count("Export it for") == 1
    assert [f.path for f in change.commits[1]] == ["mm/gup.c", "mm/nommu.c"]
    for file in change.commits[1]:
        assert file.before is not None
        old = b"}\n\nstatic int next_one;\n"
        assert file.before.count(old) == 1
        assert file.after == file.before.replace(old, EXPORT)


def test_what_an_inline_function_calls_is_exported_in_its_place(tmp_path: Path) -> None:
    """Before 5.1 follow_page() is in the header only; a module links to what is behind it."""
    inline = b"""\
static inline struct page *follow_page(struct vm_area_struct *vma, unsigned long at, int flags)
{
	unsigned int unused;

	return follow_page_mask(vma, at, flags, &unused);
}
"""
    mask = DEFINITION.replace(b"follow_page(", b"follow_page_mask(")
    change = introduce(
        tmp_path,
        "tristate",
        SITE.replace(b"look", b"follow_page"),
        definition=mask,
        header=inline,
    )
    assert change.subjects[1] == SUBJECT.replace("follow_page()", "follow_page_mask()")
    assert change.bodies[1].startswith("follow_page_mask() is called by built-in code only")
    (file, _) = change.commits[1]
    assert b"EXPORT_SYMBOL_GPL(follow_page_mask);\n" in file.after


@pytest.mark.parametrize(
    ("kind", "after", "extra"),
    [
        ("bool", SITE.replace(b"look", b"follow_page"), b""),
        ("tristate", SITE.replace(b"look", b"vaddr_pin_pages"), b""),
        ("tristate", SITE.replace(b"look", b"follow_page"), b"EXPORT_SYMBOL(follow_page);\n"),
    ],
    ids=["never a module", "not called", "exported already"],
)
def test_nothing_else_does(kind: str, after: bytes, extra: bytes, tmp_path: Path) -> None:
    assert SUBJECT not in introduce(tmp_path, kind, after, extra).subjects
