# SPDX-License-Identifier: GPL-2.0-only
"""Pages that a request borrows: pinned where only their owner can release them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migrate.analysis.model import Action, PinGroup
from migrate.analysis.verdicts.classify import verdict
from tests.analysis.groups import brief
from tests.analysis.memory import pairing_of

HEADER = """
struct rq_map_data {
	struct page **pages;
	int nr_entries;
};
int blk_rq_map_user(struct request_queue *q, struct request *rq, struct rq_map_data *data,
	void *ubuf, unsigned long len, gfp_t gfp);
"""
DRIVER = """
#include <linux/blk-mq.h>

struct tape {
	struct rq_map_data map;
	struct page *pages[4];
	struct request *rq;
};

int tape_start(struct tape *tape, struct request_queue *q, unsigned long start)
{
	struct rq_map_data *map = &tape->map;

	if (get_user_pages_fast(start, 4, FOLL_WRITE, tape->pages) != 4)
		return -EFAULT;
	map->pages = tape->pages;
	return blk_rq_map_user(q, tape->rq, map, NULL, 4 * PAGE_SIZE, GFP_KERNEL);
}

void tape_stop(struct tape *tape)
{
	release_pages(tape->pages, 4);
}
"""
DROP = "static void tape_drop(struct page **pages)\n{\n\trelease_pages(pages, 4);\n}\n"


def group_of(more: str, other: str = "") -> PinGroup:
    """The group of the driver with `more` behind it, and `other` for another file of it."""
    files = {
        "include/linux/blk-mq.h": HEADER,
        "drivers/tape/tape.c": DRIVER + more,
        "drivers/tape/other.c": other,
        "drivers/reel/reel.c": "int reel_turn(struct rq_map_data *map)\n{\n\treturn 0;\n}\n",
    }
    (group,) = pairing_of(files).groups
    return group


def test_pages_that_a_request_borrows_are_pinned() -> None:
    group = group_of("")
    assert group.gaps == ()
    found = verdict(group, pins_read_only=False)
    assert (found.action, found.rule) == (Action.PIN, "device_access")


def test_a_second_file_of_the_driver_is_no_reason() -> None:
    assert group_of("", DRIVER.partition("int tape_start")[0]).gaps == ()


def test_the_array_may_be_freed_by_that_name() -> None:
    assert group_of("void tape_free(struct tape *t)\n{\n\tkfree(t->map.pages);\n}\n").gaps == ()


def test_a_struct_may_be_given_to_functions_of_the_driver() -> None:
    more = "static int tape_more(struct rq_map_data *map)\n{\n\treturn map->nr_entries;\n}\n"
    more += "int tape_twice(struct tape *tape)\n{\n\treturn tape_more(&tape->map);\n}\n"
    assert group_of(more).gaps == ()


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (
            "void tape_fail(struct tape *tape)\n{\n\tput_page(tape->map.pages[0]);\n}\n",
            "lent-read-back struct rq_map_data.pages tape_fail",
        ),
        (
            DROP + "void tape_fail(struct tape *tape)\n{\n\ttape_drop(tape->map.pages);\n}\n",
            "lent-read-back struct rq_map_data.pages tape_fail",
        ),
        (
            "struct page **tape_all(struct tape *tape)\n{\n\treturn tape->map.pages;\n}\n",
            "lent-read-back struct rq_map_data.pages tape_all",
        ),
        (
            "void tape_fail(struct tape *tape)\n{\n\tstruct rq_map_data map = tape->map;\n\n"
            "\trelease_pages(map.pages, 4);\n}\n",
            "lent-read-back struct rq_map_data.pages tape_fail",
        ),
        (
            "#define TAPE_DROP(t) release_pages((t)->map.pages, 4)\n",
            "macro-names-member pages",
        ),
        (
            "struct twin {\n\tstruct page **p;\n\tint n;\n};\n"
            "void tape_fail(struct tape *tape)\n{\n\tstruct twin twin;\n\n"
            "\tmemcpy(&twin, &tape->map, sizeof(twin));\n\trelease_pages(twin.p, 4);\n}\n",
            "struct-copied-out rq_map_data",
        ),
        (
            "int tape_give(struct tape *tape)\n{\n\treturn reel_turn(&tape->map);\n}\n",
            "borrower-passed-on rq_map_data reel_turn",
        ),
        (
            "int tape_give(struct tape *tape)\n{\n\treturn tape->rq->turn(&tape->map);\n}\n",
            "borrower-passed-on rq_map_data",
        ),
        (
            "struct rq_map_data *tape_map(struct tape *tape)\n{\n\treturn &tape->map;\n}\n",
            "borrower-returned rq_map_data tape_map",
        ),
        (
            "typedef struct rq_map_data reel_t;\n"
            "void tape_give(reel_t *reel)\n{\n\treel_turn(reel);\n}\n",
            "borrower-passed-on rq_map_data reel_turn",
        ),
        (
            "void tape_done(struct bio_vec *vec)\n{\n\tput_page(vec->bv_page);\n}\n",
            "request-page-dropped tape_done",
        ),
        (
            "void tape_done(struct scatterlist *sg)\n{\n\tstruct page *page = sg_page(sg);\n\n"
            "\tput_page(page);\n}\n",
            "request-page-dropped tape_done",
        ),
        (
            DROP.replace("tape_drop(struct page **pages)", "tape_one(struct page *page)").replace(
                "release_pages(pages, 4)", "put_page(page)"
            )
            + "void tape_done(struct bio_vec *vec)\n{\n\ttape_one(vec->bv_page);\n}\n",
            "request-page-let-out tape_done",
        ),
        (
            "void tape_done(struct tape *tape, struct scatterlist *sg)\n{\n"
            "\ttape->late = sg_page(sg);\n}\n",
            "request-page-let-out tape_done",
        ),
        (
            "struct page *tape_page(struct scatterlist *sg)\n{\n\treturn sg_page(sg);\n}\n",
            "request-page-let-out tape_page",
        ),
        (
            "void tape_done(struct bio *bio)\n{\n\tbio_release_pages(bio, true);\n}\n",
            "bio-pages-dropped tape_done",
        ),
    ],
)
def test_what_may_release_them_elsewhere_is_a_gap(more: str, why: str) -> None:
    for group in (group_of(more), group_of("", DRIVER.partition("int tape_start")[0] + more)):
        assert why in [brief(replace(gap, place=None)) for gap in group.gaps]
        assert verdict(group, pins_read_only=True).action is Action.MANUAL
