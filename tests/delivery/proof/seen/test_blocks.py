# SPDX-License-Identifier: GPL-2.0-only
"""Basic blocks of an image and the lines of functions that ran, with a compiler's own calls."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from migrate.delivery.proof.machine.console import Site
from migrate.delivery.proof.model import FunctionLines
from migrate.delivery.proof.seen.blocks import Block, blocks
from migrate.delivery.proof.seen.covered import Covered
from migrate.delivery.proof.seen.places import Hunk, Places
from migrate.kernel.kbuild.toolchains import Toolchain, find_toolchain, known_architecture
from migrate.kernel.tree import Tree
from tests.delivery.proof.groups import group

CODE = """\
int other(void);
int f(int n)
{
        if (n > 3)
                return other();
        while (n--)
                other();
        return 1;
}
int g(void)
{
        return other();
}
"""
NOTES = "void __sanitizer_cov_trace_pc(void) {}\nint other(void) { return 2; }\n"


def toolchain() -> Toolchain:
    found = find_toolchain(known_architecture("x86_64"))
    assert found is not None
    return found


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A folder with an image that was linked of one watched object, and its map."""
    (tmp_path / "x.c").write_text(CODE)
    (tmp_path / "notes.c").write_text(NOTES)
    prefix = toolchain().compiler
    plain = [prefix, "-O1", "-fno-pie", "-no-pie", "-nostdlib", "-static"]
    watched = [*plain, "-fsanitize-coverage=trace-pc", "-g1", "-c", "x.c"]
    subprocess.run(watched, cwd=tmp_path, check=True)
    link = [*plain, "-Wl,-e,f", "-o", "vmlinux", "x.o", "notes.c"]
    subprocess.run(link, cwd=tmp_path, check=True)
    nm = subprocess.run(["nm", "vmlinux"], cwd=tmp_path, check=True, capture_output=True, text=True)
    beginning = next(line.split()[0] for line in nm.stdout.splitlines() if line.endswith(" f"))
    (tmp_path / "System.map").write_text(f"{beginning} T _stext\n")
    return tmp_path


def lines(found: tuple[Block, ...], function: tuple[int, int]) -> set[int]:
    assert {Path(b.at.path).name for b in found} == {"x.c"}
    return {b.at.line for b in found if function[0] <= b.at.line <= function[1]}


def test_the_blocks_of_watched_objects_have_lines(image: Path) -> None:
    found = blocks(image, (), toolchain())
    assert {4, 5, 8} <= lines(found, (2, 9)) and lines(found, (10, 13))
    assert not any(block.ran for block in found)


def test_a_block_ran_when_the_guest_says_so(image: Path) -> None:
    code = subprocess.run(
        ["objdump", "-d", "vmlinux"], cwd=image, check=True, capture_output=True, text=True
    ).stdout.splitlines()
    calls = [n for n, line in enumerate(code) if "<__sanitizer_cov_trace_pc>" in line]
    beginning = int((image / "System.map").read_text().split()[0], 16)
    back = int(code[calls[0] + 1].split(":")[0], 16)
    found = blocks(image, [back - beginning], toolchain())
    assert sum(block.ran for block in found) == 1


@pytest.mark.parametrize("gone", ["vmlinux", "System.map"])
def test_nothing_is_known_without_an_image(image: Path, gone: str) -> None:
    (image / gone).unlink()
    assert blocks(image, [0], toolchain()) == ()


def test_nothing_is_known_without_the_programs_that_read_images(image: Path) -> None:
    assert blocks(image, [0], replace(toolchain(), prefix="of-nobody-")) == ()


def covered(*ran: tuple[int, bool]) -> Covered:
    """Of a file in which the conversion put two lines in front of line 3."""
    groups = (group("a", "x.c", [5], [7]),)
    places = Places(groups, {"x.c": (Hunk(2, 0, 3, 2),)}, Path("/build"))
    found = [Block(Site("/build/x.c", line), did) for line, did in ran]
    return Covered(found, places, Tree(Path(), "").with_files({"x.c": CODE.encode()}))


def test_lines_are_those_before_the_conversion_of_functions_of_the_group() -> None:
    # f() is in lines 2 to 9 of the user's tree, in 2 to 11 of the build.
    found = covered((2, True), (7, False), (8, True), (8, False), (14, True))
    assert found.of(group("a", "x.c", [5], [7])) == (FunctionLines("x.c", "f", 3, (5,)),)


def test_what_was_not_built_has_no_lines() -> None:
    assert covered((2, True)).of(group("b", "y.c", [5], [7])) == ()


def test_the_words_for_lines() -> None:
    assert str(FunctionLines("x.c", "f", 3, ())) == "f(): 3 of 3 lines ran"
    assert str(FunctionLines("x.c", "f", 3, (5, 9))) == "f(): 1 of 3 lines ran, not 5 and 9"
