# SPDX-License-Identifier: GPL-2.0-only
"""The semantic patch that a commit message shows: one that makes the edit by itself.

The edit itself is made call by call, at places that the analysis found. A reviewer wants to see
something shorter: which call becomes which, and in which functions. It is derived from the calls
that changed and their arguments (:mod:`migrate.delivery.commits.call_edits`), run on the original
files, and shown only if its result is the same as that of the edit, apart from comments and layout.
"""

from __future__ import annotations

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
_LOOPS = """(
- for (i = 0; i < n; i++)
-\t{old}(a[i]);
+ {new}(a, n);
|
- for (i = 0; i < n; i++) {{
-\t{old}(a[i]);
- }}
+ {new}(a, n);
|
- while (i--)
-\t{old}(a[i]);
+ {new}(a, i);
|
- while (i)
-\t{old}(a[--i]);
+ {new}(a, i);
)
"""
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
    text = _written(edited, loops=_FOLDS in set(rules))
    return text if text and _makes(text, edited) else ""


def _written(files: Sequence[FileChange], *, loops: bool) -> str:
    renamed = _renamed(files)
    if not all(r.old and r.new for r in renamed):
        return ""
    folded = [r for r in renamed if loops and r.to_many]
    everywhere = [r for r in renamed if not r.left and r not in folded]
    inside = [r for r in renamed if r.left and r not in folded]
    rules = [_rule(_OF_LOOPS, _LOOPS.format(old=r.old, new=r.new), r) for r in folded] + [
        _rule(f"{r.edit.declared}\n", r.edit.text, r) for r in inside
    ]
    if everywhere:
        edits = "|\n".join(r.edit.text for r in everywhere)
        body = f"(\n{edits})\n" if len(everywhere) > 1 else edits
        declared = "\n".join(dict.fromkeys(r.edit.declared for r in everywhere))
        rules.append(f"@@\n{declared}\n@@\n{body}")
    return "\n".join(rules)


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
