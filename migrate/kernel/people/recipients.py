# SPDX-License-Identifier: GPL-2.0-only
"""The recipients of a patch, from the tree's scripts/get_maintainer.pl or our own parser.

Both work without git history (`--nogit --nogit-fallback`), so the answer depends on the tree alone.
`.get_maintainer.ignore` is about people found in history only, so neither needs it. The script also
finds people in the text of .yaml files; our own parser does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from migrate.kernel.people.mailmap import Mailbox, Mailmap, parse_mailbox, parse_mailmap
from migrate.kernel.people.maintainers import Maintainers, Section, read_maintainers
from migrate.kernel.people.tree_script import TreeScript
from migrate.kernel.tree import Tree

SCRIPT = "scripts/get_maintainer.pl"
_OPTIONS = ("--nogit", "--nogit-fallback", "--norolestats", "--roles")
_CHIEF = Mailbox("Linus Torvalds", "torvalds@linux-foundation.org")
_LINE = re.compile(r"(.*?<[^<>]*>|\S+@\S+) \((.*)\)\Z")
_DIFF_NAME = re.compile(rb"(?:\+\+\+|---) [^/\s]+/([^\s]+)")
_ATOM = r"[^()<>@,;:\\\".\[\]]"
_ADDRESS = r"[^()<>@,;:\\\"\[\] ]+@[^()<>@,;:\\\"\[\] ]+"
_MAILBOX = re.compile(rf"\s*(?:{_ADDRESS}|(?:{_ATOM}|\"[^\"]*\")*<{_ADDRESS}>)\s*\Z")
_USUAL = 2.0
"""CPU seconds for one patch; with the MAINTAINERS of a kernel the script takes less than one."""

_LONGEST_LINE = 4096
"""Characters of a line about a recipient in the script's output."""


class Role(StrEnum):
    """Why a person or list gets a patch."""

    MAINTAINER = "maintainer"
    REVIEWER = "reviewer"
    LIST = "list"


@dataclass(frozen=True, order=True)
class Recipient:
    """One person or list; `why` is the role text of the script, "" if there is none."""

    mailbox: Mailbox
    role: Role
    why: str = ""


@dataclass(frozen=True)
class Answer:
    """The recipients of a patch. `source` is "script" or "own reading"; `problem` says why the
    latter."""

    recipients: tuple[Recipient, ...]
    source: str
    problem: str = ""

    def of(self, *roles: Role) -> tuple[Recipient, ...]:
        """The recipients with one of `roles`, in order."""
        return tuple(r for r in self.recipients if r.role in roles)


@dataclass(frozen=True)
class Directory:
    """Everything in a tree that our own parser needs."""

    maintainers: Maintainers
    mailmap: Mailmap

    def for_files(self, files: dict[str, bytes]) -> tuple[Recipient, ...]:
        """The recipients of changes to whole `files`, contents by path: keywords are searched in
        them."""
        return self._collect(files, self.maintainers.by_keywords(files.values()))

    def for_patch(self, patch: bytes) -> tuple[Recipient, ...]:
        """The recipients of `patch`: keywords are searched in its message and its changed lines."""
        names = {n.decode("utf-8", "surrogateescape") for n in _DIFF_NAME.findall(patch)}
        text = _text_for_keywords(patch)
        return self._collect(
            sorted(names - {"dev/null", "null"}), self.maintainers.by_keywords([text])
        )

    def maintainers_of(self, path: str) -> tuple[str, ...]:
        """The `M:` entries of the most specific section of `path`, as addresses of mails."""
        found = self.maintainers.matching(path)
        return tuple(self._addressed(text) for text in found[0].values("M")) if found else ()

    def _addressed(self, text: str) -> str:
        written = parse_mailbox(text)
        box = self.mailmap.apply(written)
        if box == written or not written.address:
            return text
        return f"{box.name} <{box.address}>" if box.name else box.address

    def _collect(self, paths: Iterable[str], keywords: Sequence[Section]) -> tuple[Recipient, ...]:
        found = _Collector(self.mailmap)
        for path in paths:
            for section in self.maintainers.matching(path):
                found.add(section)
        for section in keywords:
            found.add(section)
        return found.recipients()


def read_directory(tree: Tree, maintainers: Maintainers | None = None) -> Directory:
    """MAINTAINERS, unless it is given, and .mailmap of `tree`."""
    return Directory(
        maintainers or read_maintainers(tree), parse_mailmap(tree.read(".mailmap") or b"")
    )


def maintainer_script(worktree: Path) -> TreeScript:
    """The script of the tree in `worktree`, with limits for all calls together."""
    return TreeScript(SCRIPT, worktree, usual=_USUAL)


def ask_for_patch(patch: bytes, directory: Directory, script: TreeScript | None) -> Answer:
    """The recipients of `patch`: from `script`, or from `directory` if scripts are not allowed, or
    if it fails or takes too long."""
    if script is None:
        return Answer(directory.for_patch(patch), "own reading", "scripts of the tree are not run")
    asked = _ask(script, patch, ())
    if isinstance(asked, str):
        return Answer(directory.for_patch(patch), "own reading", asked)
    return Answer(asked, "script")


