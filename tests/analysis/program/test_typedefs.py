# SPDX-License-Identifier: GPL-2.0-only
"""Structs by the names that typedefs give them, also those that have no other name."""

from __future__ import annotations

import pytest

from migrate.analysis.gaps import GapKind
from migrate.analysis.model import PinGroup
from tests.analysis.memory import pairing_of, program_of

HEADER = "drivers/demo/demo.h"
DRIVER = """
#include "demo.h"
static void demo_unlock({type} buf)
{{
	memset(page_address(buf->page), 0, 64);
	put_page(buf->page);
	kfree(buf);
}}
static int demo_go(unsigned long at)
{{
	{type} buf = kzalloc(sizeof(*buf), GFP_KERNEL);

	if (get_user_pages_fast(at, 1, FOLL_WRITE, &buf->page) != 1)
		return -EFAULT;
	{more}
	demo_unlock(buf);
	return 0;
}}
int demo_ioctl(unsigned long arg)
{{
	return demo_go(arg);
}}
"""
TYPEDEFS = {
    "a tag and a pointer": ("typedef struct _b { struct page *page; } B, *PB;", "PB"),
    "no tag": ("typedef struct { struct page *page; } B;", "B *"),
    "no tag and a pointer": ("typedef struct {\n\tstruct page *page;\n} B, *PB;", "PB"),
    "a pointer alone": ("typedef struct { struct page *page; } *PB;", "PB"),
    "of a typedef": ("typedef struct _b { struct page *page; } B;\ntypedef B *PB;", "PB"),
    "apart": ("struct _b { struct page *page; };\ntypedef struct _b B, *PB;", "PB"),
}


def group(typedef: str, kind: str, more: str = "", **files: str) -> PinGroup:
    others = {f"drivers/demo/{name}.c": text for name, text in files.items()}
    driver = DRIVER.format(type=kind, more=more)
    found = pairing_of({HEADER: typedef, "drivers/demo/demo.c": driver, **others}).groups
    return next(g for g in found if g.acquires[0].function == "demo_go")


def kinds(found: PinGroup) -> set[GapKind]:
    return {gap.kind for gap in found.gaps}


@pytest.mark.parametrize("name", TYPEDEFS)
def test_the_struct_is_known(name: str) -> None:
    found = group(*TYPEDEFS[name])
    assert kinds(found) == set()
    assert [r.function for r in found.releases] == ["demo_unlock"]


@pytest.mark.parametrize("name", TYPEDEFS)
def test_a_release_in_another_file_is_found(name: str) -> None:
    typedef, kind = TYPEDEFS[name]
    other = f'#include "demo.h"\nvoid demo_end({kind} b)\n{{\n\tput_page(b->page);\n}}\n'
    assert {r.function for r in group(typedef, kind, other=other).releases} == {
        "demo_unlock",
        "demo_end",
    }


@pytest.mark.parametrize("name", TYPEDEFS)
@pytest.mark.parametrize(
    ("cast", "declared"),
    [
        ("struct laid *", "struct laid { void *first; };"),
        ("LAID *", "typedef struct { void *first; } LAID;"),
        ("PLAID", "typedef struct _laid { void *first; } LAID, *PLAID;"),
    ],
)
def test_a_struct_laid_over_it_is_seen(name: str, cast: str, declared: str) -> None:
    typedef, kind = TYPEDEFS[name]
    found = group(f"{typedef}\n{declared}", kind, f"demo_note((({cast})buf)->first);")
    assert kinds(found), "the page goes by another name"


def test_two_types_of_one_name_are_two() -> None:
    one = "typedef struct { struct page *page; } B;\nint a(B *b) { return b->page == 0; }\n"
    program = program_of({"drivers/demo/a.c": one, "drivers/demo/b.c": one.replace("page", "q")})
    for path, member in (("drivers/demo/a.c", "page"), ("drivers/demo/b.c", "q")):
        body = program.types.struct("B", path)
        assert body is not None and list(body.members) == [member]


def test_a_typedef_of_itself_ends() -> None:
    text = "typedef B A;\ntypedef A B;\nint f(A *a) { return a->m; }\n"
    program = program_of({"drivers/demo/a.c": text})
    (function,) = program.definitions("f", "drivers/demo/a.c")
    assert program.facts(function).types["a"].depth == 1


WORK = """
struct job {
	struct work_struct work;
	struct page *page;
};
MACRO
int job_start(struct job *job, unsigned long at)
{
	if (get_user_pages_fast(at, 1, FOLL_WRITE, &job->page) != 1)
		return -EFAULT;
	memset(page_address(job->page), 0, 64);
	return 0;
}
void job_end(struct work_struct *work)
{
	put_page(to_job(work)->page);
}
"""


@pytest.mark.parametrize(
    "macro",
    [
        "#define to_job(w) container_of(w, struct job, work)",
        "#define to_job(w) ((struct job *)(w))",
        "#define to_it(w) container_of((w), struct job, work)\n#define to_job(w) to_it(w)",
    ],
)
def test_the_type_of_a_macro_is_that_of_its_expression(macro: str) -> None:
    (group,) = pairing_of({"drivers/demo/demo.c": WORK.replace("MACRO", macro)}).groups
    assert (len(group.releases), group.gaps) == (1, ())


@pytest.mark.parametrize(
    "macro",
    ["#define to_job(w) (w)->job", "#define to_job(w) other(w)", "#define to_job(w) ({ (w); })"],
)
def test_a_macro_that_is_none_of_these_has_no_type(macro: str) -> None:
    (group,) = pairing_of({"drivers/demo/demo.c": WORK.replace("MACRO", macro)}).groups
    assert GapKind.MEMBER_TYPE_UNKNOWN in {gap.kind for gap in group.gaps}


OPAQUE = "typedef struct _b *b_handle;\n"


def of_a_handle(**headers: str) -> PinGroup:
    public = {f"include/linux/{name}.h": text for name, text in headers.items()}
    driver = DRIVER.format(type="struct _b *", more="")
    driver += "void demo_other(b_handle buf)\n{\n\tput_page(buf->page);\n}\n"
    files = {HEADER: "struct _b { struct page *page; };", "drivers/demo/demo.c": driver}
    (found,) = pairing_of({**files, **public}).groups
    return found


def test_a_handle_of_a_public_header_is_the_private_struct() -> None:
    found = of_a_handle(handle=OPAQUE)
    assert not kinds(found)
    assert "demo_other" in {r.function for r in found.releases}


def test_a_handle_that_two_headers_have_is_not_known() -> None:
    other = "typedef struct _c *b_handle;\n"
    found = of_a_handle(handle=OPAQUE, other=other)
    assert GapKind.MEMBER_TYPE_UNKNOWN in kinds(found)
