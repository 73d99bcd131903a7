# SPDX-License-Identifier: GPL-2.0-only
"""State on disk: where it may be, who may touch it, and what damage does to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from migrate.base.errors import Refusal
from migrate.base.stores import lock
from migrate.delivery.commits import arrival
from migrate.runs.output_folder import replacing
from migrate.runs.workspace import LAYOUT, Workspace, open_workspace


@dataclass(frozen=True)
class Value:
    text: str
    data: bytes


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A git checkout with one commit; not a kernel, which a workspace does not mind."""
    root = tmp_path / "linux"
    root.mkdir()
    (root / "a.c").write_bytes(b"int a;\r\n")
    (root / ".gitattributes").write_text("*.txt text\n")
    git(root, "init", "-q", "-b", "main")
    git(root, "config", "core.autocrlf", "true")
    git(root, "-c", "core.autocrlf=false", "add", "-A")
    git(root, "-c", "user.name=A", "-c", "user.email=a@b", "commit", "-qm", "one")
    return root


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def workspace(checkout: Path, tmp_path: Path, said: list[str]) -> Workspace:
    return open_workspace(checkout, "vaddr-pin", tmp_path / "ws", said.append)


def git(root: Path, *args: str) -> str:
    env = {"HOME": str(root), "PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", "-C", str(root), *args], env=env, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def test_the_default_place_is_in_the_cache_folder(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = open_workspace(checkout, "vaddr-pin").root
    assert root.parent == tmp_path / "cache" / "gup-migrate" / "work"
    assert root.name.startswith("linux-")
    twin = tmp_path / "other" / "linux"
    twin.mkdir(parents=True)
    assert open_workspace(twin, "vaddr-pin").root != root
    link = tmp_path / "link"
    link.symlink_to(checkout)
    assert open_workspace(link, "vaddr-pin").root == root
    assert not root.exists(), "opening writes nothing"


def test_a_relative_cache_folder_counts_as_unset(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "cache")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert tmp_path / ".cache" in open_workspace(checkout, "vaddr-pin").root.parents


@pytest.mark.parametrize("place", ["linux", "linux/drivers/ws", "."])
def test_a_place_in_or_around_the_checkout_is_refused(
    checkout: Path, tmp_path: Path, place: str
) -> None:
    with pytest.raises(Refusal, match="--workspace DIR"):
        open_workspace(checkout, "vaddr-pin", tmp_path / place)
    link = tmp_path / "sly"
    link.symlink_to(checkout / "sub")
    with pytest.raises(Refusal, match="inside the checkout"):
        open_workspace(checkout, "vaddr-pin", link)


def test_a_folder_of_the_user_is_not_taken(workspace: Workspace) -> None:
    workspace.root.mkdir()
    (workspace.root / "thesis.tex").write_text("precious")
    with pytest.raises(Refusal, match=r"thesis\.tex"), workspace.locked():
        pass
    with pytest.raises(Refusal):
        workspace.clean(everything=True)
    assert (workspace.root / "thesis.tex").read_text() == "precious"


def test_a_run_that_was_killed_at_its_first_file_leaves_a_workspace(workspace: Workspace) -> None:
    workspace.root.mkdir()
    (workspace.root / "lock").touch()
    (workspace.root / "gup-migrate.json.new").write_text('{"lay')
    with workspace.locked():
        assert not list(workspace.root.glob("*.new"))


def test_the_workspace_of_another_checkout_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    with workspace.locked():
        pass
    other = tmp_path / "other"
    other.mkdir()
    stranger = open_workspace(other, "vaddr-pin", workspace.root)
    with pytest.raises(Refusal, match="is the workspace of"), stranger.locked():
        pass


def test_a_newer_layout_is_refused_and_an_older_one_made_anew(
    workspace: Workspace, said: list[str]
) -> None:
    marker = workspace.root / "gup-migrate.json"
    with workspace.locked():
        workspace.save("scan", Value("a", b"b"), "i")
    data = json.loads(marker.read_text())
    marker.write_text(json.dumps(data | {"layout": LAYOUT + 1}))
    with pytest.raises(Refusal, match="newer gup-migrate"), workspace.locked():
        pass
    marker.write_text(json.dumps(data | {"layout": LAYOUT - 1}))
    (workspace.checkout / "half").touch()
    note = arrival.Note((str(workspace.checkout / "half"),))
    arrival.stored.save(workspace.journal, note, "")
    with workspace.locked():
        assert workspace.load("scan", Value) is None
        assert not (workspace.checkout / "half").exists(), "the note is read before it goes"
    assert json.loads(marker.read_text())["layout"] == LAYOUT
    assert any("made anew" in line for line in said)


def test_a_stage_file_comes_back_whole(workspace: Workspace) -> None:
    with workspace.locked():
        saved = workspace.save("pair", Value("ü", b"\xff\x00"), "inputs")
        found = workspace.load("pair", Value)
    assert found == saved
    assert found is not None and found.value == Value("ü", b"\xff\x00")


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text.replace("good", "evil"),
        lambda text: text.replace('"text"', '"test"'),
        lambda text: text.replace('"value"', '"worth"'),
        lambda _: "",
        lambda _: "[]",
        lambda _: "\udc80",
        lambda _: "[" * 100_000,
    ],
)
def test_a_damaged_stage_file_is_set_aside(workspace: Workspace, said: list[str], damage) -> None:
    with workspace.locked():
        workspace.save("classify", Value("good", b""), "inputs")
        path = workspace.stage_path("classify")
        path.write_text(damage(path.read_text()), errors="surrogateescape")
        assert workspace.load("classify", Value) is None
    assert not path.exists()
    assert path.with_name("classify.json.damaged-1").exists()
    assert "classify.json was damaged" in said[0]


