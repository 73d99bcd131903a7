# SPDX-License-Identifier: GPL-2.0-only
"""A profile from elsewhere runs no code, names only identifiers, and leads nowhere else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from migrate.base.data import data_folder
from migrate.base.errors import Refusal
from migrate.delivery.wording import render
from migrate.rewrite.profiles import load_profile, profile_names
from migrate.rewrite.trust import code_in

SHIPPED = data_folder("cocci") / "rewrite"


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A copy of one of ours, which is not one of ours."""
    return Path(shutil.copytree(SHIPPED / "vaddr-pin", tmp_path / "foreign"))


def test_a_copy_without_code_is_fine(foreign: Path) -> None:
    (foreign / "plain.cocci").write_text("@@ expression e; @@\n- put_page(e)\n+ unpin(e)\n")
    assert load_profile(str(foreign)).folder == foreign


@pytest.mark.parametrize(
    "code",
    [
        "@script:python@\n@@\nimport os\n",
        "@r@ position p : script:python() { os.system('id') }; @@\nf@p()\n",
        "@initialize:python@\n@@\n",
        "@ finalize : ocaml @\n@@\n",
        '#include "further.cocci"\n',
    ],
)
def test_code_is_refused_until_it_is_trusted(foreign: Path, code: str) -> None:
    (foreign / "deep").mkdir()
    (foreign / "deep/rule.cocci").write_text(code)
    with pytest.raises(Refusal, match=r"deep/rule\.cocci runs code") as refusal:
        load_profile(str(foreign))
    assert "--trust-profile" in refusal.value.next_step
    assert load_profile(str(foreign), trust=True)


def test_our_own_rules_need_no_trust() -> None:
    assert code_in(SHIPPED / "common") is not None, "they do run code"
    for name in profile_names():
        assert load_profile(name)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('name = "vaddr-pin"', 'name = "../../etc"', "cannot be a name"),
        ('name = "vaddr-pin"', 'name = "-rf"', "cannot be a name"),
        ('name = "vaddr-pin"', 'name = "a.lock"', "cannot be a name"),
        ('to = "vaddr_pin_pages"', 'to = "f(x); g"', "is no identifier of C"),
        ('drop = ["FOLL_GET"]', 'drop = ["FOLL_GET\\n@script:python@"]', "is no identifier of C"),
        ('header = "include/linux/mm.h"', 'header = "../../.bashrc"', "is no path in a kernel"),
        ('header = "include/linux/mm.h"', 'header = "/etc/passwd"', "is no path in a kernel"),
        ('header = "include/linux/mm.h"', 'header = ".git/config"', "is no path in a kernel"),
    ],
)
def test_names_and_paths_are_what_they_should_be(
    foreign: Path, old: str, new: str, why: str
) -> None:
    file = foreign / "profile.toml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(Refusal) as refusal:
        load_profile(str(foreign), trust=True)
    assert why in refusal.value.what and "\n" not in refusal.value.what


@pytest.mark.parametrize("name", ["templates/commit.txt", "api"])
def test_files_of_somewhere_else_are_not_taken(foreign: Path, tmp_path: Path, name: str) -> None:
    """They would end up in a mail."""
    outside = tmp_path / "outside"
    if (foreign / name).is_dir():
        (foreign / name).rename(outside)
    else:
        outside.write_text("secret\n")
    (foreign / name).parent.mkdir(exist_ok=True)
    (foreign / name).symlink_to(outside)
    with pytest.raises(Refusal, match="is a file of somewhere else"):
        load_profile(str(foreign))


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{% include '../secret' %}",
    ],
)
def test_templates_reach_nothing_but_their_words(tmp_path: Path, text: str) -> None:
    (tmp_path / "secret").write_text("secret\n")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/cover.txt").write_text(text)
    with pytest.raises(Refusal, match="cannot be filled in"):
        render("cover.txt", tmp_path / "templates")
