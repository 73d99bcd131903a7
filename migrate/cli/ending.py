# SPDX-License-Identifier: GPL-2.0-only
"""The only error handler: how a command ends that fails or is interrupted."""

from __future__ import annotations

import os
import shlex
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from migrate.base.errors import ExitCode, Refusal
from migrate.base.files.places import no_bug
from migrate.base.streams import ReaderGone
from migrate.base.typed import typed

_PATIENCE = 1.6
"""Seconds from an interrupt to the end of the process, whatever its threads are doing."""

_GRACE = 0.3
"""Seconds for children to end after SIGTERM."""

_SHOW_CURSOR = "\r\x1b[J\x1b[?25h"


def guarded(command: Callable[[], int]) -> int:
    """Run `command`; the exit code, with one or two lines on standard error if it failed.

    A refusal is 1, an interrupt 130, any unexpected exception 70 with its traceback in a log file.
    If the reader of standard output has gone, the process ends by SIGPIPE.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _on_signal)
    try:
        code = command()
        sys.stdout.flush()
        return code
    except Refusal as refusal:
        return _refused(refusal)
    except KeyboardInterrupt:
        return _interrupted()
    except ReaderGone:
        return _reader_gone()
    except Exception as error:
        if type(error).__name__ == "Abort":
            return _interrupted()
        told = no_bug(error)
        return _refused(told) if told else _bug(error)


def _on_signal(_number: int, _frame: FrameType | None) -> None:
    from migrate.base.programs.process import stop_all

    threading.Thread(target=_end_soon, daemon=True).start()
    stop_all()
    raise KeyboardInterrupt


def _end_soon() -> None:
    """End the process soon. All files are written atomically, so it may end at any point."""
    from migrate.base.programs.process import kill_all

    time.sleep(_PATIENCE)
    kill_all(0)
    if sys.stderr.isatty():
        sys.stderr.write(_SHOW_CURSOR)
    sys.stderr.write(f"{_go_on()}\n")
    sys.stderr.flush()
    os._exit(ExitCode.INTERRUPTED)


def _interrupted() -> int:
    from migrate.base.programs.process import kill_all

    kill_all(_GRACE)
    sys.stderr.write(f"{_go_on()}\n")
    sys.stderr.flush()
    # Threads may still wait for children that are ending; they need not be waited for.
    sys.stdout.flush()
    os._exit(ExitCode.INTERRUPTED)


def _reader_gone() -> int:
    """End by SIGPIPE as other programs do: without a message, and visible to the shell."""
    from migrate.base.programs.process import kill_all

    kill_all(_GRACE)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGPIPE)
    os._exit(128 + signal.SIGPIPE)  # if SIGPIPE is blocked


def _go_on() -> str:
    command = typed("gup-migrate", *sys.argv[1:])
    return f"Interrupted. What was done is kept; go on with: {command}"


def _refused(refusal: Refusal) -> int:
    try:
        from migrate.cli.console import Console

        Console().refusal(refusal)
    except (MemoryError, ImportError):
        sys.stderr.write(f"error: {refusal.what}\n{refusal.next_step}\n")
    return ExitCode.REFUSED


def _bug(error: BaseException) -> int:
    from migrate.cli.console import Console

    text = "".join(traceback.format_exception(error))
    Console().bug(str(_write_log(text)))
    return ExitCode.BUG


def _write_log(text: str) -> Path:
    """Write `text` to a new file in the workspace of the command, else to a temporary one."""
    import platform

    from migrate import __version__
    from migrate.base.files import scratch

    head = f"gup-migrate {__version__}, Python {platform.python_version()}\n"
    head += f"{shlex.join(sys.argv)}\n\n"
    name = f"bug-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
    # The bug may prevent the import of the commands.
    used = getattr(sys.modules.get("migrate.cli.commands"), "current_log", Path())
    for folder in (used, *scratch.places()):
        try:
            if folder.is_dir() and folder != Path():
                path = folder / name
                path.write_text(head + text, encoding="utf-8", errors="backslashreplace")
                return path
        except OSError:
            continue
    sys.stderr.write(head + text)
    return Path("the lines above")