def ask_script(
    worktree: Path, *, patch: bytes | None = None, files: Sequence[str] = ()
) -> tuple[Recipient, ...] | str:
    """The answer of the tree's own script for `patch`, or for `files`; one line if it failed.

    With `files` the answer is the union over them.
    """
    return _ask(maintainer_script(worktree), patch, files)


def _ask(
    script: TreeScript, patch: bytes | None, files: Sequence[str]
) -> tuple[Recipient, ...] | str:
    outcome = script.run(
        [*_OPTIONS, *(part for name in files for part in ("-f", name))],
        stdin=patch,
        # A .get_maintainer.conf of the user would change the answer; so would hash order.
        env={"HOME": "/nonexistent", "PERL_HASH_SEED": "0", "PERL_PERTURB_KEYS": "0"},
    )
    return outcome if isinstance(outcome, str) else read_answer(outcome.stdout)[0]


def read_answer(output: bytes) -> tuple[tuple[Recipient, ...], tuple[str, ...]]:
    """The recipients in the `output` of the script with `--roles`, and its other lines.

    Lines that begin with a blank are recipients without an address.
    """
    text = output.decode("utf-8", "replace")
    lines = [line for line in text.split("\n") if line and not line.startswith(" ")]
    found = [(line, _parse_line(line)) for line in lines]
    recipients = tuple(recipient for _, recipient in found if recipient is not None)
    return recipients, tuple(line for line, recipient in found if recipient is None)


def _parse_line(line: str) -> Recipient | None:
    found = _LINE.match(line.strip()) if len(line) <= _LONGEST_LINE else None
    if found is None:
        return None
    mailbox = parse_mailbox(found[1])
    return Recipient(mailbox, _role(found[2]), found[2]) if mailbox.address else None


def _role(text: str) -> Role:
    kind = text.partition(":")[0]
    if kind.endswith("list"):
        return Role.LIST
    return Role.REVIEWER if kind in ("reviewer", "in file") else Role.MAINTAINER


def _text_for_keywords(patch: bytes) -> bytes:
    """The lines of `patch` that keywords may match: everything before the diff, and changed
    lines."""
    lines, in_diff = [], False
    for line in patch.split(b"\n"):
        if line.startswith((b"--- ", b"+++ ")):
            in_diff = True
        elif line.startswith((b"diff --git ", b"@@ ")):
            continue
        elif not in_diff:
            lines.append(line)
        elif line.startswith((b"+", b"-")):
            lines.append(line[1:])
    return b"\n".join(lines)


class _Collector:
    """Collects people in the order of the script, each only once by name and by address."""

    def __init__(self, mailmap: Mailmap) -> None:
        self._mailmap = mailmap
        self._people: list[Recipient] = []
        self._lists: list[Recipient] = []
        self._names: set[str] = set()
        self._addresses: set[str] = set()

    def add(self, section: Section) -> None:
        for letter, value in section.entries:
            if letter == "L":
                self._add_list(value, section)
            elif letter in "MR":
                role = Role.MAINTAINER if letter == "M" else Role.REVIEWER
                for text in _split(value):
                    self._add_person(
                        Recipient(parse_mailbox(text), role, f"{role}:{section.title}")
                    )

    def _add_list(self, value: str, section: Section) -> None:
        address, _, more = value.strip().partition(" ")
        address, _, tabbed = address.partition("\t")
        known = {r.mailbox.address.lower() for r in self._lists}
        # Some entries have a name before the address; the script splits off the first word.
        fits = "@" in address and "subscribers-only" not in more + tabbed
        if fits and address.lower() not in known:
            self._lists.append(Recipient(Mailbox("", address), Role.LIST, f"list:{section.title}"))

    def _add_person(self, person: Recipient) -> None:
        name, address = person.mailbox.name.lower(), person.mailbox.address.lower()
        if not address or (name and name in self._names) or address in self._addresses:
            return
        self._people.append(person)
        self._addresses.add(address)
        if name:
            self._names.add(name)

    def recipients(self) -> tuple[Recipient, ...]:
        """Everybody, with .mailmap applied, and without the duplicates that it creates."""
        by_name: dict[str, Mailbox] = {}
        by_address: dict[str, Mailbox] = {}
        found: dict[Mailbox, Recipient] = {}
        for recipient in (*self._people, *self._lists):
            box = self._mailmap.apply(recipient.mailbox)
            same = by_name.get(box.name.lower()) if box.name else None
            same = same or by_address.get(box.address.lower())
            if same is None:
                by_name[box.name.lower()] = by_address[box.address.lower()] = box
            box = self._mailmap.apply(same or box)
            found.setdefault(box, Recipient(box, recipient.role, recipient.why))
        return tuple(r for r in found.values() if r.mailbox != _CHIEF)


def _split(value: str) -> list[str]:
    """The mailboxes of one entry: several only if each of them is well formed."""
    parts = _at_commas(value)
    if len(parts) > 1 and all(_MAILBOX.match(part) for part in parts):
        return parts
    return [value]


def _at_commas(value: str) -> list[str]:
    """`value` split at each comma with an even number of quotes after it."""
    pieces = value.split(",")
    behind = value.count('"')
    parts = [""]
    for number, piece in enumerate(pieces):
        parts[-1] += piece
        behind -= piece.count('"')
        if number < len(pieces) - 1:
            if behind % 2:
                parts[-1] += ","
            else:
                parts.append("")
    return parts
