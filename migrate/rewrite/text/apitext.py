# SPDX-License-Identifier: GPL-2.0-only
"""The text of an API in C and prose: prototypes, forwarding calls, paragraphs."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from migrate.kernel.signatures import Parameter, Signature

_WIDTH = 80
_TAB = 8
_BODY_WIDTH = 75


@dataclass(frozen=True)
class FunctionText:
    """One function for a template.

    `prototype` has no semicolon, `calls` is the function that it calls ("" for none), `forward` the
    statement that passes the arguments on to it. `export` is the export macro, `guard` the
    configuration option without which the called function does not exist, or "". `late` is the head
    of the called function if the header only defines it behind the place of the new code.
    """

    name: str
    mirrors: str
    parameters: tuple[Parameter, ...]
    prototype: str
    calls: str
    forward: str
    export: str
    guard: str
    late: str = ""


def function_text(
    signature: Signature, *, mirrors: str, calls: str, passed: int, export: str, guard: str
) -> FunctionText:
    """`passed` is the number of leading arguments that are passed on to `calls`."""
    arguments = [p.name for p in signature.parameters[:passed]]
    result = "" if signature.return_type == "void" else "return "
    return FunctionText(
        name=signature.name,
        mirrors=mirrors,
        parameters=signature.parameters,
        prototype=prototype(signature),
        calls=calls,
        forward=wrapped(f"\t{result}{calls}(", arguments, ");"),
        export=export,
        guard=guard,
    )


def prototype(signature: Signature) -> str:
    """The declaration without semicolon, wrapped and aligned as the kernel does."""
    space = "" if signature.return_type.endswith("*") else " "
    head = f"{signature.return_type}{space}{signature.name}("
    return wrapped(head, [_declared(p) for p in signature.parameters] or ["void"], ")")


def paragraphs(text: str) -> str:
    """Each paragraph of `text` filled to the width of a commit message."""
    filled = (
        textwrap.fill(" ".join(part.split()), _BODY_WIDTH, break_on_hyphens=False)
        for part in text.strip().split("\n\n")
    )
    return "\n\n".join(part for part in filled if part)


def _declared(parameter: Parameter) -> str:
    kind = parameter.type
    if kind.endswith("[]"):
        return _declared(Parameter(kind[:-2].rstrip(), f"{parameter.name}[]"))
    space = "" if kind.endswith("*") else " "
    return f"{kind}{space}{parameter.name}"


def wrapped(head: str, items: Sequence[str], tail: str) -> str:
    """`head`, the items with commas, `tail`; lines after the first are aligned with `head`'s end.

    No line has more than 80 columns, unless a single item is too long.
    """
    column = len(head.expandtabs(_TAB))
    indent = "\t" * (column // _TAB) + " " * (column % _TAB)
    lines = [head]
    for number, item in enumerate(items):
        text = item + (tail if number == len(items) - 1 else ",")
        joined = lines[-1] + ("" if number == 0 else " ") + text
        if number > 0 and len(joined.expandtabs(_TAB)) > _WIDTH:
            lines.append(indent + text)
        else:
            lines[-1] = joined
    return "\n".join(lines) if items else head + tail
