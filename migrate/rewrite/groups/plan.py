# SPDX-License-Identifier: GPL-2.0-only
"""From a group's acquires and releases in one file to the steps that convert them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from migrate.analysis.model import Acquire, FollowSite, Place, Release
from migrate.kernel.signatures import Signature
from migrate.rewrite.groups.flags import flag_tokens
from migrate.rewrite.groups.follow import plan_follow
from migrate.rewrite.groups.sign_tests import sign_test
from migrate.rewrite.loops.counts import is_bool, is_unsigned, never_negative
from migrate.rewrite.loops.fold import plan_folds
from migrate.rewrite.profile.counterparts import Counterparts, Missing
from migrate.rewrite.profile.model import AcquireRule, ReleaseRule
from migrate.rewrite.steps import sites
from migrate.rewrite.steps.sites import NoSite, Site
from migrate.rewrite.steps.steps import Finder, Request, Step, in_order
from migrate.rewrite.text.draft import Draft
from migrate.rewrite.text.tokens import Call, is_conditional

_FLAG_ROLES = ("gup_flags", "flags", "foll_flags")
_COUNT_ROLES = ("npages", "nr_pages", "nr", "nfolios")


def plan_file(
    draft: Draft,
    acquires: Sequence[Acquire],
    releases: Sequence[Release],
    parts: Counterparts,
    *,
    helpers: Collection[str] = (),
    fold: bool = True,
) -> tuple[Step, ...] | NoSite:
    """The steps for those acquires and releases of a group that are in the file of `draft`.

    `helpers` are functions whose own acquires are in the group: their callers stay unchanged. With
    `fold`, loops over pages become one call where that does exactly the same.
    """
    requests: list[Request] = []
    converted = {n for a in acquires if (n := draft.number_at(a.place)) is not None}
    for acquire in sorted(set(acquires)):
        if acquire.name in helpers and isinstance(parts.acquire(acquire.name), Missing):
            continue
        found = _plan_acquire(draft, acquire, parts.acquire(acquire.name), parts, converted)
        if isinstance(found, NoSite):
            return found
        requests += found
    dropped = plan_releases(draft, releases, parts, fold=fold)
    if isinstance(dropped, NoSite):
        return dropped
    return in_order([*requests, *(request for found in dropped.values() for request in found)])


def plan_releases(
    draft: Draft, releases: Sequence[Release], parts: Counterparts, *, fold: bool = True
) -> dict[Place, Sequence[Request]] | NoSite:
    """The steps for each release in the file of `draft`, by its place."""
    dropped = sorted({(r.place, r.name) for r in releases})
    every = {place: parts.release(name, place.path) for place, name in dropped}
    rules = {place: rule for place, rule in every.items() if isinstance(rule, ReleaseRule)}
    folds = plan_folds(draft, rules, parts) if fold else {}
    planned: dict[Place, Sequence[Request]] = {}
    for place, name in dropped:
        found = _plan_release(draft, place, name, parts)
        if isinstance(found, NoSite):
            return found
        planned[place] = folds.get(place, found)
    return planned


def plan_followed(
    draft: Draft,
    acquires: Sequence[Acquire],
    sites: Sequence[FollowSite],
    by_address: Mapping[Place, AcquireRule],
    parts: Counterparts,
) -> tuple[Step, ...] | NoSite:
    """The steps that convert those acquires of a group that are in the file to lookups: to
    follow_page(), or by the rules of `by_address`."""
    with_vma = sorted({a for a in acquires if a.place not in by_address})
    requests = plan_follow(with_vma, sites, parts)
    if isinstance(requests, NoSite):
        return requests
    converted = {n for a in acquires if (n := draft.number_at(a.place)) is not None}
    for acquire in sorted({a for a in acquires if a.place in by_address}):
        found = _plan_acquire(draft, acquire, by_address[acquire.place], parts, converted)
        if isinstance(found, NoSite):
            return found
        requests += found
    for acquire in with_vma:
        call = called_at(draft, acquire.place, acquire.name)
        if isinstance(call, NoSite):
            return call
        flags = _flag_requests(draft, acquire, call, parts, converted)
        if isinstance(flags, NoSite):
            return NoSite(f"{acquire.place}: {flags.reason}")
        requests = [*requests, *flags]
    return in_order(requests)


def _plan_acquire(
    draft: Draft,
    acquire: Acquire,
    rule: AcquireRule | Missing,
    parts: Counterparts,
    converted: set[int],
) -> list[Request] | NoSite:
    if isinstance(rule, Missing):
        return NoSite(f"{acquire.place}: {rule.reason}")
    if acquire.inside is not None:
        given = acquire.argument(*_FLAG_ROLES) or ""
        if any(flag in given for flag in parts.profile.flags.drop):
            return NoSite(f"{acquire.place}: {acquire.macro}() is given a flag that has to go")
        acquire = replace(acquire, place=acquire.inside)
    call = called_at(draft, acquire.place, acquire.name)
    if isinstance(call, NoSite):
        return call
    old, new = parts.signature(acquire.name), parts.signature(rule.target)
    dropped = sum(p.name in rule.drop for p in old.parameters) if old else len(rule.drop)
    arity = _arity(acquire.place, call, old, new, len(rule.append) - dropped)
    wrong = arity or _unlike(draft, acquire, call, rule, parts)
    if wrong is not None:
        return wrong
    flags = _flag_requests(draft, acquire, call, parts, converted)
    if isinstance(flags, NoSite):
        return NoSite(f"{acquire.place}: {flags.reason}")
    return [
        *flags,
        *_argument_requests(draft, acquire.place, call, rule, parts),
        *_new_call(acquire, rule, parts),
    ]


def _unlike(
    draft: Draft, acquire: Acquire, call: Call, rule: AcquireRule, parts: Counterparts
) -> NoSite | None:
    """Why `rule` does not apply to a call: an argument differs from the one that it requires."""
    signature = parts.signature(acquire.name)
    for name, wanted in rule.when:
        position = _position(acquire, signature, (name,))
        if position is None and name in rule.drop:
            continue  # this tree's function has no such parameter
        given = draft.span(*call.arguments[position]).decode() if position is not None else ""
        if given != wanted:
            return NoSite(f"{acquire.place}: {name} of {acquire.name}() is not {wanted}")
    return None


def _new_call(acquire: Acquire, rule: AcquireRule, parts: Counterparts) -> list[Request]:
    """A rename, then the profile's own semantic patch for calls of the new name. Only the calls
    that it is for have this name by then, so it needs no positions."""
    renames = rename_requests(acquire.place, acquire.name, rule.target)
    if not rule.patch:
        return renames
    signature = parts.signature(acquire.name)
    gone = [n for d in rule.drop if (n := _position(acquire, signature, (d,))) is not None]
    finder = _on_call(acquire.place, lambda d, c: sites.without_arguments(d, c, gone))
    patch = parts.profile.folder / rule.patch
    return [*renames, Request("own-call", (("fn", rule.target),), finder, patch=patch)]


def _plan_release(
    draft: Draft, place: Place, name: str, parts: Counterparts
) -> list[Request] | NoSite:
    rule = parts.release(name, place.path)
    if isinstance(rule, Missing):
        return NoSite(f"{place}: {rule.reason}")
    if rule.target == name:
        return []
    call = called_at(draft, place, name)
    if isinstance(call, NoSite):
        return call
    old, new = parts.signature(name), parts.signature(rule.target)
    requests = []
    if old and new and len(old.parameters) == len(new.parameters) + 1 == len(call.arguments):
        requests.append(
            Request(
                "drop-last-argument",
                (("fn", name),),
                _on_call(place, sites.drop_last_argument),
            )
        )
        old = Signature(old.name, old.return_type, old.parameters[:-1], old.header)
        call = Call(call.name, call.open, call.close, call.arguments[:-1])
    tests = _sign_tests(draft, place, call, rule, parts)
    wrong = _arity(place, call, old, new, 0)
    if wrong is not None or isinstance(tests, NoSite):
        return wrong or tests
    return [*tests, *requests, *rename_requests(place, name, rule.target)]


def called_at(draft: Draft, place: Place, name: str) -> Call | NoSite:
    """The plain call of `name` at `place`."""
    number = draft.number_at(place)
    if number is None or draft.tokens[number].kind == "preproc_arg":
        return NoSite(f"{place}: {name}() is inside a macro definition")
    if draft.tokens[number].text != name.encode():
        return NoSite(f"{place}: there is no {name}() any more")
    call = draft.call_at(place)
    if call is None:
        return NoSite(f"{place}: {name} is not a plain call")
    if is_conditional(draft.tokens, call):
        return NoSite(f"{place}: the arguments of {name}() depend on the preprocessor")
    return call


def _arity(
    place: Place, call: Call, old: Signature | None, new: Signature | None, more: int
) -> NoSite | None:
    """Why the number of arguments is wrong, None if it is not."""
    count = len(call.arguments)
    if old is not None and len(old.parameters) != count:
        return NoSite(f"{place}: {old.name}() is called with {count} arguments")
    if new is not None and len(new.parameters) != count + more:
        return NoSite(f"{place}: {new.name}() takes {len(new.parameters)} arguments")
    return None


def _sign_tests(
    draft: Draft, place: Place, call: Call, rule: ReleaseRule, parts: Counterparts
) -> list[Request] | NoSite:
    """Tests of counts that may be negative: what takes a signed one then does nothing, but as an
    unsigned parameter it would be huge."""
    new, requests = parts.signature(rule.target), list[Request]()
    for position, parameter in enumerate(new.parameters if new else ()):
        counts = parameter.name in _COUNT_ROLES and is_unsigned(parameter.type)
        if not counts or never_negative(draft, call, position, parts.program):
            continue
        test = sign_test(draft, place, call, position, parts)
        if test is None:
            count = draft.span(*call.arguments[position]).decode("utf-8", "replace")
            return NoSite(
                f"{place}: {count} may be negative, which {rule.source}() ignores"
                f" and {rule.target}() does not"
            )
        requests.append(test)
    return requests


def _flag_requests(
    draft: Draft, acquire: Acquire, call: Call, parts: Counterparts, converted: set[int]
) -> list[Request] | NoSite:
    position = _position(acquire, parts.signature(acquire.name), _FLAG_ROLES)
    requests: list[Request] = []
    for flag in parts.profile.flags.drop if position is not None else ():
        assert position is not None
        numbers = flag_tokens(draft, call, position, flag, converted)
        if isinstance(numbers, NoSite):
            return numbers
        for number in numbers:
            place = draft.place_of(number)
            if place is None:
                return NoSite(f"{flag} was put there by another edit")
            possible = sites.drop_flag(draft, number)
            if isinstance(possible, NoSite):
                return possible
            requests.append(Request("drop-flag", (("flag", flag),), _on_flag(place)))
    return requests


def _argument_requests(
    draft: Draft, place: Place, call: Call, rule: AcquireRule, parts: Counterparts
) -> list[Request]:
    old, new = parts.signature(rule.source), parts.signature(rule.target)
    flag = parts.profile.flags.write
    requests = []
    shift = 0
    for position, parameter in enumerate(old.parameters if old else ()):
        if parameter.name in rule.drop:
            shift += 1
            continue
        there = position - shift
        wanted = new.parameters[there].name if new and there < len(new.parameters) else ""
        truth = parameter.name == "write" or sites.is_truth_value(draft, call, position)
        variable = is_bool(draft, call, position)
        truth = truth or variable
        if flag and truth and wanted in _FLAG_ROLES:
            finder = _on_argument(place, position, flag, sites.write_to_flag)
            requests.append(Request("write-to-flag", (("flag", flag),), finder))
        if parameter.name in _FLAG_ROLES and rule.add_flag:
            defines = (("flag", rule.add_flag),)
            first, end = call.arguments[position]
            literal = end - first == 1 and not variable
            wrap = sites.needs_parentheses(draft, call, position) or (truth and not literal)
            add = sites.parenthesized if wrap else sites.add_flag
            finder = _on_argument(place, position, rule.add_flag, add)
            virtuals = ("parenthesize",) if wrap else ()
            requests.append(Request("add-flag", defines, finder, virtuals))
    for argument in rule.append:
        added = (("fn", rule.source), ("argument", argument))
        requests.append(Request("append-argument", added, _on_append(place, argument)))
    return requests


def rename_requests(place: Place, old: str, new: str) -> list[Request]:
    """The request that renames the call of `old` at `place`."""
    defines = (("old", old), ("new", new))
    return [Request("rename-call", defines, _on_call(place, lambda d, c: sites.rename(d, c, new)))]


def _position(acquire: Acquire, signature: Signature | None, roles: Sequence[str]) -> int | None:
    names = [p.name for p in signature.parameters] if signature else list(acquire.roles)
    return next((n for n, name in enumerate(names) if name in roles), None)


def _on_call(place: Place, make: Callable[[Draft, Call], Site | NoSite]) -> Finder:
    def find(draft: Draft) -> Site | NoSite:
        call = draft.call_at(place)
        return make(draft, call) if call else NoSite(f"{place}: the call is gone")

    return find


def _on_append(place: Place, argument: str) -> Finder:
    return _on_call(place, lambda d, c: sites.append_argument(d, c, argument))


def _on_argument(
    place: Place,
    position: int,
    flag: str,
    make: Callable[[Draft, Call, int, str], Site | NoSite | None],
) -> Finder:
    def find(draft: Draft) -> Site | NoSite | None:
        call = draft.call_at(place)
        return make(draft, call, position, flag) if call else NoSite(f"{place}: the call is gone")

    return find


def _on_flag(place: Place) -> Finder:
    def find(draft: Draft) -> Site | NoSite | None:
        number = draft.number_at(place)
        return sites.drop_flag(draft, number) if number is not None else None

    return find
