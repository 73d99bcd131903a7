# SPDX-License-Identifier: GPL-2.0-only
"""Checkouts in the states that people leave them in, made from the miniature kernel.

Each function gets a world whose tree is a plain checkout with one commit, changes it, and returns
what else of the user's must stay as it is.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.end_to_end.world import World, make_dirty

State = Callable[[World], list[Path]]
STATES: dict[str, State] = {}

HOOKS = (
    *("applypatch-msg", "pre-applypatch", "post-applypatch", "pre-commit", "prepare-commit-msg"),
    *("commit-msg", "post-commit", "pre-rebase", "post-checkout", "post-merge", "pre-push"),
    *("pre-receive", "update", "post-receive", "post-update", "reference-transaction"),
    *("push-to-checkout", "pre-auto-gc", "post-rewrite", "post-index-change"),
)
GUP = "mm/gup.c"


def state(name: str) -> Callable[[State], State]:
    def add(function: State) -> State:
        STATES[name] = function
        return function

    return add


@state("dirty, with a stash")
def _dirty(world: World) -> list[Path]:
    make_dirty(world)
    return []


@state("a rebase that stopped at a conflict")
def _rebase(world: World) -> list[Path]:
    for branch, text in (("topic", "one"), ("other", "two")):
        world.git("checkout", "-q", "-b", branch, "main")
        (world.tree / "README.topic").write_text(f"{text}\n")
        world.git("add", "README.topic")
        world.git("commit", "-q", "-m", branch)
    stopped = subprocess.run(
        ["git", "rebase", "topic"], cwd=world.tree, env=world.env, capture_output=True, check=False
    )
    assert stopped.returncode != 0 and (world.tree / ".git/rebase-merge").is_dir()
    return []


@state("a merge with conflicts in a file that the tool edits")
def _merge(world: World) -> list[Path]:
    for branch, text in (("topic", "one"), ("other", "two")):
        world.git("checkout", "-q", "-b", branch, "main")
        path = world.tree / GUP
        path.write_text(f"/* {text} */\n{path.read_text()}")
        world.git("commit", "-q", "-a", "-m", branch)
    world.git("checkout", "-q", "main")
    world.git("merge", "-q", "topic")
    merged = subprocess.run(
        ["git", "merge", "other"], cwd=world.tree, env=world.env, capture_output=True, check=False
    )
    assert merged.returncode != 0 and (world.tree / ".git/MERGE_HEAD").exists()
    return []


@state("sparse checkout")
def _sparse(world: World) -> list[Path]:
    world.git("sparse-checkout", "set", "--cone", "mm")
    assert not (world.tree / "drivers").exists()
    return []


@state("a linked worktree, with another one beside it")
def _linked(world: World) -> list[Path]:
    main, beside = world.home / "main", world.home / "beside"
    world.tree.rename(main)
    world.git("worktree", "add", "-q", "-b", "work", str(world.tree), cwd=main)
    world.git("worktree", "add", "-q", "-b", "more", str(beside), cwd=main)
    return [main, beside]


@state("a submodule")
def _submodule(world: World) -> list[Path]:
    module = world.home / "module"
    module.mkdir()
    world.git("init", "-q", "-b", "main", cwd=module)
    (module / "sub.c").write_text("int sub;\n")
    world.git("add", "sub.c", cwd=module)
    identity = ("-c", "user.name=Kim", "-c", "user.email=kim@example.org")
    world.git(*identity, "commit", "-q", "-m", "sub", cwd=module)
    allowed = ("-c", "protocol.file.allow=always")
    world.git(*allowed, "submodule", "--quiet", "add", str(module), "tools/module")
    world.git("commit", "-q", "-m", "submodule")
    (world.tree / "tools/module/sub.c").write_text("int dirty;\n")
    return [module]


def _clone(world: World, *options: str) -> list[Path]:
    origin = world.home / "origin"
    world.tree.rename(origin)
    path = origin / GUP
    old = path.read_text()
    path.write_text(f"{old}/* only in the middle of history */\n")
    world.git("commit", "-q", "-a", "-m", "middle", cwd=origin)
    path.write_text(old)
    world.git("commit", "-q", "-a", "-m", "last", cwd=origin)
    world.git("config", "uploadpack.allowFilter", "true", cwd=origin)
    world.git("clone", "-q", *options, f"file://{origin}", str(world.tree), cwd=world.home)
    world.git("config", "user.name", "Kim Tester")
    world.git("config", "user.email", "kim@example.org")
    return [origin]


@state("a shallow clone")
def _shallow(world: World) -> list[Path]:
    return _clone(world, "--depth", "1")


@state("a partial clone")
def _partial(world: World) -> list[Path]:
    return _clone(world, "--filter=blob:none")


@state("a clone that borrows objects")
def _borrowing(world: World) -> list[Path]:
    return _clone(world, "--shared")


@state("hooks in the repository and by core.hooksPath")
def _hooks(world: World) -> list[Path]:
    folder = world.home / "hooks"
    for hooks in (folder, world.tree / ".git/hooks"):
        hooks.mkdir(exist_ok=True)
        for name in HOOKS:
            (hooks / name).write_text(f"#!/bin/sh\ntouch {world.home}/HOOK-RAN-{name}\n")
            (hooks / name).chmod(0o755)
    world.git("config", "core.hooksPath", str(folder))
    return [folder]


@state("signing, filters, and programs of the user's in the configuration")
def _programs(world: World) -> list[Path]:
    program = world.home / "program"
    program.write_text(f"#!/bin/sh\ntouch {world.home}/PROGRAM-RAN\nexit 1\n")
    program.chmod(0o755)
    for key in (
        *("gpg.program", "core.fsmonitor", "core.pager", "core.editor", "diff.external"),
        *("credential.helper", "core.sshCommand", "core.askPass", "sequence.editor"),
        *("uploadpack.packObjectsHook", "filter.mine.clean", "filter.mine.smudge"),
        *("filter.mine.process", "diff.mine.textconv", "diff.mine.command", "merge.mine.driver"),
        *("alias.grep", "alias.cat-file", "alias.update-ref"),
    ):
        world.git("config", key, f"!{program}" if key.startswith("alias.") else str(program))
    for key in ("commit.gpgSign", "tag.gpgSign", "push.gpgSign", "filter.mine.required"):
        world.git("config", key, "true")
    attributes = world.tree / ".git/info/attributes"
    attributes.parent.mkdir(exist_ok=True)
    attributes.write_text("*.c filter=mine diff=mine merge=mine\n")
    return [program]


@state("CRLF in the work tree")
def _crlf(world: World) -> list[Path]:
    world.git("config", "core.autocrlf", "true")
    world.git("config", "core.eol", "crlf")
    for path in world.git("ls-files").splitlines():
        (world.tree / path).unlink()
    world.git("checkout", "-q", "--", ".")
    assert b"\r\n" in (world.tree / GUP).read_bytes()
    return []


@state("another git at work: locks of index, HEAD and config")
def _locked(world: World) -> list[Path]:
    for name in ("index.lock", "HEAD.lock", "config.lock", "shallow.lock"):
        (world.tree / ".git" / name).write_text("")
    return []


@state("a detached HEAD, packed refs and edits that git is told to overlook")
def _overlooked(world: World) -> list[Path]:
    world.git("tag", "v6.1")
    world.git("pack-refs", "--all")
    world.git("checkout", "-q", "--detach")
    for flag, path in (("--assume-unchanged", GUP), ("--skip-worktree", "Makefile")):
        world.git("update-index", flag, path)
        (world.tree / path).write_text("rubbish\n")
    return []


@state("a repository with SHA-256")
def _sha256(world: World) -> list[Path]:
    shutil.rmtree(world.tree / ".git")
    world.git("init", "-q", "-b", "main", "--object-format=sha256")
    world.git("config", "user.name", "Kim Tester")
    world.git("config", "user.email", "kim@example.org")
    world.git("add", "-A", "-f")
    world.git("commit", "-q", "-m", "import")
    return []


def everything(roots: list[Path]) -> dict[str, str]:
    """Every file, link and folder below `roots` with contents, mode and time stamp.

    Of .git only what the tool may add to is left out: objects, and the refs of its own.
    """
    ours = ("/refs/heads/gup-migrate", "/.git/objects/")
    found = {}
    for root in roots:
        for path in [root, *root.rglob("*")] if root.is_dir() else [root]:
            name = str(path)
            if any(part in name for part in ours):
                continue
            stat = path.lstat()
            what = f"{stat.st_mode:o}"
            if path.is_symlink():
                what += f" {path.readlink()}"
            elif path.is_file():
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                what += f" {stat.st_mtime_ns} {digest}"
            found[name] = what
    return found
