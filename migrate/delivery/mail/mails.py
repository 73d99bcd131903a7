# SPDX-License-Identifier: GPL-2.0-only
"""One series as mails: the output of git format-patch, with recipients, stable ids and a cover
letter.

A single patch has no cover letter: that text goes below its "---", where git am ignores it
(Documentation/process/submitting-patches.rst, "The canonical patch format"). The bodies of the
patches stay as git wrote them, byte for byte. Message-IDs are a digest of the whole series, so
equal contents have equal ids, and different contents different ones.
"""

from __future__ import annotations

import hashlib
import quopri
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from migrate.base.files.scratch import scratch
from migrate.delivery.headers import address_header, is_address, text_header
from migrate.delivery.plumbing import Identity, own_git, patch_ids
from migrate.kernel.people.mailmap import Mailbox

COVER = "0000-cover-letter.patch"
# Git abbreviates object ids depending on the size of the repository; the kernel uses 12 digits.
_OPTIONS = ("-q", "--abbrev=12", "--no-signature", "--no-thread", "--subject-prefix=PATCH")

_BLURB = b"*** BLURB HERE ***"
_MARK = b"\n---\n"


@dataclass(frozen=True)
class Recipients:
    """To: and Cc: of one mail."""

    to: tuple[Mailbox, ...]
    cc: tuple[Mailbox, ...]


@dataclass(frozen=True)
class Mail:
    """One mail as a file of the series; `message_id` is without angle brackets."""

    name: str
    message_id: str
    subject: str
    data: bytes


@dataclass(frozen=True)
class Ids:
    """The Message-ID of a mail and that of the one it replies to, "" for none."""

    own: str
    answered: str

    @property
    def lines(self) -> list[str]:
        """The header lines."""
        answers = [f"{h}: <{self.answered}>" for h in ("In-Reply-To", "References")]
        return [f"Message-ID: <{self.own}>", *(answers if self.answered else ())]


@dataclass(frozen=True)
class Raw:
    """The output of git: the cover's shortlog, diffstat and base, and each patch with its name."""

    summary: bytes
    base: bytes
    patches: tuple[tuple[str, bytes], ...]


@dataclass(frozen=True)
class Plan:
    """The input for one series: the commits after `start` up to `tip`, on top of `base`.

    `version` counts from 1; `recipients` are those of each patch in order, `cover` those of the
    cover letter. `range_diff` compares with the last version; `in_reply_to` is the Message-ID to
    which the cover letter replies, "" for none.
    """

    repository: Path
    base: str
    start: str
    tip: str
    version: int
    who: Identity
    title: str
    recipients: tuple[Recipients, ...]
    cover: Recipients
    range_diff: bytes = b""
    in_reply_to: str = ""


def format_patches(plan: Plan) -> Raw:
    """Run git format-patch on the commits of `plan`."""
    ident = {
        f"GIT_{role}_{part}": value
        for role in ("AUTHOR", "COMMITTER")
        for part, value in (("NAME", plan.who.name), ("EMAIL", plan.who.email))
    }
    with scratch("mails") as folder:
        single = len(plan.recipients) == 1
        counted = ["--no-numbered"] if single else ["--numbered", "--cover-letter"]
        options = [*_OPTIONS, *counted, "-o", str(folder)]
        if plan.version > 1:
            options.append(f"-v{plan.version}")
        commits = f"{plan.start}..{plan.tip}"
        own_git(["format-patch", *options, commits], plan.repository, env=ident)
        files = sorted(folder.iterdir())
        summary = b"" if single else files.pop(0).read_bytes().partition(_BLURB)[2].strip(b"\n")
        lines = [f"base-commit: {plan.base}"]
        ids = patch_ids(plan.repository, plan.base, plan.start)
        lines += [f"prerequisite-patch-id: {patch_id}" for patch_id in ids]
        base = "".join(f"{line}\n" for line in lines).encode()
        return Raw(summary, base, tuple((f.name, f.read_bytes()) for f in files))


def compose(plan: Plan, raw: Raw, blurb: str) -> tuple[Mail, ...]:
    """The mails of the series: the cover letter with `blurb` first, or a single patch that contains
    the blurb."""
    count = len(raw.patches)
    parts = [blurb.encode("utf-8", "replace").strip(b"\n"), raw.summary]
    if plan.range_diff:
        parts.append(
            f"Range-diff against v{plan.version - 1}:\n".encode() + plan.range_diff.rstrip()
        )
    if count == 1:
        return (_single(plan, raw, b"\n\n".join(part for part in parts if part)),)
    body = b"\n\n".join([*parts, raw.base])
    subject = f"{_tag(plan.version, 0, count)} {plan.title}"
    stem = _digest(plan, subject, body, raw)
    cover_id = _message_id(stem, 0, plan.who)
    name = f"v{plan.version}-{COVER}" if plan.version > 1 else COVER
    mails = [Mail(name, cover_id, subject, _cover(plan, subject, cover_id, body, raw))]
    for n, ((name, data), recipients) in enumerate(
        zip(raw.patches, plan.recipients, strict=True), start=1
    ):
        own_id = _message_id(stem, n, plan.who)
        ids = Ids(own_id, cover_id)
        mails.append(Mail(name, own_id, "", _patch(data, ids, recipients)))
    return tuple(mails)


