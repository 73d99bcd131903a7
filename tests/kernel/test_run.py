# SPDX-License-Identifier: GPL-2.0-only
"""The main job, end to end, on Linux 6.1 under both profiles."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.snapshots import snapshot

PROJECT = Path(__file__).resolve().parents[2]
MUST_CONVERT = {
    "drivers/misc/bcm-vk/bcm_vk_sg.c:bcm_vk_dma_alloc",
    "drivers/block/ublk_drv.c:ublk_copy_user_pages",
    "drivers/misc/vmw_vmci/vmci_queue_pair.c:qp_host_get_user_memory",
    "drivers/misc/vmw_vmci/vmci_host.c:vmci_host_setup_notify",
    "drivers/virt/nitro_enclaves/ne_misc_dev.c:ne_set_user_memory_region_ioctl",
    "kernel/events/uprobes.c:__update_ref_ctr",
    "mm/memory.c:__access_remote_vm",
}
"""The groups that were named from the first day; each with all of its releases."""

RELEASES = {
    "drivers/misc/bcm-vk/bcm_vk_sg.c": 1,
    "drivers/block/ublk_drv.c": 1,
    "drivers/misc/vmw_vmci/vmci_queue_pair.c": 1,
    "drivers/misc/vmw_vmci/vmci_context.c": 1,
    "drivers/virt/nitro_enclaves/ne_misc_dev.c": 2,
    "mm/memory.c": 1,
}
"""How many releases of plain references each file loses, counted in the kernel's source."""


@dataclass(frozen=True)
class Run:
    profile: str
    tree: Path
    workspace: Path
    done: subprocess.CompletedProcess[str]

    def stage(self, name: str) -> Any:
        for folder in (self.workspace / "profiles" / self.profile, self.workspace):
            if (folder / f"{name}.json").is_file():
                stored = json.loads((folder / f"{name}.json").read_text("utf-8"))
                return stored.get("value", stored)
        raise AssertionError(f"no {name}.json")

    def git(self, *args: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(self.tree), *args], capture_output=True, text=True, check=True
        )
        return done.stdout

    @property
    def ref(self) -> str:
        return f"refs/heads/gup-migrate/{self.profile}"


@pytest.fixture(scope="session")
def runs(linux_6_1: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """`gup-migrate run` under both profiles, in a checkout of its own and one workspace."""
    folder = tmp_path_factory.mktemp("run")
    tree = folder / "linux"
    subprocess.run(
        ["git", "clone", "-q", "--shared", str(linux_6_1), str(tree)], check=True, timeout=600
    )
    env = os.environ | {"HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache")}
    for key, value in (("user.name", "Ada Tester"), ("user.email", "ada@example.org")):
        subprocess.run(["git", "-C", str(tree), "config", key, value], check=True)
    found = {}
    for profile in ("vaddr-pin", "pin-user-pages"):
        before = snapshot(tree, contents=False)
        done = subprocess.run(
            [
                *(sys.executable, "-m", "migrate", "run", str(tree)),
                *("--profile", profile, "--workspace", str(folder / "work")),
            ],
            cwd=PROJECT,
            env=env,
            capture_output=True,
            text=True,
            timeout=2400,
            check=False,
        )
        print(done.stdout, done.stderr)
        found[profile] = Run(profile, tree, folder / "work", done)
        after = snapshot(tree, contents=False)
        assert after == before, "the user's repository changed"
    return found


@pytest.fixture(params=["vaddr-pin", "pin-user-pages"])
def run(request: pytest.FixtureRequest, runs: dict[str, Run]) -> Run:
    return runs[request.param]


def test_the_run_ends_well(run: Run) -> None:
    assert run.done.returncode == 0, run.done.stderr[-3000:]
    assert "Traceback" not in run.done.stdout + run.done.stderr


def test_named_groups_are_converted_with_their_releases(run: Run) -> None:
    converted = {change["group"] for change in run.stage("rewrite")["changes"]}
    assert converted >= MUST_CONVERT
    base = run.stage("commit")["base"]
    for path, count in RELEASES.items():
        diff = run.git("diff", "-U0", base, run.ref, "--", path)
        removed = [
            line for line in diff.splitlines() if line.startswith("-") and "put_page(" in line
        ]
        assert len(removed) == count, (path, diff)


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


def test_each_series_has_a_cover_and_applies(run: Run, tmp_path: Path) -> None:
    out = run.workspace / "profiles" / run.profile / "out"
    folders = sorted(p for p in out.iterdir() if p.is_dir())
    assert len(folders) == len(run.stage("series")["series"])
    tree = tmp_path / "linux"
    subprocess.run(
        ["git", "clone", "-q", "--shared", "--no-checkout", str(run.tree), str(tree)], check=True
    )
    base = run.stage("commit")["base"]
    git = ["git", "-C", str(tree), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run([*git, "sparse-checkout", "set", "--no-cone", "/Makefile"], check=True)
    subprocess.run([*git, "checkout", "-q", "--detach", base], check=True)
    for folder in folders:
        assert (folder / "send.sh").is_file()
        assert len(list(folder.glob("0000-*"))) == 1 or len(list(folder.glob("*.patch"))) == 1
        patches = [p for p in sorted(folder.glob("*.patch")) if not p.name.startswith("0000-")]
        subprocess.run([*git, "am", "-q", *map(str, patches)], check=True, timeout=120)
    ours = subprocess.run(
        [*git, "rev-parse", "HEAD^{tree}"], capture_output=True, text=True, check=True
    )
    assert ours.stdout.strip() == run.git("rev-parse", f"{run.ref}^{{tree}}").strip()
