# SPDX-License-Identifier: GPL-2.0-only
"""Releases where they are hard to see: a group is pinned with all of them, or not at all.

Every case has a release on the error path as well, so that "no release was found" saves nobody.
The lines of the releases are marked; where pinning is right at all, it must find each.
"""

from __future__ import annotations

from typing import Any

import pytest

from migrate.analysis.model import Action, PinGroup
from migrate.analysis.verdicts.classify import verdict
from tests.analysis.memory import pairing_of

HERE = "drivers/demo/demo.c"
STRUCT = """
struct demo {
	struct page *page;
	int nr;
};
"""
START = """
int demo_start(struct demo *demo, unsigned long start)
{
	struct page *page;

	if (get_user_pages_fast(start, 1, FOLL_WRITE, &page) != 1)
		return -EFAULT;
	if (!start) {
		put_page(page); /* release */
		return -EINVAL;
	}
	memset(page_address(page), 0, PAGE_SIZE);
	demo->page = page;
	return 0;
}
"""
MANY = """
int demo_start(struct demo *demo, unsigned long start)
{
	struct page *own[4];
	struct page **pages = own;
	int got = get_user_pages_fast(start, 4, FOLL_WRITE, pages);

	if (got != 4) {
		release_pages(pages, got); /* release */
		return -EFAULT;
	}
	memset(page_address(pages[0]), 0, PAGE_SIZE);
	keep_them(demo, pages);
	return 0;
}
"""
SHARED = """
static void demo_put(struct page *page)
{
	put_page(page); /* release */
}

int demo_start(unsigned long start)
{
	struct page *page;

	if (get_user_pages_fast(start, 1, FOLL_WRITE, &page) != 1)
		return -EFAULT;
	memset(page_address(page), 0, PAGE_SIZE);
	demo_put(page);
	return 0;
}
"""


def end(body: str, parameters: str = "struct demo *demo") -> str:
    """A function that releases what is in the object; `body` has the mark."""
    return f"\nvoid demo_end({parameters})\n{{\n\t{body}\n}}\n"


def stored(how: str) -> str:
    """The function that acquires, with another way to keep the page."""
    return START.replace("demo->page = page;", how)


def kept(how: str, array: str = "struct page *own[4];\n\tstruct page **pages = own;") -> str:
    """The same for several pages."""
    declared = MANY.replace("struct page *own[4];\n\tstruct page **pages = own;", array)
    return declared.replace("keep_them(demo, pages);", how)


PUT = "put_page(demo->page); /* release */"
LIST = "struct demo {\n\tstruct page *pages[4];\n\tint nr;\n};\n"
PRIVATE = "struct demo {\n\tvoid *private;\n\tint nr;\n};\n"
PUT_ALL = "release_pages(demo->pages, 4); /* release */"
INCLUDE = '#include "demo.h"\n'
PUBLIC = "#include <linux/demo.h>\n"
LISTED = "struct demo {\n\tstruct page *page;\n\tstruct list_head list;\n\tstruct demo *next;\n};\n"

SGL = "struct demo {\n\tstruct scatterlist sgl[4];\n\tint nr;\n};\n"
PUT_SGL = "put_page(sg_page(&demo->sgl[0])); /* release */"


def sgl_kept(how: str) -> str:
    """The function that acquires, and puts the page where `sg` points."""
    return stored(how + "\n\n\tsg_set_page(sg, page, PAGE_SIZE, 0);")


OPS = """
struct demo;
struct demo_ops {
	struct page *(*get)(struct demo *demo, unsigned long start);
};
struct demo {
	const struct demo_ops *ops;
};

static struct page *demo_get(struct demo *demo, unsigned long start)
{
	struct page *page;

	if (get_user_pages_fast(start, 1, FOLL_WRITE, &page) != 1)
		return NULL;
	if (!start) {
		put_page(page); /* release */
		return NULL;
	}
	memset(page_address(page), 0, PAGE_SIZE);
	return page;
}

static const struct demo_ops demo_ops = {
	.get = demo_get,
};
"""


