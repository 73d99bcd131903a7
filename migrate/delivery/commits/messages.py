# SPDX-License-Identifier: GPL-2.0-only
"""The text of a commit message: its subject, what was found, why, and what changes.

Every name in a message is taken from the edit itself, so the text cannot claim anything that the
patch does not do.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from migrate import __version__
from migrate.analysis.audit.model import AuditRule
from migrate.analysis.model import Action, PinGroup, TraitKind, UseKind, Verdict
from migrate.analysis.verdicts.decisions import AUTHOR
from migrate.analysis.verdicts.notes import NoteKind, kind_of, note
from migrate.analysis.verdicts.rules import data_read, data_written
from migrate.base.programs.templates import Templates
from migrate.base.prose import called, clean, listed
from migrate.delivery.commits.calls import Swap, successor, swaps
from migrate.delivery.commits.prefixes import Prefix
from migrate.delivery.commits.smpl import CLOSING, OPENING
from migrate.delivery.commits.text.groups import Call, GroupText, alike, unique
from migrate.delivery.commits.text.pin_facts import PinFacts, effects
from migrate.delivery.commits.text.shown import shown_lines
from migrate.delivery.plumbing import Identity
from migrate.delivery.wording import mail_templates, render, wrap
from migrate.rewrite.model import FileChange, Fix, GroupChange
from migrate.rewrite.profile.counterparts import FAULT_IN
from migrate.rewrite.profile.extracted import EXTRACTED
from migrate.rewrite.profile.faulted import only_faults

TOOL = f"gup-migrate {__version__}"
SUBJECT_WIDTH = 75
"""Columns; the `[PATCH n/m]` of the mail comes on top."""

FLAG_RULE = "common/write-to-flag.cocci"
"""The rule that turns a truth value into flags."""
DROP_RULE = "common/drop-flag.cocci"
"""The rule that removes a flag which the new function does not take."""
SIGN_RULE = "common/if-positive.cocci"
"""The rule that tests the sign of a count before it is passed as an unsigned number."""
_FLAG = re.compile(rb"\bFOLL_\w+")

RULES_DOCUMENT = "Documentation/core-api/pin_user_pages.rst"


@dataclass(frozen=True)
class Conversion:
    """A group with its verdict and its edits."""

    group: PinGroup
    verdict: Verdict
    change: GroupChange


def describe_group(conversion: Conversion) -> GroupText:
    """Describe `conversion`, with the names that occur in the edit itself."""
    group, verdict = conversion.group, conversion.verdict
    found = swaps(conversion.change.files)
    replaced = {(swap.path, swap.old) for swap in found}
    paths = [a.place.path for a in group.acquires if (a.place.path, a.name) in replaced]
    home = next(iter(paths or [a.place.path for a in group.acquires]), "")
    warnings = tuple(w for w in verdict.warnings if not _settled(w, conversion.change))
    follows, faults = verdict.action is Action.FOLLOW, only_faults(group)
    differs = tuple(w for w in warnings if follows and kind_of(w) is not NoteKind.OTHER_VERSIONS)
    return GroupText(
        name=group.name,
        action=str(verdict.action),
        case=case_of(verdict),
        reason=verdict.reason,
        warnings=tuple(w for w in warnings if w not in differs),
        notes=(*_done_besides(conversion), *conversion.change.notes),
        acquires=_calls([(a.function, a.place.path, a.name) for a in group.acquires], found, home),
        releases=_calls([(r.function, r.place.path, r.name) for r in group.releases], found, home),
        by_author=verdict.decided_by == AUTHOR,
        fault_in=FAULT_IN if any(s.new == FAULT_IN for s in found) and not faults else "",
        contracts=tuple(f"{c}: {c.why}" for c in group.contracts),
        shown=shown_lines(verdict.evidence, group),
        differs=differs,
        faults=faults,
        reads_only=not group.has(TraitKind.MAY_WRITE),
        may_read=not all(a.always_writes for a in group.acquires),
        longterm=group.has(TraitKind.LONGTERM),
        forced=all(any("FOLL_FORCE" in text for text in a.arguments) for a in group.acquires),
        lent=verdict.rule == EXTRACTED,
    )


def case_of(verdict: Verdict) -> str:
    """The CASE for a text, "" for none: CASE 5 is about writing to the data, so code that is only
    seen to read has none, even where it may ask for write access; CASE 4 is about struct page, so
    code that keeps a physical address has none either."""
    kinds = {evidence.kind for evidence in verdict.evidence}
    read = verdict.rule == data_written.__name__ and kinds <= {UseKind.READ_DATA, UseKind.MAP}
    only_read = verdict.rule == data_read.__name__ or (read and UseKind.READ_DATA in kinds)
    address_used = verdict.case == "4" and UseKind.PHYSICAL_KEPT in kinds
    return "" if only_read or address_used else verdict.case.strip("? ")


def _settled(warning: str, change: GroupChange) -> bool:
    """Whether the edit itself, or a fix before it, has resolved `warning`."""
    mended = any(fix.rule == AuditRule.NEGATIVE_COUNT for fix in change.fixes)
    mended = mended or SIGN_RULE in change.rules
    counted = mended and kind_of(warning) is NoteKind.ERROR_AS_COUNT
    return counted or _names_flags(warning, change)


def _names_flags(warning: str, change: GroupChange) -> bool:
    return kind_of(warning) is NoteKind.TRUTH_VALUE and FLAG_RULE in change.rules


def _done_besides(conversion: Conversion) -> Iterator[str]:
    """What the edit changed besides names."""
    if any(_names_flags(w, conversion.change) for w in conversion.verdict.warnings):
        yield note(NoteKind.NAMED_FLAGS)
    if DROP_RULE in conversion.change.rules and (gone := _dropped_flags(conversion.change.files)):
        yield note(NoteKind.DROPPED_FLAGS, name=listed(gone))
    if SIGN_RULE in conversion.change.rules:
        yield note(NoteKind.TESTED_SIGN)


def _dropped_flags(files: Sequence[FileChange]) -> list[str]:
    """The flags that the edit removed from calls."""
    gone: Counter[bytes] = Counter()
    for file in files:
        gone.update(_FLAG.findall(file.before or b""))
        gone.subtract(_FLAG.findall(file.after))
    return [name.decode("ascii") for name, count in sorted(gone.items()) if count > 0]


def subject(prefix: Prefix, groups: Sequence[GroupText], taken: Collection[str] = ()) -> str:
    """The subject line: at most SUBJECT_WIDTH columns, however long the names are; none of those
    `taken` by other commits, if there is another."""
    summaries = _summaries(groups)
    fresh = [summary for summary in summaries if subject_of(prefix, [summary]) not in taken]
    return subject_of(prefix, fresh or summaries)


def subject_of(prefix: Prefix, summaries: Sequence[str]) -> str:
    """The same with the first of `summaries` that fits; they are sorted by length, the longest
    first."""
    texts = [prefix.subject(summary) for summary in summaries]
    fitting = [text for text in texts if len(text) <= SUBJECT_WIDTH]
    if fitting:
        return clean(fitting[0])
    short = Prefix(prefix.text.rpartition(": ")[2], prefix.capital)
    return clean(short.subject(summaries[-1]))[:SUBJECT_WIDTH].rstrip()


@dataclass(frozen=True)
class CommitText:
    """The input for the message of one commit: its subject, its groups, the names of the .cocci
    files that made the edit, and the semantic patch to show, or ""; `comments` says that the edit
    changes comments, too, which that patch does not."""

    subject: str
    groups: Sequence[GroupText]
    rules: tuple[str, ...] = ()
    semantic_patch: str = ""
    comments: bool = False


def messages(
    texts: Sequence[CommitText],
    who: Identity,
    *,
    document: str = RULES_DOCUMENT,
    pins: PinFacts | None = None,
    templates: Templates | None = None,
) -> list[str]:
    """The whole message of each commit; `document` is "" if the tree has no pin_user_pages.rst,
    `pins` says what a pin is in the tree, None for a new one."""
    facts = pins or PinFacts()
    values = [
        {
            "groups": (groups := [_for_readers(group, document) for group in text.groups]),
            "paragraphs": alike(groups),
            "document": document,
            "pins": facts,
            "effects": _effects(text.groups, facts),
            "tool": TOOL,
            "rules": [PurePosixPath(rule).name for rule in text.rules],
            "semantic_patch": text.semantic_patch,
            "comments": text.comments,
        }
        for text in texts
    ]
    bodies = render(templates or mail_templates(), "commit.txt", values)
    return [
        _assemble(text.subject, body, who, text.semantic_patch)
        for text, body in zip(texts, bodies, strict=True)
    ]


def _for_readers(group: GroupText, document: str) -> GroupText:
    """Without the answer to a question that only readers of CASE 2 in the document would ask."""
    if document:
        return group
    unasked = NoteKind.DEVICE_LONGTERM
    return replace(group, warnings=tuple(w for w in group.warnings if kind_of(w) is not unasked))


def _effects(groups: Sequence[GroupText], pins: PinFacts) -> str:
    pinned = [g for g in groups if g.action == Action.PIN]
    return effects(pinned, pins, alone=len(pinned) == len(groups))


def api_message(line: str, body: str, who: Identity) -> str:
    """The message of a commit that introduces the API, from the profile's own text. It names the
    tool, too, as Documentation/process/generated-content.rst asks."""
    made = f"This patch and its message were made by {TOOL}."
    return _assemble(clean(line), wrap(f"{body.rstrip()}\n\n{made}"), who)


def fix_message(line: str, fix: Fix, trailer: str, who: Identity) -> str:
    """The message of a commit that fixes a bug; `trailer` names the commit that introduced it, or
    is ""."""
    rules = listed([PurePosixPath(rule).name for rule in fix.rules])
    what = "semantic patch" if len(fix.rules) == 1 else "semantic patches"
    made = f"{TOOL} found this bug ({fix.rule}) and made the edit with its {what} {rules}."
    trailers = f"{trailer}\n" if trailer else ""
    return _assemble(clean(line), wrap(f"{fix.body}\n\n{made}"), who, trailers=trailers)


def _assemble(
    line: str, body: str, who: Identity, semantic_patch: str = "", trailers: str = ""
) -> str:
    smpl = f"{OPENING}\n{semantic_patch.strip()}\n{CLOSING}" if semantic_patch else ""
    parts = (line, body, smpl, f"{trailers}Signed-off-by: {who}")
    return "\n\n".join(part for part in parts if part) + "\n"


def _calls(
    places: Sequence[tuple[str, str, str]], found: Sequence[Swap], home: str
) -> tuple[Call, ...]:
    """One :class:`Call` for each function, file and name, however many calls there are."""
    calls = {}
    for function, path, old in places:
        new = successor(old, function, [s for s in found if s.path == path])
        replaced = any(s.old == old and s.path == path for s in found)
        now = new if new is not None else ("" if replaced else old)
        calls[function, path, old] = Call(function, path, old, now, _elsewhere(path, home))
    return tuple(calls.values())


def _elsewhere(path: str, home: str) -> str:
    if path == home:
        return ""
    pure = PurePosixPath(path)
    return pure.name if pure.parent == PurePosixPath(home).parent else path


def _summaries(groups: Sequence[GroupText]) -> list[str]:
    """Possible summaries for the subject, the longest first."""
    pins = [g for g in groups if g.action == Action.PIN]
    faults = [g for g in groups if g.faults]
    new = unique(c.new for g in groups for c in g.acquires if c.new != c.old)
    looks = len(pins) + len(faults) < len(groups)
    ways = (("pin", pins), ("look up", looks), ("fault in", faults))
    what = f"{' or '.join(way for way, there in ways if there)} {'user ' if pins else ''}pages"
    functions = unique(name for g in groups for name in g.takers)
    summaries = [f"{what} with {called(new)}"] if new else []
    if len(functions) == 1:
        summaries.append(f"{what} in {called(functions)}")
    return [
        *summaries,
        f"{what} instead of taking references" if len(pins) == len(groups) else what,
        what,
    ]
