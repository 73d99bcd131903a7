# SPDX-License-Identifier: GPL-2.0-only
"""Replaces a release function by another, if all pages that reach it are of one kind."""

from __future__ import annotations

from migrate.analysis.audit.model import AuditRule
from migrate.rewrite.fixes.remedy import Case, Remedy, renaming
from migrate.rewrite.model import Line
from migrate.rewrite.profile.counterparts import Missing
from migrate.rewrite.steps.sites import NoSite
from migrate.rewrite.steps.steps import Request
from migrate.rewrite.text.tokens import is_conditional

_TO_ALLOCATOR = "__free_page"
_ONE_PAGE = {True: "unpin_user_page", False: "put_page"}


def another_release(case: Case) -> Remedy | NoSite:
    """The correct release; it must not sleep where the old one did not, nor need other
    arguments."""
    found = case.called(case.finding.place)
    if found is None or is_conditional(case.draft.tokens, found[1]):
        return NoSite("the release is not a plain call")
    old, call = found
    freed = case.finding.rule is AuditRule.FREED
    new = _instead_of_free(case, old) if freed else _unpin(case, old)
    if isinstance(new, NoSite):
        return new
    signature = case.parts.signature(new)
    if signature is None:
        return NoSite(f"the tree has no {new}()")
    if len(signature.parameters) != len(call.arguments):
        return NoSite(f"{new}() takes different arguments from {old}()")
    rename = Request("rename-call", (("old", old), ("new", new)), renaming(case.finding.place, new))
    return Remedy(
        (rename,),
        f"release user pages with {new}()",
        _about_free(case, old, new) if freed else _about_put(case, old, new),
        _lines(case, old),
    )


def _instead_of_free(case: Case, old: str) -> str | NoSite:
    if old != _TO_ALLOCATOR:
        return NoSite(f"the replacement of {old}() depends on how many pages it frees")
    if case.pins is None:
        return NoSite("pins and plain references are freed there")
    return _ONE_PAGE[case.pins]


def _unpin(case: Case, old: str) -> str | NoSite:
    rule = case.parts.release(old)
    if isinstance(rule, Missing):
        return NoSite(rule.reason)
    return rule.target


def _about_free(case: Case, old: str, new: str) -> str:
    acquires = sorted({name for _, name in case.acquires})
    took = "pins" if case.pins else "takes a reference to"
    return (
        f"{acquires[0]}() {took} the page that {case.finding.function}() gives to {old}(), which is"
        " for pages that the kernel allocated itself. Where that reference is the last one, the"
        " page goes back to the allocator without being taken off the LRU lists first"
        f"{', and a pin is more than one reference' if case.pins else ''}. Release it with {new}()."
    )


def _about_put(case: Case, old: str, new: str) -> str:
    place, name = case.acquires[0]
    where = "" if place.path == case.finding.place.path else f" in {place.path}"
    return (
        f"{name}(){where} pins the page that {case.finding.function}() drops with {old}(). A pin is"
        " more than one reference: what is left of it keeps the page from ever being freed, and it"
        f" counts as pinned for good. Release it with {new}()."
    )


def _lines(case: Case, old: str) -> tuple[Line, ...]:
    finding = case.finding
    here = Line(finding.place.path, finding.place.line, finding.function, old)
    return (here, *(Line(p.path, p.line, "", name) for p, name in case.acquires))
