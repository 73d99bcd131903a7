# SPDX-License-Identifier: GPL-2.0-only
"""What has to be shown before a lookup may take the place of an acquire."""

from __future__ import annotations

import pytest

from migrate.analysis.model import FollowSite
from tests.analysis.memory import only_group

ARGUMENTS = "address, 1, write ? FOLL_WRITE : 0, &page, NULL"
CALL = f"get_user_pages_remote(vma->vm_mm, {ARGUMENTS}, NULL)"
FREE = f"get_user_pages({ARGUMENTS})"
"""What a function that takes the address could replace, too."""
CONDITION = f"\tif ({CALL} <= 0)\n\t\treturn -EFAULT;\n"
SITE = f"""
static long demo_phys(struct vm_area_struct *vma, unsigned long address, int write)
{{
	struct page *page;
	unsigned long phys;
	int ret;

{CONDITION}
	phys = page_to_phys(page);
	put_page(page);
	return phys;
}}
"""
USER = """
long demo_user(struct demo *demo, unsigned long at)
{
	struct vm_area_struct *vma;

	vma = find_vma(demo->mm, at);
	if (!vma)
		return -EFAULT;
	return demo_phys(vma, at, demo->write);
}
"""
TEXT = SITE + USER


def found(text: str) -> FollowSite:
    group = only_group(text)
    assert group.no_follow == ""
    (site,) = group.follows
    assert site.place == group.acquires[0].place
    return site


def refused(text: str) -> str:
    group = only_group(text)
    assert group.follows == ()
    return group.no_follow


def test_the_vma_that_every_caller_looked_up_is_at_hand() -> None:
    site = found(TEXT)
    assert site.vma == "vma"
    assert (site.address, site.flags, site.write) == (
        "address",
        "write ? FOLL_WRITE : 0",
        "write",
    )
    assert (site.page, site.faults, site.result) == ("page", True, "")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("find_vma(demo->mm, at)", "find_vma(demo->mm, at + 1)"),
        ("find_vma(demo->mm, at)", "demo->vma"),
        ("\tif (!vma)\n\t\treturn -EFAULT;\n", ""),
        ("\tif (!vma)", "\tat += 4;\n\tif (!vma)"),
        ("\tif (!vma)", "\tat++;\n\tif (!vma)"),
        ("\tif (!vma)", "\tvma = vma->vm_next;\n\tif (!vma)"),
        ("\tif (!vma)", "\tNEXT(vma);\n\tif (!vma)"),
        ("\tif (!vma)", "\tdemo_next(&vma);\n\tif (!vma)"),
        ("\tif (!vma)", "\tNEXT(at);\n\tif (!vma)"),
        ("\tint ret;\n", "\tint ret;\n\n\tNEXT(address);\n"),
        ("\tint ret;\n", "\tint ret;\n\n\tNEXT(vma);\n"),
        ("demo_phys(vma, at, demo->write)", "demo_phys(vma, at + 8, demo->write)"),
        ("demo_phys(vma, at, demo->write)", "(long)&demo_phys"),
        ("\tint ret;\n", "\tint ret;\n\n\taddress += 8;\n"),
    ],
)
def test_a_vma_that_may_be_another_one_is_not_at_hand(old: str, new: str) -> None:
    assert old in TEXT
    assert "none is at hand" in refused(TEXT.replace(old, new))


def test_callers_by_pointer_may_pass_any_vma() -> None:
    assert "none is at hand" in refused(TEXT + "\nlong (*demo_pointer)() = demo_phys;\n")


def test_a_vma_of_the_same_function() -> None:
    lookup = "\tstruct vm_area_struct *area = vma_lookup(mm, address);\n\n\tif (!area)\n"
    text = TEXT.replace("demo_phys(struct vm_area_struct *vma", "demo_phys(struct mm_struct *mm")
    text = text.replace("\tint ret;\n", f"\tint ret;\n{lookup}\t\treturn 0;\n")
    assert found(text).vma == "area"


def test_the_vma_at_hand_is_better_than_the_address() -> None:
    site = found(TEXT.replace(CALL, FREE))
    assert (site.vma, site.page, site.write) == ("vma", "page", "write")


@pytest.mark.parametrize(
    ("call", "page", "write"),
    [
        (FREE, "&page", "write"),
        ("get_user_pages_fast(address, 1, 0, &page)", "&page", ""),
        ("get_user_pages_fast(address++, 1, FOLL_WRITE, pages)", "pages", "1"),
        ("get_user_pages_fast(address, 1, FOLL_GET | FOLL_WRITE, &page)", "&page", "1"),
    ],
)
def test_without_a_vma_the_address_is_enough(call: str, page: str, write: str) -> None:
    text = TEXT.replace("find_vma(demo->mm, at)", "demo->vma").replace(CALL, call)
    text = text.replace("struct page *page;", "struct page *page, *pages[1];")
    site = found(text)
    assert (site.vma, site.page, site.write, site.result) == ("", page, write, "")


