# SPDX-License-Identifier: GPL-2.0-only
"""Runs Coccinelle's spatch on a few files per process, and judges the result by its output."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from migrate.base import packages
from migrate.base.data import data_folder
from migrate.base.errors import Refusal
from migrate.base.files.disk_space import no_room, no_room_words
from migrate.base.files.scratch import current, scratch
from migrate.base.programs import process

OLDEST_VERSION = (1, 1, 1)
DEFAULT_TIMEOUT = 120.0
"""Seconds for one process. The largest files of a kernel need about 3 s on an idle machine."""

_SUFFIX = ".spatched"
_BAD_RULE = re.compile(r'parse error:?\s+File "([^"\n]+\.cocci)", line (\d+)')
_TROUBLE = re.compile(
    rb"EXN:|^Fatal error|^Traceback|^Exception|^Python error|Stack overflow|Out of memory"
)
_VERSION = re.compile(rb"spatch version (\d+)\.(\d+)(?:\.(\d+))?")
_PYTHONS = ("/usr/bin/python3",)
_PROBE = """@r@ position p; @@
g@p()
@script:python@ p << r.p; @@
print("probe %s" % p[0].line)
"""
_PROBING = threading.Lock()


@dataclass(frozen=True)
class Patched:
    """spatch ended successfully. `files` has every input file as it is now, changed or not.

    This does not mean that a rule matched: spatch silently skips functions that it cannot parse.
    `output` is what the rules printed, with the paths that were given.
    """

    files: dict[str, bytes]
    output: str


@dataclass(frozen=True)
class Failed:
    """spatch failed, or its output is not valid; `reason` is one line."""

    reason: str


@dataclass(frozen=True)
class TookTooLong:
    """spatch and everything that it had started were stopped after `limit` seconds."""

    limit: float

    @property
    def reason(self) -> str:
        return f"spatch was stopped after {self.limit:g} s"


SpatchOutcome = Patched | Failed | TookTooLong


def run_spatch(
    rule: Path,
    files: Mapping[str, bytes],
    *,
    defines: Mapping[str, str] | None = None,
    virtuals: Sequence[str] = (),
    options: Sequence[str] = (),
    timeout: float = DEFAULT_TIMEOUT,
    output_limit: int = process.DEFAULT_OUTPUT_LIMIT,
    memory: int | None = None,
) -> SpatchOutcome:
    """Run the semantic patch `rule` on copies of `files`, path to contents.

    `defines` are virtual identifiers, `virtuals` the virtual modes that are on ("patch"), `timeout`
    is in seconds, `output_limit` and `memory` in bytes. The process sees no .cocciconfig, not even
    the user's, and leaves nothing behind.
    """
    with scratch("spatch") as folder:
        copies = _write_copies(folder, files)
        argv = [
            *("spatch", "--very-quiet", "--no-includes", "--no-show-diff"),
            *("--out-place", "--suffix", _SUFFIX),
            *python_option(),
            *options,
            *(part for virtual in virtuals for part in ("-D", virtual)),
            *(part for key, value in (defines or {}).items() for part in ("-D", f"{key}={value}")),
            *("--macro-file", str(data_folder("cocci") / "macros.h")),
            *("--sp-file", str(rule.resolve())),
            *map(str, copies.values()),
        ]
        outcome = process.run(
            argv,
            cwd=folder,
            timeout=timeout,
            env=_environment(folder),
            output_limit=output_limit,
            memory=memory,
        )
        return _judge(outcome, copies, files)


def spatch_version() -> tuple[int, int, int]:
    """The version of the spatch on PATH; raises a :class:`Refusal` if there is none or it is too
    old."""
    with scratch("spatch") as folder:
        outcome = process.run(
            ["spatch", "--version"], cwd=folder, timeout=30, env=_environment(folder)
        )
    how_to_get = f"Install Coccinelle 1.1.1 or newer: {packages.install('coccinelle')}"
    match outcome:
        case process.NotStarted():
            raise Refusal("spatch (Coccinelle) is not installed.", how_to_get)
        case process.Finished(code=0, stdout=stdout) if found := _VERSION.search(stdout):
            major, minor, patch = (int(part or 0) for part in found.groups())
        case _:
            raise Refusal(
                f"spatch does not report its version: {process.describe(outcome)}.", how_to_get
            )
    if (major, minor, patch) < OLDEST_VERSION:
        raise Refusal(f"spatch {major}.{minor}.{patch} is too old.", how_to_get)
    return major, minor, patch


def python_option() -> tuple[str, ...]:
    """The option with which spatch can run rules with Python; raises a :class:`Refusal` if there is
    none.

    spatch loads the library of the first python3 on PATH, which may not be the version that it was
    built for; then every rule with a script fails, with a message on stderr only. The system's own
    Python is tried first: a python3 that is a wrapper script adds more to every start of spatch
    than parsing a file takes.
    """
    with _PROBING:  # one thread finds out, the others wait for it
        return _python_option()


@cache
def _python_option() -> tuple[str, ...]:
    for option in (*(("--python", p) for p in _PYTHONS if Path(p).exists()), ()):
        if _python_works(option):
            return option
    raise Refusal(
        "spatch cannot run the Python in semantic patches.",
        f"Install the library of its Python: {packages.install(packages.libpython())}",
    )


def _python_works(option: tuple[str, ...]) -> bool:
    with scratch("spatch") as folder:
        (folder / "probe.cocci").write_text(_PROBE, "utf-8")
        (folder / "probe.c").write_text("int f(void)\n{\n\treturn g();\n}\n", "utf-8")
        argv = ["spatch", "--very-quiet", "--no-includes", *option]
        outcome = process.run(
            [*argv, "--sp-file", "probe.cocci", "probe.c"],
            cwd=folder,
            timeout=60,
            env=_environment(folder),
        )
        if isinstance(outcome, process.NotStarted):
            return True  # spatch is not installed: spatch_version() has a better message
        return isinstance(outcome, process.Finished) and b"probe 3" in outcome.stdout


def _environment(folder: Path) -> dict[str, str]:
    """A home without .cocciconfig, temporary files below `folder`, and spatch's own Python."""
    return {
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "PYTHONHOME": "",
        "PYTHONPATH": "",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _write_copies(folder: Path, files: Mapping[str, bytes]) -> dict[str, Path]:
    """Write each file into a folder of its own: two may share a base name."""
    copies = {}
    for number, (path, contents) in enumerate(files.items()):
        own = folder / "files" / str(number)
        own.mkdir(parents=True)
        copies[path] = own / Path(path).name
        copies[path].write_bytes(contents)
    return copies


def _judge(
    outcome: process.Outcome, copies: Mapping[str, Path], files: Mapping[str, bytes]
) -> SpatchOutcome:
    stderr = outcome.stderr if isinstance(outcome, process.Finished) else b""
    if words := no_room_words(stderr.decode("utf-8", "replace")):
        # The file is not the cause, so this must not be treated as its result.
        raise no_room(current() or "the temporary files", words)
    match outcome:
        case process.TimedOut(limit=limit):
            return TookTooLong(limit)
        case process.Finished(code=0, stdout=stdout):
            trouble = _trouble(stderr + b"\n" + stdout)
        case _:
            return Failed(_bad_rule(stderr) or process.describe(outcome))
    if trouble:
        return Failed(f"spatch reported: {trouble}")
    results = {}
    for path, copy in copies.items():
        if copy.read_bytes() != files[path]:
            return Failed(f"spatch changed its input {path}")
        result = copy.with_name(copy.name + _SUFFIX)
        results[path] = result.read_bytes() if result.exists() else files[path]
        if files[path] and not results[path]:
            return Failed(f"spatch wrote an empty {path}")
    return Patched(results, _with_paths(stdout, copies).decode("utf-8", "replace"))


def _with_paths(output: bytes, copies: Mapping[str, Path]) -> bytes:
    """The output with the caller's paths instead of those of the copies."""
    paths = {os.fsencode(copy): os.fsencode(path) for path, copy in copies.items()}
    if not paths:
        return output
    longest_first = sorted(paths, key=len, reverse=True)
    pattern = re.compile(b"|".join(re.escape(copy) for copy in longest_first))
    return pattern.sub(lambda match: paths[match.group()], output)


def _bad_rule(stderr: bytes) -> str:
    """The error in a semantic patch, "" if spatch reports none."""
    found = _BAD_RULE.search(stderr.decode("utf-8", "replace"))
    return f"{Path(found[1]).name}, line {found[2]}: spatch cannot read this rule" if found else ""


def _trouble(output: bytes) -> str:
    """The first line of `output` about an exception inside spatch."""
    for line in output.splitlines():
        if _TROUBLE.search(line):
            return line.decode("utf-8", "replace").strip()[:300]
    return ""
