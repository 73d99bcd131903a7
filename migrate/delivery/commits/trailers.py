# SPDX-License-Identifier: GPL-2.0-only
"""Trailers that the user collected for patches that were sent: on branches, or in a mailbox file.

These are lines like `Reviewed-by: Name <address>` at the end of a commit message on the user's
branch, or in a reply. In a reply the address has to be that of the sender, as for b4; a reply to
the cover letter applies to every patch of the series.
"""

from __future__ import annotations

import email
import email.policy
import mailbox
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from email.message import EmailMessage
from email.utils import getaddresses, parseaddr
from pathlib import Path

from migrate.base.errors import Refusal
from migrate.base.programs.process import Finished
from migrate.base.prose import clean
from migrate.base.stores.git import git_run
from migrate.delivery.headers import is_address
from migrate.delivery.history import History, Patch, Version, split_message

_SIGNED = "signed-off-by"
_PERSON = re.compile(r"([A-Z][a-z]+(?:-[A-Za-z][a-z]*)*-by): +(\S.*)\Z")
_TAG = re.compile(r"\A\s*(?:(?:re|fwd?|aw): *)*(?:\[[^\]]*\] *)*", re.I)
_LONGEST = 300
"""The maximum length of a trailer in characters."""
_MOST_COMMITS = 300


@dataclass(frozen=True)
class Kept:
    """Trailers for the patch whose digests are `diff` and `words`; see history.Patch."""

    subject: str
    diff: str
    words: str
    trailers: tuple[str, ...]


@dataclass(frozen=True)
class Collected:
    """All trailers that were found; `doubts` has one line for each that was rejected, with the
    reason."""

    kept: tuple[Kept, ...] = ()
    doubts: tuple[str, ...] = ()

    def of(self, patch: Patch) -> tuple[str, ...]:
        """The trailers for exactly this patch."""
        found = [k.trailers for k in self.kept if (k.diff, k.words) == patch.key]
        return _unique(line for trailers in found for line in trailers)


@dataclass(frozen=True)
class _Given:
    """Trailers for the patch with this Message-ID, or else with this subject."""

    message_id: str
    subject: str
    trailers: tuple[str, ...]


def collect(
    history: History, checkout: Path, refs: Sequence[str], mailbox_file: Path | None
) -> Collected:
    """The trailers on the branches `refs` of `checkout` and in the mailbox for the newest versions.

    Trailers that were collected for them before are kept. Raises a :class:`Refusal` if the mailbox
    cannot be read.
    """
    newest = [history.of(name)[-1] for name in history.names]
    bases = sorted({version.base for version in newest})
    given = [item for ref in refs for item in _on_branch(checkout, ref, bases)]
    doubts: list[str] = []
    if mailbox_file is not None:
        given += _in_mailbox(mailbox_file, newest, doubts)
    kept = []
    for version in newest:
        for patch in version.patches:
            found = [line for g in given if _means(g, patch) for line in g.trailers]
            lines = _unique([*patch.trailers, *found])
            if lines:
                kept.append(Kept(patch.subject, patch.diff, patch.words, lines))
    return Collected(tuple(kept), _unique(doubts))


def add_trailers(message: str, trailers: Sequence[str]) -> str:
    """`message` with `trailers` before its last Signed-off-by, each once."""
    body, own = split_message(message)
    lines = [line for line in trailers if line.lower() not in {o.lower() for o in own}]
    return "\n".join([body, "", *own[:-1], *lines, *own[-1:]]) + "\n" if lines else message


def trailer_lines(text: str) -> tuple[str, ...]:
    """The trailers in `text` that name a person and what they did, such as `Acked-by: Name
    <a@b.c>`; quoted text does not count, and neither do sign-offs."""
    found = []
    for line in text.split("\n"):
        match = _PERSON.match(line.rstrip())
        if match is None or match[1].lower() == _SIGNED or len(line) > _LONGEST:
            continue
        if is_address(parseaddr(match[2])[1]):
            found.append(clean(f"{match[1]}: {match[2]}"))
    return _unique(found)


def _means(given: _Given, patch: Patch) -> bool:
    if given.message_id:
        return given.message_id == patch.message_id
    return given.subject == patch.subject


def _on_branch(checkout: Path, ref: str, bases: Sequence[str]) -> Iterator[_Given]:
    """The trailers of the commits of `ref` that are not in `bases`, except for sign-offs."""
    outside = [f"^{base}" for base in bases]
    options = [f"-n{_MOST_COMMITS}", "--no-merges", "--format=%B%x00"]
    shown = git_run(["log", *options, ref, *outside, "--"], cwd=checkout)
    if not isinstance(shown, Finished) or not shown.ok:
        return
    for text in shown.stdout.decode("utf-8", "replace").split("\0"):
        message = text.strip("\n")
        _, lines = split_message(message)
        lines = tuple(clean(line) for line in lines if len(line) <= _LONGEST)
        lines = tuple(x for x in lines if not x.lower().startswith(f"{_SIGNED}:"))
        if lines:
            yield _Given("", message.partition("\n")[0], lines)


