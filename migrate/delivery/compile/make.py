# SPDX-License-Identifier: GPL-2.0-only
"""One call of the kernel's own make: its arguments, its environment, its output by object."""

from __future__ import annotations

import os
import posixpath
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from migrate.base.errors import Refusal
from migrate.base.files.disk_space import no_room, no_room_words
from migrate.base.programs import process
from migrate.delivery.compile.jobs import JobServer
from migrate.delivery.compile.model import BuildOptions
from migrate.kernel.kbuild.remedies import Remedy, make_arguments, object_arguments
from migrate.kernel.kbuild.toolchains import Toolchain, build_settings

_TIME_LIMIT = 6 * 3600.0
"""Seconds; a whole allmodconfig tree takes hours on a small machine."""
_CONFIG_LIMIT = 1800.0
_PREPARED_LIMIT = 3600.0
_OBJECT_LIMIT = 300.0
"""Seconds for a configuration, for the preparation before the first object, and per object."""
_SILENCE = 600.0
_TREE_SILENCE = 3600.0
"""Seconds without output: make prints the name of each finished object. Longer for a whole tree,
because the final link takes long. A make that restarts itself for ever prints nothing."""
_OURS = re.compile(
    r"(KBUILD_|KCONFIG_|MAKE|MFLAGS$|GNUMAKEFLAGS$|ARCH$|SUBARCH$|CROSS_COMPILE|LLVM|srctree$"
    r"|objtree$|K(C|A|CPP)FLAGS$|(CC|LD|AR|NM|CHECK|W|C|V|M|O|CF)$|INSTALL_|LOCALVERSION)"
)
"""Environment variables that would change what kbuild does."""
_IMAGES = "gup-migrate-images"
"""The namespace of ccache for images, for which everything was preprocessed."""
_IN_ENGLISH = {"LANG": "C", "LC_MESSAGES": "C", "LC_CTYPE": "C"}
"""The kernel's makefile unsets LC_ALL for the compiler, but its messages are parsed here."""
_TAG = re.compile(r"  ([A-Z][A-Z0-9_]*)(?: \[[A-Z]+\])?\s+(\S.*)$")
_OBJECT_TAGS = ("CC", "AS", "CHECK")
_MAKEFILE = re.compile(r"(\S*/)?(Makefile|Kbuild)[\w.-]*:\d+: |\S*/\w+\.(mk|include):\d+: ")
"""Messages of make about makefiles appear after any object, wherever make reads the makefile."""
_FAILED = re.compile(r"make(?:\[\d+\])?: \*\*\* \[(?:[^\]]*: )?(\S+\.o)\] Error")
_MAKE = re.compile(r"make(\[\d+\])?: ")
_GIVEN_UP = re.compile(r"make(\[\d+\])?: \*\*\* \[.*\] Error \d+$")
_ASSEMBLY = re.compile(r"^\S*/cc\w{6}\.s(?=:)", re.M)
"""The assembler's input from the compiler: a file with a random name."""
_STEP = re.compile(r"[A-Z][A-Z0-9_]* +(\[[A-Z]+\] +)?\S+$")
"""A line in which kbuild names a step, as in "HOSTLD  scripts/kconfig/conf"."""


@dataclass
class MakeRun:
    """The result of one make. `objects` maps an object, relative to the build folder and without
    `..`, to the output while it was made; `failed` are those whose commands failed."""

    code: int
    text: str
    seconds: float
    stopped: bool = False
    objects: dict[str, str] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)

    @property
    def why(self) -> str:
        """The line that best explains why make failed as a whole."""
        lines = [line.strip() for line in self.text.splitlines() if line.strip()]
        for pattern in (r"(error|Error|ERROR):", r"\*\*\*(?! \[)", r"\*\*\*|rror"):
            for number, line in enumerate(lines):
                if re.search(pattern, line):
                    return lines[number - _echoes(lines, number)][:300]
        return lines[-1][:300] if lines else "it said nothing"


def _echoes(lines: Sequence[str], number: int) -> bool:
    """Whether a line only repeats that a program failed that has printed the reason in the line
    before: the linker, via the compiler driver, or a command of make."""
    if not number:
        return False
    if lines[number].startswith("collect2: "):
        return True
    before = lines[number - 1]
    return bool(_GIVEN_UP.match(lines[number])) and not (_STEP.match(before) or _MAKE.match(before))


