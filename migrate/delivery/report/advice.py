# SPDX-License-Identifier: GPL-2.0-only
"""A verdict in plain words: the decision with its reason, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from migrate.analysis.model import Action, PinGroup, Verdict
from migrate.analysis.verdicts.gap_words import WORDING
from migrate.base.prose import called
from migrate.rewrite.profile.faulted import FAULTED_IN

_SHOULD = {
    Action.PIN: "should pin the pages",
    Action.FOLLOW: "should look the pages up",
}
_SHOULD_FAULT = "should only have the page faulted in"
_LOOK = {
    "through_helper": "Decide on the helper first; its callers follow.",
    "extra_references": "Look there: is it a reference that one of the releases drops?",
    "freed": "Release the page there instead of freeing it, and run this again.",
    "notifier_near": "Look at the notifier: where it covers these pages, they stay (CASE 3).",
    "written_unasked": "Look at the call: should it ask for write access?",
    "no_counterpart": "Convert it by hand, or with a profile that has a function for it.",
    "build": "Look at what the compiler says; the report has it.",
}
_ELSE = "Look at the uses below: is the data of the pages read or written?"


def in_a_sentence(group: PinGroup, verdict: Verdict) -> str:
    """Who should do what, and why."""
    names = list(dict.fromkeys(a.function for a in group.acquires if a.function))
    who = called(names[:2]) + (" and others" if len(names) > 2 else "") if names else "This code"
    one = len(names) < 2
    if verdict.action is Action.MANUAL:
        does = f"{'is' if one else 'are'} left to a person"
    else:
        does = (
            _SHOULD_FAULT
            if verdict.rule == FAULTED_IN
            else _SHOULD.get(verdict.action, "stays as it is" if one else "stay as they are")
        )
    return f"{who} {does}, because {_inside(verdict.reason)}"


def what_to_do(
    group: PinGroup, verdict: Verdict, command: Callable[..., str]
) -> Iterator[tuple[str, bool]]:
    """For a verdict `manual`: what to check, one item per line. If the second value is true, the
    first item is about the place of the first gap."""
    if verdict.action is not Action.MANUAL:
        return
    if group.gaps:
        yield f"to do: {WORDING[group.gaps[0].kind].check}", True
    else:
        yield f"to do: {_LOOK.get(verdict.rule, _ELSE)}", False
    yield f"then write down what you found: {command('review')}", False


def _inside(reason: str) -> str:
    """`reason` as the end of a sentence: in lower case, unless it begins with a name."""
    first = reason.split(" ")[0]
    plain = (first.isalpha() and first[1:].islower()) or first in ("A", "An")
    return reason[:1].lower() + reason[1:] if plain else reason