def _in_mailbox(path: Path, newest: Sequence[Version], doubts: list[str]) -> Iterator[_Given]:
    for mail in _mails(path):
        lines = trailer_lines(_text(mail))
        if not lines:
            continue
        if _is_patch(mail):
            # As b4 am writes it, with the trailers that it found in the thread below the message.
            yield from _given(mail, ("Message-ID",), newest, lines)
            continue
        good = tuple(line for line in lines if _by_sender(line, mail))
        found = list(_given(mail, ("In-Reply-To", "References"), newest, good))
        if found:
            doubts += [f"{line}: not sent by that address" for line in lines if line not in good]
        yield from found


def _given(
    mail: EmailMessage, headers: Sequence[str], newest: Sequence[Version], lines: tuple[str, ...]
) -> Iterator[_Given]:
    """Assign `lines` to the patches that `mail` refers to: by the ids in `headers`, the closest
    first, else by the subject, since the patches may have been sent with ids of another program."""
    covers = {v.cover: [p.message_id for p in v.patches] for v in newest if v.cover}
    titles = {v.title: [p.subject for p in v.patches] for v in newest}
    known = {message_id for ids in covers.values() for message_id in ids}
    named = [i for header in headers for i in reversed(_ids(mail, header))]
    answered = next((i for i in named if i in known or i in covers), "")
    subject = _TAG.sub("", _header(mail, "Subject"))
    if answered:
        yield from (_Given(i, "", lines) for i in covers.get(answered, [answered]))
    elif subject:
        yield from (_Given("", s, lines) for s in titles.get(subject, [subject]))


def _is_patch(mail: EmailMessage) -> bool:
    text = _whole_text(mail)
    return _header(mail, "Subject").startswith("[") and "\ndiff --git " in text


def check_mailbox(path: Path) -> None:
    """Raise a :class:`Refusal` if `path` is not a readable mailbox."""
    try:
        with path.open("rb") as file:
            head = file.read(5)
    except OSError as error:
        raise Refusal(
            f"{path} cannot be read: {error.strerror}.", "Give a file in mbox format."
        ) from None
    if head != b"From ":
        raise Refusal(
            f"{path} is not in mbox format: it does not begin with 'From '.",
            "Get the thread as one: b4 mbox MESSAGE-ID",
        )


def _mails(path: Path) -> Iterator[EmailMessage]:
    check_mailbox(path)
    box = mailbox.mbox(path, create=False)
    try:
        for key in box.iterkeys():
            yield email.message_from_bytes(box.get_bytes(key), policy=email.policy.default)
    finally:
        box.close()


def _header(mail: EmailMessage, name: str) -> str:
    """A header as one line, "" if it is missing or Python cannot parse it."""
    try:
        return " ".join(str(mail[name] or "").split())
    except (ValueError, IndexError, AttributeError):
        return ""


def _ids(mail: EmailMessage, header: str) -> list[str]:
    return re.findall(r"<([^<>\s]+)>", _header(mail, header))


def _whole_text(mail: EmailMessage) -> str:
    try:
        part = mail.get_body(("plain",))
        data = part.get_payload(decode=True) if part is not None else b""
    except (ValueError, LookupError, AttributeError):
        return ""
    text = data.decode("utf-8", "replace") if isinstance(data, bytes) else ""
    return text.replace("\r\n", "\n")


def _text(mail: EmailMessage) -> str:
    """The plain text of `mail` above the patch, if it contains one."""
    return re.split(r"^---\s*$", _whole_text(mail), maxsplit=1, flags=re.M)[0]


def _by_sender(line: str, mail: EmailMessage) -> bool:
    _, address = parseaddr(line.partition(":")[2])
    senders = {a.lower() for _, a in getaddresses([_header(mail, "From")])}
    return address.lower() in senders


def _unique(lines: Iterable[str]) -> tuple[str, ...]:
    """Each line once, ignoring case, in order."""
    seen: dict[str, str] = {}
    for line in lines:
        seen.setdefault(line.lower(), line)
    return tuple(seen.values())


def dropped(
    previous: Sequence[Patch], now: Sequence[Patch], collected: Collected
) -> tuple[Patch, ...]:
    """The patches of the last version whose trailers are dropped, because no patch is the same
    now."""
    keys = {patch.key for patch in now}
    old = [replace(p, trailers=_unique([*p.trailers, *collected.of(p)])) for p in previous]
    return tuple(p for p in old if p.trailers and p.key not in keys)
