# SPDX-License-Identifier: GPL-2.0-only
"""The command line run in a fork of the test's own process, which has everything imported."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from migrate.cli.ending import guarded
from migrate.cli.main import invoke


def run(
    arguments: Sequence[str],
    env: Mapping[str, str],
    cwd: Path,
    answers: str = "",
    before: Callable[[], None] = lambda: None,
) -> subprocess.CompletedProcess[str]:
    """What `gup-migrate` with `arguments` does, as a process of its own would; `before` is called
    in that process first.

    Half a second a call cheaper than that: no interpreter starts, nothing is imported.
    """
    new = tempfile.TemporaryFile
    with new() as given, new() as out, new() as err:
        given.write(answers.encode())
        given.seek(0)
        child = os.fork()
        if child == 0:
            _become(arguments, env, cwd, (given.fileno(), out.fileno(), err.fileno()), before)
        _, status = os.waitpid(child, 0)
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read().decode())
    code = os.waitstatus_to_exitcode(status)
    return subprocess.CompletedProcess(list(arguments), code, texts[0], texts[1])


def _become(
    arguments: Sequence[str],
    env: Mapping[str, str],
    cwd: Path,
    streams: tuple[int, ...],
    before: Callable[[], None],
) -> NoReturn:
    """Be the program and end; nothing of the test runner may run on in here."""
    code = 70
    try:
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        sys.stdin, sys.stdout = os.fdopen(0), os.fdopen(1, "w", closefd=False)
        sys.stderr = os.fdopen(2, "w", closefd=False)
        os.environ.clear()
        os.environ.update(env)
        os.chdir(cwd)
        before()
        sys.argv = ["gup-migrate", *arguments]
        code = guarded(lambda: invoke(list(arguments)))
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)
