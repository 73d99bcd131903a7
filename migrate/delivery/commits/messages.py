# SPDX-License-Identifier: GPL-2.0-only
"""What a commit says: its subject, what was found, why, and what changes.

Every name in a message is read off the edit itself, so that the text cannot promise something
that the patch does not do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from migrate import __version__
from migrate.analysis.audit.model import AuditRule
from migrate.analysis.model import Acquire, Action, Evidence, PinGroup, TraitKind, Verdict
from migrate.analysis.verdicts.decisions import AUTHOR
from migrate.analysis.verdicts.notes import NoteKind, kind_of, note
from migrate.analysis.verdicts.rules import data_read
from migrate.base.programs.templates import Templates
from migrate.base.prose import called, clean, listed
from migrate.delivery.commits.calls import Swap, successor, swaps
from migrate.delivery.commits.pin_facts import PinFacts, effects
from migrate.delivery.commits.prefixes import Prefix
from migrate.delivery.commits.smpl import CLOSING, OPENING
from migrate.delivery.plumbing import Identity
from migrate.delivery.wording import mail_templates, render, wrap
from migrate.rewrite.model import Fix, GroupChange
from migrate.rewrite.profile.counterparts import FAULT_IN
from migrate.rewrite.profile.faulted import only_faults

TOOL = f"gup-migrate {__version__}"
SUBJECT_WIDTH = 75
"""Columns; the `[PATCH n/m]` of the mail comes on top."""

FLAG_RULE = "common/write-to-flag.cocci"
"""What turns a truth value into flags."""

_LINE_WIDTH = 71
_SHOWN = 2
"""Lines of evidence in a message; `explain` and the report have all of them."""

RULES_DOCUMENT = "Documentation/core-api/pin_user_pages.rst"


@dataclass(frozen=True)
class Call:
    """Calls of one function by another: `old` became `new`, which is `old` when it stays and ""
    when it is gone without one in its place; `elsewhere` is the file when it is not the first
    one of the group, without the folder when that is the same."""

    function: str
    path: str
    old: str
    new: str
    elsewhere: str

    @property
    def where(self) -> str:
        """The calling function, with its file when that is not the first one of the group."""
        return f"{self.function}() ({self.elsewhere})" if self.elsewhere else f"{self.function}()"


@dataclass(frozen=True)
class GroupText:
    """One group, in the words of a message; `case` is a number as text, "" when none applies;
    `by_author` says that the author decided and not the rules; `fault_in` is the function that now
    faults a page in before it is looked up, "" for none; `contracts` are the facts that the author
    states and the tool has not seen; `shown` are the lines of the code that the reason is about,
    with their places; `warnings` are what the edit leaves as it is, `differs` what the new calls do
    otherwise; `faults` says that no page is asked for, but only faulted in, `reads_only` that no
    call asks for write access, `may_read` that not every call is seen to ask for it always,
    `forced` that all of them pass FOLL_FORCE, `longterm` that one passes FOLL_LONGTERM."""

    name: str
    action: str
    case: str
    reason: str
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    acquires: tuple[Call, ...]
    releases: tuple[Call, ...]
    by_author: bool = False
    fault_in: str = ""
    contracts: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    differs: tuple[str, ...] = ()
    faults: bool = False
    reads_only: bool = False
    may_read: bool = False
    forced: bool = False
    longterm: bool = False

    @property
    def takers(self) -> tuple[str, ...]:
        """The functions that acquire."""
        return _unique(call.function for call in self._changed)

    @property
    def old_acquires(self) -> tuple[str, ...]:
        return _unique(call.old for call in self._changed)

    @property
    def new_acquires(self) -> tuple[str, ...]:
        return _unique(call.new for call in self._changed)

    @property
    def _changed(self) -> Sequence[Call]:
        """The acquires that change; calls of a helper that takes the pages stay as they are."""
        return [call for call in self.acquires if call.new != call.old] or self.acquires

    @property
    def old_releases(self) -> tuple[str, ...]:
        return _unique(call.old for call in self.releases)

    @property
    def new_releases(self) -> tuple[str, ...]:
        return _unique(call.new for call in self.releases)

    @property
    def droppers(self) -> str:
        """The functions that release, as text, with the file of those in another one."""
        if self.same_function:
            return "the same function" if len(self.takers) == 1 else "the same functions"
        return listed(self.dropping)

    @property
    def dropping(self) -> tuple[str, ...]:
        """The functions that release, with the file of those in another one."""
        return _unique(call.where for call in self.releases)

    @property
    def same_function(self) -> bool:
        """Whether those that acquire release, and nobody else."""
        return _unique(call.function for call in self.releases) == self.takers


@dataclass(frozen=True)
class Conversion:
    """A group with what was decided on it and what was done to it."""

    group: PinGroup
    verdict: Verdict
    change: GroupChange


def describe_group(conversion: Conversion) -> GroupText:
    """Put `conversion` into words, with the names that the edit itself shows."""
    group, verdict = conversion.group, conversion.verdict
    found = swaps(conversion.change.files)
    home = group.acquires[0].place.path if group.acquires else ""
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
        shown=tuple(line for e in _first(verdict.evidence, group) for line in _lines_of(e)),
        differs=differs,
        faults=faults,
        reads_only=not group.has(TraitKind.MAY_WRITE),
        may_read=not all(_always_writes(a) for a in group.acquires),
        longterm=group.has(TraitKind.LONGTERM),
        forced=all(any("FOLL_FORCE" in text for text in a.arguments) for a in group.acquires),
    )


def _always_writes(acquire: Acquire) -> bool:
    """Whether the arguments show that write access is asked for, whatever the caller wants."""
    flags = acquire.argument("gup_flags", "flags", "foll_flags") or ""
    if ("FOLL_WRITE" in flags and "?" not in flags) or flags in ("1", "true"):
        return True  # FOLL_WRITE is 1
    return acquire.argument("write") in ("1", "true")


def case_of(verdict: Verdict) -> str:
    """The CASE that a text may name, "" for none: CASE 5 is about writing to the data, so what only
    reads it goes without."""
    return "" if verdict.rule == data_read.__name__ else verdict.case.strip("? ")


def _first(evidence: Iterable[Evidence], group: PinGroup) -> Sequence[Evidence]:
    """Those in the files of the acquires first, then those in their folders: what is far away is
    the hardest to check."""
    files = {a.place.path for a in group.acquires}
    folders = {PurePosixPath(path).parent for path in files}

    def distance(one: Evidence) -> int:
        path = one.place.path
        return (path not in files) + (PurePosixPath(path).parent not in folders)

    unique = list({str(e.place): e for e in evidence}.values())
    return sorted(unique, key=distance)[:_SHOWN]


def _lines_of(evidence: Evidence) -> Iterator[str]:
    """A line of the code as a message shows it: behind its place where that fits, else below it
    and cut."""
    text = " ".join(clean(evidence.text).split())
    one = f"{evidence.place}: {text}"
    if len(one) <= _LINE_WIDTH:
        yield one
        return
    yield f"{evidence.place}:"
    yield "  " + (text if len(text) < _LINE_WIDTH - 2 else f"{text[: _LINE_WIDTH - 5]}...")


def _settled(warning: str, change: GroupChange) -> bool:
    """Whether the edit itself, or a fix before it, did away with what `warning` is about."""
    mended = any(fix.rule == AuditRule.NEGATIVE_COUNT for fix in change.fixes)
    counted = mended and kind_of(warning) is NoteKind.ERROR_AS_COUNT
    return counted or _names_flags(warning, change)


def _names_flags(warning: str, change: GroupChange) -> bool:
    return kind_of(warning) is NoteKind.TRUTH_VALUE and FLAG_RULE in change.rules


def _done_besides(conversion: Conversion) -> Iterator[str]:
    """What the edit changed besides the names."""
    if any(_names_flags(w, conversion.change) for w in conversion.verdict.warnings):
        yield note(NoteKind.NAMED_FLAGS)


def subject(prefix: Prefix, groups: Sequence[GroupText]) -> str:
    """The subject line: at most SUBJECT_WIDTH columns, whatever the names are."""
    return subject_of(prefix, _summaries(groups))


def subject_of(prefix: Prefix, summaries: Sequence[str]) -> str:
    """The same with the first of `summaries` that fits, the longest of them first."""
    texts = [prefix.subject(summary) for summary in summaries]
    fitting = [text for text in texts if len(text) <= SUBJECT_WIDTH]
    if fitting:
        return clean(fitting[0])
    short = Prefix(prefix.text.rpartition(": ")[2], prefix.capital)
    return clean(short.subject(summaries[-1]))[:SUBJECT_WIDTH].rstrip()


@dataclass(frozen=True)
class CommitText:
    """What the message of one commit is written from: its subject, its groups, the names of the
    .cocci files that made the edit, and the semantic patch to show, or ""."""

    subject: str
    groups: Sequence[GroupText]
    rules: tuple[str, ...] = ()
    semantic_patch: str = ""


def messages(
    texts: Sequence[CommitText],
    who: Identity,
    *,
    document: str = RULES_DOCUMENT,
    pins: PinFacts | None = None,
    templates: Templates | None = None,
) -> list[str]:
    """The whole message of each commit; `document` is "" in a tree that has no such file, `pins`
    is what a pin is in the tree, None for a new one."""
    facts = pins or PinFacts()
    values = [
        {
            "groups": [_for_readers(group, document) for group in text.groups],
            "document": document,
            "pins": facts,
            "effects": _effects(text.groups, facts),
            "tool": TOOL,
            "rules": [PurePosixPath(rule).name for rule in text.rules],
            "semantic_patch": text.semantic_patch,
        }
        for text in texts
    ]
    bodies = render(templates or mail_templates(), "commit.txt", values)
    return [
        _assemble(text.subject, body, who, text.semantic_patch)
        for text, body in zip(texts, bodies, strict=True)
    ]


def _for_readers(group: GroupText, document: str) -> GroupText:
    """Without the answer to a question that only who reads of CASE 2 has."""
    if document:
        return group
    unasked = NoteKind.DEVICE_LONGTERM
    return replace(group, warnings=tuple(w for w in group.warnings if kind_of(w) is not unasked))


def _effects(groups: Sequence[GroupText], pins: PinFacts) -> str:
    pinned = [g for g in groups if g.action == Action.PIN]
    return effects(pinned, pins, alone=len(pinned) == len(groups))


def api_message(line: str, body: str, who: Identity) -> str:
    """The message of a commit that introduces the API, from the profile's own text."""
    return _assemble(clean(line), wrap(body), who)


