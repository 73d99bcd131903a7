# SPDX-License-Identifier: GPL-2.0-only
"""Every shape of kernel-fixtures/shapes: its groups, and the verdict under each profile."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from migrate.analysis.model import Action, Classification, PinGroup, Place, Verdict
from migrate.analysis.verdicts.wording import sentences
from tests.shapes.conftest import Analysis
from tests.shapes.world import PROFILES, SHAPES, ExpectedGroup, Line, Shape, shapes

WRONG_GROUPS: dict[str, str] = {}
WRONG_ACQUIRES: dict[str, str] = {}
"""What the analysis gets wrong, and why; a test fails as soon as one of them is right."""


def each_shape(wrong: Mapping[str, str]) -> list[Any]:
    """The shapes as parameters, those that are known to go wrong marked so."""
    return [
        pytest.param(
            shape,
            id=shape.name,
            marks=[pytest.mark.xfail(reason=wrong[shape.name])] if shape.name in wrong else [],
        )
        for shape in shapes()
    ]


def line_of(place: Place) -> Line:
    return place.path, place.line


def group_of(expected: ExpectedGroup, groups: tuple[PinGroup, ...]) -> PinGroup:
    """The group with exactly the acquires that are marked."""
    for group in groups:
        lines = frozenset(line_of(a.place) for a in group.acquires)
        if lines & expected.acquires:
            assert lines == expected.acquires, f"{expected.name}: other acquires in the group"
            return group
    raise AssertionError(f"{expected.name}: no group has {sorted(expected.acquires)}")


def check_group(expected: ExpectedGroup, group: PinGroup) -> None:
    found = frozenset(line_of(r.place) for r in group.releases)
    assert found <= expected.releases, f"{expected.name}: releases that belong to others"
    if expected.complete:
        assert group.gaps == ()
        assert found == expected.releases
    text = " | ".join(sentences(group.gaps))
    for words in expected.gap:
        assert words in text


def check_verdict(expected: ExpectedGroup, group: PinGroup, verdict: Verdict, profile: str) -> None:
    assert verdict.action in expected.verdicts[profile], verdict.reason
    if verdict.action is Action.MANUAL:
        return
    assert verdict.case in expected.cases
    if verdict.action is Action.PIN:
        found = frozenset(line_of(r.place) for r in group.releases)
        assert found == expected.releases, f"{expected.name}: pinned with a release missing"
        assert group.gaps == ()
    if expected.warnings is not None and verdict.action is Action.PIN:
        left = list(verdict.warnings)
        for words in expected.warnings:
            (match,) = [w for w in left if words in w]
            left.remove(match)
        assert left == []


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("shape", each_shape(WRONG_GROUPS))
def test_shape(shape: Shape, profile: str, classifications: dict[str, Classification]) -> None:
    classification = classifications[profile]
    verdicts = {verdict.group: verdict for verdict in classification.verdicts}
    for expected in shape.groups:
        group = group_of(expected, classification.groups)
        check_group(expected, group)
        check_verdict(expected, group, verdicts[group.name], profile)


@pytest.mark.parametrize("shape", each_shape(WRONG_ACQUIRES))
def test_acquires_are_those_marked(shape: Shape, analysis: Analysis) -> None:
    files = set(shape.files)
    marked = {line for group in shape.groups for line in group.acquires}
    found = [line_of(a.place) for a in analysis.scan.acquires if a.place.path in files]
    assert sorted(found) == sorted(marked)


@pytest.mark.parametrize("shape", each_shape(WRONG_ACQUIRES))
def test_unparsed_are_those_marked(shape: Shape, analysis: Analysis) -> None:
    """Both finders see the same; what neither understands is listed."""
    found = {line_of(u.place) for u in analysis.scan.unparsed if u.place.path in shape.files}
    assert shape.unparsed <= found <= shape.unparsed | shape.maybe_unparsed


def test_every_acquire_is_in_one_group(analysis: Analysis) -> None:
    counted = Counter(a.place for group in analysis.pairing.groups for a in group.acquires)
    assert counted == Counter(a.place for a in analysis.scan.acquires)


@pytest.mark.parametrize("shape", each_shape({}))
def test_shape_is_c(shape: Shape) -> None:
    """A shape that no compiler takes shows nothing."""
    sources = [name for name in shape.files if name.endswith(".c")]
    includes = (f"-I{SHAPES / 'skeleton' / 'include'}", f"-I{SHAPES / shape.name / 'include'}")
    done = subprocess.run(
        ["gcc", "-std=gnu11", "-ffreestanding", "-nostdinc", "-fsyntax-only", "-w", *includes]
        + [str(SHAPES / shape.name / name) for name in sources],
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""


def test_shapes_are_written_by_the_kernels_rules() -> None:
    for path in SHAPES.rglob("*.[ch]"):
        text = path.read_text()
        assert text.endswith("\n"), path
        for line in text.splitlines():
            assert not line.startswith("    "), f"{path}: indented by spaces"
            assert line == line.rstrip(), f"{path}: white space at the end of a line"


def test_the_analysis_is_quick(analysis: Analysis) -> None:
    assert analysis.seconds < 300, "all shapes together are a few hundred lines"


def test_the_tree_is_only_read(shapes_tree: Path, analysis: Analysis) -> None:
    assert analysis.scan.acquires
    done = subprocess.run(
        ["git", "-C", str(shapes_tree), "status", "--porcelain"], capture_output=True, check=True
    )
    assert done.stdout == b""
