# SPDX-License-Identifier: GPL-2.0-only
"""`python -m scripts.man_page`: the manual page, from what --help says; the wheel brings it along.

Nothing but typer and the command line itself is imported, so that a build needs no more.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from migrate import __version__
from migrate.cli.main import app

_FILES = (
    ("$XDG_CACHE_HOME/gup-migrate/work/", "the state of each checkout; --workspace names another"),
    ("profiles/<profile>/out/", "in it, series and report; --output names another place"),
    ("log/", "in it, the tracebacks of bugs"),
)
_EXIT = (
    ("0", "done"),
    ("1", "refused: what is wrong and what to do are on standard error"),
    ("2", "usage"),
    ("3", "some groups failed and the rest is delivered; findings, for audit"),
    ("70", "a bug of gup-migrate"),
    ("130", "interrupted"),
)
_ENVIRONMENT = (
    ("NO_COLOR", "no colours, whatever its value"),
    ("XDG_CACHE_HOME", "where state is kept; ~/.cache when it is not set"),
)


def man_page() -> str:
    """The page as roff with the macros of man(7)."""
    return "\n".join(_lines(typer.main.get_command(app))) + "\n"


def _lines(program: Any) -> Iterator[str]:
    yield '.\\" SPDX-License-' + "Identifier: GPL-2.0-only"
    yield f'.TH GUP-MIGRATE 1 "" "gup-migrate {__version__}" "User Commands"'
    yield ".SH NAME"
    yield _text("gup-migrate - move callers of get_user_pages*() in a Linux kernel to pins")
    yield ".SH SYNOPSIS"
    yield ".B gup\\-migrate"
    yield _text("COMMAND [OPTION...] [ARGUMENT...]")
    yield ".SH DESCRIPTION"
    yield _text(program.help)
    yield ".SH OPTIONS"
    yield from _options(program)
    yield ".SH COMMANDS"
    for name, command in program.commands.items():
        yield from _command(name, command)
    for title, entries in (
        ("EXIT STATUS", _EXIT),
        ("ENVIRONMENT", _ENVIRONMENT),
        ("FILES", _FILES),
    ):
        yield f".SH {title}"
        for term, text in entries:
            yield from _entry(term, text)
    yield ".SH SEE ALSO"
    yield _text("spatch(1), git(1), git-send-email(1), the folder docs/ of the sources")


def _command(name: str, command: Any) -> Iterator[str]:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    shown = [_metavar(p) if p.required else f"[{_metavar(p)}]" for p in arguments]
    yield f".SS {_text(' '.join(['gup-migrate', name, *shown]))}"
    yield _text(command.help)
    for argument in arguments:
        yield from _entry(_metavar(argument), _help_of(argument))
    yield from _options(command)


def _options(command: Any) -> Iterator[str]:
    for option in command.params:
        if option.param_type_name == "option":
            spelled = ", ".join(sorted((*option.opts, *option.secondary_opts), key=len))
            value = "" if option.is_flag else f" {_metavar(option)}"
            yield from _entry(spelled + value, _help_of(option))


def _metavar(parameter: Any) -> str:
    return str(parameter.metavar or parameter.name.upper())


def _help_of(parameter: Any) -> str:
    default = parameter.show_default
    if default is True and not getattr(parameter, "is_flag", False):
        default = parameter.default
    text = parameter.help or ""
    return f"{text} [default: {default}]" if default and default is not True else text


def _entry(term: str, text: str) -> Iterator[str]:
    yield ".TP"
    yield f".B {_text(term)}"
    yield _text(text)


def _text(value: str) -> str:
    """`value` as text of roff: nothing in it is a request, and hyphens can be copied."""
    flat = " ".join(value.split()).replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{flat}" if flat.startswith((".", "'")) else flat


if __name__ == "__main__":
    print(man_page(), end="")