CASES: dict[str, str | dict[str, str]] = {
    "a member": STRUCT + START + end(PUT),
    # Members of what is no variable
    "a member of container_of": STRUCT
    + START
    + end(
        "put_page(container_of(nr, struct demo, nr)->page); /* release */",
        "int *nr",
    ),
    "a member of a getter's result": STRUCT
    + START
    + "static struct demo *demo_of(void *data)\n{\n\treturn data;\n}\n"
    + end("put_page(demo_of(data)->page); /* release */", "void *data"),
    "a member of a macro's result": STRUCT
    + "#define to_demo(x) ((struct demo *)(x))\n"
    + START
    + end("put_page(to_demo(data)->page); /* release */", "void *data"),
    "a member of an unknown function's result": STRUCT
    + "struct demo *demo_lookup(int id);\n"
    + START
    + end("put_page(demo_lookup(id)->page); /* release */", "int id"),
    "a member of a variable for each processor": STRUCT
    + "static DEFINE_PER_CPU(struct demo, demos);\n"
    + START
    + end("put_page(this_cpu_ptr(&demos)->page); /* release */", "void"),
    "a member behind a cast": STRUCT
    + START
    + end("put_page(((struct demo *)data)->page); /* release */", "void *data"),
    "a member behind a cast and a pointer": STRUCT
    + START
    + end("put_page((*(struct demo **)data)->page); /* release */", "void *data"),
    "a member of the first member by a cast": STRUCT
    + "struct bigger {\n\tstruct demo demo;\n};\n"
    + START
    + end("put_page(((struct demo *)big)->page); /* release */", "struct bigger *big"),
    "a member behind two pointers": STRUCT
    + START
    + end("put_page((*demo)->page); /* release */", "struct demo **demo"),
    "another member of an unnamed union": (
        "struct demo {\n\tunion {\n\t\tstruct page *page;\n\t\tstruct page *other;\n\t};\n};\n"
        + START
        + end("put_page(demo->other); /* release */")
    ),
    "another member of a named union": (
        "struct demo {\n\tunion {\n\t\tstruct page *page;\n\t\tstruct page *other;\n\t} u;\n};\n"
        + stored("demo->u.page = page;")
        + end("put_page(demo->u.other); /* release */")
    ),
    "another member of a union with a tag": (
        "union any {\n\tstruct page *page;\n\tstruct page *other;\n};\n"
        "struct demo {\n\tunion any u;\n};\n"
        + stored("demo->u.page = page;")
        + end("put_page(demo->u.other); /* release */")
    ),
    # Types that are not plain
    "a typedef in a header": {
        "drivers/demo/demo.h": STRUCT + "typedef struct demo demo_t;\n",
        "drivers/demo/one.c": INCLUDE + START,
        "drivers/demo/two.c": INCLUDE + end(PUT, "demo_t *demo"),
    },
    "a typedef of a struct without a name": {
        "drivers/demo/demo.h": "typedef struct {\n\tstruct page *page;\n} demo_t;\n",
        "drivers/demo/one.c": INCLUDE + START.replace("struct demo *", "demo_t *"),
        "drivers/demo/two.c": INCLUDE + end(PUT, "demo_t *demo"),
    },
    "typeof": STRUCT
    + START
    + end("typeof(*demo) *same = demo;\n\n\tput_page(same->page); /* release */"),
    "__auto_type": STRUCT
    + START
    + end("__auto_type same = demo;\n\n\tput_page(same->page); /* release */"),
    "a variable that a macro declares": STRUCT
    + "#define DEMO_LOCAL(name, from) struct demo *name = (from)\n"
    + START
    + end("DEMO_LOCAL(same, demo);\n\n\tput_page(same->page); /* release */"),
    # Globals
    "a global of another file": {
        "drivers/demo/demo.h": "extern struct page *demo_page;\n",
        "drivers/demo/one.c": INCLUDE
        + "struct page *demo_page;\n"
        + stored("demo_page = page;").replace("struct demo *demo, ", ""),
        "drivers/demo/two.c": INCLUDE + end("put_page(demo_page); /* release */", "void"),
    },
    "a member of a global of another file": {
        "drivers/demo/demo.h": STRUCT + "extern struct demo *the_demo;\n",
        "drivers/demo/one.c": INCLUDE + "struct demo *the_demo;\n" + START,
        "drivers/demo/two.c": INCLUDE + end("put_page(the_demo->page); /* release */", "void"),
    },
    # Ways to store
    "a compound literal": STRUCT
    + stored("*demo = (struct demo){ .page = page, .nr = 1 };")
    + end(PUT),
    "an initialiser with names": STRUCT
    + stored("struct demo made = { .page = page };\n\n\t*demo = made;")
    + end(PUT),
    "an initialiser without names": STRUCT
    + stored("struct demo made = { page, 1 };\n\n\t*demo = made;")
    + end(PUT),
    "a compound literal as an argument": STRUCT
    + "static void demo_put(struct demo *demo)\n{\n\t"
    + PUT
    + "\n}\n"
    + stored("demo_put(&(struct demo){ .page = page });"),
    "an array literal as an argument": STRUCT
    + stored("release_pages((struct page *[]){ page }, 1); /* release */"),
    "memcpy of the array": LIST
    + kept("memcpy(demo->pages, pages, 4 * sizeof(*pages));")
    + end(PUT_ALL),
    "memcpy of an array variable": LIST
    + kept("memcpy(demo->pages, own, sizeof(own));")
    + end(PUT_ALL),
    "kmemdup of the array": LIST.replace("*pages[4]", "**pages")
    + kept("demo->pages = kmemdup(pages, 4 * sizeof(*pages), GFP_KERNEL);")
    + end(PUT_ALL),
    "memcpy of the struct": STRUCT
    + "struct twin {\n\tstruct page *page;\n\tint nr;\n};\n"
    + START
    + "void demo_copy(struct demo *demo, struct twin *twin)\n{\n"
    "\tmemcpy(twin, demo, sizeof(*demo));\n}\n"
    + end("put_page(twin->page); /* release */", "struct twin *twin"),
    "memcpy of the struct into bytes": STRUCT
    + START
    + "void demo_save(struct demo *demo, char *room)\n{\n\tmemcpy(room, demo, sizeof(*demo));\n}\n"
    + end("put_page(((struct twin *)room)->page); /* release */", "char *room"),
    "assignment of the struct": STRUCT
    + START
    + end("struct demo copy = *demo;\n\n\tput_page(copy.page); /* release */"),
    "swap": STRUCT
    + stored("struct page *old = NULL;\n\n\tswap(page, old);\n\tput_page(old); /* release */"),
    "xchg": STRUCT + stored("xchg(&demo->page, page);") + end(PUT),
    "WRITE_ONCE": STRUCT + stored("WRITE_ONCE(demo->page, page);") + end(PUT),
    "an integer with a bit in it": "struct demo {\n\tunsigned long tagged;\n};\n"
    + stored("demo->tagged = (unsigned long)page | 1;")
    + end("put_page((struct page *)(demo->tagged & ~1UL)); /* release */"),
    "a cookie in another byte order": "struct demo {\n\tu64 cookie;\n\tint nr;\n};\n"
    + stored("demo->cookie = cpu_to_be64((u64)page);")
    + end("put_page((struct page *)be64_to_cpu(demo->cookie)); /* release */"),
    "a pointer to something else": "struct demo {\n\tu8 *cookie;\n\tint nr;\n};\n"
    + stored("demo->cookie = (u8 *)page;")
    + end("put_page((struct page *)demo->cookie); /* release */"),
    "an address for the device behind the pages": "struct demo {\n\tstruct page **pages;\n"
    "\tdma_addr_t *bus;\n\tint nr;\n};\n"
    + kept(
        "demo->bus = (dma_addr_t *)(pages + 4);\n\tdemo->nr = cpu_to_be64(demo->bus[0]);",
        "struct page **pages = demo->pages;",
    )
    + end(PUT_ALL),
    "an address for a device that is a cookie": "struct demo {\n\tdma_addr_t cookie;\n};\n"
    + stored("demo->cookie = (dma_addr_t)page;")
    + end("put_page((struct page *)demo->cookie); /* release */"),
    "an array that is walked with an error code": kept(
        "int n = -ENOMEM;\n\n\tn = got;\n\tpages += n;\n\tput_page(*pages); /* release */",
        "struct page *own[4];\n\tstruct page **pages = own;",
    ),
    # A table that is appended to
    "an appended table": "struct demo {\n\tstruct sg_append_table append;\n};\n"
    + kept("sg_alloc_append_table_from_pages(&demo->append, pages, 4, 0, 0, 0, 0, 0);")
    + end(
        "struct scatterlist *sg;\n\tint i;\n\n\tfor_each_sgtable_sg(&demo->append.sgt, sg, i)\n"
        "\t\tput_page(sg_page(sg)); /* release */"
    ),
    "an appended table's last entry": "struct demo {\n\tstruct sg_append_table append;\n};\n"
    + kept("sg_alloc_append_table_from_pages(&demo->append, pages, 4, 0, 0, 0, 0, 0);")
    + end("put_page(sg_page(demo->append.prv)); /* release */"),
    # References that somebody else drops
    "a page that a socket buffer shares": STRUCT
    + START
    + end(PUT)
    + "void demo_send(struct demo *demo, struct sk_buff *skb)\n{\n"
    "\tstruct page *page = demo->page;\n\n\tget_page(page);\n"
    "\tskb_fill_page_desc(skb, 0, page, 0, 1);\n}\n",
    "a page that a socket buffer gets": STRUCT
    + START
    + end(PUT)
    + "void demo_send(struct demo *demo, struct sk_buff *skb)\n{\n"
    "\tskb_fill_page_desc(skb, 0, demo->page, 0, 1); /* release */\n}\n",
    "a page that two socket buffers get": STRUCT
    + START
    + end(PUT)
    + "void demo_send(struct demo *demo, struct sk_buff *skb)\n{\n"
    "\tstruct page *page = demo->page;\n\n\tget_page(page);\n"
    "\tskb_fill_page_desc(skb, 0, page, 0, 1);\n"
    "\tskb_fill_page_desc(skb, 1, page, 0, 1); /* release */\n}\n",
    # Macros that measure
    "a member whose place a macro measures": "#define DEMO_ROOM \\\n"
    "\t(PAGE_SIZE\t/\\\n\t((void *)&((struct demo *) 0)->page))\n" + STRUCT + START + end(PUT),
    "a member that a macro measures and hands out": STRUCT
    + "#define DEMO_PAGE(d) (((struct demo *)0)->page ? 0 : (d)->page)\n"
    + START
    + end("put_page(DEMO_PAGE(demo)); /* release */"),
    "a member of an address that a macro has": STRUCT
    + "#define DEMO_PAGE ((struct demo *)0xc000)->page\n"
    + START
    + end("put_page(DEMO_PAGE); /* release */"),
    # Trace events
    "a trace event with a member of that name": STRUCT
    + START
    + end(PUT)
    + "TRACE_EVENT(demo_x,\n\tTP_PROTO(int x),\n\tTP_fast_assign(\n\t\t__entry->page = x;\n"
    "\t\t__entry->nr = x;\n\t)\n);\n",
    "a table at file scope that releases": STRUCT
    + START
    + "DEMO_EVENT(demo_x,\n\tDEMO_DO(\n\t\tx->nr = 1;\n"
    "\t\tput_page(x->page); /* release */\n\t)\n);\n",
    # Ways to acquire into
    "a void pointer": PRIVATE
    + kept("demo->nr = got;", "struct page **pages = demo->private;")
    + end("struct page **pages = demo->private;\n\n\trelease_pages(pages, 4); /* release */"),
    "storage behind the struct": PRIVATE
    + kept("demo->nr = got;", "struct page **pages = (struct page **)(demo + 1);")
    + end("release_pages((struct page **)(demo + 1), 4); /* release */"),
    "the address of a member": STRUCT
    + stored("demo->nr = 1;")
    .replace("struct page *page;", "struct page **slot = &demo->page;")
    .replace("&page)", "slot)")
    .replace("(page)", "(*slot)")
    + end(PUT),
    "the address of a local": STRUCT
    + stored("put_page(page); /* release */")
    .replace("struct page *page;", "struct page *page, **slot = &page;")
    .replace("FOLL_WRITE, &page)", "FOLL_WRITE, slot)")
    .replace("\t\tput_page(page);", "\t\tput_page(*slot);"),
    "an array in an array": "struct demo {\n\tstruct page **pages[2];\n\tint nr;\n};\n"
    + kept("demo->nr = got;", "struct page **pages = demo->pages[0];")
    + end("struct page **one = demo->pages[1];\n\n\trelease_pages(one, 4); /* release */"),
    # Macros
    "a macro that is given the struct": STRUCT
    + "#define DEMO_PUT(d) put_page((d)->page) /* release */\n"
    + START
    + end("DEMO_PUT(demo);"),
    "a macro that is given the page": STRUCT
    + "#define DEMO_PUT(page) put_page(page) /* release */\n"
    + START
    + end("DEMO_PUT(demo->page);"),
    "a macro that is another name": STRUCT
    + "#define demo_put put_page\n"
    + START
    + end("demo_put(demo->page); /* release */"),
    "a loop by a macro": "struct demo {\n\tstruct page *page;\n\tstruct demo *next;\n};\n"
    "#define demo_each(d, p) for (; (d) && ((p) = (d)->page); (d) = (d)->next)\n"
    + START
    + end("struct page *p;\n\n\tdemo_each(demo, p)\n\t\tput_page(p); /* release */"),
    # Functions that are hard to parse
    "a function with an annotation": STRUCT
    + START
    + "static void demo_end(struct demo *demo)\n\t__releases(&demo->lock)\n{\n\t"
    + PUT
    + "\n}\n",
    "a function with attributes": STRUCT
    + START
    + "static noinline_for_stack __cold void demo_end(struct demo *demo)\n{\n\t"
    + PUT
    + "\n}\n",
    "braces that differ by #ifdef": STRUCT
    + START
    + "void demo_end(struct demo *demo, int a)\n{\n#ifdef CONFIG_X\n\tif (a) {\n#else\n"
    "\tif (!a) {\n#endif\n\t\t" + PUT + "\n\t}\n}\n",
    "a function that a macro makes": STRUCT
    + START
    + "DEFINE_DEMO_OP(demo_end)\n{\n\tstruct demo *demo = demo_current();\n\n\t"
    + PUT
    + "\n}\n",
    "a function with parameters that a macro makes": STRUCT
    + START
    + "DEFINE_DEMO_OP(demo_end, struct demo *, demo)\n{\n\t"
    + PUT
    + "\n}\n",
    "a parenthesis around the name": STRUCT + START + end("(put_page)(demo->page); /* release */"),
    "a choice of names": STRUCT
    + START
    + end("(demo->nr ? put_page : put_user_page)(demo->page); /* release */"),
    # Folios
    "a folio": STRUCT + START + end("folio_put(page_folio(demo->page)); /* release */"),
    "a folio by a cast": STRUCT
    + START
    + end("folio_put((struct folio *)demo->page); /* release */"),
    "the page of a folio": STRUCT
    + START
    + end("put_page(&page_folio(demo->page)->page); /* release */"),
    # Places
    "another folder that includes the header": {
        "drivers/demo/demo.h": STRUCT,
        "drivers/demo/one.c": INCLUDE + START,
        "drivers/other/two.c": '#include "../demo/demo.h"\n' + end(PUT),
    },
    "a caller in another folder": {
        "drivers/demo/one.c": SHARED.replace("static void demo_put", "static void demo_drop")
        .replace("demo_put(page);", "demo_drop(page);")
        .replace("int demo_start", "struct page *demo_get")
        .replace("return -EFAULT", "return NULL")
        .replace(
            "demo_drop(page);\n\treturn 0", "if (!start)\n\t\tdemo_drop(page);\n\treturn page"
        ),
        "drivers/other/two.c": "extern struct page *demo_get(unsigned long start);\n"
        + end("put_page(demo_get(0)); /* release */", "void"),
    },
    "a static inline of a header": {
        "drivers/demo/demo.h": STRUCT
        + "static inline void demo_drop(struct demo *demo)\n{\n\t"
        + PUT
        + "\n}\n",
        "drivers/demo/one.c": INCLUDE + START,
        "drivers/demo/two.c": INCLUDE + end("demo_drop(demo);"),
    },
    # Conditions of the preprocessor
    "#else, for one acquire of two": STRUCT
    + "#ifdef CONFIG_X\n"
    + START.replace("demo_start", "demo_first")
    + "#endif\n"
    + START
    + "#ifdef CONFIG_X\n"
    + end(PUT)
    + "#else\n"
    + end(PUT)
    + "#endif\n",
    "#ifndef, where IS_ENABLED says module": STRUCT
    + "#if IS_ENABLED(CONFIG_X)\n"
    + START
    + "#endif\n#ifdef CONFIG_X\n"
    + end(PUT)
    + "#else\n"
    + end(PUT)
    + "#endif\n",
    "the cleanup attribute": STRUCT
    + stored("return 0;").replace(
        "struct page *page;", "struct page *page __free(put_page) = NULL; /* release */"
    ),
    # Found again
    "a pfn that went out of sight": stored("register_pfn(page_to_pfn(page));")
    + end("put_page(pfn_to_page(pfn)); /* release */", "unsigned long pfn"),
    "an address that went out of sight": stored("register_buffer(page_address(page));")
    + end("put_page(virt_to_page(buffer)); /* release */", "void *buffer"),
    "a pfn in the object": "struct demo {\n\tunsigned long pfn;\n};\n"
    + stored("demo->pfn = page_to_pfn(page);")
    + end("put_page(pfn_to_page(demo->pfn)); /* release */"),
    # Containers of the caller
    "a scatterlist of the caller": stored("sg_set_page(sgl, page, PAGE_SIZE, 0);").replace(
        "struct demo *demo", "struct scatterlist *sgl"
    )
    + "void demo_user(void)\n{\n\tstruct scatterlist sgl[1];\n\n\tdemo_start(sgl, 1);\n"
    "\tput_page(sg_page(sgl)); /* release */\n}\n",
    "a bio of the caller": stored("bio_add_page(bio, page, PAGE_SIZE, 0);").replace(
        "struct demo *demo", "struct bio *bio"
    )
    + end(
        "struct bio_vec *vec;\n\n\tbio_for_each_segment_all(vec, bio, iter)\n"
        "\t\tput_page(vec->bv_page); /* release */",
        "struct bio *bio",
    ),
    # Containers in the object, reached by a pointer into them
    "an entry of the object's scatterlist": SGL
    + sgl_kept("struct scatterlist *sg = &demo->sgl[demo->nr];")
    + end(PUT_SGL),
    "a walk along the object's scatterlist": SGL
    + sgl_kept("struct scatterlist *sg;\n\tint i;\n\n\tfor_each_sg(demo->sgl, sg, 1, i)")
    + end(PUT_SGL),
    "the next entry of the object's scatterlist": SGL
    + sgl_kept("struct scatterlist *sg = sg_next(demo->sgl);")
    + end(PUT_SGL),
    "an entry that a function returns": SGL
    + "static struct scatterlist *demo_sg(struct demo *demo)\n{\n\treturn demo->sgl;\n}\n"
    + sgl_kept("struct scatterlist *sg = demo_sg(demo);")
    + end(PUT_SGL),
    "an entry of the object's bvec": SGL.replace("scatterlist sgl", "bio_vec vec")
    + stored("struct bio_vec *bv = &demo->vec[demo->nr];\n\n\tbv->bv_page = page;")
    + end("put_page(demo->vec[0].bv_page); /* release */"),
    # Structs of headers for all
    "a struct of a public header": {
        "include/linux/demo.h": STRUCT,
        "drivers/demo/one.c": PUBLIC + START,
        "drivers/other/two.c": PUBLIC + end(PUT),
    },
    "a struct of a public header that another header includes": {
        "include/linux/demo.h": STRUCT,
        "include/linux/more.h": PUBLIC,
        "drivers/demo/one.c": PUBLIC + START + end(PUT, "struct demo *demo, int n"),
        "sound/own.h": "#include <linux/more.h>\n",
        "sound/two.c": '#include "own.h"\n' + end(PUT),
    },
    "a struct of a public header that somebody uses by a macro": {
        "include/linux/demo.h": STRUCT + "#define DEMO_PAGE(d) ((d)->page)\n",
        "drivers/demo/one.c": PUBLIC + START,
        "drivers/other/two.c": PUBLIC + end("put_page(DEMO_PAGE(demo)); /* release */"),
    },
    "a struct of a public header that everybody uses": {
        "include/linux/demo.h": STRUCT,
        "drivers/demo/one.c": PUBLIC + START,
        "drivers/other/two.c": PUBLIC + end(PUT),
    }
    | {f"sound/n{n}.c": PUBLIC + "int x = sizeof(page);\n" for n in range(50)},
    # Functions in tables
    "a getter in a table that is called": OPS
    + end("put_page(demo->ops->get(demo, 0)); /* release */"),
    "a getter beside one that is set out of sight": OPS
    + end("put_page(demo->ops->get(demo, 0)); /* release */")
    + "void demo_set(struct demo_ops *ops)\n{\n\tops->get = demo_find_getter();\n}\n",
    "a getter beside one that is passed in": OPS
    + end("put_page(demo->ops->get(demo, 0)); /* release */")
    + "void demo_set(struct demo_ops *ops, void *get)\n{\n\tops->get = get;\n}\n",
    "a getter in a table that is given away": OPS + "void demo_end(struct demo *demo)\n{\n"
    "\tput_page(demo_call(demo->ops->get)); /* release */\n}\n",
    "a getter in a table and in a variable": OPS
    + end("put_page(demo->ops->get(demo, 0)); /* release */")
    + "struct page *(*demo_other)(struct demo *, unsigned long) = demo_get;\n"
    "void demo_more(struct demo *d)\n{\n\tput_page(demo_other(d, 1)); /* release */\n}\n",
    # More ways to name the object
    "a member of list_first_entry": LISTED
    + START
    + end(
        "put_page(list_first_entry(head, struct demo, list)->page); /* release */",
        "struct list_head *head",
    ),
    "container_of with typeof": LISTED
    + START
    + end(
        "struct demo *d;\n\n\tput_page(container_of(head, typeof(*d), list)->page); /* release */",
        "struct list_head *head",
    ),
    "a walk along a list": LISTED
    + START
    + end("for (; demo; demo = demo->next)\n\t\tput_page(demo->page); /* release */"),
    "an array of objects": STRUCT
    + START
    + end("put_page(demos[1]->page); /* release */", "struct demo *demos[]"),
    "a macro for a member": "struct demo {\n\tstruct {\n\t\tstruct page *page;\n\t} u;\n};\n"
    "#define d_page u.page\n"
    + stored("demo->u.page = page;")
    + end("put_page(demo->d_page); /* release */"),
    "a typedef of a pointer": STRUCT
    + "typedef struct demo *demo_p;\n"
    + START
    + end("put_page((*demo)->page); /* release */", "demo_p *demo"),
    "a typedef of a pointer to a page": "typedef struct page *page_t;\n"
    "struct demo {\n\tpage_t page;\n\tint nr;\n};\n" + START + end(PUT),
    "an object from a struct that is not here": STRUCT
    + START
    + end("put_page(outer->demo->page); /* release */", "struct not_here *outer"),
    "a variable with an attribute": STRUCT
    + START
    + end("struct demo *d __maybe_unused = demo;\n\n\tput_page(d->page); /* release */"),
    "a page with an attribute": STRUCT
    + START
    + end("struct page *p __maybe_unused = demo->page;\n\n\tput_page(p); /* release */"),
    "a page with an attribute that nobody knows": STRUCT
    + START
    + end("struct page *p __demo_attribute = demo->page;\n\n\tput_page(p); /* release */"),
    "a header by an include path": {
        "drivers/part/demo/demo.h": STRUCT,
        "drivers/part/demo/one.c": INCLUDE + START,
        "drivers/part/other/two.c": "#include <demo.h>\n" + end(PUT),
    },
    "a header by an include path from afar": {
        "drivers/demo/demo.h": STRUCT,
        "drivers/demo/one.c": INCLUDE + START,
        "drivers/other/Makefile": "ccflags-y += -I $(srctree)/drivers/demo\n",
        "drivers/other/two.c": "#include <demo.h>\n" + end(PUT),
    },
    "a getter in another file": {
        "drivers/demo/demo.h": STRUCT + "struct page *demo_page(struct demo *d);\n",
        "drivers/demo/one.c": INCLUDE
        + START
        + "struct page *demo_page(struct demo *d)\n{\n\treturn d->page;\n}\n",
        "drivers/demo/two.c": INCLUDE + end("put_page(demo_page(demo)); /* release */"),
    },
    "a table of operations": STRUCT
    + START
    + "static void demo_drop(struct demo *d)\n{\n\tput_page(d->page); /* release */\n}\n"
    "struct ops ops = {\n\t.drop = demo_drop,\n};\n",
    "a callback after a grace period": LISTED
    + START
    + "static void demo_rcu(struct list_head *list)\n{\n"
    "\tstruct demo *demo = container_of(list, struct demo, list);\n\n\t"
    + PUT
    + "\n}\n"
    + end("call_rcu(&demo->list, demo_rcu);"),
    "where a call's result points": STRUCT
    + "static struct page **slot_of(struct demo *demo)\n{\n\treturn &demo->page;\n}\n"
    + stored("*slot_of(demo) = page;")
    + end(PUT),
    "the body of a loop by a macro": STRUCT
    + START
    + end("int i;\n\n\tfor_each_thing(i, 4) {\n\t\t" + PUT + "\n\t}"),
    # Long ways
    "through four functions": STRUCT
    + START
    + "static void one(struct page *page)\n{\n\tput_page(page); /* release */\n}\n"
    + "static void two(struct page *page)\n{\n\tone(page);\n}\n"
    + "static void three(struct page **page)\n{\n\ttwo(*page);\n\t*page = NULL;\n}\n"
    + end("three(&demo->page);"),
    "a callback": STRUCT
    + START
    + "static void demo_one(struct page *page)\n{\n\tput_page(page); /* release */\n}\n"
    + end("demo_each(demo->page, demo_one);"),
    "a static local": STRUCT
    + stored("static struct page *last;\n\n\tput_page(last); /* release */\n\tlast = page;"),
}

