# SPDX-License-Identifier: GPL-2.0-only
"""Callers and callees all over the tree: who calls what a public header declares, what a member of
a public struct may call, and what the linker takes for a name."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import dedent

import pytest

from migrate.analysis.gaps import GapKind
from migrate.analysis.model import PinGroup, TraitKind
from migrate.analysis.program import include_graph
from tests.analysis.memory import pairing_of

HEADER = "include/linux/lend.h"
LENDER = "drivers/lend/lend.c"
USER = "drivers/user/user.c"
FILES = {
    HEADER: """
        struct page;
        int lend(unsigned long at, struct page **page);
        """,
    LENDER: """
        #include <linux/mm.h>
        #include <linux/lend.h>
        int lend(unsigned long at, struct page **page)
        {
            return get_user_pages_fast(at, 1, FOLL_WRITE, page);
        }
        EXPORT_SYMBOL_GPL(lend);
        """,
    USER: """
        #include <linux/mm.h>
        #include <linux/lend.h>
        static int user(unsigned long at)
        {
            struct page *page;

            if (lend(at, &page) != 1)
                return -1;
            memset(page_address(page), 0, 8);
            put_page(page);
            return 0;
        }
        """,
}


def group_of(files: Mapping[str, str | bytes], open_world: bool = False) -> PinGroup:
    """The one group of files that is acquired for."""
    groups = pairing_of(files, open_world=open_world).groups
    (found,) = [g for g in groups if any(a.name == "get_user_pages_fast" for a in g.acquires)]
    return found


def kinds(files: Mapping[str, str | bytes]) -> list[GapKind]:
    return [gap.kind for gap in group_of(files).gaps]


def test_who_calls_an_exported_function_is_found_in_the_tree() -> None:
    group = group_of(FILES)
    assert group.gaps == ()
    assert [r.place.path for r in group.releases] == [USER]


INLINE = {
    HEADER: """
        struct lent {
            struct page **pages;
        };
        static inline struct page **lent_pages(struct lent *lent)
        {
            return lent->pages;
        }
        """,
    LENDER: """
        #include <linux/mm.h>
        #include <linux/lend.h>
        int lend(struct lent *lent, unsigned long at)
        {
            return get_user_pages_fast(at, 1, FOLL_WRITE, lent->pages);
        }
        """,
    USER: """
        #include <linux/mm.h>
        #include <linux/lend.h>
        void user(struct lent *lent)
        {
            struct page **pages = lent_pages(lent);

            memset(page_address(pages[0]), 0, 8);
            put_page(pages[0]);
        }
        """,
}


@pytest.mark.parametrize("seeing", [1500, 1])
def test_who_calls_an_inline_function_is_found_by_its_name(
    seeing: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where more files see the header than are looked at."""
    monkeypatch.setattr(include_graph, "_MOST_SEEING", seeing)
    group = group_of(INLINE)
    assert GapKind.RETURNED_TO_UNKNOWN not in [gap.kind for gap in group.gaps]
    assert [r.place.path for r in group.releases] == [USER]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("drivers/a/a.c", "struct page **(*get)(struct lent *) = lent_pages;\n"),
        ("include/linux/a.h", "#define of_lent(l) lent_pages(l)\n"),
        ("rust/kernel/a.rs", "unsafe { bindings::lent_pages(l) };\n"),
    ],
)
def test_its_name_may_be_somewhere_that_nobody_understands(
    path: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(include_graph, "_MOST_SEEING", 1)
    gaps = [gap.kind for gap in group_of({**INLINE, path: text}).gaps]
    assert GapKind.FUNCTION_NAMED in gaps


def test_a_name_that_too_many_files_have_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(include_graph, "_MOST_SEEING", 1)
    monkeypatch.setattr(include_graph, "_MOST_NAMING", 1)
    assert group_of(INLINE).gaps


def test_in_an_open_world_anybody_may_call_it() -> None:
    gaps = group_of(FILES, open_world=True).gaps
    assert [g.kind for g in gaps] == [GapKind.FILLED_FOR_UNKNOWN, GapKind.NO_RELEASE]


@pytest.mark.parametrize(
    ("path", "text", "place"),
    [
        ("drivers/a/a.c", "int (*keep)(unsigned long, struct page **) = lend;\n", "drivers/a/a.c"),
        ("drivers/a/a.c", "void f(void)\n{\n\tsymbol_get(lend);\n}\n", "drivers/a/a.c"),
        ("drivers/a/a.c", 'void f(void)\n{\n\t__symbol_get("lend");\n}\n', "drivers/a/a.c"),
        ("include/linux/a.h", "#define borrow(at, p) lend(at, p)\n", "include/linux/a.h"),
        ("arch/x86/lib/a.S", "\tcall lend\n", "arch/x86/lib/a.S"),
        ("rust/kernel/a.rs", "unsafe { bindings::lend(at, p) };\n", "rust/kernel/a.rs"),
        ("samples/a/a.c", "void *f = lend;\n", "samples/a/a.c"),
    ],
)
def test_a_mention_that_nobody_understands_is_a_gap_with_its_place(
    path: str, text: str, place: str
) -> None:
    (gap,) = group_of({**FILES, path: text}).gaps
    assert (gap.kind, gap.function) == (GapKind.FUNCTION_NAMED, "lend")
    assert gap.place is not None
    assert gap.place.path == place


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("include/linux/a.h", "#define lend lend\n"),
        ("drivers/a/a.c", '/* see lend() */\nstatic const char *s = "lend";\n'),
        ("drivers/a/a.c", "static int lend(int x)\n{\n\treturn x;\n}\nvoid *f = lend;\n"),
        ("Documentation/a.c", "void *f = lend;\n"),
        ("tools/a.c", "void *f = lend;\n"),
    ],
)
def test_what_is_no_use_of_the_function(path: str, text: str) -> None:
    assert kinds({**FILES, path: text}) == []


