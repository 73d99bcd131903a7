# SPDX-License-Identifier: GPL-2.0-only
"""Lowers functions of a draft, and finds loops of its text in the result."""

from __future__ import annotations

from dataclasses import dataclass

from tree_sitter import Node

from migrate.analysis.frontend.syntax import Function
from migrate.analysis.ir.expressions import Expression
from migrate.analysis.ir.instructions import Lowered
from migrate.analysis.ir.lowering import Spans, lower
from migrate.rewrite.text.draft import Draft


@dataclass(frozen=True)
class Loop:
    """A loop of the source from byte `start` to byte `end`; `head` is the number of the block with
    its condition, `sets_first` says that it first assigns to its loop variable."""

    start: int
    end: int
    head: int
    sets_first: bool

    def has(self, start: int) -> bool:
        """Whether the code at byte `start` is in the loop."""
        return self.start <= start < self.end


@dataclass(frozen=True)
class LoweredText:
    """A function of a draft, and what its expressions were lowered to."""

    lowered: Lowered
    spans: Spans

    def expression(self, node: Node) -> Expression | None:
        """The lowered form of `node`."""
        return self.spans.get((node.start_byte, node.end_byte))

    def loop(self, node: Node) -> Loop | None:
        """The loop `node`, whose condition is simple; None if it is not understood."""
        condition = node.child_by_field_name("condition")
        heads = {
            edge.source
            for edge in self.lowered.edges
            if edge.condition is not None
            and condition is not None
            and (edge.condition.asked, edge.condition.end) == (condition.end_byte, node.end_byte)
        }
        if len(heads) != 1:
            return None
        return Loop(node.start_byte, node.end_byte, heads.pop(), node.type == "for_statement")


def lower_text(draft: Draft, function: Function) -> LoweredText:
    """Lower `function` of `draft`."""
    spans: Spans = {}
    return LoweredText(lower(draft.source, function, spans), spans)
