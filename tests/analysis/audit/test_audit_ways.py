# SPDX-License-Identifier: GPL-2.0-only
"""Ways through one function on which nothing is wrong, beside those on which something is."""

from __future__ import annotations

import pytest

from migrate.analysis.audit.model import AuditRule
from tests.analysis.audit.test_audit import findings

CODE = """
static struct page *kept;
static struct page *slots[4];
static struct { struct page *page; } box;
static DEFINE_PER_CPU(struct page *, mine);
static unsigned long number;

void demo_drop(void)
{
	if (kept)
		unpin_user_page(kept);
	kept = NULL;
}

int demo_take(struct demo *demo, unsigned long start, int flag)
{
	struct page *page;
	int ret, err = 0, done = 0;

	ret = pin_user_pages_fast(start, 1, FOLL_WRITE, &page);
	if (ret != 1)
		return -EFAULT;
BODY
}
"""
_RULES = (AuditRule.LEFT_BEHIND, AuditRule.TWICE)


def found(body: str) -> list[tuple[AuditRule, str]]:
    """What is found of the page, with the line."""
    lines = [line if line.startswith("#") else f"\t{line}" for line in body.split("\n")]
    text = CODE.replace("BODY", "\n".join(lines))
    return [(f.rule, f.text) for f in findings(text) if f.rule in _RULES]


LEFT = (AuditRule.LEFT_BEHIND, "return 0;")
TWICE = (AuditRule.TWICE, "unpin_user_page(page);")

# Kept where another function finds it


@pytest.mark.parametrize(
    "store",
    [
        "kept = page;",
        "demo_drop();\nkept = page;",
        "struct page *old = kept;\nkept = page;\nif (old)\n\tunpin_user_page(old);",
        "struct page *same = page;\nkept = same;",
        "kept = (struct page *)((unsigned long)page | 1);",
        "kept = flag ? page : NULL;",
        "kept = page, flag = 1;",
        "slots[0] = kept = page;",
        "slots[flag] = page;",
        "box.page = page;",
        "number = (unsigned long)page;",
        "static struct page *here;\nhere = page;",
        "struct page **to = flag ? &kept : &slots[0];\n*to = page;",
        "container_of(demo, struct whole, part)->page = page;",
        "WRITE_ONCE(kept, page);",
        "rcu_assign_pointer(kept, page);",
        "smp_store_release(&kept, page);",
        "page = xchg(&kept, page);",
        "if (cmpxchg(&kept, NULL, page))\n\tunpin_user_page(page);",
        "swap(kept, page);\nif (page)\n\tunpin_user_page(page);",
        "this_cpu_write(mine, page);",
        "per_cpu(mine, flag) = page;",
        "*this_cpu_ptr(&mine) = page;",
        "list_add(&page->lru, &demo->list);",
        "err = idr_alloc(&demo->idr, page, 0, 0, GFP_KERNEL);",
        "err = xa_err(xa_store(&demo->xa, flag, page, GFP_KERNEL));",
        "memcpy(slots, &page, sizeof(page));",
        "struct demo copy = { .page = page };\n*demo = copy;",
    ],
)
def test_a_page_that_is_kept(store: str) -> None:
    assert found(f"{store}\nreturn 0;") == []


@pytest.mark.parametrize(
    "store",
    [
        "struct page *same = page;",
        "register struct page *same;\nsame = page;",
        "slots[flag] = NULL;",
        "kept = NULL;",
        "memcpy(demo->bytes, page_address(page), 64);",
        "number = start;",
    ],
)
def test_a_page_that_only_the_function_knows(store: str) -> None:
    assert found(f"{store}\nreturn 0;") == [LEFT]


# Code of other configurations

DROP, OTHER = "unpin_user_page(page);", "put_page(page);"


@pytest.mark.parametrize(
    "body",
    [
        f"#ifdef A\n{DROP}\n#else\n{OTHER}\n#endif",
        f"#ifndef A\n{DROP}\n#else\n{OTHER}\n#endif",
        f"#if defined(A)\n{DROP}\n#elif defined(B)\n{OTHER}\n#else\nflag = 1;\n{OTHER}\n#endif",
        f"#if VERSION >= 2\n{DROP}\n#elif VERSION >= 1\n{OTHER}\n#endif",
        f"#ifdef A\n#ifdef B\n{DROP}\n#else\n{OTHER}\n#endif\n#else\n{OTHER}\n#endif",
        f"#ifdef A\n{DROP}\n#endif\nflag = 1;\n#ifndef A\n{OTHER}\n#endif",
        f"#ifdef A\n{DROP}\nreturn 0;\n#endif\n{OTHER}",
        f"if (flag) {{\n#ifdef A\n{DROP}\n#else\n{OTHER}\n#endif\nreturn 1;\n}}\n{DROP}",
        f"#ifdef A\nif (flag) {{\n#else\nif (!flag) {{\n#endif\n{DROP}\nreturn 1;\n}}\n{DROP}",
    ],
)
def test_branches_that_are_never_compiled_together(body: str) -> None:
    assert found(f"{body}\nreturn 0;") == []


