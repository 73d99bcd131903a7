# SPDX-License-Identifier: GPL-2.0-only
"""One edge of the value-flow graph: a value at its origin flows to its target, in some form.

An edge is used in both directions. Forward, it gives the form of the target for the form of the
origin: one or none; backward, the possible forms of the origin. These may be several: a number read
from a scatterlist may belong to any page in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Protocol

from migrate.analysis.frontend.guards import Guards
from migrate.analysis.frontend.kernel_api import Form
from migrate.analysis.ir.model import AccessPath, Call, Flow, FunctionFacts, Value
from migrate.analysis.program.def_use import LOADED
from migrate.analysis.program.location import AbstractLocation, Local
from migrate.analysis.program.trace import AGAIN
from migrate.analysis.program.type_lookup import TypeLookup
from migrate.analysis.valueflow.transfer import form_via

_POINTERS = (Form.PAGE, Form.SCATTER, AGAIN)
"""The forms that are pointers to a struct page, or to a container of pages."""


class Kind(Enum):
    """How a value gets from one end of an edge to the other."""

    COPY = "it is assigned"
    TRANSFER = "a function of the kernel's API puts it there"
    WALK = "a loop walks along a container: its variable is another name for it"
    PASS = "it is an argument, and then a parameter"
    RETURN = "it is returned, and then the result of the call"
    FILL = "a function stores it through a parameter, and so through the argument"
    ALIAS = "it is stored through a pointer, and so into what the pointer was made from"


@dataclass(frozen=True, eq=False)
class Point:
    """One end of an edge: the location that `value` names in the function of `facts`, and the
    member of a container through which it names it, if any.

    `points` says that this operand of an expression is a pointer: in `pages + n` that is `pages`,
    not `n`.
    """

    named: tuple[AbstractLocation, str]
    value: Value
    facts: FunctionFacts
    types: TypeLookup
    points: bool = True

    @property
    def location(self) -> AbstractLocation:
        return self.named[0]

    @property
    def via(self) -> str:
        return self.named[1]

    @property
    def is_parameter(self) -> bool:
        """Whether it is a parameter of the function."""
        return isinstance(self.location, Local) and self.location.name in self.facts.parameters

    @cached_property
    def holds_no_page(self) -> bool:
        """Whether its type cannot hold a pointer to a page."""
        path = self.value
        return isinstance(path, AccessPath) and self.types.holds_no_page(path, self.facts)

    @cached_property
    def is_loaded(self) -> bool:
        """Whether it is read through a plain pointer: the memory at an address is data."""
        if self.via or not isinstance(self.value, AccessPath) or not self.value.loaded:
            return False
        found = self.types.at(self.value, self.facts)
        return found is not None and found.depth <= 1


class Forms(Protocol):
    """How an edge changes the form, apart from the members of containers at the ends."""

    def out_of(self, form: str, /) -> str:
        """The form at the target; "" if the value does not flow."""

    def into(self, form: str, /) -> Iterator[str]:
        """The possible forms at the origin."""


class Same:
    """The form does not change."""

    @staticmethod
    def out_of(form: str) -> str:
        return form

    @staticmethod
    def into(form: str) -> Iterator[str]:
        yield form


@dataclass(frozen=True, eq=False)
class Behind:
    """A store through the pointer that a flow sets: pages into an array of them, anything into a
    container."""

    flow: Flow
    value: Value
    facts: FunctionFacts
    types: TypeLookup

    @cached_property
    def _carried(self) -> frozenset[str]:
        kind = self.types.at(self.flow.target, self.facts)
        if kind is None or kind.depth < 1:
            return frozenset()
        array = self.types.is_array(self.flow.target, self.facts) and not self._is_element
        return frozenset({Form.SCATTER, Form.PAGE, AGAIN} if array else {Form.SCATTER})

    @cached_property
    def _is_other_name(self) -> bool:
        """`void *name = object->pages`: code that casts it back to an array may fill it. Backward
        only: forward, a page that is kept in such a pointer is not in an array."""
        if self.flow.through or not isinstance(self.value, AccessPath):
            return False
        if not self.types.is_untyped(self.flow.target, self.facts):
            return False
        return holds_array(self.value, self.facts, self.types, self.flow.addressed)

    @property
    def _is_element(self) -> bool:
        """`pages[i] = page`: one page is stored into an array; it is not an alias of the array."""
        if not self.flow.through:
            return False
        value, level = self.value, 0
        if not isinstance(value, AccessPath):  # what a call returns has the type of the element
            value, level = self.flow.target, 1
        kind = self.types.at(value, self.facts)
        if kind is None or kind.tag not in ("page", "folio"):
            return False
        return kind.depth - value.loaded - level <= 1

    def out_of(self, form: str) -> str:
        return form if form in self._carried else ""

    def into(self, form: str) -> Iterator[str]:
        if form in self._carried or (form == Form.PAGE and self._is_other_name):
            yield form


def holds_array(
    value: AccessPath, facts: FunctionFacts, types: TypeLookup, addressed: bool = False
) -> bool:
    """Whether `value` may point to pointers to pages: an array of them, the address of one, or a
    value whose type is unknown."""
    kind = types.at(value, facts)
    if kind is None or kind.tag not in ("page", "folio"):
        return types.is_untyped(value, facts)
    return kind.depth - value.loaded + addressed > 1


@dataclass(frozen=True, eq=False)
class ValueEdge:
    """The value at `origin` flows to `target`, because of the code at `cause`."""

    kind: Kind
    origin: Point
    target: Point
    forms: Forms
    cause: Flow | Call

    @cached_property
    def guards(self) -> Guards:
        """The preprocessor conditions of the edge: those of the statement, and of the called
        function."""
        if self.kind is Kind.PASS:
            return self.cause.guards | self.target.facts.guards
        if self.kind in (Kind.RETURN, Kind.FILL):
            return self.cause.guards | self.origin.facts.guards
        return self.cause.guards

    @property
    def is_whole(self) -> bool:
        """Whether the origin is all that is assigned or given, and not a part of a sum."""
        value = self.origin.value
        if isinstance(self.cause, Flow):
            return self.cause.sources == (value,)
        return (value,) in self.cause.arguments

    @property
    def flow(self) -> Flow:
        """The assignment that causes it."""
        assert isinstance(self.cause, Flow)
        return self.cause

    def out_of(self, form: str) -> str:
        """The form of the target if the origin has `form`; "" if the value does not flow."""
        if form == Form.ADDRESS and self.origin.is_loaded:
            return ""
        read = form_via(form, self.origin.via)
        found = self.forms.out_of(read) if read else ""
        if found and self.target.via:
            found = Form.SCATTER
        if found in _POINTERS and self.target.holds_no_page:
            return ""
        return found if self.target.points or found == Form.PHYSICAL else ""

    def into(self, form: str) -> Iterator[str]:
        """The possible forms of the origin if the target has `form`."""
        wanted = form_via(form, self.target.via)
        for before in self.forms.into(wanted) if wanted else ():
            if before != Form.PHYSICAL and not self.origin.points:
                continue
            if before in _POINTERS and self.origin.holds_no_page:
                continue
            yield Form.SCATTER if self.origin.via not in ("", LOADED) else before
