# SPDX-License-Identifier: GPL-2.0-only
"""Kernels that say which one they are: what ccache takes one for another must not be booted."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from migrate.delivery.compile.jobs import JobServer
from migrate.delivery.compile.make import Kernel
from migrate.delivery.compile.model import BuildOptions
from migrate.delivery.proof.machine.console import Console, Table
from migrate.delivery.proof.scratch.named import RECORD, name_of, named, of_kernel
from migrate.kernel.kbuild.toolchains import Toolchain, architectures
from migrate.kernel.tree import Tree

TREE = Tree(Path(), "0" * 40).with_files({RECORD: b"int record;\n"})
MAKEFILE = """\
image: part.o
\tcat part.o > $(O)/image
part.o: part.S blob FORCE
\t$(CC) -Wp,-MMD,.part.o.d -c -o part.o part.S
FORCE:
"""


def test_other_files_are_another_kernel() -> None:
    one, two = named({"a.c": b"1"}, TREE), named({"a.c": b"2"}, TREE)
    assert one["a.c"] == b"1" and one[RECORD].endswith(b"\nint record;\n")
    names = [name_of(TREE.with_files(files)) for files in (one, two)]
    assert len(set(names)) == 2 and all(names)
    assert named({"a.c": b"1"}, TREE) == one


def test_a_kernel_on_top_of_another_has_a_name_of_its_own_alone() -> None:
    below = TREE.with_files(named({"a.c": b"1"}, TREE))
    above = named({"a.c": b"2"}, below)
    assert above[RECORD].count(b"GUP_PROVE_KERNEL") == 1
    assert name_of(below.with_files(above)) != name_of(below)


def test_a_guest_that_ran_another_kernel_is_not_believed() -> None:
    tree = TREE.with_files(named({}, TREE))
    right = Console("6.1", {"plain": Table(kernel=name_of(tree))})
    assert of_kernel(right, tree).problem == ""
    wrong = Console("6.1", {"plain": Table(kernel="another")})
    assert of_kernel(wrong, tree).problem == "the kernel that ran is not the one that was built"
    assert of_kernel(Console(problem="it does not start"), tree).problem == "it does not start"


def test_what_a_source_takes_in_as_it_is_gets_into_the_image(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CCACHE_DIR", str(tmp_path / "ccache"))
    for name in [n for n in os.environ if n.startswith("CCACHE_") and n != "CCACHE_DIR"]:
        monkeypatch.delenv(name)
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "Makefile").write_text(MAKEFILE)
    (tree / "part.S").write_text('.incbin "blob"\n')
    chain = Toolchain(architectures()[0], "", "gcc", "12", "gcc 12")
    kernel = Kernel(tree, tmp_path, chain, BuildOptions())
    reader, writer = os.pipe()
    server = JobServer("", (reader, writer))
    for blob in (b"the kernel", b"the other!"):
        (tree / "blob").write_bytes(blob)
        run = kernel.make(["image"], server, log=tmp_path / "log", image=True)
        assert run.code == 0, run.text
        assert blob in (tmp_path / "image").read_bytes()
    os.close(reader)
    os.close(writer)