def _single(plan: Plan, raw: Raw, below: bytes) -> Mail:
    """The only patch, with `below` under its "---" and the base after the diff."""
    ((name, data),) = raw.patches
    message, mark, diff = data.partition(_MARK)
    data = b"".join([message, mark, below, b"\n\n", diff, b"\n", raw.base])
    subject = f"{_tag(plan.version, 1, 1)} {plan.title}"
    own_id = _message_id(_digest(plan, subject, below, raw), 1, plan.who)
    return Mail(name, own_id, subject, _patch(data, Ids(own_id, plan.in_reply_to), plan.cover))


def _tag(version: int, number: int, count: int) -> str:
    mark = f" v{version}" if version > 1 else ""
    if count == 1:
        return f"[PATCH{mark}]"
    return f"[PATCH{mark} {number:0{len(str(count))}d}/{count}]"


def _digest(plan: Plan, subject: str, body: bytes, raw: Raw) -> str:
    total = hashlib.sha256()
    people = (plan.cover, *plan.recipients, plan.in_reply_to)
    parts = [subject.encode("utf-8", "replace"), body, repr(people).encode("utf-8", "replace")]
    parts += [str(plan.who).encode("utf-8", "replace")] + [data for _, data in raw.patches]
    for part in parts:
        total.update(f"{len(part)}:".encode() + part)
    return total.hexdigest()[:24]


def _message_id(stem: str, number: int, who: Identity) -> str:
    right = who.email if is_address(who.email) else "gup-migrate@localhost"
    return f"{stem}-{number}-{right}"


def _cover(plan: Plan, subject: str, message_id: str, body: bytes, raw: Raw) -> bytes:
    """The cover letter, with the date of its last patch, so that it does not depend on the day."""
    lines = [
        f"From {plan.tip} Mon Sep 17 00:00:00 2001",
        f"Message-ID: <{message_id}>",
        *(f"{h}: <{plan.in_reply_to}>" for h in ("In-Reply-To", "References") if plan.in_reply_to),
        _header_of(raw.patches[0][1], "From"),
        _header_of(raw.patches[-1][1], "Date"),
        text_header("Subject", subject),
        *_people(plan.cover),
    ]
    if not body.isascii():
        lines += _MIME
    return "\n".join(lines).encode("ascii", "replace") + b"\n\n" + body


_MIME = (
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=UTF-8",
    "Content-Transfer-Encoding: 8bit",
)


def _patch(data: bytes, ids: Ids, recipients: Recipients) -> bytes:
    header, _, body = data.partition(b"\n\n")
    first, _, rest = header.partition(b"\n")
    if not body.isascii() and b"\nContent-Type:" not in header:
        rest = b"\n".join([rest, *(line.encode() for line in _MIME)])
    lines = [first, *(line.encode("ascii") for line in ids.lines), rest]
    lines += [line.encode("ascii") for line in _people(recipients)]
    if b"\r" in body:
        # git am removes a carriage return at the end of a line unless the mail is encoded.
        lines, body = _quoted_printable(lines, body)
    return b"\n".join(lines) + b"\n\n" + body


def _quoted_printable(lines: Sequence[bytes], body: bytes) -> tuple[list[bytes], bytes]:
    kept = [
        line
        for block in lines
        for line in re.split(rb"\n(?![ \t])", block)
        if not line.lower().startswith((b"mime-version:", b"content-"))
    ]
    mime = [line.encode("ascii") for line in _MIME[:2]]
    encoded = b"\n".join(_quote(line) for line in body.split(b"\n"))
    return [*kept, *mime, b"Content-Transfer-Encoding: quoted-printable"], encoded


def _quote(line: bytes) -> bytes:
    return quopri.encodestring(line, quotetabs=False).replace(b"\r", b"=0D")


def _people(recipients: Recipients) -> list[str]:
    headers = (address_header("To", recipients.to), address_header("Cc", recipients.cc))
    return [header for header in headers if header]


def _header_of(data: bytes, name: str) -> str:
    """The header `name` of a mail as git wrote it, including folds."""
    head = data.partition(b"\n\n")[0].decode("ascii", "replace")
    found = re.search(rf"^{name}: .*(?:\n[ \t].*)*", head, re.M)
    return found[0] if found else f"{name}: "
