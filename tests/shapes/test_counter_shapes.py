# SPDX-License-Identifier: GPL-2.0-only
"""What would make a verdict with high confidence false, and that it is seen: the table of
kernel-fixtures/shapes/counter-shapes.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache

import pytest

from migrate.analysis.model import Confidence, Verdict
from migrate.analysis.verdicts.rules import RULES, through_helper
from migrate.rewrite.profile.profiles import load_profile
from migrate.rewrite.profile.verdicts import classify
from tests.shapes.test_in_memory import analysed
from tests.shapes.test_shapes import group_of
from tests.shapes.world import PROFILES, SHAPES, Shape, shapes

HIGH = {rule.name for rule in RULES if rule.high} | {through_helper.__name__}
"""The rules with answers of high confidence; callers take over that of their helper."""


@dataclass(frozen=True)
class Counter:
    """The group of a shape in which `rule` must not answer with high confidence, and why not."""

    rule: str
    shape: str
    group: str
    why: str


def counters() -> list[Counter]:
    data = tomllib.loads((SHAPES / "counter-shapes.toml").read_text())
    return [Counter(**entry) for entry in data["counter"]]


@cache
def verdicts(name: str, profile: str) -> dict[str, Verdict]:
    """The verdicts on a shape alone, by the names of its groups."""
    tree, pairing = analysed(name)
    found = classify(tree, pairing, profile=load_profile(profile)).verdicts
    by_group = {verdict.group: verdict for verdict in found}
    expected = shape_of(name).groups
    return {e.name: by_group[group_of(e, pairing.groups).name] for e in expected}


def shape_of(name: str) -> Shape:
    (found,) = [shape for shape in shapes() if shape.name == name]
    return found


@pytest.mark.parametrize("rule", sorted(HIGH))
def test_a_rule_with_high_confidence_has_a_counter_shape(rule: str) -> None:
    assert any(counter.rule == rule for counter in counters())


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("counter", counters(), ids=lambda c: f"{c.rule}-{c.shape}-{c.group}")
def test_it_is_seen(counter: Counter, profile: str) -> None:
    verdict = verdicts(counter.shape, profile)[counter.group]
    assert (verdict.rule, verdict.confidence) != (counter.rule, Confidence.HIGH), counter.why


@pytest.mark.parametrize("profile", PROFILES)
def test_no_other_rule_has_high_confidence(profile: str) -> None:
    """The answers to all shapes, so that the rules of the table are those that need one."""
    found = {
        verdict.rule
        for shape in shapes()
        for verdict in verdicts(shape.name, profile).values()
        if verdict.confidence is Confidence.HIGH
    }
    assert found <= HIGH
    # GUP itself is in no shape, and the rewrite takes no fixture for a helper that is kept.
    assert found >= HIGH - {"implementation", "through_helper"}


def test_the_table_has_every_counter_shape() -> None:
    """And no rule, shape or group that is not there."""
    named = {counter.shape for counter in counters()}
    there = {shape.name for shape in shapes() if shape.row == "counter"}
    assert named == there
    assert {counter.rule for counter in counters()} <= HIGH
    for counter in counters():
        assert counter.group in {group.name for group in shape_of(counter.shape).groups}
        assert counter.why
