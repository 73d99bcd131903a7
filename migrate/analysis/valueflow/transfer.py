# SPDX-License-Identifier: GPL-2.0-only
"""Transfer functions: how the form in which a page is held changes.

Those of the kernel's API are the flows of data/kernel_api.toml. Each flow is used forward from an
acquire and backward from a release.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from migrate.analysis.frontend.kernel_api import RESULT, Effect, Flow, Form, KernelFunction, at
from migrate.analysis.model import UseKind
from migrate.analysis.program.def_use import LOADED
from migrate.analysis.program.trace import AGAIN

EFFECT_USE = {
    Effect.WRITE: UseKind.WRITE_DATA,
    Effect.READ: UseKind.READ_DATA,
    Effect.TOUCH: UseKind.TOUCH_DATA,
    Effect.MAP: UseKind.MAP,
    Effect.DMA: UseKind.DMA,
    Effect.HANDED: UseKind.DMA,
    Effect.DIRTY: UseKind.DIRTY,
    Effect.PHYSICAL: UseKind.PHYSICAL,
    Effect.STRUCT: UseKind.STRUCT_PAGE,
    Effect.MANIPULATE: UseKind.MANIPULATED,
    Effect.EXTRA: UseKind.EXTRA_REFERENCE,
    Effect.USER_MAP: UseKind.USER_MAPPED,
    Effect.CONSUME: UseKind.CONSUMED,
    Effect.ADOPT: UseKind.CONSUMED,
    Effect.NOTIFIER: UseKind.NOTIFIER,
    Effect.FILL: UseKind.OTHER_SOURCE,
    Effect.FREE: UseKind.FREED,
    Effect.FREE_ADDRESS: UseKind.FREED,
}

_NOT_BY_NUMBER = frozenset(
    {UseKind.PHYSICAL, UseKind.WRITE_DATA, UseKind.READ_DATA, UseKind.TOUCH_DATA}
)
"""Uses that do not apply to a page if a function gets its number, or an offset derived from it."""

_NOT_BY_ADDRESS = frozenset(
    {UseKind.CONSUMED, UseKind.EXTRA_REFERENCE, UseKind.MANIPULATED, UseKind.OTHER_SOURCE}
    | {UseKind.USER_MAPPED}
)
"""Uses that do not apply to a page if a function gets the address of its data."""


@dataclass(frozen=True)
class Move:
    """One flow of one call: from argument number `origin` to `target`, which is an argument or
    :data:`RESULT`."""

    origin: int
    target: int
    flow: Flow

    def out_of(self, form: str) -> str:
        """The form after the call if the value was in `form`; "" if it does not flow."""
        after = self.flow.out_of(plain(form))
        return _marked(form, after) if after is not None else ""

    def into(self, form: str) -> Iterator[str]:
        """The forms before the call that give `form` after it."""
        return self.flow.into(plain(form))


def moves(known: KernelFunction, count: int) -> Iterator[Move]:
    """All flows of a call with `count` arguments, without those of missing arguments."""
    for flow in known.flows:
        if _is_there(flow.origin, count) and _is_there(flow.target, count):
            yield Move(at(flow.origin, count), at(flow.target, count), flow)


_CONTAINER_PAGE = frozenset({"bv_page", "page_link", "page"})
_CONTAINER_INSIDE = frozenset({"sgl", "sgt", "prv"})


def form_via(form: str, via: str) -> str:
    """The form of a value that is read through member `via` of a container; "" if irrelevant."""
    if not via:
        return form
    if via == LOADED:
        return "" if form == Form.ADDRESS else form  # the memory at an address is data
    if form != Form.SCATTER:
        return ""
    if via in _CONTAINER_PAGE:
        return Form.PAGE
    return Form.SCATTER if via in _CONTAINER_INSIDE else ""


def plain(form: str) -> Form:
    """The form alone: a page that was found again is like any other page."""
    return Form.PAGE if form == AGAIN else Form(form)


def _marked(before: str, after: Form) -> str:
    """`after`, marked as a page found again if it comes from an address, a pfn, or such a page."""
    found = after is Form.PAGE and before not in (Form.PAGE, Form.SCATTER)
    return AGAIN if found else after


def _is_there(position: int, count: int) -> bool:
    return position == RESULT or 0 <= at(position, count) < count


def use(known: KernelFunction, position: int, form: str) -> UseKind | None:
    """The use of a page that is passed as argument number `position` in `form`."""
    effect = known.effect(position)
    kind = EFFECT_USE.get(effect)
    if works_on_pointers(known, position, form):
        return None
    if effect is Effect.FREE_ADDRESS and form != Form.ADDRESS:
        return None  # it frees the array that the pages are in
    if kind is UseKind.DMA and (effect is Effect.HANDED) is not (form == Form.PHYSICAL):
        # The function expects a number but gets a page or an address, or the other way round.
        return UseKind.PHYSICAL_KEPT if form == Form.PHYSICAL else None
    if form == Form.ADDRESS and kind in _NOT_BY_ADDRESS:
        return None
    return None if form == Form.PHYSICAL and kind in _NOT_BY_NUMBER else kind


def works_on_pointers(known: KernelFunction, position: int, form: str) -> bool:
    """Whether the function copies pointers to pages and leaves the pages themselves alone."""
    moved = known.bytes
    return plain(form) is Form.PAGE and position in (*moved.origins, *moved.targets)


def is_out_of_sight(known: KernelFunction, position: int, form: str) -> bool:
    """Whether the function stores its argument where it cannot be followed."""
    if known.effect(position) is Effect.ESCAPE:
        return True
    return form == Form.PHYSICAL and known.bytes.copies(position)


def is_number_of(known: KernelFunction, position: int, form: str, count: int) -> bool:
    """Whether the function computes a number from a page that does not identify it any more."""
    if plain(form) not in (Form.PAGE, Form.SCATTER) or form == AGAIN:
        return False
    return any(
        flow.after is None and plain(form) not in flow.before
        for flow in known.flows
        if at(flow.origin, count) == position and flow.target == RESULT
    )
