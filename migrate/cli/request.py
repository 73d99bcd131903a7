# SPDX-License-Identifier: GPL-2.0-only
"""What a user can ask for: each option of the command line once, with its type and its help."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass, fields
from pathlib import Path, PurePath
from typing import Annotated, get_type_hints

import typer

from migrate.base.typed import typed
from migrate.cli.scope import STAGES, Scope, metadata, spelling
from migrate.delivery.commits.policy import Policy

_HERE = Path()
_CORES = len(os.sched_getaffinity(0))


def _profiles(incomplete: str) -> list[str]:
    """For shell completion: the profiles that come with the tool; the shell itself completes
    folders."""
    from migrate.rewrite.profile.profiles import profile_names

    return [name for name in profile_names() if name.startswith(incomplete)]


@dataclass(frozen=True)
class Request:
    """The options that commands on a tree share.

    The metadata of a type is what the command line shows. A new option is a new field here, without
    further declarations.
    """

    tree: Annotated[
        Path,
        Scope(carried=False),
        typer.Argument(
            readable=False,
            metavar="TREE",
            help="The kernel checkout; its files are only read.",
            show_default="the current folder",
        ),
    ] = _HERE
    profile: Annotated[
        str,
        Scope(),
        typer.Option(
            "--profile",
            "-p",
            metavar="NAME",
            help="The target API: a name, or a folder.",
            autocompletion=_profiles,
        ),
    ] = "vaddr-pin"
    workspace: Annotated[
        Path | None,
        Scope(),
        typer.Option(
            "--workspace",
            readable=False,
            metavar="DIR",
            help="Where to keep state.",
            show_default="a folder in the user's cache",
        ),
    ] = None
    output: Annotated[
        Path | None,
        Scope(since="series"),
        typer.Option(
            "--output",
            "-o",
            readable=False,
            metavar="DIR",
            help="Where series and report go.",
            show_default="in the workspace",
        ),
    ] = None
    revision: Annotated[
        str, Scope(), typer.Option("--rev", metavar="REV", help="The commit to work on.")
    ] = "HEAD"
    open_world: Annotated[
        bool,
        Scope(since="pair"),
        typer.Option(
            "--open-world",
            help="Assume that modules outside of the tree call its exports and fill its tables.",
        ),
    ] = False
    jobs: Annotated[
        int,
        Scope(carried=False),
        typer.Option(
            "--jobs",
            "-j",
            metavar="N",
            min=1,
            help="How many processes to use.",
            show_default="all cores",
        ),
    ] = _CORES
    decisions: Annotated[
        Path | None,
        Scope(since="classify"),
        typer.Option(
            "--decisions",
            readable=False,
            metavar="FILE",
            help="TOML file with your own verdicts; they override the rules.",
            show_default="beside the workspace, if there",
        ),
    ] = None
    contracts: Annotated[
        Path | None,
        Scope(since="pair"),
        typer.Option(
            "--contracts",
            readable=False,
            metavar="FILE",
            help="TOML file with facts that the code does not show.",
            show_default="beside the workspace, if there",
        ),
    ] = None
    trust_profile: Annotated[
        bool,
        Scope(),
        typer.Option("--trust-profile", help="Allow a profile that is not built in to run code."),
    ] = False
    comments: Annotated[
        bool,
        Scope(since="rewrite"),
        typer.Option(
            "--comments/--no-comments",
            help="Update comments beside an edit to name the new function.",
        ),
    ] = True
    smpl: Annotated[
        bool,
        Scope(since="commit"),
        typer.Option(
            "--smpl/--no-smpl",
            help="Show in each message the semantic patch that makes its edit.",
        ),
    ] = True
    deprecate: Annotated[
        bool,
        Scope(since="rewrite"),
        typer.Option("--deprecate", help="Add patches that warn of new callers of GUP."),
    ] = False
    architectures: Annotated[
        str | None,
        Scope(since="build"),
        typer.Option(
            "--arch",
            metavar="ARCH,...",
            help="Build on each of these, and on no other.",
            show_default="for each object the first that has it",
        ),
    ] = None
    compilers: Annotated[
        str | None,
        Scope(since="build"),
        typer.Option(
            "--cc",
            metavar="ARCH=COMPILER,...",
            help="The compiler of an architecture, as in make CC=.",
            show_default="gcc, and another one for what it does not build",
        ),
    ] = None
    prefixes: Annotated[
        str | None,
        Scope(since="build"),
        typer.Option(
            "--cross-compile",
            metavar="ARCH=PREFIX,...",
            help="The prefix of an architecture's tools, as in make CROSS_COMPILE=.",
            show_default="the first cross compiler that is installed",
        ),
    ] = None
    llvm: Annotated[
        bool,
        Scope(since="build"),
        typer.Option("--llvm", help="Build with clang and its tools, as in make LLVM=1."),
    ] = False
    warnings: Annotated[
        str,
        Scope(since="build"),
        typer.Option(
            "--warnings",
            "-W",
            metavar="LEVEL",
            help="Extra warnings of the kernel's build, as in make W=1.",
            show_default="none",
        ),
    ] = ""
    sparse: Annotated[
        bool,
        Scope(since="build"),
        typer.Option("--sparse", help="Check what is compiled with sparse, as in make C=1."),
    ] = False
    instrumented: Annotated[
        bool,
        Scope(since="build"),
        typer.Option("--instrumented", help="Keep KASAN, debug info and the like enabled; slower."),
    ] = False
    launcher: Annotated[
        str | None,
        Scope(since="build"),
        typer.Option(
            "--compiler-launcher",
            metavar="PROGRAM",
            help="What starts the compiler: distcc, icecc, ccache.",
            show_default="ccache when it is installed",
        ),
    ] = None
    build_jobs: Annotated[
        int | None,
        Scope(since="build", carried=False),
        typer.Option(
            "--build-jobs",
            metavar="N",
            min=1,
            help="Compilers at a time.",
            show_default="what distcc allows, else --jobs",
        ),
    ] = None
    keep_going: Annotated[
        bool,
        Scope(since="build"),
        typer.Option(
            "--keep-going/--stop",
            help="Take out what does not build, or stop at the first commit that does not.",
        ),
    ] = True
    reroll: Annotated[
        bool,
        Scope(since="series", carried=False),
        typer.Option("--reroll", help="Write the next version of each series that has changed."),
    ] = False
    trailers: Annotated[
        Path | None,
        Scope(since="series", carried=False),
        typer.Option(
            "--trailers",
            readable=False,
            metavar="FILE",
            help="With --reroll: answers to the last version, as an mbox file.",
            show_default="those on your branches only",
        ),
    ] = None
    reply: Annotated[
        bool,
        Scope(since="series", carried=False),
        typer.Option("--reply", help="With --reroll: answer the cover letter of the last version."),
    ] = False
    b4: Annotated[
        bool,
        Scope(since="series"),
        typer.Option("--b4", help="Also make a b4 prep branch of each series."),
    ] = False
    tree_scripts: Annotated[
        bool,
        Scope(since="series"),
        typer.Option(
            "--tree-scripts/--no-tree-scripts",
            help="Run the kernel's get_maintainer.pl and checkpatch.pl, or nothing of the tree but"
            " its build.",
        ),
    ] = True
    unbuilt: Annotated[
        Policy,
        Scope(since="series"),
        typer.Option(
            "--unbuilt",
            help="What to do with commits that could not be built: deliver them like others, write"
            " and hold their series, or leave them out.",
        ),
    ] = Policy.HOLD
    json: Annotated[
        bool,
        Scope(carried=False),
        typer.Option("--json", help="The result as JSON on standard output."),
    ] = False
    verbose: Annotated[
        bool,
        Scope(carried=False),
        typer.Option("--verbose", "-v", help="Show more of what is done."),
    ] = False
    given: frozenset[str] = frozenset()
    """The options that were given on the command line, even with their default value."""

    def command(self, name: str, *arguments: str | PurePath, without: Collection[str] = ()) -> str:
        """The command line of `name` with the same options except for `without`, to be typed."""
        parts: list[str | PurePath] = ["gup-migrate", name, *arguments]
        if self.tree != Path():
            parts.append(self.tree)
        known = options_of(name)
        for item in _OPTIONS:
            value = getattr(self, item.name)
            if item.name in without or not scope_of(item.name).carried:
                continue
            if item.name in known and value != item.default:
                on, _, off = spelling(HINTS[item.name]).partition("/")
                word = value if isinstance(value, PurePath) else str(value)
                parts += {True: [on], False: [off]}.get(value, [on, word])
        return typed(*parts)


HINTS = get_type_hints(Request, include_extras=True)
DEFAULTS = {item.name: item.default for item in fields(Request)}
_OPTIONS = tuple(item for item in fields(Request) if item.name != "given")


def options_of(command: str) -> tuple[str, ...]:
    """The fields of Request that `command` takes: for a stage those with an effect up to that
    stage, for commands that show results all of them."""
    last = STAGES.index(command) if command in STAGES else len(STAGES)
    return tuple(f.name for f in _OPTIONS if STAGES.index(scope_of(f.name).since) <= last)


def scope_of(name: str) -> Scope:
    """The scope of the option in the field `name`."""
    return metadata(HINTS[name], Scope)
