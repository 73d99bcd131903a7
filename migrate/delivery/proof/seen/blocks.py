# SPDX-License-Identifier: GPL-2.0-only
"""The code of the instrumented objects, and which of it was executed: basic blocks and their lines.

The compiler has inserted a call at the beginning of each basic block. The guest prints the places
of executed calls; the others are read from the image.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from migrate.base.programs import process
from migrate.delivery.proof.machine.console import Site
from migrate.kernel.kbuild.toolchains import Toolchain

_IMAGE, _MAP = "vmlinux", "System.map"
_BEGINNING = re.compile(r"^([0-9a-f]+) \w _stext$", re.M)
_NEXT = re.compile(rb"<__sanitizer_cov_trace_pc>\s+([0-9a-f]+):")
"""A call, and the address of the instruction after it."""
_LINE = re.compile(r"^(/?[^:\n]+):(\d+)", re.M)
_TIME_LIMIT = 600.0
_OUTPUT = 1 << 30


@dataclass(frozen=True)
class Block:
    """A basic block: where it begins, and whether it was executed."""

    at: Site
    ran: bool


def blocks(folder: Path, ran: Iterable[int], toolchain: Toolchain) -> tuple[Block, ...]:
    """The blocks of the kernel that was built in `folder`; `ran` is the guest's output. None if the
    programs that read images are missing: nothing depends on it."""
    beginning = _BEGINNING.search(_text(folder / _MAP))
    if beginning is None:
        return ()
    code = _run([_binutil(toolchain, "objdump"), "-d", "--no-show-raw-insn", _IMAGE], folder)
    found = sorted({int(address, 16) for address in _NEXT.findall(code)})
    del code
    seen = {int(beginning[1], 16) + distance for distance in ran}
    # The call is before the address to which it returns.
    asked = "".join(f"{address - 1:x}\n" for address in found).encode()
    said = _run([_binutil(toolchain, "addr2line"), "-e", _IMAGE], folder, asked)
    lines = said.decode("utf-8", "replace").splitlines()
    if len(lines) != len(found):
        return ()
    placed = zip(found, map(_LINE.match, lines), strict=True)
    return tuple(Block(Site(at[1], int(at[2])), a in seen) for a, at in placed if at)


def _binutil(toolchain: Toolchain, name: str) -> str:
    return f"llvm-{name}" if toolchain.llvm else f"{toolchain.prefix}{name}"


def _run(argv: list[str], folder: Path, stdin: bytes | None = None) -> bytes:
    """The output of the program, empty if it fails."""
    outcome = process.run(argv, cwd=folder, timeout=_TIME_LIMIT, stdin=stdin, output_limit=_OUTPUT)
    return outcome.stdout if isinstance(outcome, process.Finished) and outcome.ok else b""


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