def test_a_caller_that_drops_nothing_does_not_hide_one_that_does() -> None:
    more = "void f(void)\n{\n\tstruct page *p;\n\n\tlend(0, &p);\n\tkeep(p);\n}\n"
    (gap,) = group_of({**FILES, "drivers/a/a.c": more}).gaps
    assert (gap.kind, gap.function) == (GapKind.PASSED_TO_UNKNOWN, "keep")


def test_a_function_of_an_architecture() -> None:
    """Its header is no less public, and code elsewhere may call it."""
    files = dict(FILES)
    files["arch/powerpc/include/asm/lend.h"] = files.pop(HEADER)
    files["arch/powerpc/mm/lend.c"] = files.pop(LENDER)
    assert kinds(files) == []
    del files[USER]
    assert kinds(files) == [GapKind.FILLED_FOR_UNKNOWN, GapKind.NO_RELEASE]


# A release that is given pages by whoever calls

DROPPER = {
    HEADER: "struct page;\nvoid drop(struct page *page);\n",
    LENDER: """
        #include <linux/mm.h>
        #include <linux/lend.h>
        void drop(struct page *page)
        {
            put_page(page);
        }
        EXPORT_SYMBOL(drop);
        int get(unsigned long at)
        {
            struct page *page;

            if (get_user_pages_fast(at, 1, FOLL_WRITE, &page) != 1)
                return -1;
            drop(page);
            return 0;
        }
        """,
}
OTHER = """
    #include <linux/mm.h>
    #include <linux/lend.h>
    void other(void)
    {
        struct page *page = alloc_page(0);

        drop(page);
    }
    """


def test_a_release_is_the_groups_own_when_nobody_else_in_the_tree_calls_it() -> None:
    assert kinds(DROPPER) == []
    assert kinds({**DROPPER, USER: OTHER}) == [GapKind.FROM_OTHER_CALL]
    (gap,) = group_of(DROPPER, open_world=True).gaps
    assert (gap.kind, gap.function) == (GapKind.SOURCE_CALLERS_UNKNOWN, "drop")
    named = group_of({**DROPPER, USER: "void (*f)(struct page *) = drop;\n"}).gaps
    assert [gap.kind for gap in named] == [GapKind.SOURCE_FUNCTION_NAMED]


# Callees that another folder defines

CALLEE = {
    HEADER: "struct page;\nvoid look(struct page *page);\n",
    LENDER: """
        #include <linux/mm.h>
        #include <linux/lend.h>
        int get(unsigned long at)
        {
            struct page *page;

            if (get_user_pages_fast(at, 1, FOLL_WRITE, &page) != 1)
                return -1;
            look(page);
            put_page(page);
            return 0;
        }
        """,
}
LOOKS = "void look(struct page *page)\n{\n\tmemset(page_address(page), 0, 8);\n}\n"
KEEPS = "void look(struct page *page)\n{\n\thide(page);\n}\n"
DROPS = "void look(struct page *page)\n{\n\tput_page(page);\n}\n"


