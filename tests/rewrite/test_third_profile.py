# SPDX-License-Identifier: GPL-2.0-only
"""examples/page-lookup: a profile outside of the package, with a semantic patch of its own."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

import migrate
from migrate.analysis.acquires.spatch import SpatchOutcome, TookTooLong
from migrate.analysis.model import Action
from migrate.base.errors import Refusal
from migrate.delivery.model import BuildStatus
from migrate.rewrite.groups.engine import rewrite
from migrate.rewrite.model import Rewrite
from migrate.rewrite.profile.profiles import load_profile
from migrate.rewrite.profile.trust import untrusted_in
from migrate.rewrite.steps import apply
from tests.rewrite.trees import classification, group_of, make_tree

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "page-lookup"

BEFORE = b"""\
int node(unsigned long at)
{
	struct page *page;
	int nid;

	/* One page only. */
	if (get_user_pages_fast(at & PAGE_MASK, 1, /* flags */ 0,
				&page) != 1)
		return -EFAULT;
	nid = page_to_nid(page);
	put_page(page);	/* stays in its place */
	return nid;
}
"""
AFTER = b"""\
int node(unsigned long at)
{
	struct page *page;
	int nid;

	/* One page only. */
	if (lookup_user_page_fast(at & PAGE_MASK, /* flags */ 0,
%s&page) != 1)
		return -EFAULT;
	nid = page_to_nid(page);
	put_looked_up_page(page);	/* stays in its place */
	return nid;
}
""" % (b"\t" * 4 + b"  ")


def convert(folder: Path, text: bytes, profile: Path = EXAMPLE) -> Rewrite:
    tree = make_tree(folder / "tree", "6.1", {"a.c": text})
    group = group_of("g", {"a.c": text})
    verdicts = classification(tree, group, action=Action.FOLLOW)
    return rewrite(tree, verdicts, load_profile(str(profile)), lambda _: "MM")


def test_it_is_data_and_semantic_patches_alone() -> None:
    kinds = {path.suffix for path in EXAMPLE.rglob("*") if path.is_file()}
    assert kinds == {".toml", ".cocci", ".j2"}
    assert untrusted_in(load_profile(str(EXAMPLE))) == "", "nobody has to trust it"


def test_a_lookup_of_one_page_is_converted_to_the_byte(tmp_path: Path) -> None:
    result = convert(tmp_path, BEFORE)
    assert result.failures == ()
    (change,) = result.changes
    assert change.files[0].after.decode() == AFTER.decode()
    assert change.rules == ("common/rename-call.cocci", "page-lookup/lookup.cocci")


@pytest.mark.parametrize("count", [b"2", b"nr", b"ONE"])
def test_a_count_that_is_not_one_is_left_alone(tmp_path: Path, count: bytes) -> None:
    result = convert(tmp_path, BEFORE.replace(b", 1,", b", %s," % count))
    assert result.changes == ()
    assert result.failures[0].reason == "a.c:7: nr_pages of get_user_pages_fast() is not 1"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("   , flags, page)", "-  , flags, page)\n+  , page, flags)"),
        ("   , flags, page)", "-  , flags, page)\n+  , 0, page)"),
        ("  fn(start\n", "- fn(start\n+ get_page(start\n"),
    ],
)
def test_a_semantic_patch_that_does_something_else_changes_nothing(
    tmp_path: Path, old: str, new: str
) -> None:
    """What may come out is worked out from profile.toml, whatever the semantic patch says."""
    profile = tmp_path / "page-lookup"
    shutil.copytree(EXAMPLE, profile)
    rule = profile / "lookup.cocci"
    assert old in rule.read_text()
    rule.write_text(rule.read_text().replace(old, new))
    result = convert(tmp_path, BEFORE, profile)
    assert result.changes == () and len(result.failures) == 1


def test_a_semantic_patch_that_does_not_end_is_run_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a limit on its memory, which ours do without."""
    run_spatch, limits = apply.run_spatch, []

    def run(rule: Path, files: dict[str, bytes], **more: Any) -> SpatchOutcome:
        if rule.parent.name != "page-lookup":
            assert more["memory"] is None
            return run_spatch(rule, files, **more)
        limits.append(more["memory"])
        return TookTooLong(120)

    monkeypatch.setattr(apply, "run_spatch", run)
    monkeypatch.setattr(apply, "_given_up", set())
    reasons = [convert(tmp_path / name, BEFORE).failures[0].reason for name in ("a", "b")]
    assert reasons == [
        "a.c: spatch was stopped after 120 s",
        "lookup.cocci took too long before, and is not run again",
    ]
    assert limits == [2 << 30]


@pytest.mark.parametrize(
    ("old", "why"),
    [
        ('patch = "lookup.cocci"\n', "to drop arguments of get_user_pages_fast takes a patch"),
        ("lookup.cocci", "there is no other.cocci beside it"),
    ],
)
def test_a_profile_that_cannot_work_is_refused(tmp_path: Path, old: str, why: str) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "own")
    file = tmp_path / "own" / "profile.toml"
    file.write_text(file.read_text().replace(old, "" if "=" in old else "other.cocci"))
    with pytest.raises(Refusal) as caught:
        load_profile(str(tmp_path / "own"))
    assert why in caught.value.what


def test_a_kernel_is_converted_and_builds(mini: Path, tmp_path: Path) -> None:
    job = migrate.run(mini, profile=str(EXAMPLE), until="build", workspace=tmp_path / "ws")
    plain = migrate.run(mini, until="classify", workspace=tmp_path / "ws")
    became = {v.group: v for v in job.decided().verdicts}
    for verdict in plain.classification.verdicts:
        now = became[verdict.group]
        if verdict.action is Action.PIN:
            assert now.action is Action.KEEP, "what needs a pin is not this profile's business"
        looks = verdict.rule in ("only_struct_page", "followed", "reference_consumed")
        if not looks and now.action is not Action.KEEP:
            assert now.action is Action.MANUAL
    converted = [group for commit in job.branch.commits for group in commit.groups]
    assert converted == ["mm/node_lookup.c:node_of_address"]
    assert {o.status for o in job.builds.objects} == {BuildStatus.BUILT}
    assert {"mm/node_lookup.c", "mm/gup.c"} <= {o.path for o in job.builds.objects}
