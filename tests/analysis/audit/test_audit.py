# SPDX-License-Identifier: GPL-2.0-only
"""What an audit finds, and what it must not: each rule with code that has the mistake and not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from migrate.analysis.audit.model import AuditRule, Finding, Level
from migrate.analysis.audit.run import Audit, Auditor, audit
from migrate.analysis.model import Pairing, PinGroup
from migrate.analysis.pairing.pair import pair
from migrate.analysis.program.program import Program
from migrate.kernel.signatures import GUP_NAMES, PIN_NAMES
from tests.analysis.memory import scan_of, tree_of

HERE = "drivers/demo/demo.c"
OBJECT = """
struct demo {
	struct page *page;
	struct page **pages;
	struct page *other;
	int nr;
};
"""
START = """
int demo_start(struct demo *demo, unsigned long start)
{
	struct page *page;

	if (pin_user_pages_fast(start, 1, FOLL_WRITE, &page) != 1)
		return -EFAULT;
	memset(page_address(page), 0, PAGE_SIZE);
	demo->page = page;
	return 0;
}
"""
END = """
void demo_end(struct demo *demo)
{
	unpin_user_page(demo->page);
}
"""


def audited(files: Mapping[str, str], *, skeleton: bool = True) -> Audit:
    tree = tree_of(files, skeleton=skeleton)
    found = scan_of(tree, names=(*GUP_NAMES, *PIN_NAMES))
    pairing = pair(tree, found)
    result = audit(tree, found, pairing)
    auditor = Auditor(Program(tree), found.acquires)
    beside = pair(tree, found, program=auditor.program, beside=auditor)
    assert in_brief(beside) == in_brief(pairing)
    assert audit(tree, found, beside, auditor=auditor) == result, "it is the same while pairing"
    return result


def in_brief(pairing: Pairing) -> list[tuple[PinGroup, bool]]:
    """The groups, each with whether something about it is unknown, instead of what."""
    return [(replace(group, gaps=()), bool(group.gaps)) for group in pairing.groups]


def findings(text: str) -> tuple[Finding, ...]:
    return audited({HERE: text}).findings


def rules(text: str) -> list[tuple[AuditRule, str]]:
    """The rule and the source line of each finding."""
    return [(f.rule, f.text) for f in findings(text)]


def test_nothing_is_found_in_code_that_is_right() -> None:
    assert findings(OBJECT + START + END) == ()


# Mixed pairs

PUT_IN = "unpin_user_page(demo->page);"


@pytest.mark.parametrize("put", ["put_page(demo->page);", "folio_put(page_folio(demo->page));"])
def test_a_pinned_page_that_is_put_elsewhere_is_found(put: str) -> None:
    (found,) = findings(OBJECT + START + END.replace(PUT_IN, put))
    assert (found.rule, found.text) == (AuditRule.PINNED_AND_PUT, put)
    assert found.function == "demo_end"
    assert found.level is Level.WARNING
    assert found.message == (
        f"{put.split('(')[0]}() drops a page that pin_user_pages_fast() in demo_start() pinned;"
        " it has to be unpinned."
    )
    (evidence,) = found.evidence
    assert evidence.kind == "acquired by pin_user_pages_fast()"
    assert "pin_user_pages_fast(start" in evidence.text


def test_a_release_in_a_macro_is_compared_with_all_that_use_it() -> None:
    macro = "#define demo_drop(page) put_page(page)\n"
    text = macro + OBJECT + START + END.replace("unpin_user_page(", "demo_drop(")
    assert text.count("demo_drop(") == 2
    assert rules(text) == [(AuditRule.PINNED_AND_PUT, macro.strip())]
    assert rules(text.replace("put_page(page)", "unpin_user_page(page)")) == []
    # one that drops pages of others, too, is right for some of them
    other = "void demo_other(struct page *page)\n{\n\tdemo_drop(page);\n}\n"
    assert rules(text + other) == []


def test_a_plain_reference_to_a_pinned_page_is_dropped_as_one() -> None:
    lend = """
    void demo_lend(struct demo *demo)
    {
        REFERENCE
        demo->other = demo->page;
    }
    void demo_return(struct demo *demo)
    {
        put_page(demo->other);
    }
    """
    text = OBJECT + START + END + lend
    assert rules(text.replace("REFERENCE", "get_page(demo->page);")) == []
    found = rules(text.replace("REFERENCE", ""))
    assert found == [(AuditRule.PINNED_AND_PUT, "put_page(demo->other);")]


def test_the_length_that_goes_into_a_scatterlist_with_a_page_is_no_page() -> None:
    holder = "struct demo {\n\tstruct scatterlist *sg;\n};\n"
    put = "put_page(sg_page(demo->sg));"
    start = START.replace("demo->page = page;", "sg_set_page(demo->sg, page, PAGE_SIZE, 0);")
    found = rules(holder + start + END.replace(PUT_IN, put))
    assert found == [(AuditRule.PINNED_AND_PUT, put)]


def test_a_page_that_was_got_and_is_unpinned_is_found() -> None:
    text = OBJECT + START.replace("pin_user", "get_user") + END
    (found,) = findings(text)
    assert (found.rule, found.text) == (AuditRule.GOT_AND_UNPINNED, PUT_IN)
    assert "must not be unpinned" in found.message


def test_only_the_wrong_release_of_several_is_found() -> None:
    right = END.replace("demo_end", "demo_stop")
    wrong = END.replace(PUT_IN, "put_page(demo->page);")
    found = rules(OBJECT + START + right + wrong)
    assert found == [(AuditRule.PINNED_AND_PUT, "put_page(demo->page);")]


def test_a_release_in_another_file_behind_a_function_pointer_is_found() -> None:
    header = OBJECT + "struct demo_ops {\n\tvoid (*drop)(struct page *page);\n};\n"
    header += "extern const struct demo_ops demo_ops;\nvoid demo_drop(struct page *page);\n"
    main = '#include "demo.h"\n' + START
    main += "void demo_end(struct demo *demo)\n{\n\tdemo_ops.drop(demo->page);\n}\n"
    other = '#include "demo.h"\nvoid demo_drop(struct page *page)\n{\n\tput_page(page);\n}\n'
    other += "const struct demo_ops demo_ops = {\n\t.drop = demo_drop,\n};\n"
    folder = "drivers/demo/"
    result = audited({folder + "demo.h": header, HERE: main, folder + "ops.c": other})
    assert [(f.rule, str(f.place)) for f in result.findings] == [
        (AuditRule.PINNED_AND_PUT, "drivers/demo/ops.c:4")
    ]


def test_a_helper_that_drops_pages_of_both_kinds_is_not_found() -> None:
    text = """
