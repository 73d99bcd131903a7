# SPDX-License-Identifier: GPL-2.0-only
"""The value-flow graph: one edge, found from both of its ends, and read in both directions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from migrate.analysis.frontend.kernel_api import RESULT, Form
from migrate.analysis.ir.model import FunctionFacts
from migrate.analysis.program.callers import Site
from migrate.analysis.program.location import AbstractLocation, CallResult, Local
from migrate.analysis.program.program import Program
from migrate.analysis.program.trace import AGAIN
from migrate.analysis.valueflow.graph import FunctionGraph, ValueFlowGraph
from migrate.analysis.valueflow.value_edge import Kind, ValueEdge
from tests.analysis.heap.test_hidden_releases import CASES
from tests.analysis.memory import only_group, program_of

PATH = "drivers/demo/demo.c"

TEXT = """
struct demo {
	struct page **pages;
	struct scatterlist *sgl;
};
static struct page *filled(struct page **list, struct page *one)
{
	list[0] = one;
	return one;
}
int use(struct demo *d, struct page *page, struct page **all, int n)
{
	struct page **pages = d->pages, *one, *other;
	struct scatterlist *sg;
	unsigned long *data, word;
	int i;

	one = filled(pages, page);
	pages[n] = other;
	data = page_address(one);
	word = *data;
	for_each_sg(d->sgl, sg, n, i)
		sg_set_page(sg + i, one, PAGE_SIZE, 0);
	all = pages + n;
	return word;
}
"""


def graph_of(text: str) -> tuple[ValueFlowGraph, dict[str, FunctionFacts]]:
    program = program_of({PATH: text})
    source = program.source(PATH)
    assert source is not None
    return ValueFlowGraph(program, lambda _: None), {
        function.name: program.facts(function) for function in source.functions
    }


def locations(program: Program, facts: FunctionFacts) -> set[AbstractLocation]:
    """Everything that a function names."""
    values = [v for flow in facts.flows for v in (flow.target, *flow.sources)]
    values += [v for call in facts.calls for given in call.arguments for v in given]
    return {program.cells.of(value, facts)[0] for value in values}


def edges_of(graph: FunctionGraph, where: set[AbstractLocation]) -> Iterator[ValueEdge]:
    """All edges inside of one function, each from where it starts."""
    for location in where:
        yield from graph.out(location)
        for index, call in enumerate(graph.facts.calls):
            for position in range(len(call.arguments)):
                yield from graph.given(index, position, location)


def text_of(edge: ValueEdge) -> str:
    ends = (edge.origin.location, edge.target.location)
    return f"{edge.kind.name} {ends[0]} -> {ends[1]}"


def local(facts: FunctionFacts, name: str) -> Local:
    return Local(facts.function.id, name)


def out(facts: FunctionFacts, graph: ValueFlowGraph, name: str, kind: Kind) -> list[ValueEdge]:
    return [e for e in graph.of(facts).out(local(facts, name)) if e.kind is kind]


@pytest.mark.parametrize("text", [TEXT, *(t for t in CASES.values() if isinstance(t, str))])
def test_each_edge_is_found_from_both_ends(text: str) -> None:
    graph, known = graph_of(text)
    for facts in known.values():
        inside, where = graph.of(facts), locations(graph.program, facts)
        for edge in edges_of(inside, where):
            call = next((n for n, c in enumerate(facts.calls) if c is edge.cause), None)
            target = edge.target.location
            back = list(inside.into(target))
            if call is not None:
                for position in (RESULT, *range(len(facts.calls[call].arguments))):
                    back += inside.got(call, position, target)
            assert any(edge is other for other in back), text_of(edge)


def test_what_goes_along_an_edge_comes_back() -> None:
    graph, known = graph_of(TEXT)
    found = 0
    for facts in known.values():
        for edge in edges_of(graph.of(facts), locations(graph.program, facts)):
            for form in Form:
                after = edge.out_of(form)
                found += bool(after)
                plain = Form.PAGE if after == AGAIN else after
                # An index is followed forward, in case it is none, and not back.
                back = form in set(edge.into(plain)) or not edge.origin.points
                assert not after or back, (text_of(edge), form)
    assert found > 20


def test_edges_are_made_once() -> None:
    graph, known = graph_of(TEXT)
    use, filled = known["use"], known["filled"].function
    pages = local(use, "pages")
    assert graph.of(use).out(pages) is graph.of(use).out(pages)
    site = Site(use, 0)
    for ask in (graph.passes, graph.fills):
        assert ask(site, 0, filled) is ask(site, 0, filled)
    assert graph.returns(site, filled) is graph.returns(site, filled)


def test_they_go_with_the_functions_that_they_are_of() -> None:
    graph, known = graph_of(TEXT)
    before = graph.of(known["use"])
    graph.program.forget(lambda _: True)
    assert graph.of(known["use"]) is not before


def test_edges_of_one_call() -> None:
    graph, known = graph_of(TEXT)
    site, filled = Site(known["use"], 0), known["filled"].function
    assert [text_of(e) for e in graph.passes(site, 1, filled)] == ["PASS page -> one"]
    assert [text_of(e) for e in graph.fills(site, 0, filled)] == ["FILL list -> pages"]
    (returned,) = graph.returns(site, filled)
    assert returned.target.location == CallResult(site.facts.function.id, 0)
    assert graph.passes(site, 2, filled) == ()


def test_an_array_is_one_under_each_of_its_names() -> None:
    graph, known = graph_of(TEXT)
    found = out(known["use"], graph, "pages", Kind.ALIAS)
    behind = {str(e.target.location): e.out_of(Form.PAGE) for e in found}
    assert behind == {"struct demo.pages": Form.PAGE, "other": ""}


def test_a_page_that_is_put_into_an_array_is_no_name_of_the_array() -> None:
    text = """
    int f(struct page **pages, struct page **more, struct page *other, int n)
    {
        struct page *page;

        get_user_pages_fast(0, 1, 0, &page);
        pages[0] = page;
        pages[1] = alloc_page(GFP_KERNEL);
        MORE
        put_page(page);
        return 0;
    }
    """
    kept = only_group(text.replace("MORE", "pages[2] = more[0];"))
    assert [gap.function for gap in kept.gaps if gap.function == "alloc_page"] == []
    drawn = only_group(text.replace("MORE", "page = pages[n];"))
    assert "alloc_page" in [gap.function for gap in drawn.gaps]


def test_an_address_is_not_what_stands_there() -> None:
    graph, known = graph_of(TEXT)
    (read,) = out(known["use"], graph, "data", Kind.COPY)
    assert read.out_of(Form.ADDRESS) == ""
    assert read.out_of(Form.PHYSICAL) == Form.PHYSICAL
    assert list(read.into(Form.ADDRESS)) == [Form.ADDRESS]  # it may be an array of addresses


def test_an_index_holds_no_page() -> None:
    graph, known = graph_of(TEXT)
    use = known["use"]
    (edge,) = out(use, graph, "n", Kind.COPY)
    assert list(edge.into(Form.PAGE)) == []
    (put,) = [n for n, call in enumerate(use.calls) if call.name == "sg_set_page"]
    gets = {
        str(e.target.location): e.out_of(Form.PAGE)
        for e in graph.of(use).given(put, 1, local(use, "one"))
    }
    assert gets == {"sg": Form.SCATTER, "i": ""}
