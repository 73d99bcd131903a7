# SPDX-License-Identifier: GPL-2.0-only
"""FOLL_WRITE instead of a truth value, which has the same effect today."""

from __future__ import annotations

from migrate.analysis.model import Place
from migrate.rewrite.fixes.remedy import Case, Remedy
from migrate.rewrite.model import Line
from migrate.rewrite.steps import sites
from migrate.rewrite.steps.sites import NoSite, Site
from migrate.rewrite.steps.steps import Finder, Request
from migrate.rewrite.text.draft import Draft

_FLAG = "FOLL_WRITE"


def flag_for_truth(case: Case) -> Remedy | NoSite:
    """`e ? FOLL_WRITE : 0` for `e`."""
    acquire = case.acquire()
    call = case.draft.call_at(acquire[0]) if acquire is not None else None
    signature = case.parts.signature(acquire[1]) if acquire is not None else None
    if acquire is None or call is None or signature is None:
        return NoSite("the acquire is not a plain call")
    names = [parameter.name for parameter in signature.parameters]
    if "gup_flags" not in names or len(names) != len(call.arguments):
        return NoSite(f"{acquire[1]}() takes no flags")
    position = names.index("gup_flags")
    asked = Request("write-to-flag", (("flag", _FLAG),), _asking(acquire[0], position))
    place = case.finding.place
    return Remedy(
        (asked,),
        f"pass {_FLAG} where flags are wanted",
        f"{case.finding.function}() passes a truth value as the flags of {acquire[1]}(), which only"
        f" works because {_FLAG} is 1. Pass the flag by its name. No functional change.",
        (Line(place.path, place.line, case.finding.function, acquire[1]),),
    )


def _asking(place: Place, position: int) -> Finder:
    def find(draft: Draft) -> Site | NoSite | None:
        call = draft.call_at(place)
        if call is None:
            return NoSite(f"{place}: the call is gone")
        return sites.write_to_flag(draft, call, position, _FLAG)

    return find