static void demo_drop(struct page *page)
{
	put_page(page);
}

int demo_one(unsigned long start)
{
	struct page *page;

	if (pin_user_pages_fast(start, 1, 0, &page) != 1)
		return -EFAULT;
	demo_drop(page);
	return 0;
}

int demo_two(unsigned long start)
{
	struct page *page;

	if (get_user_pages_fast(start, 1, 0, &page) != 1)
		return -EFAULT;
	demo_drop(page);
	return 0;
}
"""
    assert AuditRule.PINNED_AND_PUT not in [rule for rule, _ in rules(text)]


@pytest.mark.parametrize(
    "line",
    [
        "demo->page = alloc_page(GFP_KERNEL);",
        "demo->page = vmalloc_to_page(vmalloc(PAGE_SIZE));",
        "demo->page = demo_unknown();",
    ],
)
def test_storage_with_pages_from_elsewhere_is_not_found(line: str) -> None:
    more = f"void demo_own(struct demo *demo)\n{{\n\t{line}\n}}\n"
    text = OBJECT + START + more + END.replace(PUT_IN, "put_page(demo->page);")
    assert findings(text) == ()


def test_a_page_of_ones_own_next_to_a_pinned_one_is_not_found() -> None:
    more = """
void demo_own(struct demo *demo)
{
	demo->other = alloc_page(GFP_KERNEL);
	put_page(demo->other);
}
"""
    assert findings(OBJECT + START + more + END) == ()


def test_without_functions_that_pin_put_user_page_is_for_plain_references() -> None:
    header = """
long get_user_pages(unsigned long start, unsigned long nr_pages, unsigned int gup_flags,
	struct page **pages, struct vm_area_struct **vmas);
int get_user_pages_fast(unsigned long start, int nr_pages, unsigned int gup_flags,
	struct page **pages);
