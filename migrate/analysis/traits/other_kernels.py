# SPDX-License-Identifier: GPL-2.0-only
"""Calls that are only compiled for other kernels than this tree.

A module from outside the tree supports many kernels. It asks for their version, or its configure
script tries out which prototype a function has. The names of such conditions say nothing here, but
a call with another number of arguments than the function has in this tree cannot be compiled for
it.
"""

from __future__ import annotations

import re

from migrate.analysis.frontend.guards import of_other_versions
from migrate.analysis.model import Acquire
from migrate.analysis.program.callers import Site
from migrate.analysis.program.program import Program

_FLAG = re.compile(r"\d+[uUlL]*|0x[0-9a-fA-F]+|FOLL_[A-Z]+|NULL|current|current->mm")
_VARIABLE = re.compile(r"[&*]?(\w+)(?:(?:->|\.)\w+|\[\w*\])*")
_OPERATOR = re.compile(r"[?:|+*&/-]")


def is_for_other_kernels(program: Program, acquire: Acquire, site: Site | None) -> bool:
    """Whether no kernel of this tree's version has the call of `acquire`, which is at `site`."""
    guards = site.facts.guards | site.call.guards if site is not None else frozenset()
    if of_other_versions(guards, program.tree.version):
        return True
    given, wanted = len(acquire.arguments), len(acquire.roles)
    if not guards or not given or not wanted or given == wanted:
        return False
    # Too few arguments prove nothing if one may be a macro that stands for several.
    counted = given > wanted or all(_is_one(a, site) for a in acquire.arguments)
    return counted and not _may_be_another(program, acquire)


def _is_one(argument: str, site: Site | None) -> bool:
    """Whether an argument is certainly no macro for several: it is a number, a flag of GUP, a
    variable of the function, a part of one, or made of several operands."""
    whole = argument.strip()
    if _FLAG.fullmatch(whole) is not None:
        return True
    name = _VARIABLE.fullmatch(whole)
    if name is not None:
        return site is not None and name[1] in site.facts.types
    return "(" not in whole and _OPERATOR.search(whole) is not None


def _may_be_another(program: Program, acquire: Acquire) -> bool:
    """Whether a file that the caller may include has a macro or a function with the name of the
    called function."""
    path, name = acquire.place.path, acquire.name
    macro = re.compile(rb"^[ \t]*#[ \t]*define[ \t]+" + re.escape(name.encode()) + rb"\b", re.M)
    near = {path, *program.files_with(path, name), *program.corpus.private_headers.of(path)}
    for file in sorted(near):
        program.corpus.scope_folder(file)  # the content of that folder matters
        source = program.source(file)
        if source is None or source.unread or name in source.by_name:
            return True
    files = near | set(program.corpus.public_files(name))
    return any(macro.search(program.tree.read(file) or b"") for file in files)