def test_a_callee_in_another_folder_is_looked_into() -> None:
    assert kinds({**CALLEE, USER: LOOKS}) == []
    (gap,) = group_of({**CALLEE, USER: KEEPS}).gaps
    assert (gap.kind, gap.function) == (GapKind.PASSED_TO_UNKNOWN, "hide")
    dropped = group_of({**CALLEE, USER: DROPS})
    assert USER in [r.place.path for r in dropped.releases]


@pytest.mark.parametrize(
    "more",
    [
        {},
        {USER: "static " + LOOKS},
        {USER: LOOKS, "arch/x86/lib/look.S": "SYM_FUNC_START(look)\n"},
        {"mm/look.c": LOOKS},  # whose references are its own affair
        {USER: LOOKS, HEADER: "struct page;\n"},  # declared nowhere that the caller sees
    ],
)
def test_a_namesake_is_not_what_is_called(more: dict[str, str]) -> None:
    assert kinds({**CALLEE, **more}) == [GapKind.PASSED_TO_UNKNOWN]


def test_of_several_definitions_each_may_be_meant() -> None:
    files = {**CALLEE, "drivers/b/b.c": LOOKS, "drivers/c/c.c": KEEPS}
    assert kinds(files) == [GapKind.PASSED_TO_UNKNOWN]


@pytest.mark.parametrize(
    ("caller", "kept"),
    [
        *[("drivers/lend/lend.c", True), ("arch/x86/kernel/lend.c", True)],
        *[("arch/um/kernel/lend.c", True), ("arch/arm/lend.c", False)],
    ],
)
def test_a_definition_of_another_architecture_is_not_what_is_called(
    caller: str, kept: bool
) -> None:
    files = {HEADER: CALLEE[HEADER], caller: CALLEE[LENDER], USER: LOOKS}
    files["arch/x86/lib/look.c"] = KEEPS
    assert kinds(files) == ([GapKind.PASSED_TO_UNKNOWN] if kept else [])


@pytest.mark.parametrize(("include", "known"), [("", False), ('#include "../user/look.h"\n', True)])
def test_a_private_header_declares_for_those_that_include_it(include: str, known: bool) -> None:
    files = {
        HEADER: "struct page;\n",
        "drivers/user/look.h": CALLEE[HEADER],
        USER: '#include "look.h"\n' + LOOKS,
        LENDER: include + dedent(CALLEE[LENDER]),
    }
    assert (GapKind.PASSED_TO_UNKNOWN in kinds(files)) is not known


def test_a_stub_does_not_stand_for_the_function() -> None:
    stub = """
        struct page;
        #ifdef CONFIG_LOOK
        void look(struct page *page);
        #else
        static inline void look(struct page *page)
        {
        }
        #endif
        """
    assert kinds({**CALLEE, HEADER: stub, USER: KEEPS}) == [GapKind.PASSED_TO_UNKNOWN]
    assert kinds({**CALLEE, HEADER: stub, USER: LOOKS}) == []


# What another folder stores where the pages of a group are

FILLED = {
    HEADER: "struct page;\nint fill(struct page **pages, int n);\n",
    LENDER: """
        #include <linux/mm.h>
        #include <linux/lend.h>
        struct box {
            struct page **pages;
            int n;
        };
        void of_user(struct box *box, unsigned long at)
        {
            box->n = get_user_pages_fast(at, box->n, FOLL_WRITE, box->pages);
        }
        int of_others(struct box *box)
        {
            return fill(box->pages, box->n);
        }
        void drop(struct box *box)
        {
            int i;

            for (i = 0; i < box->n; i++)
                put_page(box->pages[i]);
        }
        """,
}
FILLS = """
    #include <linux/mm.h>
    #include <linux/lend.h>
    int fill(struct page **pages, int n)
    {
        int i;

        for (i = 0; i < n; i++)
            {store};
        return 0;
    }
    """


def test_what_a_callee_in_another_folder_stores_among_the_pages_is_seen() -> None:
    filled = {**FILLED, USER: FILLS.replace("{store}", "pages[i] = alloc_page(0)")}
    assert kinds(filled) == [GapKind.FROM_OTHER_CALL]
    looked_at = {**FILLED, USER: FILLS.replace("{store}", "lock_page(pages[i])")}
    assert kinds(looked_at) == []
    through = USER.replace("user.c", "through.c")
    further = {
        **FILLED,
        through: "int fill(struct page **pages, int n)\n{\n\treturn fill2(pages, n);\n}\n",
    }
    assert kinds(further) == [GapKind.PASSED_TO_UNKNOWN]


