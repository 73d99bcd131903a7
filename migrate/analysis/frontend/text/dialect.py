# SPDX-License-Identifier: GPL-2.0-only
"""Rewrites kernel C that the grammar does not know, without moving a byte."""

from __future__ import annotations

import re

_ATTRIBUTE = re.compile(
    rb"__(?<!\w__)(?:maybe_unused|always_unused|unused|used|initdata|initconst|read_mostly|percpu"
    rb"|ro_after_init|nonstring|randomize_layout|designated_init|aligned_largest"
    rb"|__?cacheline_aligned(?:_in_smp)?)\b"
)
"""It begins with two plain characters: searching for these is much faster than for `\\b`."""

_DIVISION_AT_END = re.compile(rb"([ \t])/\\\n")
"""In a macro with `a /\\` at the end of a line the grammar does not see the line continuation."""

_MACRO_OF_LINES = re.compile(rb"\n[ \t]*#[ \t]*define\b(?:[^\n]*\\\n)+[^\n]*")
_COMMENT = re.compile(rb"\"(?:\\.|[^\"\\])*\"|/\*.*?\*/", re.S)
"""For the grammar a comment ends the body of a macro. Comment markers in a string do not count."""

_COLON_BEFORE_DIRECTIVE = re.compile(rb":[^\n]*\n(?:[ \t]*\n)*[ \t]*#[ \t]*(?:if|el|en)")
_LABEL_BEFORE_DIRECTIVE = re.compile(
    rb"^[ \t]*([A-Za-z_]\w*)[ \t]*:((?:[ \t]|/\*[^\n]*?\*/|//[^\n]*)*)\n"
    rb"(?=(?:[ \t]*\n)*[ \t]*#[ \t]*(?:if|el|en))",
    re.M,
)
"""In C a label stands before a statement, but the preprocessor may remove the statement."""

_TYPE_OF_WORDS = re.compile(
    rb"(_t\()((?:unsigned|signed|long|short)(?: (?:int|long|char|short))+)(?=[ \t]*,)"
)
"""The first argument of min_t() and similar macros: in the grammar a type of two words cannot be an
argument."""

_TYPE_OF_VALUE = re.compile(
    rb"typeof((?:__)?[ \t]*\()([^;{}()\n]*(?:\([^;{}()\n]*\)[^;{}()\n]*)?)"
    rb"(?=\)[ \t*]*\w+[ \t]*[=;,\[])"
)
_DECLARING = re.compile(rb"(?:^|[;{}])[ \t]*(?:(?:const|static|volatile)[ \t]+)*(?:__)?\Z", re.M)
"""A declaration with the type of an expression; the grammar only knows that of a simple one. The
second is what is before it."""

_KEYWORDS = (
    rb"(?:static|extern|typedef|const|volatile|register|inline|struct|union|enum|void|char|short"
    rb"|int|long|float|double|signed|unsigned|bool|else|return|case|goto|do|sizeof|asm|_\w+)\b"
)
_OF_HEAD = rb"[\s*]+\w+\s*\("
_SPECIFIER = re.compile(
    rb"\n(?=[A-Za-z])((?:static[ \t]+)?(?:inline[ \t]+)?)(?:"
    rb"((?!" + _KEYWORDS + rb")[A-Za-z]\w*)(?=[ \t]+(?:const[ \t]+)?(?:struct|union|enum)[ \t]+\w+"
    rb"" + _OF_HEAD + rb")"
    rb"|([A-Z][A-Z0-9_]*)(?=[ \t]+(?:(?:const[ \t]+)?(?:void|bool|char|short|int|long|unsigned)\b"
    rb"(?:[ \t]+(?:char|short|int|long)\b)*|(?!" + _KEYWORDS + rb")\w*[a-z]\w*)" + _OF_HEAD + rb"))"
)
"""A macro before the type of a function: the grammar takes it for the type. This and the macros of
several lines begin with the end of the line before: `^` is tried at every byte."""

