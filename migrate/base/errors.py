# SPDX-License-Identifier: GPL-2.0-only
"""The one exception that ends a command, and the exit codes of all commands."""

from __future__ import annotations

import re
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of `gup-migrate`, as documented in docs/exit-codes.md."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    PARTIAL = 3
    BUG = 70
    INTERRUPTED = 130


class Refusal(Exception):
    """The input or the environment does not allow the command to continue.

    `what` is one line that says what is wrong; `next_step` is one line that says what to do,
    usually a command to type. Only the command line catches this exception; results of single
    files, groups and objects are outcome dataclasses instead.
    """

    def __init__(self, what: str, next_step: str) -> None:
        # The message may quote a file; control characters in it must not reach the terminal.
        what = re.sub(r"[\x00-\x1f\x7f-\x9f]+", " ", what)
        super().__init__(f"{what} {next_step}".strip())
        self.what = what
        self.next_step = next_step
