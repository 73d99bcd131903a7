# SPDX-License-Identifier: GPL-2.0-only
"""The picture of a group's value flow: which functions it has, and what is between them."""

from __future__ import annotations

from pathlib import Path

from migrate.analysis.edges import Edge, EdgeKind
from migrate.analysis.model import (
    Acquire,
    Action,
    Confidence,
    Evidence,
    PinGroup,
    Place,
    Release,
    Use,
    UseKind,
    Verdict,
)
from migrate.delivery.report.flow import MOST_BOXES, Flows
from migrate.delivery.report.model import Act, Arrow, Flow
from migrate.kernel.tree import Tree

TEXT = """static int take(struct ctx *c)
{
	c->pages = get_user_pages_fast(c);
	count(c->pages);
	touch(c);
}
static void count(struct page **pages)
{
	nr += pages != NULL;
}
static void touch(struct ctx *c)
{
	memcpy(page_address(c->pages[0]), c->text, 8);
}
static void drop(struct ctx *c)
{
	put_page(c->pages[0]);
}
static void other(struct ctx *c)
{
	put_page(c->spare);
}
"""
PATH = "drivers/x/x.c"


def at(line: int) -> Place:
    return Place(PATH, line, 1)


def made(*edges: Edge, use_in: str = "touch", use_at: int = 13) -> Flow:
    acquire = Acquire(at(3), "take", "get_user_pages_fast", (), (), "")
    use = Use(at(use_at), use_in, UseKind.WRITE_DATA, "memcpy()")
    release = Release(at(17), "drop", "put_page", False, "", "")
    group = PinGroup("g", (acquire,), (release,), (use,), edges, ())
    verdict = Verdict(
        "g", Action.PIN, "5", "r", "w", Confidence.HIGH, (Evidence(use.place, use.kind, ""),), ()
    )
    return Flows(Tree(Path("/"), "c", {PATH: TEXT.encode()})).of(group, verdict)


STORED = Edge(EdgeKind.COPIED, at(3), "", "struct ctx.pages", "the result")


def test_storage_leads_from_who_stores_to_who_names_the_member() -> None:
    flow = made(STORED)
    assert [box.function for box in flow.boxes] == ["take", "drop", "touch"]
    assert {(a.source, a.target, a.through) for a in flow.arrows} == {
        (0, 1, ("struct ctx.pages",)),
        (0, 2, ("struct ctx.pages",)),
    }
    assert [box.acts for box in flow.boxes] == [
        (Act("acquire", PATH, 3, "get_user_pages_fast()"),),
        (Act("release", PATH, 17, "put_page()"),),
        (Act("evidence", PATH, 13, "the kernel writes the page's data"),),
    ]


def test_a_member_of_another_name_leads_nowhere() -> None:
    spare = Edge(EdgeKind.COPIED, at(3), "", "struct ctx.page", "the result")
    flow = made(spare)
    assert flow.arrows == ()
    assert {box.function for box in flow.boxes} == {"take", "drop", "touch"}


def test_calls_lead_to_the_callee_and_what_comes_back_to_the_caller() -> None:
    flow = made(
        Edge(EdgeKind.PASSED, at(5), "", function="touch"),
        Edge(EdgeKind.RETURNED, at(17), "", function="take"),
        Edge(EdgeKind.FILLED, at(17), "", function="take"),
    )
    names = [box.function for box in flow.boxes]
    assert {(names[a.source], names[a.target], a.through) for a in flow.arrows} == {
        ("take", "touch", ("as an argument",)),
        ("take", "drop", ("as its result", "through an argument")),
    }


def test_a_function_that_leads_to_no_end_is_not_drawn() -> None:
    flow = made(STORED, Edge(EdgeKind.PASSED, at(4), "", function="count"))
    assert "count" not in {box.function for box in flow.boxes}
    nobody = Edge(EdgeKind.PASSED, at(9), "", function="touch")
    flow = made(Edge(EdgeKind.PASSED, at(4), "", function="count"), nobody)
    assert [a for a in flow.arrows if a.through == ("as an argument",)] == [
        Arrow(0, 1, ("as an argument",), PATH, 4),
        Arrow(1, 2, ("as an argument",), PATH, 9),
    ]
    assert [box.function for box in flow.boxes][:3] == ["take", "count", "touch"]


def test_a_circle_ends() -> None:
    flow = made(
        Edge(EdgeKind.PASSED, at(5), "", function="touch"),
        Edge(EdgeKind.PASSED, at(13), "", function="take"),
    )
    assert [box.function for box in flow.boxes] == ["take", "touch", "drop"]


def test_there_is_an_end_to_the_boxes() -> None:
    uses = tuple(Use(at(13), f"f{n:02}", UseKind.MAP, "") for n in range(MOST_BOXES))
    acquire = Acquire(at(3), "take", "get_user_pages_fast", (), (), "")
    verdict = Verdict(
        "g", Action.PIN, "5", "r", "w", Confidence.HIGH, (Evidence(at(13), "", ""),), ()
    )
    group = PinGroup("g", (acquire,), (), uses, (), ())
    flow = Flows(Tree(Path("/"), "c", {PATH: TEXT.encode()})).of(group, verdict)
    assert (len(flow.boxes), flow.left_out) == (MOST_BOXES, 1)
    assert flow.boxes[0].function == "take"