def fix_message(line: str, fix: Fix, trailer: str, who: Identity) -> str:
    """The message of a commit that mends a bug; `trailer` says who brought it, or is ""."""
    rules = listed([PurePosixPath(rule).name for rule in fix.rules])
    what = "semantic patch" if len(fix.rules) == 1 else "semantic patches"
    made = f"{TOOL} found it ({fix.rule}), and made the edit with its {what} {rules}."
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
    """One :class:`Call` for each function, file and name, however often it is called there."""
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


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in dict.fromkeys(names) if name)


def _summaries(groups: Sequence[GroupText]) -> list[str]:
    """What the subject may say, the longest first."""
    pins = [g for g in groups if g.action == Action.PIN]
    faults = [g for g in groups if g.faults]
    new = _unique(c.new for g in groups for c in g.acquires if c.new != c.old)
    looks = len(pins) + len(faults) < len(groups)
    ways = (("pin", pins), ("look up", looks), ("fault in", faults))
    what = f"{' or '.join(way for way, there in ways if there)} {'user ' if pins else ''}pages"
    functions = _unique(name for g in groups for name in g.takers)
    summaries = [f"{what} with {called(new)}"] if new else []
    if len(functions) == 1:
        summaries.append(f"{what} in {called(functions)}")
    return [
        *summaries,
        f"{what} instead of taking references" if pins and not faults else what,
        what,
    ]
