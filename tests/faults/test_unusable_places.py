# SPDX-License-Identifier: GPL-2.0-only
"""Every place that a user or the environment names, made unusable in every way there is: one line
on what is wrong, one on what to do, exit code 1, and nothing written into the checkout."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import forked
from tests.faults.rights import give_up_rights, mode, mounted, remount
from tests.snapshots import Snapshot

CALLER = "long f(void)\n{\n\treturn get_user_pages(0, 1);\n}\n"
LONG = "x" * 300
NAMELESS = "c" * 240
"""Short enough for a name, too long for one with something added to it."""


@dataclass
class World:
    """A home with a small kernel in it, and what is undone after the test."""

    home: Path
    stack: ExitStack
    env: dict[str, str]

    @property
    def tree(self) -> Path:
        return self.home / "linux"

    def hold(self, what: AbstractContextManager[None]) -> None:
        self.stack.enter_context(what)

    def closed(self, name: str, bits: int = 0) -> str:
        """The folder or file `name`, with permissions that let nobody do much."""
        path = self.home / name
        if not path.exists():
            path.mkdir()
        self.hold(mode(path, bits))
        return str(path)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return forked.run(arguments, self.env, self.home, before=give_up_rights)


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path, ExitStack(), dict(os.environ))
    (made.tree / "include/linux").mkdir(parents=True)
    (made.tree / "Makefile").write_text("VERSION = 6\nPATCHLEVEL = 1\n")
    (made.tree / "MAINTAINERS").write_text("THE REST\nM:\tA <a@example.org>\nF:\t*\nF:\t*/\n")
    (made.tree / "include/linux/mm.h").write_text(
        "long get_user_pages(unsigned long start, unsigned long nr_pages);\n"
        "void put_page(struct page *page);\n"
    )
    (made.tree / "a.c").write_text(CALLER)
    (tmp_path / "file").write_text("mine\n")
    (tmp_path / "loop").symlink_to("loop")
    for args in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "import")):
        subprocess.run(["git", "-C", str(made.tree), *args], check=True)
    with made.stack:
        yield made


def is_refused(done: subprocess.CompletedProcess[str]) -> tuple[str, str]:
    """Its two lines."""
    assert done.returncode == 1, done
    said = done.stderr[done.stderr.index("error: ") :].splitlines()
    assert len(said) == 2, done.stderr
    assert "bug in gup-migrate" not in done.stderr and "Traceback" not in done.stderr
    first, second = said
    return first, second


PLACES: dict[str, Callable[[World], str]] = {
    "below a folder that is closed": lambda w: w.closed("shut") + "/x",
    "below a folder that is read-only": lambda w: w.closed("shut", 0o555) + "/x",
    "deep below a folder that is read-only": lambda w: w.closed("shut", 0o555) + "/x/y/z",
    "a folder that is closed": lambda w: w.closed("shut"),
    "a folder that is read-only": lambda w: w.closed("shut", 0o555),
    "a file": lambda w: str(w.home / "file"),
    "below a file": lambda w: str(w.home / "file/x"),
    "a link to itself": lambda w: str(w.home / "loop"),
    "below a link to itself": lambda w: str(w.home / "loop/x"),
    "a name that is too long": lambda w: str(w.home / LONG),
    "below a name that is too long": lambda w: f"{w.home}/{LONG}/x",
    "a path that is too long": lambda w: f"{w.home}/{'d/' * 2500}x",
    "in /proc": lambda _: "/proc/x",
    "in /sys": lambda _: "/sys/x/y",
    "a device": lambda _: "/dev/null",
    "below a device": lambda _: "/dev/null/x",
}


FEW = ("below a folder that is closed", "a file", "a link to itself", "in /proc")


@pytest.mark.parametrize("place", PLACES)
def test_a_workspace(world: World, place: str) -> None:
    name = PLACES[place](world)
    for command in ("scan", "status", "clean"):
        done = world.run(command, str(world.tree), "--workspace", name)
        if command != "scan" and done.returncode == 0:
            continue  # there is none, which is an answer
        what, todo = is_refused(done)
        assert name[:60] in what and "--workspace" in todo


# An empty folder is replaced as a whole, for which it need not be writable.
@pytest.mark.parametrize("place", sorted(set(PLACES) - {"a folder that is read-only"}))
def test_an_output_folder_is_refused_before_any_work(world: World, place: str) -> None:
    name = PLACES[place](world)
    done = world.run("run", str(world.tree), "--output", name)
    what, todo = is_refused(done)
    assert name[:60] in what and "--output" in todo
    assert "scan: started" not in done.stderr


def test_an_output_folder_whose_neighbours_have_too_long_names(world: World) -> None:
    what, todo = is_refused(world.run("run", str(world.tree), "-o", str(world.home / NAMELESS)))
    assert "File name too long" in what and "--output" in todo


def test_an_output_folder_that_holds_files_is_refused_before_any_work(world: World) -> None:
    done = world.run("run", str(world.tree), "-o", str(world.tree.parent))
    assert "has the checkout" in is_refused(done)[0]
    (world.home / "mine").mkdir()
    (world.home / "mine/file").touch()
    done = world.run("run", str(world.tree), "-o", str(world.home / "mine"))
    assert "did not write" in is_refused(done)[0] and "started" not in done.stderr


def test_what_is_only_looked_at_leaves_nothing(world: World) -> None:
    """The output folder is tried out before the work, and not made by that."""
    (world.home / "shut").mkdir()
    world.env["PATH"] = "/nonexistent"
    before = sorted(world.home.rglob("*"))
    is_refused(world.run("run", str(world.tree), "-o", str(world.home / "a/b/c")))
    assert sorted(p for p in world.home.rglob("*") if "linux" not in str(p)) == [
        p for p in before if "linux" not in str(p)
    ]


@pytest.mark.parametrize("place", PLACES)
def test_a_checkout(world: World, place: str) -> None:
    done = world.run("status", PLACES[place](world))
    _, todo = is_refused(done)
    assert "init" not in todo or place == "a folder that is read-only"


@pytest.mark.parametrize(
    "part", [".", ".git", ".git/HEAD", ".git/config", ".git/objects", ".git/index", ".git/refs"]
)
def test_a_part_of_the_checkout_that_may_not_be_read(world: World, part: str) -> None:
    world.hold(mode(world.tree / part, 0))
    for command in ("status", "scan"):
        done = world.run(command, str(world.tree))
        if command == "status" and part == ".git/index":
            continue  # which it does not need
        what, todo = is_refused(done)
        assert "no commit" not in what and " init" not in todo, what


def test_a_checked_out_file_that_may_not_be_read_is_read_from_git(world: World) -> None:
    world.hold(mode(world.tree / "a.c", 0))
    done = world.run("scan", str(world.tree), "--json")
    assert done.returncode == 0, done.stderr
    assert [a["place"]["path"] for a in json.loads(done.stdout)["acquires"]] == ["a.c"]


@pytest.mark.parametrize("place", FEW)
@pytest.mark.parametrize("variable", ["HOME", "XDG_CACHE_HOME"])
def test_a_folder_of_the_environment(world: World, variable: str, place: str) -> None:
    world.env.pop("XDG_CACHE_HOME")
    world.env[variable] = PLACES[place](world)
    done = world.run("scan", str(world.tree))
    _, todo = is_refused(done)
    assert "--workspace" in todo or "HOME" in todo


@pytest.mark.parametrize("name", ["", "relative", None])
def test_a_home_that_is_none(world: World, name: str | None) -> None:
    world.env.pop("XDG_CACHE_HOME")
    world.env.pop("HOME")
    if name is not None:
        world.env["HOME"] = name
        for command in ("status", "scan", "clean"):
            what, todo = is_refused(world.run(command, str(world.tree)))
            assert "HOME" in what and "--workspace" in todo
    assert world.run("scan", str(world.tree), "--workspace", "ws").returncode == 0
    assert not (world.home / "relative").exists()


@pytest.mark.parametrize("place", FEW)
def test_doctor_shows_what_there_is(world: World, place: str) -> None:
    for variable in ("HOME", "XDG_CACHE_HOME", "TMPDIR"):
        world.env[variable] = PLACES[place](world)
    done = world.run("doctor")
    if place == "a link to itself" and done.returncode != 0:  # says git, and not every git
        assert "git cannot read its configuration" in is_refused(done)[0]
    else:
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("place", FEW)
def test_a_folder_for_temporary_files_is_passed_over(world: World, place: str) -> None:
    world.env["TMPDIR"] = PLACES[place](world)
    assert world.run("scan", str(world.tree)).returncode == 0


@pytest.mark.parametrize("place", PLACES)
def test_a_file_that_is_named(world: World, place: str) -> None:
    name = PLACES[place](world)
    is_refused(world.run("status", str(world.tree), "--profile", name))
    if place != "a device":  # which is as good as an empty file
        what, _ = is_refused(world.run("status", str(world.tree), "--decisions", name))
        assert name[:60] in what


STATE = (
    *("gup-migrate.json", "lock", "scan.json", "state.sqlite", "scratch", "log", "profiles"),
    *("repository", "builds"),
)


@pytest.mark.parametrize("kind", ["closed", "a folder", "a file", "a link to itself"])
@pytest.mark.parametrize("name", STATE)
def test_something_in_the_workspace(world: World, name: str, kind: str) -> None:
    """It is refused with one line, or made anew; and after that all is well again."""
    workspace = world.home / "ws"
    arguments = ("classify", str(world.tree), "--workspace", str(workspace))
    assert world.run(*arguments).returncode == 0
    path = workspace / name
    if kind == "closed":
        if not path.exists():
            path.mkdir()
        world.hold(mode(path, 0))
    else:
        _remove(path)
        {
            "a folder": path.mkdir,
            "a file": path.touch,
            "a link to itself": lambda: path.symlink_to(path.name),
        }[kind]()
    for command in (("status", *arguments[1:]), arguments):
        done = world.run(*command)
        if done.returncode:
            what, todo = is_refused(done)
            assert str(workspace) in what and "--workspace" in todo
    world.stack.close()
    _remove(path)
    _remove(workspace / "gup-migrate.json")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        for entry in path.iterdir():
            _remove(entry)
        path.rmdir()
    else:
        path.unlink(missing_ok=True)


@pytest.mark.parametrize("what", ["workspace", "output", "checkout", "home"])
def test_a_file_system_that_is_read_only(
    world: World, what: str, take_snapshot: Callable[[Path], Snapshot]
) -> None:
    disk = world.home / "disk"
    disk.mkdir()
    if not world.stack.enter_context(mounted(disk)):
        pytest.skip("nothing may be mounted here; the permissions above come to the same")
    if what == "checkout":
        shutil.move(world.tree, disk / "linux")
        subprocess.run(["git", "-C", str(disk / "linux"), "status"], check=True)
        before = take_snapshot(disk / "linux")
        remount(disk, "ro")
        assert world.run("classify", str(disk / "linux")).returncode == 0
        assert take_snapshot(disk / "linux") == before
        return
    (disk / "ws").mkdir()
    remount(disk, "ro")
    world.env.pop("XDG_CACHE_HOME")
    options = {
        "workspace": ("--workspace", f"{disk}/ws"),
        "output": ("--workspace", f"{world.home}/ws", "--output", f"{disk}/out"),
        "home": (),
    }[what]
    if what == "home":
        world.env["HOME"] = str(disk)
    said, todo = is_refused(world.run("run", str(world.tree), *options))
    if what != "output":
        said, todo = is_refused(world.run("scan", str(world.tree), *options))
    assert "Read-only file system" in said
    assert ("--output" if what == "output" else "--workspace") in todo


@pytest.mark.parametrize("limit", (4, 7, 9, 11, 13, 16, 20))
def test_a_limit_on_open_files(world: World, limit: int) -> None:
    """Whatever runs out, it is that and not what was to be opened."""

    def few() -> None:
        give_up_rights()
        # What the tests have open counts, too, and is more or less.
        os.closerange(3, 256)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))

    arguments = ["classify", str(world.tree), "--workspace", str(world.home / "ws")]
    done = forked.run(arguments, world.env, world.home, before=few)
    if done.returncode != 0:
        what, todo = is_refused(done)
        assert f"more than {limit} files" in what and "ulimit -n" in todo
    assert not list((world.home / "ws").glob("*.damaged*"))
    assert world.run(*arguments).returncode == 0


def test_no_more_processes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object, **__: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr("subprocess.Popen", none)
    what, todo = is_refused(world.run("scan", str(world.tree)))
    assert "more processes" in what and "ulimit -u" in todo


def test_no_more_memory(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("migrate.cli.commands.open_tree", none)
    what, todo = is_refused(world.run("scan", str(world.tree)))
    assert "out of memory" in what and "--jobs" in todo


def test_the_checkout_is_removed_meanwhile(world: World) -> None:
    script = world.home / "spatch"
    script.write_text(f"#!/bin/sh\nrm -rf {world.tree}\necho spatch version 1.1.1\n")
    script.chmod(0o755)
    world.env["PATH"] = f"{world.home}:{world.env['PATH']}"
    what, _ = is_refused(world.run("classify", str(world.tree)))
    assert str(world.tree) in what and "is not a folder any more" in what


def test_the_current_folder_is_gone(world: World) -> None:
    gone = world.home / "gone"
    gone.mkdir()
    for arguments in (("status",), ("scan", str(world.tree), "--workspace", "ws")):
        done = forked.run(arguments, world.env, gone, before=lambda: gone.rmdir())
        gone.mkdir()
        what, todo = is_refused(done)
        assert "current folder" in what and todo == "Go to one that does: cd"