@pytest.mark.parametrize(
    "body",
    [
        f"#ifdef A\n{OTHER}\n#else\n{OTHER}\n#endif\n{DROP}",
        f"#ifdef A\n{OTHER}\n{DROP}\n#else\n{OTHER}\n#endif",
        f"#ifdef A\n{OTHER}\n#else\n{OTHER}\n{DROP}\n#endif",
    ],
)
def test_twice_in_one_configuration(body: str) -> None:
    assert found(f"{body}\nreturn 0;") == [TWICE]


def test_left_behind_in_each_configuration() -> None:
    body = "#ifdef A\nerr = 1;\n#else\nerr = 2;\n#endif"
    assert found(f"{body}\nreturn 0;") == [LEFT]


# Of two, one


@pytest.mark.parametrize(
    "body",
    [
        f"flag ? {DROP[:-1]} : {OTHER}",
        f"flag ? ({{ {DROP} 0; }}) : ({{ {OTHER} 1; }});",
        f"(void)(flag && ({DROP[:-1]}, 1));\nif (!flag)\n\t{OTHER}",
        f"(void)(flag || ({DROP[:-1]}, 1));\nif (flag)\n\t{OTHER}",
        f"({{ if (flag) {DROP} else {OTHER} }});",
        f"switch (flag) {{\ncase 1:\n\t{DROP}\n\tbreak;\ndefault:\n\t{OTHER}\n}}",
        f"switch (flag) {{\ncase 1: {{\n\t{DROP}\n\tbreak;\n}}\n}}\nif (flag != 1)\n\t{OTHER}",
        f"if (flag)\n\t{DROP}\nif (!flag)\n\t{OTHER}",
    ],
)
def test_only_one_of_two_is_evaluated(body: str) -> None:
    assert found(f"{body}\nreturn 0;") == []


@pytest.mark.parametrize(
    "body",
    [
        f"flag ? {OTHER[:-1]} : {OTHER}\n{DROP}",
        f"switch (flag) {{\ncase 1:\n\t{OTHER}\ncase 2:\n\t{DROP}\n\tbreak;\n"
        f"default:\n\t{DROP}\n}}",
        f"({{ {OTHER} }});\n{DROP}",
    ],
)
def test_both_are(body: str) -> None:
    assert found(f"{body}\nreturn 0;") == [TWICE]


# Conditions that depend on the way

GOTO = "demo_go(demo);\nout:"


@pytest.mark.parametrize(
    "body",
    [
        f"err = demo_start(demo);\nif (err) {{\n{DROP}\ngoto out;\n}}\n{GOTO}\nif (!err)\n\t{DROP}",
        f"err = demo_start(demo);\nif (err < 0) {{\n{DROP}\ngoto out;\n}}\n{GOTO}\n"
        f"if (err >= 0)\n\t{DROP}",
        f"if (flag) {{\n{DROP}\ngoto out;\n}}\n{GOTO}\nif (flag)\n\treturn 0;\n{DROP}",
        f"if (flag) {{\n{DROP}\ndone = 1;\ngoto out;\n}}\n{GOTO}\nif (!done)\n\t{DROP}",
        f"if (flag) {{\n{DROP}\nerr = -EINVAL;\ngoto out;\n}}\n{GOTO}\nif (!err)\n\t{DROP}",
        f"if (flag) {{\n{DROP}\npage = NULL;\ngoto out;\n}}\n{GOTO}\nif (page)\n\t{DROP}",
        f"while (flag--) {{\nif (demo_busy(demo)) {{\n{DROP}\nbreak;\n}}\n}}\n"
        f"if (flag < 0)\n\t{DROP}",
        f"done = 1;\nif (!done)\n\treturn 0;\n{DROP}",
        f"{DROP}\npage = NULL;\nif (page)\n\t{DROP}",
    ],
)
def test_a_condition_that_knows_the_way(body: str) -> None:
    assert found(f"{body}\nreturn err;") == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        # asked for the first time, or of what was asked before and is another value now
        (f"{DROP}\nif (flag)\n\t{DROP}\nreturn 1;", TWICE),
        (
            f"err = demo_start(demo);\nif (err) {{\n{DROP}\nreturn err;\n}}\n"
            f"err = demo_go(demo);\nif (err)\n\treturn 0;\n{DROP}\nreturn 1;",
            LEFT,
        ),
        (
            f"if (flag) {{\n{DROP}\ngoto out;\n}}\n{GOTO}\n"
            f"err = demo_start(demo);\nif (err)\n\t{DROP}\nreturn 1;",
            TWICE,
        ),
        # the condition leads to nothing that has to do with the page
        (f"if (flag)\n\tdemo_go(demo);\nif (flag)\n\treturn 0;\n{DROP}\nreturn 1;", LEFT),
        (f"if (flag) {{\n{DROP}\ngoto out;\n}}\n{GOTO}\n{DROP}\nreturn 1;", TWICE),
        (f"for (;;) {{\n{DROP}\nif (demo_busy(demo))\n\tbreak;\n}}\n{DROP}\nreturn 1;", TWICE),
    ],
)
def test_a_condition_that_does_not(body: str, expected: tuple[AuditRule, str]) -> None:
    assert found(body) == [expected]


