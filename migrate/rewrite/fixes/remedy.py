# SPDX-License-Identifier: GPL-2.0-only
"""One finding to be fixed, and its fix."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from migrate.analysis.audit.model import Finding
from migrate.analysis.frontend.syntax import Function
from migrate.analysis.model import Place
from migrate.kernel.signatures import DIRECT_NAMES, PIN_NAMES
from migrate.rewrite.model import Line
from migrate.rewrite.profile.counterparts import Counterparts
from migrate.rewrite.steps import sites
from migrate.rewrite.steps.sites import NoSite, Site
from migrate.rewrite.steps.steps import Finder, Request
from migrate.rewrite.text.draft import Draft
from migrate.rewrite.text.tokens import Call


@dataclass(frozen=True)
class Case:
    """`finding` in the file of `draft`; `parts` has the functions that pin and unpin."""

    finding: Finding
    draft: Draft
    parts: Counterparts

    @cached_property
    def acquires(self) -> tuple[tuple[Place, str], ...]:
        """The acquires that the finding names, or is about, each with the name of the function."""
        called = self.called(self.finding.place)
        here = called is not None and called[0] in DIRECT_NAMES
        return ((self.finding.place, called[0]),) if called and here else self.finding.acquires

    @property
    def function(self) -> Function | None:
        """The function to be fixed, in the current draft."""
        number = self.draft.number_at(self.finding.place)
        start = self.draft.tokens[number].start if number is not None else -1
        return self.draft.source.function_at(start)

    @property
    def pins(self) -> bool | None:
        """Whether the acquires take pins; None if only some do."""
        kinds = {name in PIN_NAMES for _, name in self.acquires}
        return kinds.pop() if len(kinds) == 1 else None

    def called(self, place: Place) -> tuple[str, Call] | None:
        """The function that is called at `place`, and the call."""
        number, call = self.draft.number_at(place), self.draft.call_at(place)
        if number is None or call is None:
            return None
        return self.text(number, number + 1), call

    def text(self, first: int, end: int) -> str:
        """The text of tokens."""
        return self.draft.span(first, end).decode("utf-8", "replace")

    def arguments(self, call: Call) -> list[str]:
        """The arguments of `call`, as they are written."""
        return [self.text(*span) for span in call.arguments]

    def acquire(self) -> tuple[Place, str] | None:
        """The only acquire, if it is in the function to be fixed."""
        found, function = self.acquires, self.function
        if len(found) != 1 or function is None or found[0][0].path != self.draft.path:
            return None
        number = self.draft.number_at(found[0][0])
        inside = number is not None and (
            function.start <= self.draft.tokens[number].start < function.end
        )
        return found[0] if inside else None


@dataclass(frozen=True)
class Remedy:
    """The edits that fix one finding, and the text of the message: `summary` is the subject without
    its prefix, `body` one paragraph; `lines` are those that together are the bug."""

    requests: tuple[Request, ...]
    summary: str
    body: str
    lines: tuple[Line, ...] = ()


def renaming(place: Place, new: str) -> Finder:
    """Rename the function that is called at `place` to `new`."""

    def find(draft: Draft) -> Site | NoSite:
        call = draft.call_at(place)
        return sites.rename(draft, call, new) if call else NoSite(f"{place}: the call is gone")

    return find
