# SPDX-License-Identifier: GPL-2.0-only
"""The command line: arguments in, exit code out.

Only typer is imported at the top: help and completion must not wait for parsers of C.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from migrate.cli.request import Request, options_of
from migrate.cli.taking import takes

app = typer.Typer(
    name="gup-migrate",
    help="Migrate the callers of get_user_pages*() in a Linux kernel checkout.",
    epilog="Exit codes: 0 done, 1 refused, 2 usage, 3 some groups failed and the rest is"
    " delivered, 70 a bug, 130 interrupted.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

_INTERRUPTED = 130
_NOT_ASKED = frozenset({"jobs", "verbose", "reroll", "trailers", "reply", "b4"})
"""Options on how something is done, which do not change the result."""
_OF_CONVERSIONS = frozenset(
    {
        *("decisions", "contracts", "comments", "smpl", "deprecate"),
        *("reroll", "trailers", "reply", "b4"),
    }
)
"""Options that have no meaning for an audit, which converts nothing."""
_REVIEW = (
    *("tree", "profile", "trust_profile", "workspace", "revision", "decisions"),
    *("contracts", "jobs", "verbose"),
)


def _version(wanted: bool) -> None:
    if wanted:
        from migrate import __version__

        typer.echo(f"gup-migrate {__version__}")
        raise typer.Exit


@app.callback()
def _all(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    pass


def _stage_command(name: str, last: str, text: str) -> None:
    """Make the command `name`, which runs all stages up to `last` as needed."""

    @app.command(name, help=text)
    @takes(*options_of(name))
    def command(request: Request) -> int:
        from migrate.cli import commands

        return commands.run_stages(request, last, name=name)


_stage_command("run", "series", "Run everything, from the checkout to series and report.")
_stage_command("scan", "scan", "Find every acquire.")
_stage_command("pair", "pair", "Find the pin groups: acquires with all of their releases.")
_stage_command("classify", "classify", "Decide what becomes of each group.")
_stage_command("rewrite", "rewrite", "Edit the groups that are to be converted.")
_stage_command("commit", "commit", "Make one commit per subsystem.")


@app.command()
@takes(*options_of("build"))
def build(
    request: Request,
    full: Annotated[
        str | None,
        typer.Option(
            "--full",
            metavar="ARCH",
            help="Then build the whole tree of this architecture at the branch's tip.",
            show_default="only what the commits can affect",
        ),
    ] = None,
) -> int:
    """Build the objects that each commit affects."""
    from migrate.cli import commands

    return commands.build(request, full)


@app.command()
@takes(*options_of("build"))
def prove(
    request: Request,
    controls: Annotated[
        bool,
        typer.Option(
            "--controls/--no-controls",
            help="Then break releases on purpose, in scratch copies, to check that it is noticed.",
        ),
    ] = True,
    kasan: Annotated[
        bool,
        typer.Option("--kasan", help="Have the kernel check its accesses to memory, too."),
    ] = False,
    without: Annotated[
        list[str] | None,
        typer.Option(
            "--without",
            metavar="EXERCISE",
            help="Leave out an exercise, and what the kernel has for it.",
            show_default="none",
        ),
    ] = None,
) -> int:
    """Boot the branch under QEMU and record who releases each pin. Exit code 3: a release differs
    from what the analysis found."""
    from migrate.cli import proofs
    from migrate.runs.proving import Thoroughness

    return proofs.prove(request, Thoroughness(controls, kasan, tuple(sorted({*(without or ())}))))


_stage_command("series", "series", "Write mails and report, and hand over the branch.")


@app.command()
@takes(*options_of("classify"))
def explain(
    request: Request,
    where: Annotated[
        str, typer.Argument(metavar="FILE[:LINE|:FUNCTION]", help="A file of the kernel.")
    ],
) -> int:
    """Explain the verdict of a group, with its code."""
    from migrate.cli import commands

    return commands.explain(request, where)


@app.command()
@takes(*options_of("classify"))
def left(request: Request) -> int:
    """Count the remaining GUP calls outside of mm/. They are grouped by what prevents their
    conversion."""
    from migrate.cli import commands

    return commands.left_over(request)


@app.command()
@takes(*(name for name in options_of("series") if name not in _OF_CONVERSIONS))
def audit(
    request: Request,
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="REV",
            help="Only findings that involve lines added since this commit.",
            show_default="the whole tree",
        ),
    ] = None,
    mbox: Annotated[
        Path | None,
        typer.Option("--mbox", metavar="FILE", help="Only what this series of mails introduces."),
    ] = None,
    suggestions: Annotated[
        bool,
        typer.Option(
            "--suggestions",
            help="Report suspicious flags and pages that are never marked dirty, too.",
        ),
    ] = False,
    shape: Annotated[
        str,
        typer.Option("--format", metavar="FORMAT", help="text, json, sarif, github or mail."),
    ] = "text",
    sarif: Annotated[bool, typer.Option("--sarif", help="The same as --format=sarif.")] = False,
    fix: Annotated[
        bool,
        typer.Option(
            "--fix",
            help="Fix what only one change can fix, in commits that build, and write a series for"
            " each maintainer. The options for builds and series apply to these.",
        ),
    ] = False,
) -> int:
    """Find pages that are released the wrong way, in any tree. Exit code 3: some were found."""
    from migrate.cli import audits

    given = audits.shape_of(shape, as_json=request.json, as_sarif=sarif)
    return audits.audit(request, audits.Asked(since, mbox, suggestions, given, fix))


@app.command()
@takes(*options_of("classify"))
def gaps(
    request: Request,
    as_toml: Annotated[
        bool, typer.Option("--toml", help="The contracts as TOML, to be filled in.")
    ] = False,
) -> int:
    """List the facts that are missing. Those that would decide most groups are first."""
    from migrate.cli.facts import gaps as missing

    return missing.gaps(request, as_toml=as_toml)


@app.command()
@takes(*_REVIEW)
def review(request: Request) -> int:
    """Decide on the groups that the rules left open. Your answers are added to a decisions file."""
    from migrate.cli import review as reviewing

    return reviewing.review(request)


@app.command()
@takes(*(name for name in options_of("status") if name not in _NOT_ASKED))
def status(request: Request) -> int:
    """Show how far a run is and what to do next."""
    from migrate.cli import commands

    return commands.status(request)


@app.command()
@takes("tree", "profile", "workspace")
def clean(
    request: Request,
    everything: Annotated[
        bool, typer.Option("--all", help="Remove series and reports in the workspace, too.")
    ] = False,
) -> int:
    """Remove the state that is kept for a checkout. The checkout itself is not touched."""
    from migrate.cli import commands

    return commands.clean(request, everything=everything)


@app.command()
def doctor(
    tree: Annotated[
        Path | None,
        typer.Argument(
            metavar="[TREE]",
            help="A kernel checkout: say which compilers suit it.",
            show_default="no kernel in particular",
        ),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="The result as JSON on standard output.")
    ] = False,
) -> int:
    """Show what is installed, what is missing and how to get it."""
    from migrate.cli import commands

    return commands.doctor(tree, as_json=json)


def main() -> None:
    """The program `gup-migrate`."""
    import gc

    from migrate.base import streams
    from migrate.cli.ending import guarded

    def command() -> int:
        streams.settle()
        return invoke(sys.argv[1:])

    # Syntax trees have many objects and no cycles: searching for some takes time and finds nothing.
    gc.set_threshold(200_000, 50, 100)
    sys.exit(guarded(command))


def invoke(arguments: list[str]) -> int:
    """Run the command in `arguments`; usage errors are shown here, with exit code 2."""
    try:
        result: Any = app(arguments, prog_name="gup-migrate", standalone_mode=False)
    except Exception as error:
        if not hasattr(error, "exit_code") or not hasattr(error, "show"):
            raise
        error.show()
        return int(error.exit_code)
    if result == _INTERRUPTED:
        # typer would turn an interrupt into an exit code without a message.
        raise KeyboardInterrupt
    return int(result or 0)
