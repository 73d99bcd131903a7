# SPDX-License-Identifier: GPL-2.0-only
"""Booting, with a QEMU that only prints what a guest once said."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from migrate.delivery.proof import boot as booting
from migrate.delivery.proof.boot import Machine, boot
from tests.delivery.proof.test_console import START, TABLE


def qemu(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Have a QEMU that is a shell script, and note its arguments."""
    folder.mkdir()
    program = folder / booting.QEMU
    program.write_text(f'#!/bin/sh\necho "$@" > {folder}/arguments\n{script}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def machine(folder: Path) -> Machine:
    for name in ("image", "initramfs"):
        (folder / name).write_bytes(b"")
    return Machine(folder / "image", folder / "initramfs", "lsm=one", 10)


def says(text: str) -> str:
    return f"cat <<'END'\n{text}END"


def test_a_guest_that_shows_its_pins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    qemu(tmp_path / "bin", monkeypatch, says(START + TABLE + "gup-prove: finished\n"))
    found = boot(machine(tmp_path), tmp_path / "log")
    assert found.problem == "" and found.finished
    assert (tmp_path / "log").read_text().startswith("[    0.1] Linux version")
    arguments = (tmp_path / "bin/arguments").read_text()
    assert "tcg" in arguments and "kvm" not in arguments and "lsm=one" in arguments


def test_no_qemu_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = boot(machine(tmp_path), tmp_path / "log")
    assert found.problem.startswith(f"{booting.QEMU} is not installed: ")
    assert "qemu-system-x86" in found.problem


def test_a_guest_that_hangs_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(booting, "_START", 0.3)
    monkeypatch.setattr(booting, "_SLACK", 0.01)
    qemu(tmp_path / "bin", monkeypatch, f"{says(START)}\nsleep 60")
    found = boot(machine(tmp_path), tmp_path / "log")
    assert found.problem == (
        "the guest ended before it had shown its pins, and was stopped after 0.4 s"
        f" (console: {tmp_path}/log)"
    )


def test_a_kernel_that_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    qemu(tmp_path / "bin", monkeypatch, says("[ 0.5] Kernel panic - not syncing: no init\n"))
    found = boot(machine(tmp_path), tmp_path / "log")
    assert found.problem == (
        f"the kernel does not start: Kernel panic - not syncing: no init (console: {tmp_path}/log)"
    )


def test_a_qemu_that_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    qemu(tmp_path / "bin", monkeypatch, "echo qemu: no such machine >&2; exit 1")
    found = boot(machine(tmp_path), tmp_path / "log")
    assert "the kernel does not start: qemu: no such machine" in found.problem


def test_a_guest_that_never_stops_talking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(booting, "_OUTPUT", 1000)
    qemu(tmp_path / "bin", monkeypatch, "yes")
    assert boot(machine(tmp_path), tmp_path / "log").problem.startswith("the guest was stopped: ")