@dataclass
class Kernel:
    """A work tree, a build folder outside of it, and the compiler for it; `remedies` are those that
    the folder needs."""

    worktree: Path
    folder: Path
    toolchain: Toolchain
    options: BuildOptions
    remedies: tuple[Remedy, ...] = ()

    def result_arguments(self) -> list[str]:
        """The arguments that affect code or messages; they are part of every key."""
        arguments = object_arguments(self.remedies)
        if self.options.warnings:
            arguments.append(f"W={self.options.warnings}")
        if self.options.sparse:
            arguments += ["C=1", "CHECK=sparse"]
        if not self.options.instrumentation:
            arguments += [f"{name}=" for name in build_settings().make_off]
        return arguments

    def _remedy_arguments(self) -> list[str]:
        """The other settings of the remedies: programs of the build, which are in no key."""
        host = self.toolchain.host
        known = object_arguments(self.remedies)
        given = [a for a in make_arguments(self.remedies, host) if a not in known]
        if host != "gcc" and not any(a.startswith("HOSTCC=") for a in given):
            given.append(f"HOSTCC={host}")
        return given

    def make(
        self,
        targets: Sequence[str],
        server: JobServer,
        *,
        log: Path,
        variables: Mapping[str, str] | None = None,
        config: bool = False,
        objects: bool = False,
        image: bool = False,
        owner: str = "",
    ) -> MakeRun:
        """Run make for `targets`, which with `objects` are objects, and write its output to `log`.

        Objects with an `owner` are built by the makefile of that folder instead of their own. An
        `image` will be booted, so its contents have to be right. `config` leaves out the compiler
        launcher, because Kconfig runs the compiler for questions only. Raises a :class:`Refusal` if
        the disk is full or make cannot be run.
        """
        extra, compiler = ({}, self.toolchain.compiler) if config else self._compiler(image)
        assigned = {**_IN_ENGLISH, "MAKEFLAGS": server.flags, **extra, **(variables or {})}
        limit, silence = _TIME_LIMIT, _TREE_SILENCE
        if objects or config:
            silence = _SILENCE
            limit = _CONFIG_LIMIT if config else _PREPARED_LIMIT + _OBJECT_LIMIT * len(targets)
        outcome = process.run(
            [
                "env",
                *(
                    part
                    for name in sorted(os.environ)
                    if _OURS.match(name) or (image and name == "CCACHE_DEPEND")
                    for part in ("-u", name)
                ),
                *(f"{name}={value}" for name, value in assigned.items()),
                *("make", "-k", "-Otarget", "--no-print-directory"),
                f"O={self.folder}",
                f"ARCH={self.toolchain.arch.name}",
                f"CROSS_COMPILE={self.toolchain.prefix}",
                f"CC={compiler}",
                # make 4.4 puts all variables into MAKEFLAGS, where older trees look for the s of
                # -s.
                "quiet=quiet_",
                *(["LLVM=1"] if self.toolchain.llvm else []),
                *([f"build-dir={owner}"] if owner else []),
                *self.result_arguments(),
                *self._remedy_arguments(),
                *targets,
            ],
            cwd=self.worktree,
            timeout=limit,
            silence=silence,
            one_stream=True,
            pass_fds=server.descriptors,
        )
        return self._understood(outcome, log)

    def _compiler(self, image: bool) -> tuple[dict[str, str], str]:
        """Environment and CC= for compiling: with ccache if it is installed, else with a launcher.

        kbuild has the compiler list the files that it reads, so ccache need not preprocess. But
        then it does not notice files of .incbin, which are not in the list, and may return a
        compressed kernel for another one of the same size. For an `image` it preprocesses, and does
        not use earlier results.
        """
        launcher = self.options.compiler_launcher
        if launcher and PurePath(launcher).name == "ccache":
            launcher = None
        if shutil.which("ccache"):
            extra = {"CCACHE_PREFIX": launcher} if launcher else {}
            if image:
                among = os.environ.get("CCACHE_NAMESPACE", "")
                extra |= {"CCACHE_NODEPEND": "1", "CCACHE_NAMESPACE": f"{among}{_IMAGES}"}
            elif not os.environ.keys() & {"CCACHE_DEPEND", "CCACHE_NODEPEND"}:
                extra["CCACHE_DEPEND"] = "1"
            return extra, f"ccache {self.toolchain.compiler}"
        return {}, f"{launcher} {self.toolchain.compiler}" if launcher else self.toolchain.compiler

    def _understood(self, outcome: process.Outcome, log: Path) -> MakeRun:
        match outcome:
            case process.Finished(code=code, stdout=stdout, seconds=seconds):
                run = MakeRun(code, stdout.decode("utf-8", "replace"), seconds, code < 0)
                if code < 0:
                    run.text += f"\n*** make was killed by signal {-code}\n"
            case process.TimedOut(limit=limit, stdout=stdout, silent=silent):
                run = MakeRun(1, stdout.decode("utf-8", "replace"), limit, True)
                of_what = " in which it said nothing" if silent else ""
                run.text += f"\n*** make was stopped after {limit:g} s{of_what}\n"
            case process.TooMuchOutput(limit=size):
                run = MakeRun(1, f"*** make was stopped after {size} bytes of output\n", 0.0, True)
            case _:
                raise Refusal(
                    f"The kernel's make cannot be used: {process.describe(outcome)}.",
                    "Run gup-migrate doctor to see what is missing.",
                )
        if words := no_room_words(run.text):
            raise no_room(self.folder, words)
        run.text = comparable(run.text, self.worktree)
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(run.text, encoding="utf-8")
        _split(run)
        return run


def comparable(text: str, worktree: Path) -> str:
    """The output of make without parts that differ between runs or work trees."""
    return _ASSEMBLY.sub("{standard input}", text.replace(f"{worktree.resolve()}/", ""))


def _split(run: MakeRun) -> None:
    """Assign every line to the object whose commands wrote it; -Otarget keeps these together."""
    current: str | None = None
    for line in run.text.splitlines():
        if found := _FAILED.match(line):
            run.failed.add(posixpath.normpath(found[1]))
            current = None
        elif _MAKE.match(line) or _MAKEFILE.match(line):
            current = None
        elif found := _TAG.match(line):
            current = None
            if found[1] in _OBJECT_TAGS:
                current = posixpath.normpath(posixpath.splitext(found[2].strip())[0] + ".o")
                run.objects.setdefault(current, "")
        elif current is not None:
            run.objects[current] += line + "\n"