_DIRECTION = re.compile(
    rb"[(,](?:\s*\b(?:IN|OUT|INOUT|IN_OUT|CONST|_In_|_Out_|_Inout_|__in|__out|__inout)\b)+"
    rb"(?=\s+[A-Za-z_])"
)
"""Words before the type of a parameter, in code that other kernels compile, too."""

_NAMES_BEFORE_STRING = re.compile(rb"[(,][ \t]*(?:\w+[ \t]+)+(?=\w+[ \t]*\")")
"""Macros that stand for strings: in the grammar at most one of them may precede a string. Both of
these begin with what is before them: a lookbehind is tried at every byte."""


def readable(text: bytes) -> bytes:
    """`text` without attributes between a name and its value, which the grammar does not allow,
    with a statement after each label, with one-word types as arguments, with at most one name
    before a string, and with one word in typeof(); its length does not change."""
    plain = _ATTRIBUTE.sub(lambda match: b" " * len(match.group()), text)
    if b"_t(" in plain:
        plain = _TYPE_OF_WORDS.sub(lambda m: m[1] + m[2].replace(b" ", b"_"), plain)
    if b"typeof" in plain:
        plain = _TYPE_OF_VALUE.sub(_with_one_word, plain)
    if b"/\\\n" in plain:
        plain = _DIVISION_AT_END.sub(rb"/\1\\\n", plain)
    if b"\\\n" in plain and b"/*" in plain:
        plain = _MACRO_OF_LINES.sub(_without_comments, b"\n" + plain)[1:]
    plain = _DIRECTION.sub(_blanked, plain)
    plain = _SPECIFIER.sub(_without_specifier, b"\n" + plain)[1:]
    if b'"' in plain:
        plain = _NAMES_BEFORE_STRING.sub(_without_names, plain)
    return _with_statements(plain)


def _with_one_word(found: re.Match[bytes]) -> bytes:
    """The typeof() of a declaration with one word for the expression."""
    line = found.string.rfind(b"\n", 0, found.start()) + 1
    if _DECLARING.search(found.string, line, found.start()) is None:
        return found[0]
    return b"typeof" + found[1] + re.sub(rb"\W", b"_", found[2])


def _without_specifier(found: re.Match[bytes]) -> bytes:
    return b"\n" + found[1].ljust(len(found[0]) - 1)


def _blanked(found: re.Match[bytes]) -> bytes:
    return found[0][:1] + re.sub(rb"[^\n]", b" ", found[0][1:])


def _without_names(found: re.Match[bytes]) -> bytes:
    """Blanks for the names before a string, if the string does not end there."""
    line = found.string.rfind(b"\n", 0, found.start()) + 1
    inside = found.string.count(b'"', line, found.start()) % 2
    return found[0] if inside else found[0][:1].ljust(len(found[0]))


def _without_comments(macro: re.Match[bytes]) -> bytes:
    """A macro of several lines with its comments replaced by blanks."""
    return _COMMENT.sub(lambda found: _blank(found[0]), macro[0])


def _blank(text: bytes) -> bytes:
    return text if text.startswith(b'"') else re.sub(rb"[^\\\n]", b" ", text)


def _with_statements(text: bytes) -> bytes:
    """`text` with an empty statement after each label before a directive. If there is no room for
    it, the name of the label is shortened by one letter in the whole file."""
    if _COLON_BEFORE_DIRECTIVE.search(text) is None:
        return text
    shorter = set[bytes]()

    def stated(match: re.Match[bytes]) -> bytes:
        label, room = match[1], match[2]
        if room:
            return match[0][: -len(room) - 1] + b";".ljust(len(room)) + b"\n"
        if len(label) > 1 and label != b"default":
            shorter.add(label)
        return match[0]

    text = _LABEL_BEFORE_DIRECTIVE.sub(stated, text)
    for label in shorter:
        name, less = re.escape(label), label[:-1]
        text = re.sub(rb"\b(goto[ \t]+)" + name + rb"(?=[ \t]*;)", rb"\1" + less + b" ", text)
        behind = rb"^([ \t]*)" + name + rb"([ \t]*):(?!:)"
        text = re.sub(behind, rb"\1" + less + rb"\2:;", text, flags=re.M)
    return text
