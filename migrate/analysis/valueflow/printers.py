# SPDX-License-Identifier: GPL-2.0-only
"""A driver's own functions that print: `void demo_log(const char *format, ...)`."""

from __future__ import annotations

from migrate.analysis.frontend.syntax import Function
from migrate.analysis.frontend.text.lexical import blanked
from migrate.analysis.ir.model import AccessPath
from migrate.analysis.program.functions import Functions

_LIST = "va_list"
_TAKES_LIST = frozenset(
    {"va_start", "va_end", "va_copy", "vprintk", "vprintk_emit", "vprintk_default", "vsprintf"}
    | {"vsnprintf", "vscnprintf", "kvasprintf", "seq_vprintf", "trace_vprintk"}
)
"""What turns the arguments of a list into text."""


def only_prints(functions: Functions, function: Function) -> bool:
    """Whether all that a function does with its unnamed arguments is to put them into text."""
    source, facts = functions.source(function.path), functions.facts(function)
    if source is None or facts.incomplete or facts.lowered.unsure:
        return False
    start = function.body.start_byte
    head = blanked(source.text[function.start : start])
    names = {name for name, kind in facts.types.items() if kind.tag == _LIST}
    lists = (local for name, local in facts.lowered.locals.items() if name in names)
    kept = any(local.lasting or local.parameter for local in lists)
    if b"..." not in head or not names or kept:
        return False
    code = blanked(source.text[start : function.end])
    if b"va_arg" in code or b"__builtin" in code:
        return False
    used = {AccessPath(name) for name in names}
    given = [
        call.name in _TAKES_LIST
        for call in facts.calls
        for values in call.arguments
        if used & {*values}
    ]
    stored = [f.target for f in facts.flows if used & {*f.sources}]
    returned = any(used & {*r.values} for r in facts.returns)
    return bool(given) and all(given) and not returned and all(map(_is_format, stored))


def _is_format(target: AccessPath) -> bool:
    """Whether it is the member of struct va_format, which printk() takes for %pV."""
    return target.members == ("va",)
