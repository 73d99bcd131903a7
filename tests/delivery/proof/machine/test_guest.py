# SPDX-License-Identifier: GPL-2.0-only
"""The initramfs, and the program in it."""

from __future__ import annotations

import gzip
import subprocess
from pathlib import Path

import pytest

from migrate.delivery.proof.machine import guest
from migrate.delivery.proof.machine.exercises import Exercise, exercises
from migrate.delivery.proof.machine.guest import Node, NoGuest, archive, initramfs, make_guest


def compiler(folder: Path, says: str, code: int = 1) -> str:
    """A compiler that says `says`."""
    path = folder / "cc"
    path.write_text(f"#!/bin/sh\ncat <<'END'\n{says}\nEND\nexit {code}\n")
    path.chmod(0o755)
    return str(path)


def test_every_exercise_compiles_without_a_warning(tmp_path: Path) -> None:
    every = exercises()
    made = make_guest(every, ["gcc"], tmp_path)
    assert isinstance(made, bytes)
    assert (tmp_path / "init").stat().st_mode & 0o111
    sources = [str(guest._MAIN), *(str(e.code) for e in every)]
    include = [f"-I{tmp_path}", f"-I{guest._MAIN.parent}"]
    strict = ["gcc", "-Wall", "-Wextra", "-Werror", "-O1", "-fsyntax-only", *include, *sources]
    assert subprocess.run(strict, capture_output=True, text=True, check=False).stderr == ""


def test_the_program_does_nothing_but_in_a_guest(tmp_path: Path) -> None:
    assert isinstance(make_guest((), ["gcc"], tmp_path), bytes)
    done = subprocess.run([str(tmp_path / "init")], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b"")


def test_an_archive_is_what_cpio_reads(tmp_path: Path) -> None:
    nodes = [
        Node("d", 0o040755),
        Node("d/odd", 0o100644, b"12345"),
        Node("d/even", 0o100600, b"4x4x"),
    ]
    (tmp_path / "a").write_bytes(archive(nodes))
    listed = subprocess.run(
        ["cpio", "-t", "--quiet"], stdin=(tmp_path / "a").open(), capture_output=True, check=True
    )
    assert listed.stdout.decode().split() == ["d", "d/odd", "d/even"]
    with (tmp_path / "a").open() as stdin:
        subprocess.run(["cpio", "-i", "--quiet"], stdin=stdin, cwd=tmp_path, check=True)
    assert (tmp_path / "d/odd").read_bytes() == b"12345"
    assert (tmp_path / "d/even").read_bytes() == b"4x4x"


def test_an_initramfs_has_a_console_and_is_the_same_each_time() -> None:
    made = initramfs(b"program")
    assert made == initramfs(b"program")
    plain = gzip.decompress(made)
    at = plain.index(b"dev/console\0") - 110
    head = plain[at : at + 110]
    assert head[:6] == b"070701" and int(head[14:22], 16) == 0o020600
    assert [int(head[n : n + 8], 16) for n in (78, 86)] == [5, 1]


@pytest.mark.parametrize(
    "said",
    ["ld: cannot find -lc: No such file or directory", "x.h:1: fatal error: stdio.h: No such file"],
)
def test_no_static_library_says_what_to_install(tmp_path: Path, said: str) -> None:
    cc = compiler(tmp_path, said)
    found = make_guest((), [cc], tmp_path / "guest", libc="libc6-dev")
    assert isinstance(found, NoGuest)
    assert found.reason.startswith(f"{cc} has no static C library for the program of the guest: ")
    assert "libc6-dev" in found.reason


def test_what_does_not_compile_is_one_line(tmp_path: Path) -> None:
    cc = compiler(tmp_path, "In file included\nexec.c:3:1: error: no\nmore")
    found = make_guest((), [cc], tmp_path / "guest", libc="libc6-dev")
    assert found == NoGuest(f"{cc} does not compile the exercises: exec.c:3:1: error: no")


def test_a_compiler_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    found = make_guest((), [str(tmp_path / "none")], tmp_path)
    assert isinstance(found, NoGuest)
    assert found.reason.startswith("the exercises cannot be compiled: ")


def test_an_exercise_may_be_anywhere(tmp_path: Path) -> None:
    code = tmp_path / "mine.c"
    code.write_text('#include "exercise.h"\nint exercise_mine(void) { return done(); }\n')
    mine = Exercise("mine", "", (), (), 5, "", code)
    assert isinstance(make_guest([mine], ["gcc"], tmp_path / "guest"), bytes)


SUCCEEDS = r"""
#include "exercise.h"
#include <stdarg.h>

static int refused, opened;

/* As in the pass in which allocations fail: opening fails so often as well. */
static int try_open(const char *path, int flags, ...)
{
	opened++;
	errno = ERROR;
	return refused++ < TIMES ? -1 : (open)("/dev/null", flags);
}
#define open(...) try_open(__VA_ARGS__)
#define main main_of_the_guest
#include "guest.c"
#undef main

int main(void)
{
	allocations_succeed();
	printf("%d", opened);
	return 0;
}
"""


@pytest.mark.parametrize(
    ("times", "error", "opened"),
    [(0, "ENOMEM", 1), (2, "ENOMEM", 3), (9999, "ENOMEM", 1000), (9999, "ENOENT", 1)],
)
def test_an_exercise_is_believed_when_its_allocations_are_to_succeed(
    tmp_path: Path, times: int, error: str, opened: int
) -> None:
    (tmp_path / "guest_exercises.h").touch()
    (tmp_path / "main.c").write_text(SUCCEEDS)
    include = [f"-I{tmp_path}", f"-I{guest._MAIN.parent}"]
    gcc = ["gcc", "-w", f"-DTIMES={times}", f"-DERROR={error}", *include]
    subprocess.run([*gcc, "-o", "p", "main.c"], cwd=tmp_path, check=True)
    done = subprocess.run([str(tmp_path / "p")], capture_output=True, text=True, check=True)
    assert done.stdout == str(opened)
