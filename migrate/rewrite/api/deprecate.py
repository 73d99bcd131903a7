# SPDX-License-Identifier: GPL-2.0-only
"""The last patches of a branch: they prevent new callers of get_user_pages*()."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from tree_sitter import Node

from migrate.analysis.frontend.nodes import find_first, name_of, top_level
from migrate.analysis.frontend.syntax import parse
from migrate.analysis.verdicts.left import Left
from migrate.base.data import data_folder
from migrate.base.errors import Refusal
from migrate.kernel.signatures import GUP_NAMES
from migrate.kernel.tree import Tree
from migrate.rewrite.api.checkpatch import SCRIPT, with_check
from migrate.rewrite.api.internal import SUBJECT as INTERNAL_SUBJECT
from migrate.rewrite.api.internal import Internal, Outside, made_internal
from migrate.rewrite.model import ApiChange, FileChange, Rewrite
from migrate.rewrite.profile.counterparts import Counterparts, Missing
from migrate.rewrite.profile.model import Profile

RULE = "scripts/coccinelle/api/gup-callers.cocci"
"""The path of the rule for coccicheck."""

_HEADER = "include/linux/mm.h"
_DOCUMENT = "Documentation/core-api/pin_user_pages.rst"
_WIDTH = 77
_SHOWN = 5
"""Files that a message names; a longer list would not be read."""

_Patch = tuple[str, str, tuple[FileChange, ...]]
"""Subject, body, files."""

_RULE_BODY = """\
Callers of get_user_pages*() that access the data of the pages should pin them with {pin}() or one \
of its relatives. Most of those that only look at struct page do not need get_user_pages*() either.

Flag the calls outside of mm/, so that new ones show up in coccicheck. Those that remain are \
flagged, too. What is right for a caller depends on what it does with the pages, so the rule \
proposes no edit.
"""
_CHECK_BODY = """\
Callers of get_user_pages*() that access the data of the pages should pin them with {pin}() or one \
of its relatives.

Warn when a patch adds a call outside of mm/. A single line does not show what is done with the \
pages, so the check also warns of callers that only look at struct page, or only fault pages in; \
{rule} leaves out those that pass NULL for the pages.
"""
_COMMENT_BODY = """\
The functions are not for callers that access the data of the pages, but nothing at their \
declarations says so. Add a comment there that does, and that names the rule which flags such \
callers.

{left}

No functional change.
"""
_COMMENT = """\
No new callers of get_user_pages*() outside of mm/, please: code that accesses the data of the \
pages pins them with {pin}() or one of its relatives.{see} {rule} flags such calls."""


def deprecation(tree: Tree, rewrite: Rewrite, profile: Profile, left: Left) -> ApiChange:
    """The rule for coccicheck, the check of checkpatch.pl if `tree` has a place for it, and the
    comment at the declarations, one commit each. The message of the comment counts the calls that
    are `left`; if there are none, nor any other mention outside of mm/, the declarations are moved
    to a header of mm/ instead.

    Parts that `tree` already has are left out; empty if neither `tree` nor the branch has the
    functions that new callers should use. Raises a :class:`Refusal` for a profile without pins.
    """
    require_pins(profile)
    texts = {file.path: file.after for commit in rewrite.api.commits for file in commit}
    texts |= {file.path: file.after for change in rewrite.changes for file in change.all_files}
    after = tree.with_files(texts)
    pin = Counterparts(after, profile).acquire("get_user_pages")
    if isinstance(pin, Missing) or not Counterparts(after, profile).has(pin.target):
        return ApiChange((), (), ())
    made = [*_rule(after, pin.target), *_check(after, pin.target)]
    end = Outside() if left.staying else made_internal(after, texts)
    if isinstance(end, Internal):
        made.append((INTERNAL_SUBJECT, end.body, end.files))
    else:
        made += _comment(after, pin.target, told(left, end))
    return ApiChange(
        subjects=tuple(subject for subject, _, _ in made),
        bodies=tuple(body for _, body, _ in made),
        commits=tuple(files for _, _, files in made),
    )


def told(left: Left, end: Outside) -> str:
    """What prevents making GUP internal to mm/, as a paragraph of a message; `end` is for a tree
    without remaining calls."""
    count = len(left.staying)
    if count:
        calls = f"{count} calls" if count > 1 else "One call"
        head = f"{calls} outside of mm/ stay{'s' * (count == 1)}, so the functions cannot move to"
        listed = "\n".join(f"- {stop} ({number})" for stop, number in left.by_stop())
        return f"{head} mm/internal.h yet:\n\n{listed}"
    if end.files:
        shown = ", ".join(end.files[:_SHOWN])
        more = len(end.files) - _SHOWN
        rest = f", and {more} more" if more > 0 else ""
        return f"No call outside of mm/ is left, but these name the functions: {shown}{rest}."
    return f"No call outside of mm/ is left, but the declarations cannot move: {end.reason}."


def require_pins(profile: Profile) -> None:
    """Raise a :class:`Refusal` if `profile` has no function that new callers could use."""
    if not profile.pins:
        raise Refusal(
            f"Profile {profile.name} has no function that pins, so new callers could use none.",
            "Leave out --deprecate.",
        )


def _rule(tree: Tree, pin: str) -> Iterator[_Patch]:
    if not tree.exists(RULE):
        text = (data_folder("cocci") / "guard" / "gup-callers.cocci").read_bytes()
        subject = "coccinelle: api: flag new callers of get_user_pages*()"
        yield subject, _RULE_BODY.format(pin=pin), (FileChange(RULE, None, text),)


def _check(tree: Tree, pin: str) -> Iterator[_Patch]:
    changed = with_check(tree, pin)
    if changed is not None:
        subject = "checkpatch: warn of new callers of get_user_pages*()"
        body = _CHECK_BODY.format(pin=pin, rule=RULE)
        yield subject, body, (FileChange(SCRIPT, *changed),)


def _comment(tree: Tree, pin: str, left: str) -> Iterator[_Patch]:
    text = tree.read(_HEADER) or b""
    place = next(_declarations(parse(_HEADER, text).root), None)
    if place is None or RULE.encode() in text:
        return
    see = f" See {_DOCUMENT}." if tree.exists(_DOCUMENT) else ""
    words = _COMMENT.format(pin=pin, see=see, rule=RULE)
    lines = textwrap.wrap(words, _WIDTH, break_on_hyphens=False, break_long_words=False)
    comment = "".join(("/*\n", *(f" * {line}\n" for line in lines), " */\n")).encode()
    at = text.rfind(b"\n", 0, place.start_byte) + 1
    gap = b"" if text[:at].endswith((b"\n\n", b"{\n")) or not at else b"\n"
    after = text[:at] + gap + comment + text[at:]
    subject = "mm: say that get_user_pages*() is not for new callers"
    yield subject, _COMMENT_BODY.format(left=left), (FileChange(_HEADER, text, after),)


def _declarations(root: Node) -> Iterator[Node]:
    """The declarations of GUP functions without a comment of their own."""
    for node in top_level(root):
        named = find_first(node, "function_declarator") if node.type == "declaration" else None
        declared = named.child_by_field_name("declarator") if named is not None else None
        if declared is not None and name_of(declared) in GUP_NAMES and not _told(node):
            yield node


def _told(declaration: Node) -> bool:
    """Whether there is a comment right above the declaration."""
    above = declaration.prev_sibling
    if above is None or above.type != "comment":
        return False
    return above.end_point[0] + 1 >= declaration.start_point[0]
