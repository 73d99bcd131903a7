# SPDX-License-Identifier: GPL-2.0-only
"""The main job, end to end, on the oldest kernel there is under both profiles."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from migrate.kernel.tree import open_tree
from scripts.transcripts import performed
from tests.kernel.runs import Run, empty_checkout
from tests.test_readme import console

MUST_CONVERT = {
    "drivers/block/ublk_drv.c:ublk_copy_user_pages",
    "drivers/misc/vmw_vmci/vmci_queue_pair.c:qp_host_get_user_memory",
    "drivers/misc/vmw_vmci/vmci_host.c:vmci_host_setup_notify",
    "drivers/virt/nitro_enclaves/ne_misc_dev.c:ne_set_user_memory_region_ioctl",
    "kernel/events/uprobes.c:__update_ref_ctr",
    "mm/memory.c:__access_remote_vm",
}
"""The groups that were named from the first day; each with all of its releases."""

UNPIN = {"vaddr-pin": "put_user_page", "pin-user-pages": "unpin_user_page"}
"""What a profile releases one pinned page by."""

UNTIL_6_1 = {
    "drivers/block/ublk_drv.c:ublk_copy_user_pages",  # later by iov_iter_get_pages2()
    "mm/memory.c:__access_remote_vm",  # later by get_user_page_vma_remote()
}

MENDED_FIRST = "drivers/misc/bcm-vk/bcm_vk_sg.c:bcm_vk_dma_alloc"
"""Gives two pages to the allocator, in all kernels so far."""

RELEASES = {
    "drivers/block/ublk_drv.c": 1,
    "drivers/misc/vmw_vmci/vmci_queue_pair.c": 1,
    "drivers/misc/vmw_vmci/vmci_context.c": 1,
    "drivers/virt/nitro_enclaves/ne_misc_dev.c": 2,
    "mm/memory.c": 1,
}
"""How many releases of plain references each file loses, counted in the kernel's source."""


def test_the_run_ends_well(run: Run) -> None:
    assert run.done.returncode == 0, run.done.stderr[-3000:]
    assert "Traceback" not in run.done.stdout + run.done.stderr


def test_the_transcript_of_the_readme(linux: Path, tmp_path: Path) -> None:
    if open_tree(linux).version[:2] != (6, 1):
        pytest.skip("README.md shows what is said of Linux 6.1")
    text = f"```console\n{console()}```\n"
    assert performed(text, tmp_path / "home", linux) == text, (
        "type: python -m scripts.transcripts --tree LINUX"
    )


def test_named_groups_are_converted_with_their_releases(run: Run) -> None:
    converted = {change["group"] for change in run.stage("rewrite")["changes"]}
    later = open_tree(run.tree).version[:2] > (6, 1)
    wanted = MUST_CONVERT - (UNTIL_6_1 if later else set())
    assert converted >= wanted
    assert MENDED_FIRST in converted
    base = run.stage("commit")["base"]
    lost = {name.partition(":")[0] for name in MUST_CONVERT - wanted}
    for path, count in RELEASES.items():
        if path in lost:
            continue
        diff = run.git("diff", "-U0", base, run.ref, "--", path)
        removed = [
            line for line in diff.splitlines() if line.startswith("-") and "put_page(" in line
        ]
        assert len(removed) == count, (path, diff)


def test_a_bug_is_mended_before_the_conversion(run: Run) -> None:
    commits = [c for c in run.stage("commit")["commits"] if MENDED_FIRST in c["groups"]]
    assert [c["fix"] for c in commits] == [True, False]
    path = MENDED_FIRST.partition(":")[0]
    texts = [run.git("show", f"{c['id']}:{path}") for c in commits]
    assert all("__free_page(" not in text for text in texts)
    assert texts[0].count("put_page(dma->pages[") == 3
    assert texts[1].count(f"{UNPIN[run.profile]}(dma->pages[") == 3


def test_every_converted_object_is_built(run: Run) -> None:
    report = run.stage("build")
    states = {(o["path"], o["status"]) for o in report["objects"]}
    assert states and {status for _, status in states} == {"built"}, states
    commits = {c["id"]: c for c in run.stage("commit")["commits"]}
    sources = {p for c in commits.values() for p in c["paths"] if p.endswith(".c")}
    built = {Path(path).stem for path, _ in states}
    assert {Path(source).stem for source in sources} <= built


def test_no_kept_site_is_touched(run: Run) -> None:
    classified = run.stage("classify")
    pairs = zip(classified["groups"], classified["verdicts"], strict=True)
    kept = {
        a["place"]["path"]: a
        for group, verdict in pairs
        if verdict["action"] in ("keep", "manual")
        for a in group["acquires"]
    }
    base = run.stage("commit")["base"]
    for path, acquire in kept.items():
        diff = run.git("diff", "-U0", base, run.ref, "--", path)
        removed = [line[1:].strip() for line in diff.splitlines() if line.startswith("-")]
        assert acquire["text"] not in removed, path


def test_every_acquire_is_in_the_report_once(run: Run) -> None:
    scanned = [
        (a["place"]["path"], a["place"]["line"], a["place"]["column"])
        for a in run.stage("scan")["acquires"]
    ]
    report = json.loads(
        (run.workspace / "profiles" / run.profile / "out" / "report.json").read_text("utf-8")
    )
    listed = [(a["path"], a["line"], a["column"]) for a in report["rows"]]
    assert sorted(listed) == sorted(scanned)
    assert len(set(listed)) == len(listed)


def test_each_series_of_several_has_a_cover_and_all_apply(run: Run, tmp_path: Path) -> None:
    assert len(run.folders) == len(run.stage("series")["series"])
    git = ["git", "-C", str(empty_checkout(run, tmp_path))]
    for folder in run.folders:
        assert (folder / "send.sh").is_file()
        patches = [p for p in sorted(folder.glob("*.patch")) if not p.name.startswith("0000-")]
        assert (folder / "0000-cover-letter.patch").is_file() == (len(patches) > 1)
        subprocess.run([*git, "am", "-q", *map(str, patches)], check=True, timeout=120)
    ours = subprocess.run(
        [*git, "rev-parse", "HEAD^{tree}"], capture_output=True, text=True, check=True
    )
    assert ours.stdout.strip() == run.git("rev-parse", f"{run.ref}^{{tree}}").strip()
