# SPDX-License-Identifier: GPL-2.0-only
"""Profiles are data: what is wrong with one is said in one line, and a third needs no Python."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.base.data import data_folder
from migrate.base.errors import Refusal
from migrate.rewrite.groups.engine import rewrite
from migrate.rewrite.profile.counterparts import Counterparts, Missing
from migrate.rewrite.profile.profiles import load_profile, profile_names
from tests.rewrite.trees import classification, group_of, make_tree

SHIPPED = data_folder("cocci") / "rewrite" / "pin-user-pages" / "profile.toml"


def test_both_profiles_are_there() -> None:
    assert profile_names() == ("pin-user-pages", "vaddr-pin")
    assert load_profile("vaddr-pin").pins_read_only
    assert not load_profile("pin-user-pages").pins_read_only


def test_a_profile_loads_by_name_folder_and_file() -> None:
    by_name = load_profile("pin-user-pages")
    assert load_profile(str(SHIPPED)) == by_name == load_profile(str(SHIPPED.parent))


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("pins_read_only", "pin_read_only", "pins_read_only is missing"),
        ("name =", "nam =", "name is missing"),
        ('to = "pin_user_pages"\n', "", "to is missing"),
        ('since = "5.6"', "since = 5", "needs.since has a value of the wrong kind"),
        ("pins_read_only = false", 'pins_read_only = "no"', "pins_read_only has a value of the"),
        ('drop = ["FOLL_GET"]', 'drop = "FOLL_GET"', "flags.drop has a value of the wrong kind"),
        ("[[release]]", "[[releas]]", "releas"),
        ("[flags]", "[flags", "Expected ']'"),
        ("[flags]", "[flags]\nextra = 1", "extra"),
    ],
)
def test_what_is_malformed_is_said_in_one_line(
    old: str, new: str, why: str, tmp_path: Path
) -> None:
    text = SHIPPED.read_text()
    assert old in text
    (tmp_path / "profile.toml").write_text(text.replace(old, new))
    with pytest.raises(Refusal) as caught:
        load_profile(str(tmp_path))
    assert why in caught.value.what
    assert "\n" not in caught.value.what


def test_an_unknown_profile_is_refused_with_those_there_are() -> None:
    with pytest.raises(Refusal) as caught:
        load_profile("no-such")
    assert caught.value.what == "There is no profile 'no-such'."
    assert "pin-user-pages, vaddr-pin" in caught.value.next_step


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "profile.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(Refusal):
        load_profile(str(tmp_path))


def test_a_template_that_is_missing_is_refused(tmp_path: Path) -> None:
    shipped = data_folder("cocci") / "rewrite" / "vaddr-pin" / "profile.toml"
    (tmp_path / "profile.toml").write_text(shipped.read_text())
    for name in ("one-page.cocci", "no-page.cocci", "api/vaddr_pin_pages.body.j2"):
        with pytest.raises(Refusal) as caught:
            load_profile(str(tmp_path))
        assert f"there is no {name} beside it" in caught.value.what
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((shipped.parent / name).read_bytes())


def test_the_first_rule_that_fits_the_tree_counts(tmp_path: Path) -> None:
    profile = load_profile("vaddr-pin")
    old = Counterparts(make_tree(tmp_path / "old", "5.1", {}), profile)
    new = Counterparts(make_tree(tmp_path / "new", "5.3", {}), profile)
    found = old.acquire("get_user_pages_longterm")
    assert not isinstance(found, Missing) and found.target == "vaddr_pin_pages_longterm"
    found = new.acquire("get_user_pages_longterm")
    assert not isinstance(found, Missing)
    assert (found.target, found.add_flag) == ("vaddr_pin_pages", "FOLL_LONGTERM")


def test_flags_are_found_as_macros_and_as_enumerators(tmp_path: Path) -> None:
    profile = load_profile("pin-user-pages")
    for version in ("6.1", "6.12"):
        parts = Counterparts(make_tree(tmp_path / version, version, {}), profile)
        assert parts.has("FOLL_LONGTERM") and parts.has("pin_user_pages")
        assert not parts.has("FOLL_NONE")


OWN = """\
name = "own"
title = "hold_range()"
pins_read_only = true

[flags]
drop = ["FOLL_GET"]

[[acquire]]
from = "get_user_pages_fast"
to = "hold_range"
append = ["NULL"]
add_flag = "FOLL_LONGTERM"

[[release]]
from = "put_page"
to = "let_go"

[api]
header = "include/linux/mm.h"
sources = ["mm/gup.c"]
beside = ["get_user_pages_fast"]

[[api.commit]]
subject = "mm: introduce hold_range()"
body = "body.j2"
declarations = "own.h.j2"
definitions = "own.c.j2"

[[api.commit.function]]
name = "hold_range"
mirrors = "get_user_pages_fast"
parameters = [["struct file *", "owner"]]
calls = ["pin_user_pages_fast", "get_user_pages_fast"]

[[api.commit.function]]
name = "let_go"
returns = "void"
parameters = [["struct page *", "page"]]
calls = ["unpin_user_page", "put_page"]
"""


def test_a_third_profile_that_adds_an_argument_needs_no_python(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "profile.toml").write_text(OWN)
    (folder / "body.j2").write_text("Because.\n")
    (folder / "own.h.j2").write_text(
        "{% for f in functions.values() %}\n{{ f.prototype }};\n{% endfor %}\n"
    )
    (folder / "own.c.j2").write_text(
        "{% for f in functions.values() %}\n{{ f.prototype }}\n{\n{{ f.forward }}\n}\n"
        "{{ f.export }}({{ f.name }});\n\n{% endfor %}\n"
    )
    text = (
        b"void f(struct page **p)\n{\n\tget_user_pages_fast(1, 1, FOLL_GET, p);\n"
        b"\tget_user_pages_fast(1, 1, w ? a : b, p);\n\tput_page(*p);\n}\n"
    )
    tree = make_tree(tmp_path / "tree", "6.1", {"a.c": text})
    group = group_of("g", {"a.c": text})
    result = rewrite(tree, classification(tree, group), load_profile(str(folder)), str)
    assert result.failures == ()
    assert result.changes[0].files[0].after == (
        b"void f(struct page **p)\n{\n\thold_range(1, 1, FOLL_LONGTERM, p, NULL);\n"
        b"\thold_range(1, 1, (w ? a : b) | FOLL_LONGTERM, p, NULL);\n\tlet_go(*p);\n}\n"
    )
    assert result.api.subjects == ("mm: introduce hold_range()",)
    header, source = (file.after.decode() for file in result.api.commits[0])
    assert (
        "int hold_range(unsigned long start, int nr_pages, unsigned int gup_flags,\n"
        "\t       struct page **pages, struct file *owner);\nvoid let_go(struct page *page);\n"
    ) in header
    assert "return pin_user_pages_fast(start, nr_pages, gup_flags, pages);\n" in source
    assert "EXPORT_SYMBOL_GPL(hold_range);\n" in source
