# SPDX-License-Identifier: GPL-2.0-only
"""Booting, with a QEMU that only prints what a guest once said."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from migrate.delivery.proof.machine import boot as booting
from migrate.delivery.proof.machine.boot import Machine, boot, fastest
from migrate.delivery.proof.machine.emulated import emulated_machines
from tests.delivery.proof.machine.test_console import START, TABLE

X86 = emulated_machines()[0]


def qemu(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Have a QEMU that is a shell script, and note its arguments."""
    folder.mkdir()
    program = folder / X86.emulator
    program.write_text(f'#!/bin/sh\necho "$@" > {folder}/arguments\n{script}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def machine(folder: Path) -> Machine:
    for name in ("image", "initramfs"):
        (folder / name).write_bytes(b"")
    return Machine(X86, folder / "image", folder / "initramfs", "lsm=one", 10)


def says(text: str) -> str:
    return f"cat <<'END'\n{text}END"


def test_a_guest_that_shows_its_pins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    qemu(tmp_path / "bin", monkeypatch, says(START + TABLE + "gup-prove: finished\n"))
    found = boot(machine(tmp_path), tmp_path / "log")
    assert found.problem == "" and found.finished
    assert (tmp_path / "log").read_text().startswith("[    0.1] Linux version")
    arguments = (tmp_path / "bin/arguments").read_text()
    assert "tcg" in arguments and "kvm" not in arguments and "lsm=one" in arguments


def test_exercises_have_the_hardware_that_they_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    qemu(tmp_path / "bin", monkeypatch, says(START + TABLE))
    boot(replace(machine(tmp_path), hardware=("-device", "card")), tmp_path / "log")
    assert "-device card" in (tmp_path / "bin/arguments").read_text()


DEVICES = 'name "virtio-9p-pci", bus PCI, alias "virtio-9p"\n'


@pytest.mark.parametrize(
    ("script", "device", "there"),
    [
        (says(DEVICES), "virtio-9p-pci", True),
        (says(DEVICES), "virtio-9p", False),
        # The boot says what is wrong.
        (None, "virtio-9p-pci", True),
    ],
)
def test_which_devices_qemu_was_built_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str | None, device: str, there: bool
) -> None:
    if script is None:
        monkeypatch.setenv("PATH", str(tmp_path))
    else:
        qemu(tmp_path / "bin", monkeypatch, script)
    assert X86.has(device) is there


def test_no_qemu_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = boot(machine(tmp_path), tmp_path / "log")
    assert found.problem.startswith(f"{X86.emulator} is not installed: ")
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


ANSWERS = """case "$*" in
*kvm*answer) {} ;;
*) echo gup-prove: begin 6.1 ;;
esac"""


@pytest.mark.parametrize(
    ("with_kvm", "device", "fast"),
    [
        ("echo gup-prove: begin 6.1", True, True),
        # The device is there, and guests hang in their firmware.
        ("sleep 60", True, False),
        ("echo no room >&2; exit 1", True, False),
        ("echo gup-prove: begin 6.1", False, False),
    ],
)
def test_kvm_is_used_once_a_guest_with_it_has_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, with_kvm: str, device: bool, fast: bool
) -> None:
    qemu(tmp_path / "bin", monkeypatch, ANSWERS.format(with_kvm))
    kvm = tmp_path / "kvm"
    if device:
        kvm.touch()
    monkeypatch.setattr(booting, "_KVM", kvm)
    monkeypatch.setattr(booting, "_ANSWER", 0.5)
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    chosen = fastest(machine(tmp_path), tmp_path / "log")
    assert chosen.kvm is fast
    assert chosen.description == f"QEMU, x86_64, {'KVM' if fast else 'interpreted'}"
    boot(chosen, tmp_path / "log")
    assert ("-accel kvm" in (tmp_path / "bin/arguments").read_text()) is fast


def test_a_guest_of_another_architecture_is_interpreted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    qemu(tmp_path / "bin", monkeypatch, "echo gup-prove: begin 6.1")
    (tmp_path / "kvm").touch()
    monkeypatch.setattr(booting, "_KVM", tmp_path / "kvm")
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    assert not fastest(machine(tmp_path), tmp_path / "log").kvm
    assert not (tmp_path / "bin/arguments").exists()