# Kept in a variable of the file, and counted wrongly

KEPT = """
static struct page *kept;
static void demo_drop(void)
{
	if (kept)
		unpin_user_page(kept);
	kept = NULL;
}
int demo_set(unsigned long start, unsigned int cmd)
{
	struct page *page;
	int ret = 0;

	mutex_lock(&demo_lock);
	if (cmd) {
		demo_drop();
		goto out;
	}
	if (kept)
		goto out;
	if (pin_user_pages_fast(start, 1, FOLL_WRITE | FOLL_LONGTERM, &page) != 1) {
		ret = -EFAULT;
		goto out;
	}
	BODY
out:
	mutex_unlock(&demo_lock);
	return ret;
}
"""


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ("kept = page;", False),
        ("demo_drop();\n\tkept = page;", False),
        ("demo_drop();", True),
        ("kept = NULL;", True),
    ],
)
def test_a_page_that_another_entry_point_drops(body: str, left: bool) -> None:
    found = [f.rule for f in findings(KEPT.replace("BODY", body))]
    assert found == ([AuditRule.LEFT_BEHIND] if left else [])


COUNTED = """
static void demo_free(struct page **pages, int nr)
{
	int i;

	for (i = 0; i < nr; i++)
		unpin_user_page(pages[i]);
	kvfree(pages);
}
int demo_map(unsigned long start, unsigned int nr)
{
	struct page **pages = kvmalloc_array(nr, sizeof(*pages), GFP_KERNEL);
	KIND got;
	int ret;
	unsigned int i;

	if (!pages)
		return -ENOMEM;
	got = pin_user_pages_fast(start, nr, 0, pages);
BODY
	ret = memcmp(page_address(pages[0]), "gup", 3);
	demo_free(pages, nr);
	return ret;
err:
	demo_free(pages, got > 0 ? got : 0);
	return -EFAULT;
}
"""


