# SPDX-License-Identifier: GPL-2.0-only
"""The terms of data/kernel_api.toml: the effects of a function of the kernel's API on a page.

The head of that file explains each term. They are the transfer functions of the value-flow analysis
as data; :mod:`migrate.analysis.valueflow.transfer` applies them in both directions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, StrEnum

RESULT = -100
"""The position of the result of a function, beside its arguments; less than any of them."""


class Effect(StrEnum):
    """What happens to one argument."""

    NOTHING = ""
    RELEASE = "release"
    RELEASE_BULK = "release_bulk"
    WRITE = "write"
    READ = "read"
    TOUCH = "touch"
    MAP = "map"
    UNMAP = "unmap"
    DMA = "dma"
    DIRTY = "dirty"
    PHYSICAL = "physical"
    STRUCT = "struct"
    MANIPULATE = "manipulate"
    EXTRA = "extra"
    USER_MAP = "user_map"
    CONSUME = "consume"
    ADOPT = "adopt"
    NOTIFIER = "notifier"
    FILL = "fill"
    FREE = "free"
    FREE_ADDRESS = "free_address"
    DISCARD = "discard"
    ESCAPE = "escape"
    HANDED = "handed"


RELEASE_EFFECTS = frozenset({Effect.RELEASE, Effect.RELEASE_BULK})


class Form(StrEnum):
    """The form in which storage holds a page."""

    PAGE = "page"
    ADDRESS = "address"
    PHYSICAL = "physical"
    SCATTER = "scatter"


class Origin(StrEnum):
    """The result of a function that does not come from an argument."""

    NOTHING = ""
    MEMORY = "memory"
    NEW = "new"
    OTHER = "other"
    STORED = "stored"
    ERROR = "error"


ANY = frozenset(Form)
NUMBER = frozenset({Form.ADDRESS, Form.PHYSICAL})


def are_alike(one: Form, two: Form) -> bool:
    """Whether one form may be the other, after arithmetic that was not followed."""
    return one is two or {one, two} <= NUMBER


class Link(Enum):
    """How the two ends of a flow are connected."""

    VALUE = "what is in one is put into the other"
    BYTES = "what stands behind one is copied behind the other"
    ALONG = "the target walks along the container at the origin"
    BACK = "the origin walks along the container at the target"


@dataclass(frozen=True)
class Flow:
    """The value at position `origin`, in one of the forms `before`, is at `target` afterwards, in
    the form `after`, or in the same one."""

    origin: int
    before: frozenset[Form]
    target: int
    after: Form | None
    link: Link = Link.VALUE

    @property
    def walks(self) -> bool:
        """Whether both ends are the same container."""
        return self.link in (Link.ALONG, Link.BACK)

    def out_of(self, form: Form) -> Form | None:
        """The form after the flow if the value was in `form`; None if it does not flow."""
        fits = any(are_alike(form, before) for before in self.before)
        return (self.after or form) if fits else None

    def into(self, form: Form) -> Iterator[Form]:
        """The forms before the flow that give `form` after it."""
        if self.after is None:
            yield from self.before & {form}
        elif are_alike(self.after, form):
            yield from sorted(self.before)


@dataclass(frozen=True)
class Bytes:
    """Bytes behind the arguments `origins`, from elsewhere, or newly made, are stored behind
    `targets`, elsewhere, or nowhere."""

    origins: tuple[int, ...]
    targets: tuple[int, ...]
    from_elsewhere: bool = False
    to_elsewhere: bool = False

    @property
    def overwrites(self) -> bool:
        """Whether bytes with a meaning are stored behind an argument."""
        return bool(self.targets) and (bool(self.origins) or self.from_elsewhere)

    @property
    def is_constant(self) -> bool:
        """Whether all bytes behind an argument are set to the same value."""
        return bool(self.targets) and not self.overwrites

    def copies(self, position: int) -> bool:
        """Whether the bytes behind an argument are copied elsewhere."""
        return position in self.origins and (bool(self.targets) or self.to_elsewhere)

    def sets(self, position: int) -> bool:
        """Whether bytes are stored behind an argument."""
        return position in self.targets


NO_BYTES = Bytes((), ())


@dataclass(frozen=True)
class KernelFunction:
    """`effects` by argument position, counted from 0."""

    effects: tuple[Effect, ...] = ()
    origin: Origin = Origin.NOTHING
    flows: tuple[Flow, ...] = ()
    bytes: Bytes = NO_BYTES

    def effect(self, argument: int) -> Effect:
        """The effect on argument number `argument`."""
        return self.effects[argument] if argument < len(self.effects) else Effect.NOTHING

    @property
    def releases(self) -> bool:
        """Whether it drops a page reference."""
        return not RELEASE_EFFECTS.isdisjoint(self.effects)

    @property
    def allocates(self) -> bool:
        """Whether the result is new memory, to which nobody else has a pointer."""
        return self.origin is Origin.MEMORY

    @property
    def walks(self) -> bool:
        """Whether it is a loop in which one argument iterates over the container in another."""
        return any(flow.walks for flow in self.flows)

    @property
    def has_value(self) -> bool:
        """Whether the result is related to pages or memory at all."""
        derived = any(flow.target == RESULT for flow in self.flows)
        return derived or self.origin not in (Origin.NOTHING, Origin.ERROR)

    def gives(self, form: Form) -> bool:
        """Whether the result is in `form`, rather than memory that contains such values."""
        return not self.allocates and any(
            flow.target == RESULT and flow.after is form for flow in self.flows
        )

    @property
    def hands_on(self) -> bool:
        """Whether it returns its argument unchanged, whatever that is."""
        return any(flow.target == RESULT and flow.before == ANY for flow in self.flows)

    @property
    def finds_again(self) -> bool:
        """Whether it finds a page by its address or pfn."""
        return any(
            flow.target == RESULT and flow.after is Form.PAGE and flow.before <= NUMBER
            for flow in self.flows
        )

    @property
    def takes_address(self) -> bool:
        """Whether anything flows from an address in it."""
        return any(Form.ADDRESS in flow.before for flow in self.flows)

    @property
    def keeps(self) -> bool:
        """Whether its argument may be stored elsewhere, or comes back as something new."""
        made = any(flow.target == RESULT and flow.after is not None for flow in self.flows)
        return made or self.stores or self.origin not in (Origin.NOTHING, Origin.ERROR)

    @property
    def stores(self) -> bool:
        """Whether it stores one of its arguments in another."""
        return any(f.target != RESULT and f.link is not Link.BYTES for f in self.flows)

    @property
    def swaps(self) -> bool:
        """Whether it exchanges two arguments."""
        ways = {(f.origin, f.target) for f in self.flows if f.link is Link.VALUE}
        return any((target, origin) in ways for origin, target in ways)

    def overwrites(self, position: int) -> bool:
        """Whether an argument, or all that it points to, is replaced without naming the parts."""
        return self.bytes.sets(position) or (
            self.swaps and any(flow.target == position for flow in self.flows)
        )

    def may_set(self, position: int, count: int) -> bool:
        """Whether it may store to argument number `position` of `count`."""
        if self.walks or self.effect(position) is Effect.FILL:
            return True
        stores = [flow for flow in self.flows if flow.link is not Link.BYTES]
        return any(at(flow.target, count) == position for flow in stores)


def at(position: int, count: int) -> int:
    """The position of an argument from the front, of `count`; it may be given from the end."""
    return position + count if RESULT < position < 0 else position
