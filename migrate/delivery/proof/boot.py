# SPDX-License-Identifier: GPL-2.0-only
"""One boot under QEMU, which interprets every instruction: no KVM is asked for, and no network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from migrate.base import packages
from migrate.base.programs import process
from migrate.delivery.proof.console import Console, read_console

QEMU = "qemu-system-x86_64"
_START = 240.0
"""Seconds that a guest on a busy machine may take before its first exercise."""
_SILENCE = 300.0
_SLACK = 4.0
"""By how much a busy machine may be slower than the time limits of exercises, which guests have
to themselves."""
_OUTPUT = 32 * 1024 * 1024
_COMMAND_LINE = "console=ttyS0 panic=-1 loglevel=5 tsc=unstable"


@dataclass(frozen=True)
class Machine:
    """What to boot: an image, an initramfs, the kernel's command line, and how many seconds the
    exercises may take in all."""

    image: Path
    initramfs: Path
    command_line: str
    seconds: float


def boot(machine: Machine, log: Path) -> Console:
    """What the guest says until it ends or its time is up; everything is kept in `log`."""
    limit = _START + machine.seconds * _SLACK
    arguments = [QEMU, *_hardware(), "-kernel", str(machine.image)]
    arguments += ["-initrd", str(machine.initramfs)]
    arguments += ["-append", f"{_COMMAND_LINE} {machine.command_line}".strip()]
    outcome = process.run(
        arguments,
        cwd=machine.image.parent,
        timeout=limit,
        silence=_SILENCE,
        one_stream=True,
        output_limit=_OUTPUT,
    )
    match outcome:
        case process.Finished(stdout=said) | process.TimedOut(stdout=said):
            log.write_bytes(said)
            console = read_console(said)
        case process.NotStarted():
            get = packages.install("qemu-system-x86")
            return Console(problem=f"{QEMU} is not installed: {get}")
        case _:
            return Console(problem=f"the guest was stopped: {process.describe(outcome)}")
    if console.problem:
        console.problem += _how_it_ended(outcome, console, log)
    return console


def _how_it_ended(outcome: process.Outcome, console: Console, log: Path) -> str:
    """What else is known of a boot that says nothing of pins."""
    if isinstance(outcome, process.TimedOut):
        what = f", and was stopped after {outcome.limit:g} s"
    elif console.splats:
        what = f": {console.splats[-1].text}"
    elif isinstance(outcome, process.Finished) and not outcome.ok:
        lines = outcome.stdout.decode("utf-8", "replace").split("\n")
        words = next((line.strip() for line in reversed(lines) if line.strip()), "")
        what = f": {words[:200]}" if words else f": {QEMU} ended with {outcome.code}"
    else:
        what = ""
    return f"{what} (console: {log})"


def _hardware() -> Sequence[str]:
    """A machine that a kernel without ACPI starts on, with all features that QEMU interprets:
    protection keys are among them."""
    return (
        *("-accel", "tcg,thread=multi", "-machine", "q35", "-cpu", "max", "-smp", "2"),
        *("-m", "768", "-nodefaults", "-no-reboot", "-display", "none", "-serial", "stdio"),
    )