def test_what_another_folder_stores_is_seen_behind_a_stub() -> None:
    stub = """
        struct page;
        #ifdef CONFIG_FILL
        int fill(struct page **pages, int n);
        #else
        static inline int fill(struct page **pages, int n)
        {
            return -1;
        }
        #endif
        """
    filled = FILLS.replace("{store}", "pages[i] = alloc_page(0)")
    assert kinds({**FILLED, HEADER: stub, USER: filled}) == [GapKind.FROM_OTHER_CALL]


def test_what_another_folder_puts_into_a_scatterlist_is_seen() -> None:
    files = {
        HEADER: "struct scatterlist;\nvoid fill(struct scatterlist *list);\n",
        LENDER: """
            #include <linux/mm.h>
            #include <linux/lend.h>
            struct box {
                struct scatterlist list[1];
            };
            int of_user(struct box *box, unsigned long at)
            {
                struct page *page;

                if (get_user_pages_fast(at, 1, FOLL_WRITE, &page) != 1)
                    return -1;
                sg_set_page(box->list, page, PAGE_SIZE, 0);
                return 0;
            }
            void of_others(struct box *box)
            {
                fill(box->list);
            }
            void drop(struct box *box)
            {
                put_page(sg_page(box->list));
            }
            """,
        USER: """
            #include <linux/mm.h>
            #include <linux/lend.h>
            void fill(struct scatterlist *list)
            {
                sg_set_page(list, alloc_page(0), PAGE_SIZE, 0);
            }
            """,
    }
    assert kinds(files) == [GapKind.FROM_OTHER_CALL]


# Members of public structs that hold functions

OPS = {
    HEADER: """
        struct page;
        struct lend_ops {
            int (*look)(struct page *page);
            int (*other)(int x);
        };
        struct lender {
            const struct lend_ops *ops;
        };
        """,
    LENDER: """
        #include <linux/mm.h>
        #include <linux/lend.h>
        int get(struct lender *lender, unsigned long at)
        {
            struct page *page;

            if (get_user_pages_fast(at, 1, FOLL_WRITE, &page) != 1)
                return -1;
            if (lender->ops->look)
                lender->ops->look(page);
            put_page(page);
            return 0;
        }
        """,
}
IMPL = """
    #include <linux/mm.h>
    #include <linux/lend.h>
    static int look_{n}(struct page *page)
    {{
        {body}
        return 0;
    }}
    static const struct lend_ops ops_{n} = {{ {set} }};
    """


def implementation(n: str, body: str, set: str = "") -> dict[str, str]:
    text = IMPL.format(n=n, body=body, set=set or f".look = look_{n}")
    return {f"drivers/impl-{n}/impl.c": text}


GOOD = implementation("good", "memset(page_address(page), 0, 8);")


def test_a_call_through_a_public_table_means_what_is_put_into_it() -> None:
    assert kinds({**OPS, **GOOD}) == []
    both = {**OPS, **GOOD, **implementation("bad", "hide(page);")}
    (gap,) = group_of(both).gaps
    assert (gap.kind, gap.function) == (GapKind.PASSED_TO_UNKNOWN, "hide")
    (gap,) = group_of({**OPS, **GOOD}, open_world=True).gaps
    assert (gap.kind, gap.function) == (GapKind.PASSED_TO_UNKNOWN, "")


def test_a_table_that_has_no_such_function_does_not_matter() -> None:
    other = implementation("other", "hide(page);", ".other = 0")
    null = implementation("null", "hide(page);", ".look = NULL")
    assert kinds({**OPS, **GOOD, **other, **null}) == []


def test_a_member_by_that_name_of_another_struct_is_another() -> None:
    namesake = """
        #include <linux/lend.h>
        struct other_ops { int (*look)(int x); };
        static int f(int x) { return x; }
        static struct other_ops o = { .look = f };
        """
    assert kinds({**OPS, **GOOD, "drivers/a/a.c": namesake}) == []


@pytest.mark.parametrize(
    "more",
    [
        "void g(void) { struct lend_ops o = { 0 }; use(&o); }\n",
        "void g(void) { struct lend_ops o = {}; use(&o); }\n",
        "static const struct lend_ops o[] = { { .other = 0 }, { .look = f } };\n",
    ],
)
def test_other_ways_to_fill_a_table(more: str) -> None:
    text = "#include <linux/lend.h>\nstatic int f(struct page *p) { return 0; }\n" + more
    assert kinds({**OPS, **GOOD, "drivers/a/a.c": text}) == []


