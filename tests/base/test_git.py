# SPDX-License-Identifier: GPL-2.0-only
"""Git through one door: the user's settings stay outside, failures are one line."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from migrate.base.errors import Refusal
from migrate.base.programs.process import Finished
from migrate.base.stores.git import git_output, git_run, open_checkout
from tests.snapshots import Snapshot


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with one commit of one file."""
    root = tmp_path / "checkout"
    root.mkdir()
    git_output(["init", "-q", "-b", "main"], cwd=root)
    (root / "a.c").write_text("int a;\n")
    git_output(["add", "-A"], cwd=root)
    git_output(["commit", "-q", "-m", "one"], cwd=root)
    return root


def test_output_comes_back_as_bytes(checkout: Path) -> None:
    assert git_output(["show", "HEAD:a.c"], cwd=checkout) == b"int a;\n"


def test_variables_of_git_do_not_move_the_repository(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_OBJECT_DIRECTORY"):
        monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    assert open_checkout(checkout) == checkout
    assert git_output(["show", "HEAD:a.c"], cwd=checkout) == b"int a;\n"


def test_a_failure_is_a_refusal_of_one_line_that_names_the_place(checkout: Path) -> None:
    with pytest.raises(Refusal) as refused:
        git_output(["show", "HEAD:gone.c"], cwd=checkout)
    assert "git show failed" in refused.value.what
    assert str(checkout) in refused.value.what
    assert "\n" not in refused.value.what


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("fatal: sha1 file 'index.lock' write error. Out of diskspace", "No space left"),
        ("error: unable to write file: No space left on device", "No space left"),
        ("error: unable to write file: Disk quota exceeded", "Disk quota exceeded"),
    ],
)
def test_a_full_disk_is_told_as_such(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, words: str
) -> None:
    git = tmp_path / "bin/git"
    git.parent.mkdir()
    git.write_text(f'#!/bin/sh\necho "{said}" >&2\nexit 128\n')
    git.chmod(0o755)
    monkeypatch.setenv("PATH", f"{git.parent}:{os.environ['PATH']}")
    with pytest.raises(Refusal) as refused:
        git_output(["checkout", "main"], cwd=checkout)
    assert refused.value.what == f"{words} on the disk of {checkout}."
    assert "--workspace" in refused.value.next_step


def test_other_exit_codes_can_be_expected(checkout: Path) -> None:
    arguments = ["grep", "-l", "nothing", "HEAD"]
    assert git_output(arguments, cwd=checkout, codes=(0, 1)) == b""
    with pytest.raises(Refusal):
        git_output(arguments, cwd=checkout)


def test_hooks_of_the_user_do_not_run(checkout: Path) -> None:
    hook = checkout / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    outcome = git_run(["commit", "-q", "--allow-empty", "-m", "two"], cwd=checkout)
    assert isinstance(outcome, Finished) and outcome.ok


def test_settings_of_the_user_do_not_change_what_is_printed(checkout: Path, home: Path) -> None:
    with (home / ".gitconfig").open("a") as config:
        config.write("[core]\n\tpager = false\n\tquotePath = true\n[color]\n\tui = always\n")
        config.write("[diff]\n\tnoprefix = true\n\texternal = false\n[commit]\n\tgpgSign = true\n")
    (checkout / "a.c").write_text("int b;\n")
    (checkout / "ä.c").write_text("")
    shown = git_output(["diff"], cwd=checkout).decode()
    assert "--- a/a.c\n+++ b/a.c\n" in shown
    assert "\x1b" not in shown
    git_output(["add", "-A"], cwd=checkout)
    git_output(["commit", "-q", "-m", "two"], cwd=checkout)
    assert "ä.c" in git_output(["ls-tree", "--name-only", "HEAD"], cwd=checkout).decode()


def test_git_variables_of_the_caller_are_not_heard(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path))
    assert git_output(["rev-parse", "--show-toplevel"], cwd=checkout).decode().strip() == str(
        checkout
    )


def test_looking_does_not_rewrite_the_index(
    checkout: Path, take_snapshot: Callable[[Path], Snapshot]
) -> None:
    # A file that is not what the index remembers of it, but has the same contents.
    os.utime(checkout / "a.c", (1_000_000_000, 1_000_000_000))
    before = take_snapshot(checkout)
    git_output(["status", "--porcelain"], cwd=checkout)
    assert take_snapshot(checkout) == before


def test_opening_takes_every_kind_of_checkout(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git_output(["worktree", "add", "-q", "--detach", str(tmp_path / "other")], cwd=checkout)
    assert open_checkout(tmp_path / "other") == tmp_path / "other"
    (tmp_path / "link").symlink_to(checkout)
    assert open_checkout(tmp_path / "link") == tmp_path / "link"
    assert open_checkout(tmp_path / "link/../other") == tmp_path / "other"
    for odd in ("~", "$HOME"):
        checkout.rename(tmp_path / odd)
        checkout = tmp_path / odd
        monkeypatch.chdir(tmp_path)
        assert open_checkout(Path(odd)) == checkout


def test_opening_refuses_what_is_no_checkout(checkout: Path, tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="does not exist"):
        open_checkout(tmp_path / "gone")
    (tmp_path / "plain").mkdir()
    with pytest.raises(Refusal, match="is not a git checkout"):
        open_checkout(tmp_path / "plain")
    (checkout / "sub").mkdir()
    with pytest.raises(Refusal, match="is not a git checkout"):
        open_checkout(checkout / "sub")
    git_output(["clone", "-q", "--bare", str(checkout), str(tmp_path / "bare")], cwd=tmp_path)
    with pytest.raises(Refusal, match="is a bare repository"):
        open_checkout(tmp_path / "bare")
    with pytest.raises(Refusal, match=r"\.git is not a git checkout"):
        open_checkout(checkout / ".git")
    (checkout / "file").touch()
    with pytest.raises(Refusal, match="is a file, not a folder"):
        open_checkout(checkout / "file")


def test_a_checkout_that_git_cannot_read_is_told_in_its_words(checkout: Path) -> None:
    (checkout / ".git/config").write_text("[core\n")
    with pytest.raises(Refusal, match=r"git rev-parse failed in .*bad config line 1") as refused:
        open_checkout(checkout)
    assert "\n" not in refused.value.what


@pytest.mark.parametrize("answer", ["", "true", "yes\nno\n\n", "false\ntru"])
def test_an_answer_that_makes_no_sense(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    git = tmp_path / "bin/git"
    git.parent.mkdir()
    git.write_text(f"#!/bin/sh\nprintf '{answer}'\n")
    git.chmod(0o755)
    monkeypatch.setenv("PATH", f"{git.parent}:{os.environ['PATH']}")
    with pytest.raises(Refusal, match=r"git rev-parse in .* gave output that cannot be parsed"):
        open_checkout(checkout)
