# SPDX-License-Identifier: GPL-2.0-only
"""A profile applied to one tree: which function replaces which, with its signature."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from tree_sitter import Node

from migrate.analysis.frontend.nodes import name_of
from migrate.analysis.frontend.syntax import parse
from migrate.analysis.model import Acquire, PinGroup, Place
from migrate.analysis.program.program import Program
from migrate.base.errors import Refusal
from migrate.kernel.signatures import Parameter, Signature, read_signatures
from migrate.kernel.tree import Tree
from migrate.rewrite.profile.model import AcquireRule, ApiFunction, HelperRule, Profile, ReleaseRule

FAULT_IN = "fixup_user_fault"
"""The call that has to precede follow_page(), which only finds pages that are present."""

_CONSTANT_HEADERS = (
    "include/linux/mm.h",
    "include/linux/mm_types.h",
    "include/linux/uaccess.h",
)


@dataclass(frozen=True)
class Missing:
    """There is no rule for a call; `reason` is one line without a full stop."""

    reason: str


@dataclass(frozen=True)
class Counterparts:
    """A profile on a tree; everything is read once, from the tree's own headers."""

    tree: Tree
    profile: Profile

    @cached_property
    def program(self) -> Program:
        """The declarations of the tree."""
        return Program(self.tree)

    @cached_property
    def existing(self) -> dict[str, Signature]:
        """The declarations in the tree of functions that the profile names."""
        return read_signatures(self.tree, _names(self.profile))

    @cached_property
    def constants(self) -> frozenset[str]:
        """The macros and enumerators of the headers that define the FOLL_ flags, and of the one
        that defines how tags are removed from user addresses."""
        found: set[str] = set()
        for path, text in self.tree.read_many(_CONSTANT_HEADERS).items():
            found.update(_constants(parse(path, text).root))
        return frozenset(found)

    @cached_property
    def introduced(self) -> dict[str, Signature]:
        """The functions that the profile's API commits add; empty if the tree has them all."""
        api = self.profile.api
        functions = [f for commit in api.commit for f in commit.function] if api else []
        found = {}
        for function in functions:
            signature = self.signature_of(function)
            if signature is not None and function.name not in self.existing:
                found[function.name] = signature
        return found

    def signature_of(self, function: ApiFunction) -> Signature | None:
        """The signature of an API function on this tree; None if it is not added to this tree."""
        if any(self.has(name) for name in function.unless):
            return None
        header = self.profile.api.header if self.profile.api else ""
        own = tuple(Parameter(kind, name) for kind, name in function.parameters)
        if not function.mirrors:
            return Signature(function.name, function.returns, own, header)
        mirrored = self.existing.get(function.mirrors)
        if mirrored is None:
            return None
        parameters = mirrored.parameters + own
        return Signature(function.name, mirrored.return_type, parameters, header)

    @cached_property
    def known(self) -> frozenset[str]:
        """The names that templates may test for: functions, macros and enumerators that the tree
        has, and functions with one of their parameters, as in "get_user_pages(vmas)"."""
        taken = {f"{s.name}({p.name})" for s in self.existing.values() for p in s.parameters}
        return self.constants.union(self.existing, taken)

    def has(self, name: str) -> bool:
        """Whether the tree itself has a function, macro or enumerator of that name."""
        return name in self.existing or name in self.constants

    def signature(self, name: str) -> Signature | None:
        """The signature of `name`, which the tree has or the API commits add."""
        return self.existing.get(name) or self.introduced.get(name)

    def acquire(self, name: str) -> AcquireRule | Missing:
        """The rule for calls of `name` that fits this tree."""
        rules = [rule for rule in self.profile.acquire if rule.source == name]
        for rule in rules:
            if self._fits(rule.target, rule.needs):
                return rule
        return self._missing(name, [rule.target for rule in rules])

    @property
    def follows(self) -> bool:
        """Whether follow_page() may replace calls."""
        needs = self.profile.follow_needs
        return needs is not None and all(name in self.existing for name in needs)

    def looked_up(self, group: PinGroup) -> dict[Place, AcquireRule]:
        """The rules for those acquires of `group` that become lookups by address."""
        rules = {a.name: self.lookup(a.name) for a in group.acquires}
        fits = {name: r for name, r in rules.items() if not isinstance(r, Missing)}
        names = {a.place: a.name for a in group.acquires}
        return {place: fits[names[place]] for place in group.lookups(self.follows, fits) or ()}

    def lookup(self, name: str) -> AcquireRule | Missing:
        """The rule that converts calls of `name` to a lookup and fits this tree."""
        rules = [rule for rule in self.profile.lookups if rule.source == name]
        for rule in rules:
            if self._fits(rule.target, rule.needs):
                return rule
        return self._missing(name, [rule.target for rule in rules])

    def faulting(self, acquire: Acquire) -> AcquireRule | None:
        """The rule for a call that asks for no pages; it fits this tree and the arguments of the
        call."""
        for rule in self.profile.faults:
            like = all(acquire.argument(name) in (text, None) for name, text in rule.when)
            fits = acquire.fits and like and self._fits(rule.target, rule.needs)
            if rule.source == acquire.name and fits:
                return rule
        return None

    def helper(self, name: str) -> HelperRule | None:
        """The rule for callers of the helper `name`, if the tree has or gets the functions they are
        converted to."""
        for rule in self.profile.helper:
            if rule.source == name and all(map(self.signature, (rule.pins, rule.asks))):
                return rule
        return None

    def release(self, name: str, path: str = "") -> ReleaseRule | Missing:
        """The rule for calls of `name`, in the file `path`, that fits this tree; a target is
        replaced by itself. Calls by a name that stands for a function are replaced like calls of
        it; the name stays for others."""
        known = {n for rule in self.profile.release for n in (rule.source, rule.target)}
        other = self.program.stands_for(name, path) if path and name not in known else ""
        if other:
            found = self.release(other)
            if isinstance(found, Missing) or found.target != other:
                return found if isinstance(found, Missing) else replace(found, source=name)
            return ReleaseRule(name, name)
        if any(rule.target == name for rule in self.profile.release):
            return ReleaseRule(name, name)
        rules = [rule for rule in self.profile.release if rule.source == name]
        for rule in rules:
            if self._fits(rule.target, rule.needs):
                return rule
        return self._missing(name, [rule.target for rule in rules])

    def require(self) -> None:
        """Raise a :class:`Refusal` if the tree lacks functions that the profile needs."""
        needs = self.profile.needs
        lacking = [name for name in needs.functions if name not in self.existing]
        if not lacking:
            return
        since = f"; kernels have it from {needs.since} on" if needs.since else ""
        other = f"Use --profile {needs.otherwise}, which brings its own API."
        raise Refusal(
            f"Profile {self.profile.name} needs {lacking[0]}(), which this tree lacks{since}.",
            other if needs.otherwise else "Use another profile.",
        )

    def _fits(self, target: str, needs: Iterable[str]) -> bool:
        return self.signature(target) is not None and all(self.has(name) for name in needs)

    def _missing(self, name: str, targets: Sequence[str]) -> Missing:
        if not targets:
            return Missing(f"profile {self.profile.name} has no counterpart for {name}()")
        return Missing(f"this tree has no {targets[-1]}() for {name}()")


def _names(profile: Profile) -> set[str]:
    """Every function that the profile names."""
    names = set(profile.needs.functions)
    if profile.follow is not None:
        names |= {FAULT_IN, *profile.follow.needs}
    names |= set(profile.api.asks if profile.api else ())
    names |= {name for r in profile.helper for name in (r.source, r.pins, r.asks)}
    for acquire in profile.calls:
        names |= {acquire.source, acquire.target, *acquire.needs}
    for release in profile.release:
        names |= {release.source, release.target, *release.needs}
        names |= {release.loop, release.loop_dirty_lock}
    for commit in profile.api.commit if profile.api else ():
        for function in commit.function:
            names |= {function.name, function.mirrors, *function.calls, *function.unless}
    return names - {""}


def _constants(node: Node) -> Iterable[str]:
    """The names of macros and enumerators below `node`."""
    for child in node.children:
        if child.type in ("preproc_def", "preproc_function_def", "enumerator"):
            name = child.child_by_field_name("name")
            if name is not None:
                yield name_of(name)
        elif child.type not in ("function_definition", "declaration"):
            yield from _constants(child)