void put_user_page(struct page *page);
"""
    code = OBJECT + START.replace("pin_user", "get_user") + END.replace("unpin_", "put_")
    old = {"include/linux/mm.h": header, HERE: code}
    assert audited(old, skeleton=False).findings == ()
    pins = header + header.replace("get_user_pages", "vaddr_pin_pages")
    new = {"include/linux/mm.h": pins, HERE: code}
    (found,) = audited(new, skeleton=False).findings
    assert found.rule is AuditRule.GOT_AND_UNPINNED


# Freed instead of released


def test_a_page_of_user_space_that_is_freed_is_found() -> None:
    free = "__free_page(demo->page);"
    (found,) = findings(OBJECT + START + END + END.replace(PUT_IN, free).replace("_end", "_stop"))
    assert (found.rule, found.text) == (AuditRule.FREED, free)
    assert found.message.startswith("__free_page() frees a page of user space that pin_user_pages")


def test_a_page_that_may_be_the_kernels_own_may_be_freed() -> None:
    more = "void demo_own(struct demo *demo)\n{\n\tdemo->page = alloc_page(GFP_KERNEL);\n}\n"
    text = OBJECT + START + more + END + END.replace(PUT_IN, "__free_page(demo->page);")
    assert findings(text) == ()


# Pinned although only struct page is looked at

LOOK = """
int demo_node(unsigned long start)
{
	struct page *page;
	int node;

	if (pin_user_pages_fast(start, 1, 0, &page) != 1)
		return -EFAULT;
	node = page_to_nid(page);
	unpin_user_page(page);
	return node;
}
"""


def test_a_pin_for_a_look_at_struct_page_is_found() -> None:
    (found,) = findings(LOOK)
    assert found.rule is AuditRule.CASE_4_PINNED
    assert "CASE 4" in found.message
    assert any("page_to_nid" in evidence.text for evidence in found.evidence)


def test_a_plain_reference_for_a_look_at_struct_page_is_not_found() -> None:
    text = LOOK.replace("unpin_user_page", "put_page").replace("pin_user", "get_user")
    assert findings(text) == ()


def test_a_pin_for_the_data_is_not_found() -> None:
    assert findings(LOOK.replace("page_to_nid(page)", "*(int *)page_address(page)")) == ()


# Never released


def test_a_kept_pin_without_any_release_is_a_note() -> None:
    (found,) = findings(OBJECT + START)
    assert (found.rule, found.level) == (AuditRule.NEVER_RELEASED, Level.NOTE)
    assert any("demo->page = page;" in evidence.text for evidence in found.evidence)


def test_a_kept_pin_that_goes_where_it_cannot_be_followed_is_not_found() -> None:
    assert findings(OBJECT + START + END.replace(PUT_IN, "elsewhere(demo->page);")) == ()


# Counts that may be negative

COUNT = """
int demo_many(unsigned long start, struct page **pages, int want)
{
	int err = 0;
	int got;

	got = pin_user_pages_fast(start, want, FOLL_WRITE, pages);
	BODY
	memset(page_address(pages[0]), 0, PAGE_SIZE);
	unpin_user_pages(pages, want);
	return err;
out:
	unpin_user_pages(pages, got);
	return err;
}
"""


def counts(body: str) -> list[str]:
    found = findings(COUNT.replace("BODY", body))
    return [f.text for f in found if f.rule is AuditRule.NEGATIVE_COUNT]


@pytest.mark.parametrize(
    "body",
    [
        "if (got != want)\n\t\tgoto out;",
        "if (got < want) {\n\t\terr = -EFAULT;\n\t\tgoto out;\n\t}",
        "if (unlikely(want > got))\n\t\tgoto out;",
        "if (got < 0)\n\t\tgoto out;",
        "if (!err && got != want)\n\t\tgoto out;",
        "if (got == want)\n\t\terr = 0;\n\telse\n\t\tgoto out;",
        "if (start || got != want)\n\t\tgoto out;",
        "while (err) {\n\t\tif (got != want)\n\t\t\tgoto out;\n\t}",
        "switch (err) {\n\tcase 1:\n\t\tgoto out;\n\t}",
    ],
)
def test_an_error_code_as_the_count_is_found(body: str) -> None:
    assert counts(body) == ["unpin_user_pages(pages, got);"]


def test_a_count_is_looked_at_behind_other_conditions() -> None:
    """A test of something else before, and an acquire into the same variable before."""
    early = COUNT.replace("\tgot =", "\tif (!want)\n\t\treturn -EINVAL;\n\tgot =")
    twice = COUNT.replace(
        "\tgot =",
        "\tgot = pin_user_pages_fast(start, 1, 0, pages);\n\tif (got < 1)\n\t\treturn got;\n"
        "\tunpin_user_pages(pages, 1);\n\tgot =",
    )
    for code in (early, twice):
        found = findings(code.replace("BODY", "if (got != want)\n\t\tgoto out;"))
        rules = [f.text for f in found if f.rule is AuditRule.NEGATIVE_COUNT]
        assert rules == ["unpin_user_pages(pages, got);"]


HELPER = """
static void drop(struct page **pages, u64 count, bool dirty)
{
	int i;

	for (i = 0; i < count; i++) {
		if (dirty)
			set_page_dirty(pages[i]);
		unpin_user_page(pages[i]);
	}
}
"""


def test_a_helper_with_a_loop_takes_an_unsigned_count_too() -> None:
    code = COUNT.replace("unpin_user_pages(pages, got)", "drop(pages, got, false)")
    unsure = "if (got != want)\n\t\tgoto out;"

    def texts(helper: str, body: str = unsure) -> list[str]:
        found = findings(helper + code.replace("BODY", body))
        return [f.text for f in found if f.rule is AuditRule.NEGATIVE_COUNT]

    assert texts(HELPER) == ["drop(pages, got, false);"]
    assert texts(HELPER, "if (got > 0 && got != want)\n\t\tgoto out;") == []
    assert texts(HELPER.replace("u64", "int")) == []
    assert texts(HELPER.replace("\tfor", "\tif (count > 9)\n\t\treturn;\n\tfor")) == []
    assert texts(HELPER.replace("i < count", "i < 9")) == []


@pytest.mark.parametrize(
    "body",
    [
        "if (got < 0)\n\t\treturn got;\n\tif (got != want)\n\t\tgoto out;",
        "if (got <= 0)\n\t\treturn got;\n\tif (got != want)\n\t\tgoto out;",
        "if (got != want) {\n\t\tif (got < 0)\n\t\t\tgot = 0;\n\t\tgoto out;\n\t}",
        "if (got > 0 && got != want)\n\t\tgoto out;",
        "if (got >= 0)\n\t\tgoto out;",
        "if (!(got < 0) && want)\n\t\tgoto out;",
        "if (IS_ERR_VALUE(got))\n\t\treturn got;\n\tgoto out;",
        "err = got < 0 ? got : 0;\n\tif (err)\n\t\treturn err;\n\tgoto out;",
        "check(&got);\n\tif (got != want)\n\t\tgoto out;",
        "got = max(got, 0);\n\tif (got != want)\n\t\tgoto out;",
        "if (is_fine(got))\n\t\tgoto out;",
        "if (got == -EFAULT)\n\t\treturn got;\n\tgoto out;",
        "if (got < 0 || want < 0)\n\t\treturn got;\n\tgoto out;",
    ],
)
def test_a_count_that_was_tested_is_not_found(body: str) -> None:
    assert counts(body) == []


def test_a_count_that_the_release_takes_as_signed_is_not_found() -> None:
    text = COUNT.replace("BODY", "if (got != want)\n\t\tgoto out;").replace("pin_user", "get_user")
    text = text.replace("unget_user_pages", "release_pages")
    assert AuditRule.NEGATIVE_COUNT not in [rule for rule, _ in rules(text)]


# The whole


def test_gup_itself_is_left_alone() -> None:
    assert audited({"mm/gup_test.c": OBJECT + START}).findings == ()


def test_findings_are_sorted_and_each_there_once() -> None:
    wrong = END.replace(PUT_IN, "put_page(demo->page);")
    text = OBJECT + START + wrong + wrong.replace("demo_end", "demo_stop")
    found = findings(text)
    assert len(found) == 2
    assert list(found) == sorted(set(found))


def test_the_audit_says_what_it_looked_at() -> None:
    result = audited({HERE: OBJECT + START + END})
    assert (result.acquires, result.commit) == (1, "0" * 40)
