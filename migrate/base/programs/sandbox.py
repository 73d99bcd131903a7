# SPDX-License-Identifier: GPL-2.0-only
"""The only environment for templates, and the child process that renders untrusted ones.

A template can use the values that it is given, the filters of jinja2 and of migrate.base.prose, and
the globals in :func:`environment`; nothing that begins with an underscore, no file, and no object
with methods. The child is for templates that somebody else wrote: it gets them as text and the
values as JSON, and the kernel enforces its limits.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from typing import Any

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from migrate.base import markdown, prose
from migrate.base.programs.limits import limit

CPU_SECONDS = 5
"""For one template; CPU seconds, because the result must not depend on the load of the machine."""

CPU_SECONDS_IN_ALL = 60
"""For all templates that one child renders."""

MEMORY = 512 << 20
"""Bytes of address space for the child, which itself needs about 100 MB."""

MOST_CHARACTERS = 1 << 18
"""In the output of one template; the longest of our own produces some thousand."""


class Style(StrEnum):
    """The kind of output: C and prose of a profile, a mail, or the report as HTML and as
    Markdown."""

    TEXT = "text"
    MAIL = "mail"
    PAGE = "page"
    MARKDOWN = "markdown"


_FINALIZE = {Style.MAIL: prose.clean, Style.MARKDOWN: markdown.escaped}
"""The function that every value of a template passes through, by style."""


@dataclass(frozen=True)
class Names:
    """`has(NAME)` of a template."""

    names: frozenset[str]

    def __call__(self, name: str) -> bool:
        return name in self.names


def environment(style: Style, texts: Mapping[str, str]) -> jinja2.Environment:
    """The environment for the templates `texts`, which may include each other by name."""
    made = ImmutableSandboxedEnvironment(
        loader=jinja2.DictLoader(texts),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=style in (Style.TEXT, Style.MARKDOWN),
        autoescape=style is Style.PAGE,
        finalize=_FINALIZE.get(style),
    )
    documented = {name: made.globals[name] for name in ("namespace", "range")}
    made.globals.clear()
    made.globals.update(documented)
    if style is Style.TEXT:
        made.globals["listed"] = prose.called
    if style is Style.MAIL:
        for function in (prose.sentence, prose.listed, prose.called, prose.number):
            made.filters[function.__name__] = function
    if style is Style.MARKDOWN:
        for piece in (markdown.code, markdown.fenced, markdown.cells):
            made.filters[piece.__name__] = piece
    return made


def filled(made: jinja2.Environment, name: str, line: str | None, values: Any) -> str:
    """The template `name` of `made`, or the one-line template `line`, rendered with `values`."""
    template = made.get_template(name) if line is None else made.from_string(line)
    return template.render(values)


def to_plain(value: Any) -> Any:
    """`value` as JSON types; a dataclass becomes its fields and properties, by name."""
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return str(value)
        case bytes():
            return value.decode("utf-8", "replace")
        case Names(names=names):
            return {"names": sorted(names)}
        case list():
            return {"list": [to_plain(item) for item in value]}
        case tuple():
            return {"tuple": [to_plain(item) for item in value]}
        case Mapping():
            return {"dict": [[key, to_plain(item)] for key, item in value.items()]}
        case _ if is_dataclass(value):
            shown = (*(field.name for field in fields(value)), *_properties(type(value)))
            return {"facts": {name: to_plain(getattr(value, name)) for name in shown}}
    raise TypeError(f"no template gets a {type(value).__name__}")


def from_plain(data: Any) -> Any:
    """The inverse of :func:`to_plain`, with :class:`_Facts` instead of the dataclasses."""
    if not isinstance(data, dict):
        return data
    ((kind, value),) = data.items()
    match kind:
        case "names":
            return Names(frozenset(value))
        case "list":
            return [from_plain(item) for item in value]
        case "tuple":
            return tuple(from_plain(item) for item in value)
        case "dict":
            return {key: from_plain(item) for key, item in value}
        case _:
            return _Facts({name: from_plain(item) for name, item in value.items()})


class _Facts:
    """The fields and properties of a dataclass, without its methods."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.__dict__.update(values)


def _properties(kind: type) -> Iterator[str]:
    for base in kind.__mro__:
        for name, member in vars(base).items():
            if isinstance(member, property) and not name.startswith("_"):
                yield name


def child() -> None:
    """Read templates and jobs from standard input, write the results to standard output.

    One line of JSON per job: its text, or the reason why it failed, after which the child ends.
    """
    limit(resource.RLIMIT_AS, MEMORY)
    limit(resource.RLIMIT_CORE, 0)
    limit(resource.RLIMIT_CPU, CPU_SECONDS_IN_ALL)
    given = json.loads(sys.stdin.buffer.read())
    made = environment(Style(given["style"]), given["texts"])
    with os.fdopen(1, "w", encoding="ascii") as answers:
        for name, line, most, values in given["jobs"]:
            _one_more_share()
            text, why = _try(made, name, line, most, from_plain(values))
            answers.write(json.dumps([text, why]) + "\n")
            answers.flush()
            if why:
                return


def _one_more_share() -> None:
    """Raise the CPU limit for the next template, unless all together have used theirs."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(usage.ru_utime + usage.ru_stime) + 1 + CPU_SECONDS
    limit(resource.RLIMIT_CPU, CPU_SECONDS_IN_ALL, soft)


def _try(
    made: jinja2.Environment, name: str, line: str | None, most: int, values: Any
) -> tuple[str, str]:
    try:
        text = filled(made, name, line, values)
    except Exception as error:
        return "", why_not(error)
    if len(text) > most:
        return "", f"its output has {len(text)} characters, and at most {most} are allowed"
    return text, ""


def why_not(error: Exception) -> str:
    """Why a template could not be rendered, in one line."""
    match error:
        case MemoryError():
            return f"it takes more than {MEMORY >> 20} MB of memory"
        case RecursionError():
            return "it goes too deep"
        case jinja2.TemplateNotFound():
            return f"there is no template {_short(error)}"
        case jinja2.TemplateSyntaxError(lineno=line):
            return f"line {line}: {_short(error)}"
        case _:
            return _short(error) or type(error).__name__


def _short(error: Exception) -> str:
    text = " ".join(prose.clean(error.args[0] if error.args else "").split())
    return text[:200].removesuffix(".")


Job = tuple[str, str | None, int, Any]
"""The name of a template, its text if it is a one-line template, the limit on characters of its
output, and the values."""


def request(style: Style, texts: Mapping[str, str], jobs: Sequence[Job]) -> bytes:
    """The input of :func:`child`."""
    plain = [(name, line, most, to_plain(dict(values))) for name, line, most, values in jobs]
    return json.dumps({"style": style, "texts": dict(texts), "jobs": plain}).encode("ascii")