def test_a_stage_file_of_another_version_is_stale_and_not_damaged(
    workspace: Workspace, said: list[str]
) -> None:
    @dataclass(frozen=True)
    class Other:
        text: int

    with workspace.locked():
        workspace.save("pair", Other(1), "inputs")
        assert workspace.load("pair", Value) is None
    assert said == []


def test_profiles_share_the_scan_and_nothing_after_pair(
    workspace: Workspace, checkout: Path
) -> None:
    other = open_workspace(checkout, "pin-user-pages", workspace.root)
    assert other.stage_path("scan") == workspace.stage_path("scan")
    assert other.stage_path("classify") != workspace.stage_path("classify")
    assert other.out != workspace.out
    sly = open_workspace(checkout, "../../evil", workspace.root)
    assert workspace.root / "profiles" in sly.out.resolve().parents


def test_the_second_run_is_told_who_holds_the_lock(workspace: Workspace) -> None:
    program = (
        "import sys, time, pathlib\n"
        "from migrate.base.stores.lock import locked\n"
        "sys.argv = ['/x/gup-migrate', 'run', 'linux']\n"
        "with locked(pathlib.Path(sys.stdin.readline().strip())):\n"
        "    print('held', flush=True)\n"
        "    time.sleep(60)\n"
    )
    workspace.root.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdin is not None and child.stdout is not None
        child.stdin.write(f"{workspace.root / 'lock'}\n")
        child.stdin.flush()
        assert child.stdout.readline() == "held\n"
        with pytest.raises(Refusal) as refused, workspace.locked():
            pass
        assert "gup-migrate run linux" in refused.value.what
        assert str(child.pid) in refused.value.what
        assert workspace.holder() == lock.Holder(child.pid, "gup-migrate run linux")
        child.kill()
        child.wait()
    assert workspace.holder() is None, "a killed holder holds nothing"
    with workspace.locked():
        pass


def test_leftovers_of_a_killed_run_are_removed(workspace: Workspace) -> None:
    with workspace.locked():
        workspace.save("scan", Value("a", b""), "i")
    (workspace.root / "scratch").mkdir()
    (workspace.root / "scratch" / "half").touch()
    (workspace.root / "scan.json.new").write_text("half")
    (workspace.root / "repository.new").mkdir()
    halves = [workspace.root / "repository/.git/objects/1c/tmp_obj_a", workspace.checkout / "half"]
    halves[0].parent.mkdir(parents=True)
    for half in halves:
        half.touch()
    arrival.stored.save(workspace.journal, arrival.Note((str(halves[1]),)), "")
    with workspace.locked():
        assert not (workspace.root / "scratch").exists()
        assert not list(workspace.root.glob("*.new"))
        assert not any(half.exists() for half in (*halves, workspace.journal))
        assert workspace.load("scan", Value) is not None


