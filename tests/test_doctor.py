# SPDX-License-Identifier: GPL-2.0-only
"""What `doctor` finds on a machine, and what it says of what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.doctor import examine

COMPILERS = {
    "x86_64-linux-gnu-gcc": "gcc-x86-64-linux-gnu",
    "aarch64-linux-gnu-gcc": "gcc-aarch64-linux-gnu",
    "powerpc64le-linux-gnu-gcc": "gcc-powerpc64le-linux-gnu",
    "s390x-linux-gnu-gcc": "gcc-s390x-linux-gnu",
    "riscv64-linux-gnu-gcc": "gcc-riscv64-linux-gnu",
}
TOOLS = {
    "git": "git",
    "spatch": "coccinelle",
    "perl": "perl",
    "make": "make",
    "flex": "flex",
    "bison": "bison",
    "bc": "bc",
    "libelf": "libelf-dev",
    "openssl": "libssl-dev",
    "sparse": "sparse",
    "ccache": "ccache",
    "distcc": "distcc",
}


@pytest.fixture
def only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one folder in which programs are looked for."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def test_an_empty_machine_is_told_every_package(
    only: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert list(only.iterdir()) == []
    # Of no known machine, so that every compiler is a cross compiler.
    monkeypatch.setattr("platform.machine", lambda: "vax")
    missing = {c.name: c for c in examine() if not c.ok}
    for name, package in (TOOLS | COMPILERS).items():
        assert missing[name].get == f"apt-get install {package}", name
        assert missing[name].needed, name
    assert {n for n, c in missing.items() if c.required} == {"git", "spatch"}


def test_versions_are_those_that_the_programs_say(only: Path) -> None:
    said = {
        "git": "git version 2.39.5",
        "spatch": "spatch version 1.1.1 compiled with OCaml version 4.13.1",
        "aarch64-linux-gnu-gcc": "aarch64-linux-gnu-gcc (Debian 12.2.0-14) 12.2.0",
        "ccache": "ccache version 4.7.5",
    }
    for name, line in said.items():
        (only / name).write_text(f"#!/bin/sh\necho '{line}'\n")
        (only / name).chmod(0o755)
    found = {c.name: c.found for c in examine() if c.ok}
    assert {name: found[name] for name in said} == {
        "git": "2.39.5",
        "spatch": "1.1.1",
        "aarch64-linux-gnu-gcc": "12.2.0",
        "ccache": "4.7.5",
    }
