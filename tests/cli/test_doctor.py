# SPDX-License-Identifier: GPL-2.0-only
"""What `doctor` finds on a machine, and what it says of what is missing."""

from __future__ import annotations

import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

import migrate
from migrate.base.packages import in_fedora, install, libpython
from migrate.cli.console import Console
from migrate.cli.doctor import Check, Need, examine
from migrate.cli.tables import doctor
from migrate.kernel.kbuild.toolchains import architectures

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
    "qemu-system-x86_64": "qemu-system-x86",
    "static libc for x86_64": "libc6-dev",
    "qemu-system-aarch64": "qemu-system-arm",
    "static libc for arm64": "libc6-dev-arm64-cross",
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


def test_fedora_is_told_its_own_names(only: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "vax")
    (only / "dnf").touch(mode=0o755)
    get = {c.name: c.get for c in examine() if not c.ok}
    assert get["libelf"] == "dnf install elfutils-libelf-devel"
    assert get["arm-linux-gnueabihf-gcc"] == "dnf install gcc-arm-linux-gnu"
    assert install("linux-source-6.1") == "Fedora has no linux-source-6.1"
    (only / "apt-get").touch(mode=0o755)
    assert install("libelf-dev") == "apt-get install libelf-dev"


def test_every_package_that_is_named_is_known() -> None:
    """One that is not would be asked for by Debian's name everywhere."""
    named = {a.package for a in architectures()} | set(TOOLS.values()) | {libpython()}
    known = tomllib.loads((Path(migrate.__file__).parent / "base/data/packages.toml").read_text())
    assert len(named) > 20
    assert {n for n in named if not any(fnmatch(n, key) for key in known["dnf"])} == set()
    assert in_fedora("a-stranger") == "a-stranger"


def test_the_compiler_of_the_machine_is_no_extra(
    only: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert list(only.iterdir()) == []
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    need = {c.name: c.need for c in examine()}
    assert (need["gcc"], need["aarch64-linux-gnu-gcc"]) == (Need.USUAL, Need.OPTIONAL)
    assert (need["spatch"], need["perl"], need["sparse"]) == (
        Need.REQUIRED,
        Need.USUAL,
        Need.OPTIONAL,
    )


def test_what_few_need_is_not_called_missing(capsys: pytest.CaptureFixture[str]) -> None:
    checks = [
        Check("perl", "", "scripts", "apt-get install perl", Need.USUAL),
        Check("sh4-linux-gnu-gcc", "", "builds for sh", "apt-get install gcc-sh4", Need.OPTIONAL),
    ]
    doctor(Console(), checks)
    told = capsys.readouterr().out
    missing, _, extras = told.partition("not installed")
    assert "apt-get install perl" in missing and "sh4" not in missing
    assert extras.strip().startswith("needed only for") and "sh4-linux-gnu-gcc" in extras