WRONG: dict[str, str] = {}
"""Cases that go wrong, and why; a test fails as soon as one of them is right."""


def groups_of(text: str | dict[str, str]) -> tuple[tuple[PinGroup, ...], set[tuple[str, int]]]:
    """The groups of a case, and the marked lines."""
    files = {HERE: text} if isinstance(text, str) else text
    marked = {
        (path, number)
        for path, contents in files.items()
        for number, line in enumerate(contents.splitlines(), 1)
        if "/* release */" in line
    }
    return pairing_of(files).groups, marked


def each_case(cases: dict[str, Any], wrong: dict[str, str]) -> list[Any]:
    return [
        pytest.param(
            text, id=name, marks=[pytest.mark.xfail(reason=wrong[name])] if name in wrong else []
        )
        for name, text in cases.items()
    ]


@pytest.mark.parametrize("text", each_case(CASES, WRONG))
def test_pinned_with_every_release_or_not_at_all(text: str | dict[str, str]) -> None:
    groups, marked = groups_of(text)
    assert groups
    for group in groups:
        found = {(r.place.path, r.place.line) for r in group.releases}
        assert found <= marked, "a release that is none"
        for read_only in (True, False):
            if verdict(group, read_only).action is Action.PIN:
                assert found == marked


def test_plain_cases_are_pinned() -> None:
    """The others prove nothing if nothing is ever pinned."""
    plain = (
        "a member",
        "a page with an attribute",
        "an address for the device behind the pages",
        "a getter in a table that is called",
        "a struct of a public header",
        "a struct of a public header that another header includes",
        "an array that is walked with an error code",
        "an appended table",
        "an appended table's last entry",
        "a trace event with a member of that name",
        "a member whose place a macro measures",
        "a page that a socket buffer shares",
        "a folio",
        "an initialiser with names",
        "a static inline of a header",
    )
    for name in (*plain, "through four functions", "assignment of the struct"):
        groups, _ = groups_of(CASES[name])
        assert [verdict(group, True).action for group in groups] == [Action.PIN], name