@pytest.mark.parametrize(
    ("kind", "body", "rules"),
    [
        ("int", "if (got != nr)\n\t\tgoto err;", []),
        # overwritten before the error path asks for it
        (
            "int",
            "if (got != nr)\n\t\tgoto err;\n\tgot = -EINVAL;\n\tfor (i = 0; i < nr; i++)\n"
            "\t\tif (PageHighMem(pages[i]))\n\t\t\tgoto err;",
            [AuditRule.LEFT_BEHIND],
        ),
        (
            "int",
            "ret = -EINVAL;\n\tif (got != nr)\n\t\tgoto err;\n\tfor (i = 0; i < nr; i++)\n"
            "\t\tif (PageHighMem(pages[i]))\n\t\t\tgoto err;",
            [],
        ),
        # fewer than asked for, and nothing is released, or all, or as many as there are
        (
            "int",
            "if (got != nr) {\n\t\tgot = -ENOMEM;\n\t\tgoto err;\n\t}",
            [AuditRule.LEFT_BEHIND],
        ),
        (
            "int",
            "if (got != nr) {\n\t\tif (got < 0)\n\t\t\treturn got;\n"
            "\t\tunpin_user_pages(pages, nr);\n\t\treturn -EFAULT;\n\t}",
            [AuditRule.MORE_THAN_TAKEN],
        ),
        (
            "int",
            "if (got != nr) {\n\t\tif (got < 0)\n\t\t\treturn got;\n"
            "\t\tunpin_user_pages(pages, got);\n\t\treturn -EFAULT;\n\t}",
            [],
        ),
        # more than there are, of all and of some; another page of the array is one more
        (
            "int",
            "if (got <= 0)\n\t\treturn -EFAULT;\n\tif (nr > 9) {\n"
            "\t\tunpin_user_pages(pages, got + 1);\n\t\tkvfree(pages);\n\t\treturn 0;\n\t}",
            [AuditRule.MORE_THAN_TAKEN],
        ),
        (
            "int",
            "if (got != nr) {\n\t\tif (got < 0)\n\t\t\treturn got;\n"
            "\t\tunpin_user_pages(pages, got + 1);\n\t\treturn -EFAULT;\n\t}",
            [AuditRule.MORE_THAN_TAKEN],
        ),
        (
            "int",
            "if (got != nr) {\n\t\tif (got < 0)\n\t\t\treturn got;\n\t\tpages[got] = demo_page;\n"
            "\t\tunpin_user_pages(pages, got + 1);\n\t\treturn -EFAULT;\n\t}",
            [],
        ),
        (
            "int",
            "if (got != nr) {\n\t\tif (got < 0)\n\t\t\treturn got;\n"
            "\t\tunpin_user_pages(pages, got + 0);\n\t\treturn -EFAULT;\n\t}",
            [],
        ),
        # the end of a loop without signs
        (
            "unsigned int",
            "if (got != nr) {\n\t\tfor (i = 0; i < got; i++)\n\t\t\tunpin_user_page(pages[i]);\n"
            "\t\treturn -EFAULT;\n\t}",
            [AuditRule.NEGATIVE_COUNT],
        ),
        (
            "unsigned int",
            "if (got > nr)\n\t\treturn -EFAULT;\n\tif (got != nr) {\n"
            "\t\tfor (i = 0; i < got; i++)\n\t\t\tunpin_user_page(pages[i]);\n"
            "\t\treturn -EFAULT;\n\t}",
            [],
        ),
        # left in the middle of a loop that releases as it goes
        (
            "int",
            "if (got != nr)\n\t\tgoto err;\n\tfor (i = 0; i < nr; i++) {\n"
            "\t\tif (pages[i]->mapping)\n\t\t\treturn -EINVAL;\n"
            "\t\tunpin_user_page(pages[i]);\n\t}\n\treturn 0;",
            [AuditRule.LEFT_BEHIND],
        ),
        (
            "int",
            "if (got != nr)\n\t\tgoto err;\n\tfor (i = 0; i < nr; i++) {\n"
            "\t\tif (pages[i]->mapping) {\n\t\t\tunpin_user_pages(pages + i, nr - i);\n"
            "\t\t\treturn -EINVAL;\n\t\t}\n\t\tunpin_user_page(pages[i]);\n\t}\n\treturn 0;",
            [],
        ),
    ],
)
def test_how_many_there_are(kind: str, body: str, rules: list[AuditRule]) -> None:
    text = COUNTED.replace("KIND", kind).replace("BODY", f"\t{body}")
    assert [f.rule for f in findings(text)] == rules


@pytest.mark.parametrize("condition", ["start & 8", "flag"])
def test_what_the_acquire_is_given_says_nothing_of_the_way(condition: str) -> None:
    text = CODE.replace("\tret = pin_user_pages_fast(start, 1, FOLL_WRITE, &page);\n", "")
    text = text.replace("ret != 1", "pin_user_pages_fast(start, 1, FOLL_WRITE, &page) != 1")
    text = text.replace("BODY", f"\tif ({condition})\n\t\treturn -1;\n\t{DROP}\n\treturn 0;")
    left = [f.text for f in findings(text) if f.rule is AuditRule.LEFT_BEHIND]
    assert left == ["return -1;"]


def test_an_array_whose_pages_a_loop_hands_on_is_left_alone() -> None:
    """Round after round, and with it on an error in a later one."""
    text = COUNTED.replace("KIND", "int").replace(
        "BODY",
        "\tif (got != nr)\n\t\tgoto err;\n\tfor (i = 0; i < nr; i++)\n"
        "\t\tdemo_table[i].page = pages[i];\n\tif (demo_busy())\n\t\treturn -EBUSY;",
    )
    assert [f for f in findings(text) if f.rule is AuditRule.LEFT_BEHIND] == []
