# SPDX-License-Identifier: GPL-2.0-only
"""How expressions and calls are related to the pages of one holder."""

from __future__ import annotations

from migrate.analysis.frontend.kernel_api import RELEASE_EFFECTS, Effect, Form
from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.ir.expressions import (
    AddressOf,
    Binary,
    CallResult,
    Cast,
    Constant,
    Element,
    Evaluated,
    Expression,
    Load,
    Member,
    Variable,
    parts,
    plain,
)
from migrate.analysis.ir.instructions import Invoke, Lowered
from migrate.analysis.model import Acquire
from migrate.analysis.paths.acquire_results import Results, argument
from migrate.analysis.paths.variables import Holder, own_names, path_of, plain_stores

_CONTENT = frozenset({Effect.STRUCT, Effect.MAP, Effect.READ, Effect.TOUCH, Effect.WRITE})
"""Effects of functions that use a page and not the storage of the pointer to it."""


class HeldValues:
    """The names of the holder's pages in one function, and what calls do with them."""

    def __init__(self, lowered: Lowered, results: Results, holder: Holder) -> None:
        self.lowered, self.results, self.holder = lowered, results, holder
        self.own = own_names(lowered)

    def acquire(self, call: Invoke) -> Acquire | None:
        """The acquire at `call` if it fills the holder, else None."""
        return self.results.acquires[call.number] if self.filled(call) else None

    def filled(self, call: Invoke) -> tuple[Expression, ...]:
        """The part of the holder that `call` fills, if it is an acquire."""
        acquire = self.results.acquires.get(call.number)
        filled = argument(acquire, call, "pages", "page", "pagep") if acquire is not None else None
        return (filled,) if filled is not None and self.holder.is_base(filled) else ()

    def counter(self, call: Invoke) -> tuple[str, ...]:
        """The location of the number of pages that are already in an array and after which `call`
        stores new ones: a variable in `pages + n`, in an array of an object only if it adds up
        results; the member of an object in `&demo->pages[demo->nr]`, and in `demo->pages + i`
        after `i = demo->nr`."""
        filled = plain(self.filled(call)[0])
        inner = plain(filled.object) if isinstance(filled, AddressOf) else filled
        index = inner.index if isinstance(inner, Element) else None
        if isinstance(inner, Binary) and inner.operator == "+":
            index = inner.right
        if self.holder.own:
            return (index.name,) if isinstance(index, Variable) and self.is_own(index) else ()
        if len(self.holder.path) < 2:
            return ()
        if isinstance(index, Variable):
            stored = [v for n, v in plain_stores(self.lowered) if n == index.name]
            member = next((v for v in stored if len(path_of(v)) > 1), None)
            if member is None and self.is_own(index) and index.name in self.holder.depends:
                return (index.name,)
            index = member
        path = path_of(index) if index is not None else ()
        return path if len(path) > 1 else ()

    def mentions(self, value: Expression) -> bool:
        """Whether any part of `value` is a name of the pages."""
        return any(self.holder.is_base(part) for part in self.lowered.behind(value))

    def is_own(self, target: Expression) -> bool:
        """Whether `target` is a variable of the function that no other code can reach."""
        return isinstance(target, Variable) and target.name in self.own

    def is_whole(self, target: Expression) -> bool:
        """Whether a store to `target` sets the variable or the member itself."""
        if isinstance(target, Variable):
            return target.name in self.holder.names
        return isinstance(target, Member) and path_of(target) == self.holder.path

    def is_array(self, value: Expression) -> bool:
        """Whether `value` is the array itself, not an element of it."""
        inner = plain(value)
        if isinstance(inner, Variable):
            return (inner.name,) == self.holder.path
        return isinstance(inner, Member) and path_of(inner) == self.holder.path

    def is_beside(self, target: Expression) -> bool:
        """Whether `target` is another member of the object with the pages; it may describe their
        state."""
        owner = self.holder.path[:-1]
        return bool(owner) and path_of(target)[: len(owner)] == owner

    @property
    def of_object(self) -> str:
        """The member of an object that holds the pages, "" for a variable."""
        return self.holder.path[-1] if len(self.holder.path) > 1 else ""

    def is_fresh(self, value: Expression) -> bool:
        """Whether `value` is NULL, new memory or from the holder, so that it is no page from
        elsewhere."""
        if isinstance(value, Constant) or self.mentions(value):
            return True
        if isinstance(value, (Cast, Evaluated)):
            return self.is_fresh(value.operand)
        call = self.lowered.call_of(value)
        known = knowledge().lookup(call.name) if call is not None else None
        return known is not None and known.allocates and not self.holder.single

    def is_pointer(self, value: Expression) -> bool:
        """Whether a copy from `value` copies pointers to pages and not their data."""
        current = plain(value)
        if isinstance(current, AddressOf):
            current = plain(current.object)
        while isinstance(current, (Element, Binary)):
            current = plain(parts(current)[0])
        return isinstance(current, Variable) and current.name in self.holder.names

    def is_data(self, value: Expression) -> bool:
        """Whether `value` is an address of the data of a page: `kmap(page) + n`, or a variable that
        is never set to anything else."""
        match plain(value):
            case CallResult(number):
                known = knowledge().lookup(self.lowered.calls[number].name)
                return known is not None and known.gives(Form.ADDRESS)
            case Binary("+" | "-", left, right):
                return self.is_data(left) and not self.mentions(right)
            case Variable(name) if name in self.own and name not in self.lowered.parameters:
                stored = [plain(v) for n, v in plain_stores(self.lowered) if n == name]
                calls = [v for v in stored if isinstance(v, CallResult)]
                return bool(stored) and calls == stored and all(map(self.is_data, calls))
        return False

    def is_content(self, value: Expression) -> bool:
        """Whether the value is the content of a page or struct page, and no pointer to a page."""
        match plain(value):
            case CallResult(number):
                call = self.lowered.calls[number]
                known = knowledge().lookup(call.name)
                return known is not None and any(e in _CONTENT for e in known.effects)
            case Member(inner) | Load(inner):
                return self.is_pointer(inner)
            case Variable() | Element():
                return not self.mentions(value)
            case other:
                return all(self.is_content(p) or not self.mentions(p) for p in parts(other))

    def releases(self, call: Invoke) -> bool:
        """Whether `call` releases any of the pages."""
        known = knowledge().lookup(call.name)
        return known is not None and any(
            known.effect(n) in RELEASE_EFFECTS and self.mentions(a)
            for n, a in enumerate(call.arguments)
        )

    def releases_all(self, call: Invoke) -> bool:
        """Whether `call` releases several pages from the beginning of an array, where the acquires
        store their first page."""
        known = knowledge().lookup(call.name)
        if known is None or known.effect(0) is not Effect.RELEASE_BULK or len(call.arguments) < 2:
            return False
        return self.is_array(call.arguments[0]) and self.fills_from_first

    @property
    def fills_from_first(self) -> bool:
        """Whether all acquires store their first page at the beginning of the array."""
        filled = (a for call in self.lowered.calls.values() for a in self.filled(call))
        return all(map(self.is_array, filled))

    def releases_whole(self, call: Invoke) -> bool:
        """Whether `call` releases the page in the variable itself, a pointer to one page."""
        known = knowledge().lookup(call.name) if self.holder.single else None
        return known is not None and any(
            known.effect(n) in RELEASE_EFFECTS
            and isinstance(a, Variable)
            and a.name in self.holder.names
            for n, a in enumerate(call.arguments)
        )