OTHERS = {
    "allocated": "void demo_other(void)\n{\n\tdemo_put(alloc_page(GFP_KERNEL));\n}\n",
    "of a caller outside": "void demo_other(struct page *theirs)\n{\n\tdemo_put(theirs);\n}\n",
    "of a variable that a macro declares": STRUCT
    + "#define DEMO_LOCAL(name) struct demo *name = demo_new()\n"
    "void demo_other(void)\n{\n\tDEMO_LOCAL(mystery);\n\n"
    "\tmystery->page = alloc_page(GFP_KERNEL);\n\tdemo_put(mystery->page);\n}\n",
    "of a struct from elsewhere": "struct foreign;\n"
    "void demo_other(struct foreign *theirs)\n{\n\tdemo_put(theirs->page);\n}\n",
    "of a void pointer": "struct x {\n\tvoid *data;\n};\n"
    "void demo_fill(struct x *x)\n{\n\tx->data = demo_new();\n}\n"
    "void demo_other(struct x *x)\n{\n\tdemo_put(x->data);\n}\n",
    "of the page cache": "void demo_other(struct address_space *mapping)\n{\n"
    "\tstruct page *page = find_get_page(mapping, 0);\n\n\tdemo_put(page);\n}\n",
    "by a function pointer": "void demo_other(void)\n{\n\tdemo_each_page(demo_put);\n}\n",
    "in a table of operations": "struct ops {\n\tvoid (*put)(struct page *page);\n};\n"
    "const struct ops demo_ops = {\n\t.put = demo_put,\n};\n",
    "of an address": "void demo_other(void *address)\n{\n\tdemo_put(virt_to_page(address));\n}\n",
    "of a pfn": "void demo_other(unsigned long pfn)\n{\n\tdemo_put(pfn_to_page(pfn));\n}\n",
    "of a pfn that an unknown function sets": "void demo_other(unsigned long start)\n{\n"
    "\tunsigned long pfn;\n\tstruct page *page;\n\n"
    "\tif (get_user_pages_fast(start, 1, FOLL_WRITE, &page) != 1)\n\t\treturn;\n"
    "\tpfn = page_to_pfn(page);\n\tdemo_exchange(&pfn);\n\tdemo_put(pfn_to_page(pfn));\n}\n",
    "filled by another": "int demo_find(struct page **page);\n"
    "void demo_other(void)\n{\n\tstruct page *page;\n\n\tdemo_find(&page);\n\tdemo_put(page);\n}\n",
    "of a list": "void demo_other(struct list_head *head)\n{\n\tstruct page *page, *next;\n\n"
    "\tlist_for_each_entry_safe(page, next, head, lru)\n\t\tdemo_put(page);\n}\n",
    "of a loop by a macro": "void demo_other(struct x *x)\n{\n\tstruct page *page;\n\n"
    "\tfor_each_x_page(x, page)\n\t\tdemo_put(page);\n}\n",
    "of a global that is set elsewhere": "extern struct page *someones;\n"
    "void demo_other(void)\n{\n\tdemo_put(someones);\n}\n",
    "of what is not declared": "void demo_other(void)\n{\n\tdemo_put(someones);\n}\n",
    "of a struct that an unknown function fills": "struct y {\n\tstruct page *page;\n};\n"
    "int fill_y(struct y *y);\nvoid demo_other(void)\n{\n\tstruct y y;\n\n"
    "\tfill_y(&y);\n\tdemo_put(y.page);\n}\n",
    "by a macro": "#define DROP(p) demo_put(p)\n"
    "void demo_other(void)\n{\n\tDROP(alloc_page(GFP_KERNEL));\n}\n",
    "of an own function that fills": "static void mine(struct page **p)\n{\n"
    "\t*p = alloc_page(GFP_KERNEL);\n}\n"
    "void demo_other(void)\n{\n\tstruct page *q;\n\n\tmine(&q);\n\tdemo_put(q);\n}\n",
    "pinned": "void demo_other(unsigned long start)\n{\n\tstruct page *page;\n\n"
    "\tif (pin_user_pages_fast(start, 1, 0, &page) == 1)\n\t\tdemo_put(page);\n}\n",
}
WRONG_OTHERS: dict[str, str] = {}
"""The same for pages from elsewhere."""


@pytest.mark.parametrize("text", each_case(OTHERS, WRONG_OTHERS))
def test_a_release_of_pages_from_elsewhere_is_never_converted(text: str) -> None:
    groups, _ = groups_of(SHARED + text)
    assert groups
    for group in groups:
        assert verdict(group, True).action is Action.MANUAL


def test_a_release_of_its_own_is_converted() -> None:
    (group,) = groups_of(SHARED)[0]
    assert verdict(group, True).action is Action.PIN
