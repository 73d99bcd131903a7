# SPDX-License-Identifier: GPL-2.0-only
"""follow_page() is exported when, and only when, a converted file may be a module."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.rewrite.api import api_change
from migrate.rewrite.counterparts import Counterparts
from migrate.rewrite.model import ApiChange, FileChange
from migrate.rewrite.profiles import load_profile
from tests.rewrite.trees import DATA, make_tree

DEFINITION = b"""
struct page *follow_page(struct vm_area_struct *vma, unsigned long address, unsigned int flags)
{
	return look_up(vma, address, flags);
}

static int next_one;
"""
EXPORT = b"}\nEXPORT_SYMBOL_GPL(follow_page);\n\nstatic int next_one;\n"
SITE = b"int f(struct vm_area_struct *vma)\n{\n\treturn look(vma);\n}\n"
SUBJECT = "mm/gup: export follow_page() to modules"


def introduce(folder: Path, kind: str, after: bytes, extra: bytes = b"") -> ApiChange:
    gup = (DATA / "sources" / "6.1.gup.c").read_bytes() + DEFINITION + extra
    nommu = (DATA / "sources" / "4.9.nommu.c").read_bytes() + DEFINITION
    files = {
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
    assert change.bodies[1].startswith("follow_page() is called by core code only")
    assert change.bodies[1].count("Export it,") == 1
    assert [f.path for f in change.commits[1]] == ["mm/gup.c", "mm/nommu.c"]
    for file in change.commits[1]:
        assert file.before is not None
        old = b"}\n\nstatic int next_one;\n"
        assert file.before.count(old) == 1
        assert file.after == file.before.replace(old, EXPORT)


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