def test_a_store_fills_the_table_as_well() -> None:
    store = """
        #include <linux/lend.h>
        static int keep(struct page *page) { hide(page); return 0; }
        void set(struct lend_ops *ops) { ops->look = keep; }
        """
    (gap,) = group_of({**OPS, **GOOD, "drivers/a/a.c": store}).gaps
    assert (gap.kind, gap.function) == (GapKind.PASSED_TO_UNKNOWN, "hide")


@pytest.mark.parametrize(
    "more",
    [
        "static const struct lend_ops o = { f };\n",
        "static const struct lend_ops o[] = { { f } };\n",
        "static const struct lend_ops o[] = { [1] = { f } };\n",
        "void g(void) { struct lend_ops o = { f }; use(&o); }\n",
        "void g(void) { use(&(struct lend_ops){ f }); }\n",
        "static const struct lend_ops o = { .look = X ? f : 0 };\n",
        "static const struct lend_ops o = { .look = NOBODY_KNOWS };\n",
        "#define FILL(f) .look = f\n",
        "void set(struct lend_ops *o, int (*given)(struct page *)) { o->look = given; }\n",
        "void set(struct lend_ops *o) { o->look = find(0); }\n",
        "void set(struct lend_ops *o) { *o = (struct lend_ops){ .look = f }; }\n",
    ],
)
def test_what_may_be_in_the_table_is_not_known(more: str) -> None:
    text = "#include <linux/lend.h>\nstatic int f(struct page *p) { return 0; }\n" + more
    assert kinds({**OPS, **GOOD, "drivers/a/a.c": text}) == [GapKind.PASSED_TO_UNKNOWN]


# A function that is given as an argument

GIVEN = """
    #include <linux/mm.h>
    static int good(struct page *page) { memset(page_address(page), 0, 8); return 0; }
    static int inner(struct page *page, int (*each)(struct page *))
    {
        return each(page);
    }
    static int get(unsigned long at, int (*each)(struct page *))
    {
        struct page *page;

        if (get_user_pages_fast(at, 1, FOLL_WRITE, &page) != 1)
            return -1;
        inner(page, each);
        put_page(page);
        return 0;
    }
    int one(void) { return get(0, good); }
    """


def test_a_parameter_means_what_all_callers_give() -> None:
    assert kinds({LENDER: GIVEN}) == []
    bad = "static int bad(struct page *page) { hide(page); return 0; }\n"
    more = GIVEN + bad + "int two(void) { return get(0, bad); }\n"
    assert kinds({LENDER: more}) == [GapKind.PASSED_TO_UNKNOWN]
    unknown = GIVEN + "int two(int (*f)(struct page *)) { return get(0, f); }\n"
    assert kinds({LENDER: unknown}) == [GapKind.PASSED_TO_UNKNOWN]
    changed = GIVEN.replace("return each(page);", "each = find(0); return each(page);")
    assert kinds({LENDER: changed}) == [GapKind.PASSED_TO_UNKNOWN]


def test_a_function_that_a_public_table_holds_is_called_through_it() -> None:
    """Who calls the member gets the pages; a macro that is given its name may be who."""
    files = {
        HEADER: """
            struct page;
            struct lend_ops {
                int (*fetch)(unsigned long at, struct page **page);
            };
            """,
        LENDER: FILES[LENDER]
        .replace("EXPORT_SYMBOL_GPL(lend);", "")
        .replace("int lend(", "static int lend(")
        + "static const struct lend_ops ops = { .fetch = lend };\n",
        USER: FILES[USER]
        .replace("user(unsigned long at)", "user(struct lend_ops *o, unsigned long at)")
        .replace("lend(at, &page)", "o->fetch(at, &page)"),
    }
    assert kinds(files) == []
    macro = "#include <linux/lend.h>\nint f(void *o)\n{\n\treturn CALL(o, fetch, 0, 0);\n}\n"
    assert GapKind.FUNCTION_NAMED in kinds({**files, "drivers/a/a.c": macro})


def test_what_one_caller_of_a_helper_asks_says_nothing_of_the_others() -> None:
    """Of two callers of an exported function one looks at an MMU notifier."""
    asks = "if (mmu_interval_read_retry(0, 0))\n\t\treturn 0;\n\tput_page(page);"
    asking = str(FILES[USER]).replace("put_page(page);", asks)
    both = {**FILES, "drivers/asks/asks.c": asking}
    only = {**FILES, USER: asking}
    assert {t.kind for t in group_of(only).traits} >= {TraitKind.NOTIFIER_HERE}
    traits = {t.kind for t in group_of(both).traits}
    assert TraitKind.NOTIFIER_NEAR in traits
    assert TraitKind.NOTIFIER_HERE not in traits
