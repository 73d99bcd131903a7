# SPDX-License-Identifier: GPL-2.0-only
"""What a profile that is not trusted must not contain: programs, invalid names, paths that lead out
of the tree, and files of the kernel that run while it is built."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from migrate.rewrite.profile.model import ApiFunction, Profile

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,60}")
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_TYPE = re.compile(r"[A-Za-z_][\w *]*(\[\])?", re.ASCII)
_LONGEST_LINE = 200

# spatch allows white space and comments between any two of these.
_GAP = rb"(?:\s|//[^\n]*\n|/\*(?s:.*?)\*/)*"
_RUNS_CODE = re.compile(
    rb"\b(?:script|initiali[sz]e|finali[sz]e)\b" + _GAP + rb":"
    rb"|#" + _GAP + rb"(?:include|spatch)\b"
    rb"|\busing\b" + _GAP + rb'["<]'
)
"""Python and OCaml in a semantic patch, includes of other files, which may contain some, and
options of spatch, which may name files to write and programs to run."""

_KERNEL_CODE = re.compile(
    r"include/linux/(?:mm|page|gup|huge|highmem|folio|swap|uio)\w*\.h|mm/[\w/-]+\.[ch]"
    r"|lib/iov_iter\.c",
    re.ASCII,
)
_PROSE = re.compile(r"Documentation/[\w/.-]+\.rst", re.ASCII)
"""Files that are only compiled into the kernel, and files that are never compiled. Other files may
be makefiles, or sources of programs that the build runs."""

_CONTINUED = re.compile(r"\\[ \t]*\n")
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
_DIRECTIVE = re.compile(r"^[ \t]*(?:#|%:|\?\?=)[ \t]*(\w*)", re.M)
_HARMLESS = frozenset(["if", "ifdef", "ifndef", "elif", "else", "endif", "define", "undef"])
_TO_THE_COMPILER = re.compile(r"\b(?:_Pragma|asm|__asm|__asm__|__has_include|__has_embed)\b")


def runs_code(patch: bytes) -> bool:
    """Whether spatch might run a program, or read or write other files, because of the semantic
    patch."""
    return _RUNS_CODE.search(patch) is not None


def untrusted_in(profile: Profile) -> str:
    """The first part of `profile` that needs trust in its author, as the beginning of a sentence,
    or ""."""
    patches = {rule.patch for rule in profile.calls if rule.patch}
    for name, text in profile.files.items():
        if (name in patches or name.endswith(".cocci")) and runs_code(text):
            return f"{profile.folder / name} runs code of its own"
    for path in _code_paths(profile):
        if not _KERNEL_CODE.fullmatch(path):
            return f"{path} is neither below mm/ nor a header of it"
    for path in _prose_paths(profile):
        if not _PROSE.fullmatch(path):
            return f"{path} is not an .rst file below Documentation/"
    return ""


def wrong_in(profile: Profile) -> str:
    """The first invalid name or path in `profile`, as a sentence without a full stop, or ""."""
    if not _NAME.fullmatch(profile.name) or ".." in profile.name or profile.name.endswith(".lock"):
        return f"{profile.name!r} cannot be a name"
    for line in _lines(profile):
        if not line.isprintable() or len(line) > _LONGEST_LINE:
            return f"{line[:_LONGEST_LINE]!r} is not one line of plain text"
    for word in _identifiers(profile):
        if not _IDENTIFIER.fullmatch(word):
            return f"{word!r} is not a C identifier"
    for kind in _types(profile):
        if not _TYPE.fullmatch(kind):
            return f"{kind!r} is not a C type"
    for path in (*_code_paths(profile), *_prose_paths(profile)):
        parts = PurePosixPath(path).parts
        if (
            not parts
            or path.startswith("/")
            or {"..", ".git"} & set(parts)
            or not path.isprintable()
        ):
            return f"{path!r} is not a path in a kernel"
    return ""


def wrong_with_subject(line: str) -> str:
    """Why `line`, the output of a template, cannot be the subject of a commit, or ""."""
    if not line.isprintable():
        return "its output has a control character"
    return "" if line.strip() else "its output is an empty line"


def wrong_with_code(text: str, *, trusted: bool) -> str:
    """Why `text`, the output of a template, cannot be added to a C file, or "".

    Code that is not trusted must not have directives that read files, and no inline assembly: the
    compiler's messages would show the contents of these files.
    """
    if any(not (c.isprintable() or c in "\n\t") for c in text) or "@@" in text:
        return "its output is not C"
    if trusted:
        return ""
    joined = _CONTINUED.sub("", text)
    # With comments and without: in a string, the beginning of a comment is none.
    for seen in (joined, _COMMENT.sub(" ", joined)):
        if any(found[1] not in _HARMLESS for found in _DIRECTIVE.finditer(seen)):
            return "its output has a directive other than conditions and #define"
        if _TO_THE_COMPILER.search(seen):
            return "its output has inline assembly or instructions for the compiler"
    return ""


def _lines(profile: Profile) -> Iterator[str]:
    yield from (profile.title, profile.needs.since, profile.needs.otherwise)
    for rule in profile.calls:
        yield from (text for pair in rule.when for text in pair)
    for commit in profile.api.commit if profile.api else ():
        yield commit.subject


def _identifiers(profile: Profile) -> Iterator[str]:
    for rule in profile.calls:
        yield from (rule.source, rule.target, *rule.needs, *rule.append, *rule.drop)
        yield from (w for w in (rule.add_flag,) if w)
    for release in profile.release:
        yield from (release.source, release.target, *release.needs)
        yield from (w for w in (release.loop, release.loop_dirty_lock) if w)
    for helper in profile.helper:
        yield from (helper.source, helper.pins, helper.asks, *helper.takers)
    yield from profile.flags.drop
    yield from (w for w in (profile.flags.write,) if w)
    yield from profile.needs.functions
    yield from profile.follow.needs if profile.follow else ()
    if profile.api is None:
        return
    yield from (*profile.api.beside, *profile.api.asks)
    for commit in profile.api.commit:
        yield from (*commit.export, *commit.beside)
        for function in commit.function:
            named = (function.name, function.mirrors, *function.calls, *function.unless)
            yield from (name for name in named if name)
            yield from (name for _, name in function.parameters)


def _types(profile: Profile) -> Iterator[str]:
    for function in _functions(profile):
        yield from (kind for kind, _ in function.parameters)
        yield from (kind for kind in (function.returns,) if kind)


def _functions(profile: Profile) -> Iterator[ApiFunction]:
    for commit in profile.api.commit if profile.api else ():
        yield from commit.function


def _code_paths(profile: Profile) -> Iterator[str]:
    if profile.api is not None:
        yield from (profile.api.header, *profile.api.sources, *profile.api.shared)
        for commit in profile.api.commit:
            yield from (path for path in (commit.header, commit.source) if path)


def _prose_paths(profile: Profile) -> Iterator[str]:
    for commit in profile.api.commit if profile.api else ():
        if commit.document is not None:
            yield from (commit.document.path, commit.document.index)