def test_the_repository_borrows_and_leaves_the_checkout_alone(
    workspace: Workspace, checkout: Path
) -> None:
    (checkout / "a.c").write_text("dirty\n")
    before = sorted((p, p.stat().st_mtime_ns) for p in checkout.rglob("*") if p.is_file())
    commit = git(checkout, "rev-parse", "HEAD")
    with workspace.locked():
        tree = workspace.worktree(commit)
        assert (tree / "a.c").read_bytes() == b"int a;\r\n"
        assert git(tree, "rev-parse", "HEAD") == commit
        assert git(tree, "status", "--porcelain") == ""
    assert before == sorted((p, p.stat().st_mtime_ns) for p in checkout.rglob("*") if p.is_file())
    assert not (checkout / ".git" / "worktrees").exists()


def test_a_work_tree_that_was_left_in_a_mess_is_put_right(
    workspace: Workspace, checkout: Path
) -> None:
    commit = git(checkout, "rev-parse", "HEAD")
    with workspace.locked():
        tree = workspace.worktree(commit)
        stamp = (tree / ".gitattributes").stat().st_mtime_ns
        (tree / "a.c").write_text("half an edit")
        (tree / "junk").mkdir()
        (tree / "junk" / "x.o").touch()
        (tree / ".git" / "index.lock").touch()
        (tree / ".git" / "HEAD.lock").touch()
        workspace.worktree(commit)
        assert (tree / "a.c").read_bytes() == b"int a;\r\n"
        assert not (tree / "junk").exists()
        assert (tree / ".gitattributes").stat().st_mtime_ns == stamp
        (tree / ".git" / "index").write_bytes(b"garbage")
        workspace.worktree(commit)
        assert git(tree, "status", "--porcelain") == ""
        (tree / ".git" / "HEAD").write_bytes(b"\0\0")
        workspace.worktree(commit)
        assert git(tree, "rev-parse", "HEAD") == commit


def test_a_repository_that_a_power_cut_left_with_empty_files_is_made_anew(
    workspace: Workspace, checkout: Path
) -> None:
    commit = git(checkout, "rev-parse", "HEAD")
    with workspace.locked():
        tree = workspace.worktree(commit)
        made = git(tree, "hash-object", "-w", "--stdin")
        git(tree, "update-ref", "refs/gup-migrate/x", commit)
        loose = tree / ".git/objects" / made[:2] / made[2:]
        ref = tree / ".git/refs/gup-migrate/x"
        (loose.parent / "tmp_obj_1234").touch()
        workspace.repository()
        assert loose.exists() and ref.exists(), "what git itself leaves is no damage"
        for path in (loose, ref):
            workspace.worktree(commit)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            path.touch()
            tree = workspace.worktree(commit)
            assert not path.exists()
            assert git(tree, "status", "--porcelain") == ""


def test_clean_keeps_what_goes_out_unless_told(workspace: Workspace) -> None:
    with workspace.locked():
        workspace.save("scan", Value("a" * 100, b""), "i")
        workspace.save("classify", Value("a", b""), "i")
        workspace.database.table("facts").put("k", "v")
        with replacing(workspace.out) as fresh:
            (fresh / "report.md").write_text("report")
    (workspace.root / "notes.txt").write_text("the user's")
    assert workspace.clean(everything=False) > 100
    assert (workspace.out / "report.md").exists()
    assert not workspace.stage_path("scan").exists()
    assert not workspace.stage_path("classify").exists()
    workspace.clean(everything=True)
    assert not workspace.out.exists()
    assert (workspace.root / "notes.txt").exists()


def test_output_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "out"
    with replacing(target) as fresh:
        (fresh / "one").touch()
    with pytest.raises(RuntimeError), replacing(target) as fresh:
        (fresh / "two").touch()
        raise RuntimeError
    assert (target / "one").exists() and not (target / "two").exists()
    with replacing(target) as fresh:
        (fresh / "two").touch()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out"]
    assert not (target / "one").exists() and (target / "two").exists()


def test_output_of_somebody_else_is_not_replaced(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    (target / "mine").touch()
    (tmp_path / "out.old").mkdir()
    with pytest.raises(Refusal, match="did not write"), replacing(target):
        pass
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(Refusal, match="did not write"), replacing(file):
        pass
    assert (tmp_path / "out.old").exists()
