# SPDX-License-Identifier: GPL-2.0-only
"""What root may do although a file says no is taken from the process that a test starts."""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SET_SECUREBITS = 28
_NO_ROOT = 0b11
"""SECBIT_NOROOT and its lock: a program that root starts is no more than one of any user."""

_VERSION_3 = 0x20080522


def give_up_rights() -> None:
    """For this process and all that it starts the permissions of files count, also as root."""
    if os.geteuid() != 0:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_VERSION_3, 0)
    none = (ctypes.c_uint32 * 6)()
    if libc.prctl(_SET_SECUREBITS, _NO_ROOT, 0, 0, 0) or libc.capset(header, none):
        raise OSError(ctypes.get_errno(), "the rights of root cannot be given up")


@contextmanager
def mode(path: Path, bits: int) -> Iterator[None]:
    """`path` with the permissions `bits`, for as long as the block takes."""
    before = path.stat().st_mode
    path.chmod(bits)
    try:
        yield
    finally:
        path.chmod(before)


@contextmanager
def mounted(folder: Path, options: str = "size=64m") -> Iterator[bool]:
    """A file system of its own at `folder`; False where nothing may be mounted."""
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, check=False).returncode == 0
    try:
        yield done
    finally:
        if done:
            subprocess.run(["umount", "-l", str(folder)], check=True)


def remount(folder: Path, options: str) -> None:
    """Change `options` of what is mounted at `folder`."""
    subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True)
