# SPDX-License-Identifier: GPL-2.0-only
"""Every shape after the rewrite, to the byte; nothing more to do, and nothing broken by it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from migrate.analysis.acquires.scan import scan
from migrate.analysis.audit.run import Audit, audit
from migrate.analysis.model import Action, Classification
from migrate.analysis.pairing.pair import pair
from migrate.base import codec
from migrate.kernel.signatures import GUP_NAMES, PIN_NAMES
from migrate.kernel.tree import open_tree
from migrate.rewrite.model import Rewrite
from tests.shapes.conftest import NoCache, alone, git_identity
from tests.shapes.rewritten import (
    changes,
    classified,
    committed,
    converted,
    diff,
    expected,
    with_implementation,
)
from tests.shapes.world import PROFILES, Shape, shapes

LEFT = {"drivers/confetti/confetti.c:confetti_lay": "table->nr may be negative"}
"""Groups that are rolled back, and why: by design."""


@dataclass(frozen=True)
class Outcome:
    """One rewrite of all shapes, the verdicts and the rewrite of its result, and the findings of
    the audit before and after, as text without places."""

    first: Rewrite
    again: Rewrite
    left: tuple[str, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]


def audited(tree: Path) -> Audit:
    opened = open_tree(tree)
    names = frozenset((*GUP_NAMES, *PIN_NAMES))
    found = scan(opened, cache=NoCache(), jobs=2, progress=lambda *_: None, names=names)
    return audit(opened, found, pair(opened, found))


def told(result: Audit) -> tuple[str, ...]:
    return tuple(sorted(f"{f.place.path} {f.rule}" for f in result.findings))


@contextmanager
def _once(folder: Path, name: str) -> Iterator[Path]:
    with alone(folder / f"{name}.lock"), git_identity(folder):
        yield folder / f"{name}.json"


def _work(tree: Path, classification: Classification, profile: str) -> Outcome:
    first = converted(open_tree(tree), classification, profile)
    before = told(audited(tree))
    for path, (_, after) in changes(first).items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_bytes(after)
    opened = open_tree(committed(tree))
    verdicts = classified(opened, profile)
    wanted = (Action.PIN, Action.FOLLOW)
    left = tuple(v.group for v in verdicts.verdicts if v.action in wanted)
    return Outcome(first, converted(opened, verdicts, profile), left, before, told(audited(tree)))


@pytest.fixture(scope="session", params=PROFILES)
def outcome(
    request: pytest.FixtureRequest,
    shapes_tree: Path,
    shared_folder: Path,
    classifications: dict[str, Classification],
) -> tuple[str, Outcome]:
    """The profile, and what it makes of a tree with all shapes."""
    profile = str(request.param)
    with _once(shared_folder, f"rewrite-{profile}") as stored:
        if not stored.exists():
            tree = shared_folder / f"linux-{profile}"
            shutil.rmtree(tree, ignore_errors=True)
            subprocess.run(["git", "clone", "-q", str(shapes_tree), str(tree)], check=True)
            done = _work(with_implementation(tree), classifications[profile], profile)
            codec.write(stored, done)
        return profile, codec.loads(stored.read_text(), Outcome)


@pytest.mark.parametrize("shape", shapes(), ids=lambda shape: shape.name)
def test_the_shape_comes_out_to_the_byte(shape: Shape, outcome: tuple[str, Outcome]) -> None:
    profile, done = outcome
    path = expected(shape, profile)
    assert diff(shape, changes(done.first)) == (path.read_text() if path.exists() else "")


def test_no_file_is_expected_of_a_shape_that_is_not_there() -> None:
    names = {f"{shape.name}.{profile}.diff" for shape in shapes() for profile in PROFILES}
    assert {p.name for p in (Path(__file__).parent / "data").glob("*.diff")} <= names


def test_every_group_converts_whole(outcome: tuple[str, Outcome]) -> None:
    failures = {f.group: f.reason for f in outcome[1].first.failures}
    assert set(failures) == set(LEFT)
    assert all(LEFT[group] in reason for group, reason in failures.items())
    assert len(outcome[1].first.changes) > 20


def test_a_string_that_names_what_is_replaced_is_named(outcome: tuple[str, Outcome]) -> None:
    notes = {change.group: change.notes for change in outcome[1].first.changes}
    path = "drivers/caption/caption.c"
    assert notes.pop(f"{path}:caption_print") == (
        "Strings that name get_user_pages_fast() and put_page() are left as they are:"
        f" {path}:21 and {path}:27.",
    )
    assert set(notes.values()) == {()}, "no other shape has such a string"


def test_its_own_result_is_left_alone(outcome: tuple[str, Outcome]) -> None:
    done = outcome[1]
    assert set(done.left) == set(LEFT)
    assert done.again.failures == done.first.failures
    assert (done.again.changes, done.again.api.commits) == ((), ())


def test_the_audit_finds_nothing_that_was_not_there(outcome: tuple[str, Outcome]) -> None:
    """No mixed pair, no lost release: every finding after the rewrite was one before it."""
    assert set(outcome[1].after) <= set(outcome[1].before)
