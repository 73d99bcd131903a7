# SPDX-License-Identifier: GPL-2.0-only
"""Each shape on its own, without spatch and without git: seconds where the others take a minute."""

from __future__ import annotations

from functools import cache

import pytest

from migrate.analysis.model import Pairing
from migrate.analysis.pairing.pair import pair
from migrate.rewrite.profile.profiles import load_profile
from migrate.rewrite.profile.verdicts import classify
from tests.analysis.memory import MemoryTree, scan_of, tree_of
from tests.shapes.test_shapes import WRONG_GROUPS, check_group, check_verdict, each_shape, group_of
from tests.shapes.world import PROFILES, SHAPES, Shape


@cache
def analysed(name: str) -> tuple[MemoryTree, Pairing]:
    folder = SHAPES / name
    own = [p for p in folder.rglob("*") if p.is_file() and p.name != "expected.toml"]
    tree = tree_of({str(p.relative_to(folder)): p.read_bytes() for p in own})
    return tree, pair(tree, scan_of(tree))


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("shape", each_shape(WRONG_GROUPS))
def test_shape(shape: Shape, profile: str) -> None:
    tree, pairing = analysed(shape.name)
    classification = classify(tree, pairing, profile=load_profile(profile))
    verdicts = {verdict.group: verdict for verdict in classification.verdicts}
    for expected in shape.groups:
        group = group_of(expected, classification.groups)
        check_group(expected, group)
        check_verdict(expected, group, verdicts[group.name], profile)
