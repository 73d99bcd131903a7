# SPDX-License-Identifier: GPL-2.0-only
"""One boot under QEMU, without a network."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass, replace
from pathlib import Path

from migrate.base import packages
from migrate.base.programs import process
from migrate.delivery.proof.machine.console import Console, read_console
from migrate.delivery.proof.machine.emulated import Emulated
from migrate.kernel.kbuild.toolchains import known_architecture

_START = 240.0
"""Seconds until the first exercise of a guest on a busy machine."""
_SILENCE = 300.0
_ANSWER = 20.0
"""Seconds within which a guest under KVM has to print something; even without KVM, five are
enough."""
_SLACK = 4.0
"""How much slower a busy machine may be than the time limits of exercises, which assume an idle
one."""
_OUTPUT = 32 * 1024 * 1024
_KVM = Path("/dev/kvm")
_COMMAND_LINE = "panic=-1 loglevel=5"
_ONLY_ANSWER = "answer"
"""The argument that makes the program of the guest print a line and end."""


@dataclass(frozen=True)
class Machine:
    """What to boot: an image, an initramfs, the kernel's command line, how many seconds the
    exercises may take in total, and the memory in MB. `kvm` runs the guest on the host's
    processor, and `hardware` are arguments for devices that exercises need."""

    emulated: Emulated
    image: Path
    initramfs: Path
    command_line: str
    seconds: float
    memory: int = 768
    kvm: bool = False
    hardware: tuple[str, ...] = ()

    @property
    def description(self) -> str:
        return f"QEMU, {self.emulated.arch}, {'KVM' if self.kvm else 'interpreted'}"


def fastest(machine: Machine, log: Path) -> Machine:
    """`machine` with KVM, if a guest with it has answered: that the device can be opened does not
    mean that guests run."""
    host = platform.machine() in known_architecture(machine.emulated.arch).machines
    if not machine.emulated.kvm or not host or not os.access(_KVM, os.R_OK | os.W_OK):
        return machine
    tried = replace(machine, kvm=True)
    outcome = _run(replace(tried, command_line=_ONLY_ANSWER), _ANSWER)
    if not isinstance(outcome, process.Finished):
        return machine
    log.write_bytes(outcome.stdout)
    return tried if read_console(outcome.stdout).release else machine


def boot(machine: Machine, log: Path) -> Console:
    """The output of the guest until it ends or its time is up; all of it is written to `log`."""
    emulator = machine.emulated.emulator
    outcome = _run(machine, _START + machine.seconds * _SLACK)
    match outcome:
        case process.Finished(stdout=said) | process.TimedOut(stdout=said):
            log.write_bytes(said)
            console = read_console(said)
        case process.NotStarted():
            get = packages.install(machine.emulated.package)
            return Console(problem=f"{emulator} is not installed: {get}")
        case _:
            return Console(problem=f"the guest was stopped: {process.describe(outcome)}")
    if console.problem:
        console.problem += _how_it_ended(outcome, console, emulator, log)
    return console


def _run(machine: Machine, limit: float) -> process.Outcome:
    emulated = machine.emulated
    said = (emulated.command_line, _COMMAND_LINE, machine.command_line)
    arguments = [
        *(emulated.emulator, *emulated.hardware),
        *(emulated.kvm if machine.kvm else emulated.interpreted),
        *machine.hardware,
        *("-smp", "2", "-m", str(machine.memory), "-nodefaults", "-no-reboot"),
        *("-display", "none", "-serial", "stdio", "-kernel", str(machine.image)),
        *("-initrd", str(machine.initramfs), "-append", " ".join(filter(None, said))),
    ]
    return process.run(
        arguments,
        cwd=machine.image.parent,
        timeout=limit,
        silence=min(limit, _SILENCE),
        one_stream=True,
        output_limit=_OUTPUT,
    )


def _how_it_ended(outcome: process.Outcome, console: Console, emulator: str, log: Path) -> str:
    """Further information about a boot whose output does not contain pins."""
    if isinstance(outcome, process.TimedOut):
        what = f", and was stopped after {outcome.limit:g} s"
    elif console.splats:
        what = f": {console.splats[-1].text}"
    elif isinstance(outcome, process.Finished) and not outcome.ok:
        lines = outcome.stdout.decode("utf-8", "replace").split("\n")
        words = next((line.strip() for line in reversed(lines) if line.strip()), "")
        what = f": {words[:200]}" if words else f": {emulator} ended with {outcome.code}"
    else:
        what = ""
    return f"{what} (console: {log})"
