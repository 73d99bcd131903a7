# SPDX-License-Identifier: GPL-2.0-only
"""What a user can ask for: each option of the command line once, with its type and its help."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Collection, Iterator
from dataclasses import Field, dataclass, fields
from functools import wraps
from pathlib import Path, PurePath
from typing import Annotated, Any, TypeVar, get_type_hints

import typer

from migrate.base.typed import typed
from migrate.delivery.commits.policy import Policy

T = TypeVar("T")

_HERE = Path()
_CORES = len(os.sched_getaffinity(0))
STAGES = ("scan", "pair", "classify", "rewrite", "commit", "build", "series")


def _profiles(incomplete: str) -> list[str]:
    """For the shell: the profiles that come with the tool; folders it completes by itself."""
    from migrate.rewrite.profile.profiles import profile_names

    return [name for name in profile_names() if name.startswith(incomplete)]


@dataclass(frozen=True)
class Scope:
    """From which stage on an option has a meaning, and whether the command that is shown as the
    next to type repeats it."""

    since: str = STAGES[0]
    carried: bool = True


@dataclass(frozen=True)
class Request:
    """The options that commands on a tree share, as they were given.

    The metadata of a type is what the command line shows. A new option is a new field here, and
    nothing else before it is used.
    """

    tree: Annotated[
        Path,
        Scope(carried=False),
        typer.Argument(
            readable=False,
            metavar="TREE",
            help="The kernel checkout; only ever read.",
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
        str, Scope(), typer.Option("--rev", metavar="REV", help="The commit to look at.")
    ] = "HEAD"
    jobs: Annotated[
        int,
        Scope(carried=False),
        typer.Option(
            "--jobs",
            "-j",
            metavar="N",
            min=1,
            help="Processes at a time.",
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
            help="Verdicts of yours, in TOML, that stand above the rules.",
            show_default="beside the workspace, if there",
        ),
    ] = None
    trust_profile: Annotated[
        bool,
        Scope(),
        typer.Option("--trust-profile", help="Let a profile from elsewhere run code."),
    ] = False
    comments: Annotated[
        bool,
        Scope(since="rewrite"),
        typer.Option(
            "--comments/--no-comments",
            help="Let comments beside an edit name the new function, too.",
        ),
    ] = True
    deprecate: Annotated[
        bool,
        Scope(since="rewrite"),
        typer.Option("--deprecate", help="End with patches that keep new callers of GUP out."),
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
        typer.Option("--instrumented", help="Keep KASAN, debug info and the like on; slower."),
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
        typer.Option("--reroll", help="Make the next version of what has changed since the last."),
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
        typer.Option("--b4", help="Hand each series over as a branch of b4 prep, too."),
    ] = False
    tree_scripts: Annotated[
        bool,
        Scope(since="series"),
        typer.Option(
            "--tree-scripts/--no-tree-scripts",
            help="Ask the kernel's get_maintainer.pl and checkpatch.pl, or run nothing of it but"
            " its build.",
        ),
    ] = True
    unbuilt: Annotated[
        Policy,
        Scope(since="series"),
        typer.Option(
            "--unbuilt",
            help="Commits that no compiler has built: deliver them like others, write and hold"
            " their series, or leave them out.",
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
        typer.Option("--verbose", "-v", help="Say more on what is done."),
    ] = False
    given: frozenset[str] = frozenset()
    """The options that were named on the command line, be it with their default."""

    def command(self, name: str, *arguments: str | PurePath, without: Collection[str] = ()) -> str:
        """The command line of `name` with the same options but those `without`, to be typed."""
        parts: list[str | PurePath] = ["gup-migrate", name, *arguments]
        if self.tree != Path():
            parts.append(self.tree)
        known = options_of(name)
        for item in _options():
            value = getattr(self, item.name)
            if item.name in without or not _scope(item.name).carried:
                continue
            if item.name in known and value != item.default:
                on, _, off = _spelling(item.name).partition("/")
                word = value if isinstance(value, PurePath) else str(value)
                parts += {True: [on], False: [off]}.get(value, [on, word])
        return typed(*parts)


_HINTS = get_type_hints(Request, include_extras=True)
_DEFAULTS = {item.name: item.default for item in fields(Request)}


def _options() -> tuple[Field[Any], ...]:
    return tuple(item for item in fields(Request) if item.name != "given")


def lasting_options(command: str) -> dict[str, Any]:
    """The options of `command` that the next commands repeat, with their defaults. Not the
    workspace, which is where they are remembered."""
    names = [n for n in options_of(command) if _scope(n).carried and n != "workspace"]
    return {name: _DEFAULTS[name] for name in names}


def options_of(command: str) -> tuple[str, ...]:
    """The fields of Request that `command` takes: of a stage those with a meaning up to it, of
    the commands that show what all stages did every one."""
    last = STAGES.index(command) if command in STAGES else len(STAGES)
    return tuple(f.name for f in _options() if STAGES.index(_scope(f.name).since) <= last)


def takes(*names: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Turn `command(request, ...)` into a function that has the options `names` in the place of
    `request`, which is how typer learns of them."""

    def decorate(command: Callable[..., int]) -> Callable[..., int]:
        own = tuple(inspect.signature(command, eval_str=True).parameters.values())[1:]

        @wraps(command)
        def wrapped(context: typer.Context, **given: Any) -> int:
            named = frozenset(n for n in names if _is_named(context, n))
            request = Request(**{name: given.pop(name) for name in names}, given=named)
            return command(request, **given)

        signature = inspect.Signature([_CONTEXT, *_keywords(own), *_shared(names)])
        vars(wrapped).pop("__wrapped__")
        wrapped.__dict__["__signature__"] = signature
        wrapped.__annotations__ = {p.name: p.annotation for p in signature.parameters.values()}
        return wrapped

    return decorate


_CONTEXT = inspect.Parameter(
    "context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context
)


def _is_named(context: typer.Context, option: str) -> bool:
    source = context.get_parameter_source(option)
    return source is not None and source.name == "COMMANDLINE"


def _keywords(parameters: tuple[inspect.Parameter, ...]) -> Iterator[inspect.Parameter]:
    return (p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in parameters)


def _shared(names: tuple[str, ...]) -> Iterator[inspect.Parameter]:
    for name in names:
        yield inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=_DEFAULTS[name],
            annotation=_HINTS[name],
        )


def _scope(name: str) -> Scope:
    return _metadata(name, Scope)


def _spelling(name: str) -> str:
    option = _metadata(name, typer.models.OptionInfo)
    return str((option.default, *(option.param_decls or ()))[0])


def _metadata(name: str, kind: type[T]) -> T:
    (found,) = (item for item in _HINTS[name].__metadata__ if isinstance(item, kind))
    return found
