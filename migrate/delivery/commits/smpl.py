# SPDX-License-Identifier: GPL-2.0-only
"""The semantic patch that a commit message shows: one that makes the edit by itself.

The edit itself is made call by call, at places that the analysis found. A reviewer wants to see
something shorter: which call becomes which, and in which functions. It is derived from the calls
that changed and their arguments (:mod:`migrate.delivery.commits.call_edits`), run on the original
files, and shown only if its result is the same as that of the edit, apart from comments and layout.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from migrate.analysis.acquires.spatch import Patched, run_spatch
from migrate.analysis.frontend.syntax import parse
from migrate.base.files.scratch import scratch
from migrate.delivery.commits.call_edits import CallEdit, call_edit
from migrate.delivery.commits.calls import swaps
from migrate.rewrite.model import FileChange
from migrate.rewrite.text.tokens import tokenize

OPENING, CLOSING = "// <smpl>", "// </smpl>"
"""The markers of a semantic patch in a message in the kernel's documentation
(dev-tools/coccinelle.rst)."""

_SECONDS = 60.0
_FOLDS = "common/fold-loop.cocci"
_LOOPS = (
    (
        re.compile(rb"\bfor\s*\([^{}]*?\)\s*[^\s{]"),
        "- for (i = 0; i < n; i++)\n-\t{old}(a[i]);\n+ {new}(a, n);\n",
    ),
    (
        re.compile(rb"\bfor\s*\([^{}]*?\)\s*\{"),
        "- for (i = 0; i < n; i++) {{\n-\t{old}(a[i]);\n- }}\n+ {new}(a, n);\n",
    ),
    (
        re.compile(rb"\bwhile\s*\([^()]*--\)"),
        "- while (i--)\n-\t{old}(a[i]);\n+ {new}(a, i);\n",
    ),
    (
        re.compile(rb"\bwhile\s*\(\w+\)"),
        "- while (i)\n-\t{old}(a[--i]);\n+ {new}(a, i);\n",
    ),
)
"""The loops that become one call, each with how its head is written in a file."""
_OF_LOOPS = "identifier i;\nexpression a, n;\n"


@dataclass(frozen=True)
class _Renamed:
    """Calls of `old` became `new` in `functions`, by `edit`; `left` says that the file has others
    that stay."""

    old: str
    new: str
    functions: tuple[str, ...]
    left: bool
    edit: CallEdit

    @property
    def to_many(self) -> bool:
        """Whether the new function takes an array where the old one took a page."""
        return self.new.endswith("s") and not self.old.endswith("s")


def semantic_patch(files: Sequence[FileChange], rules: Iterable[str]) -> str:
    """SmPL that turns each `before` of `files` into its `after`, or "" if anything but calls and
    their arguments changes. `rules` made the edit."""
    edited = [
        file for file in files if file.before is not None and file.path.endswith((".c", ".h"))
    ]
    if not edited or len(edited) < len(files):
        return ""
    every = [edit for _, edit in _LOOPS]
    asked = (_removed_loops(edited), every) if _FOLDS in set(rules) else ([],)
    texts = dict.fromkeys(_written(edited, loops) for loops in asked)
    return next((text for text in texts if text and _makes(text, edited)), "")


def changes_comments(files: Iterable[FileChange]) -> bool:
    """Whether the edit of `files` also changes comments, which no semantic patch does."""
    return any(
        _comments(file.path, file.before) != _comments(file.path, file.after)
        for file in files
        if file.before is not None
    )


def _removed_loops(files: Sequence[FileChange]) -> list[str]:
    """The edits of the loops of which `files` have fewer afterwards."""
    return [
        edit
        for head, edit in _LOOPS
        if any(len(head.findall(f.before or b"")) > len(head.findall(f.after)) for f in files)
    ]


def _written(files: Sequence[FileChange], loops: Sequence[str]) -> str:
    renamed = _renamed(files)
    if not all(r.old and r.new for r in renamed):
        return ""
    folded = [r for r in renamed if loops and r.to_many]
    everywhere = [r for r in renamed if not r.left and r not in folded]
    inside: dict[tuple[str, ...], list[_Renamed]] = {}
    for one in renamed:
        if one.left and one not in folded:
            inside.setdefault(one.functions, []).append(one)
    rules = [
        _rule(_OF_LOOPS, _either([loop.format(old=r.old, new=r.new) for loop in loops]), r)
        for r in folded
    ]
    for together in [*inside.values(), everywhere]:
        if together:
            declared = "".join(dict.fromkeys(f"{r.edit.declared}\n" for r in together))
            rules.append(_rule(declared, _either([r.edit.text for r in together]), together[0]))
    return "\n".join(rules)


def _either(edits: Sequence[str]) -> str:
    """The body of a rule that makes each of `edits`."""
    text = "|\n".join(edits)
    return f"(\n{text})\n" if len(edits) > 1 else text


def _rule(declared: str, body: str, renamed: _Renamed) -> str:
    """One rule; it is limited to the functions with changed calls if the file has others that
    stay."""
    if not renamed.left:
        return f"@@\n{declared}@@\n{body}"
    names = ",\n\t".join(renamed.functions)
    if len(renamed.functions) > 1:
        names = f"\n\t{names}\n"
    return (
        f"@@\nidentifier fn = {{{names}}};\n{declared}@@\n"
        f"  fn(...)\n  {{\n  <...\n{body}  ...>\n  }}\n"
    )


def _renamed(files: Sequence[FileChange]) -> list[_Renamed]:
    """The renamings in `files`; loops that became one call come first, because a rule for single
    calls would match the call in them."""
    where: dict[tuple[str, str], list[str]] = {}
    for swap in swaps(files):
        where.setdefault((swap.old, swap.new), []).append(swap.function)
    kept = {
        word.decode("utf-8", "replace") for file in files for word in _words(file.path, file.after)
    }
    several = {old for old, count in Counter(old for old, _ in where).items() if count > 1}
    found = [
        _Renamed(
            old,
            new,
            tuple(dict.fromkeys(functions)),
            old in kept | several,
            call_edit(files, old, new, functions),
        )
        for (old, new), functions in where.items()
        if old != new
    ]
    return sorted(found, key=lambda r: not r.to_many)


def _makes(text: str, files: Sequence[FileChange]) -> bool:
    """Whether the semantic patch `text` makes the edit of `files`."""
    before = {file.path: file.before for file in files if file.before is not None}
    with scratch("smpl") as folder:
        rule = folder / "message.cocci"
        rule.write_text(text, encoding="utf-8", errors="replace")
        outcome = run_spatch(rule, before, timeout=_SECONDS)
    return isinstance(outcome, Patched) and all(
        _words(file.path, outcome.files[file.path]) == _words(file.path, file.after)
        for file in files
    )


def _words(path: str, text: bytes) -> list[bytes]:
    """The tokens of `text` without its comments."""
    return [token.text for token in tokenize(parse(path, text)) if token.kind != "comment"]


def _comments(path: str, text: bytes) -> list[bytes]:
    return [token.text for token in tokenize(parse(path, text)) if token.kind == "comment"]
