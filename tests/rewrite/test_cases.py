# SPDX-License-Identifier: GPL-2.0-only
"""Before and after, to the byte, for each kind of edit and each reason not to edit.

A case is a folder of data/cases: the files as they are, `FILE.PROFILE` as they have to become, or
`reason.PROFILE` with the reason why the group fails. `follow` has the variable of the vma in a
case whose verdict is `follow`.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from migrate.analysis.model import Action, FollowSite, PinGroup
from migrate.rewrite.groups.engine import rewrite
from migrate.rewrite.model import FileChange, Rewrite
from migrate.rewrite.profile.profiles import load_profile
from tests.rewrite.trees import DATA, classification, group_of, make_tree

FOLDERS = sorted(folder for folder in (DATA / "cases").iterdir())
PROFILES = ("vaddr-pin", "pin-user-pages")
CASES = [(f.name, profile) for f in FOLDERS for profile in PROFILES if list(f.glob(f"*.{profile}"))]


def version_of(case: str) -> str:
    return (DATA / "cases" / case / "tree").read_text().strip()


def files_of(case: str) -> dict[str, bytes]:
    folder = DATA / "cases" / case
    return {f"drivers/{case}/{file.name}": file.read_bytes() for file in folder.glob("*.c")}


def convert(folder: Path, version: str, profile: str, cases: list[str]) -> Rewrite:
    """All `cases` as groups of one tree."""
    files = {case: files_of(case) for case in cases}
    tree = make_tree(folder, version, {p: t for case in files.values() for p, t in case.items()})
    groups = [_with_follows(group_of(case, files[case]), case) for case in cases]
    actions = [Action.FOLLOW if group.follows else Action.PIN for group in groups]
    decided = classification(tree, *groups)
    verdicts = tuple(replace(v, action=a) for v, a in zip(decided.verdicts, actions, strict=True))
    decided = replace(decided, verdicts=verdicts)
    return rewrite(tree, decided, load_profile(profile), lambda path: path)


def _with_follows(group: PinGroup, case: str) -> PinGroup:
    """`group` with what is known of its acquires when the case is one of follow_page()."""
    vma = DATA / "cases" / case / "follow"
    if not vma.exists():
        return group
    name = vma.read_text().strip()
    follows = tuple(FollowSite(a.place, name, "", "", "", "page", True, "") for a in group.acquires)
    return replace(group, follows=follows)


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    """Converts all cases of a kernel and a profile when the first of them is asked for."""

    @cache
    def run(version: str, profile: str) -> Rewrite:
        cases = [name for name, p in CASES if p == profile and version_of(name) == version]
        return convert(tmp_path_factory.mktemp("tree"), version, profile, cases)

    return run


@pytest.mark.parametrize(("case", "profile"), CASES)
def test_case(case: str, profile: str, converted) -> None:  # type: ignore[no-untyped-def]
    folder = DATA / "cases" / case
    result = converted(version_of(case), profile)
    changed: dict[str, FileChange] = {
        file.path: file
        for change in result.changes
        if change.group == case
        for file in change.files
    }
    failed = [failure.reason for failure in result.failures if failure.group == case]
    reason = folder / f"reason.{profile}"
    if reason.exists():
        assert failed == [reason.read_text().strip()]
        assert not changed
        return
    assert failed == []
    for path, text in files_of(case).items():
        expected = (folder / f"{Path(path).name}.{profile}").read_bytes()
        assert (changed[path].after if path in changed else text) == expected
        assert path not in changed or changed[path].before == text


def test_every_case_is_for_some_profile() -> None:
    assert {folder.name for folder in FOLDERS} == {case for case, _ in CASES}