@pytest.mark.parametrize(
    ("call", "why"),
    [
        ("get_user_pages_fast(address, 2, 0, &page)", "one page at a time"),
        ("get_user_pages_fast(address, count, 0, &page)", "one page at a time"),
        ("get_user_pages_fast(address, 1, FOLL_FORCE, &page)", "flags FOLL_FORCE"),
        ("get_user_pages_fast(address, 1, FOLL_LONGTERM, &page)", "flags FOLL_LONGTERM"),
        ("get_user_pages_fast(address, 1, write, &page)", "flags write"),
        ("get_user_pages(address, 1, FOLL_NOFAULT, &page, NULL)", "flags FOLL_NOFAULT"),
        ("get_user_pages(address, 1, 0, &page, &vma)", "vmas"),
        ("get_user_pages_fast_only(address, 1, 0, &page)", "may sleep"),
    ],
)
def test_a_call_that_asks_for_more_than_a_lookup_gives(call: str, why: str) -> None:
    text = TEXT.replace("find_vma(demo->mm, at)", "demo->vma").replace(CALL, call)
    assert why in refused(text)


@pytest.mark.parametrize(
    ("flags", "write", "faults"),
    [
        ("0", "", True),
        ("FOLL_WRITE", "1", True),
        ("FOLL_WRITE | FOLL_NOFAULT", "1", False),
        ("(write ? FOLL_WRITE : 0)", "write", True),
        ("write > 1 ? 0 : FOLL_WRITE", "!(write > 1)", True),
    ],
)
def test_when_it_writes_and_faults(flags: str, write: str, faults: bool) -> None:
    site = found(TEXT.replace("write ? FOLL_WRITE : 0", flags))
    assert (site.flags, site.write, site.faults) == (flags, write, faults)


def test_the_value_may_go_into_a_variable() -> None:
    text = TEXT.replace(CONDITION, f"\tret = {CALL};\n\tif (ret < 1)\n\t\treturn ret;\n")
    assert found(text).result == "ret"


@pytest.mark.parametrize("operator", ["<= 0", "< 1", "!= 1"])
def test_conditions_that_say_that_it_failed(operator: str) -> None:
    assert found(TEXT.replace("<= 0", operator)).result == ""


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("address, 1,", "address, 2,", "one page at a time"),
        ("&page, NULL", "&page, &vma", "vmas"),
        (CALL, "get_user_pages_unlocked(address, 1, &page, 0)", "takes or drops"),
        (CALL, "get_user_pages_remote(mm, address, 1, 0, &page, NULL, &ret)", "may drop"),
        ("write ? FOLL_WRITE : 0", "FOLL_FORCE", "flags FOLL_FORCE"),
        ("write ? FOLL_WRITE : 0", "write", "flags write"),
        (" address, 1", " address++, 1", "side effects"),
        (" address, 1", " untagged(address), 1", "side effects"),
        ("<= 0", "== 0", "larger expression"),
        ("<= 0", "<= 0 || write", "larger expression"),
        ("\tif (get_user", "\twhile (get_user", "larger expression"),
        (" <= 0)", ")", "larger expression"),
        ("struct page *page;", "struct page *page[1];", "local variable"),
    ],
)
def test_what_stands_against_it(old: str, new: str, why: str) -> None:
    assert old in TEXT
    assert why in refused(TEXT.replace(old, new))


def test_one_acquire_that_cannot_is_enough() -> None:
    other = f"\tif (!phys && {CALL} <= 0)\n\t\treturn 0;\n"
    text = TEXT.replace("\tphys =", f"{other}\tphys =")
    assert "larger expression" in refused(text)


@pytest.mark.parametrize("name", ["put_user_page", "unpin_user_page", "demo_put"])
@pytest.mark.parametrize("text", [TEXT, TEXT.replace(CALL, FREE)])
def test_a_page_that_is_dropped_like_a_pin_is_not_looked_up(text: str, name: str) -> None:
    """The release stays as it is, and what is looked up comes with a plain reference."""
    dropped = "unpin_user_page" if name == "demo_put" else name
    define = f"#define demo_put {dropped}\n" if name == "demo_put" else ""
    assert found(text)
    why = refused(define + text.replace("put_page(page)", f"{name}(page)"))
    assert why == f"its reference is a plain one, and {dropped}() drops a pin"
