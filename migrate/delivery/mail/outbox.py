# SPDX-License-Identifier: GPL-2.0-only
"""A series on disk: its mails, their recipients, a script that shows them, and facts for
programs."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrate.base.prose import clean
from migrate.delivery.headers import mailbox_text
from migrate.delivery.mail.addressees import Addressed
from migrate.delivery.mail.mails import Mail, Plan, Raw, Recipients
from migrate.delivery.model import Series
from migrate.kernel.people.mailmap import Mailbox

FACTS = "series.json"
SENT = "SENT"
HOLD = "HOLD"
_SEND = Path(__file__).parent / "send.sh"


@dataclass(frozen=True)
class Outbox:
    """The contents of one directory; `mails` begins with the cover letter, or is a single patch
    without one."""

    series: Series
    plan: Plan
    raw: Raw
    mails: tuple[Mail, ...]
    addressed: tuple[Addressed, ...]
    cover: Recipients


def write_directory(out: Path, outbox: Outbox, *, sent: str = "") -> Path:
    """Write the directory of `outbox` below `out` atomically.

    It is marked as sent if `sent` says how, and as held if the series says why.
    """
    target = out / outbox.series.directory
    fresh = out / f".{outbox.series.directory}.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for mail in outbox.mails:
        (fresh / mail.name).write_bytes(mail.data)
    (fresh / "recipients.txt").write_text(_recipients_text(outbox), encoding="utf-8")
    facts = json.dumps(_facts(outbox), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    (fresh / FACTS).write_text(facts, encoding="utf-8", errors="replace")
    author = f"{clean(outbox.plan.who.name)}\n{clean(outbox.plan.who.email)}\n"
    (fresh / "author.txt").write_text(author, encoding="utf-8")
    shutil.copyfile(_SEND, fresh / "send.sh")
    (fresh / "send.sh").chmod(0o755)
    for name, lines in ((SENT, (sent,) if sent else ()), (HOLD, outbox.series.hold)):
        if lines:
            text = "".join(f"{clean(line)}\n" for line in lines)
            (fresh / name).write_text(text, encoding="utf-8", errors="replace")
    shutil.rmtree(target, ignore_errors=True)
    fresh.replace(target)
    return target


def digest_of(mails: tuple[Mail, ...]) -> str:
    """A digest of everything that will be sent."""
    total = hashlib.sha256()
    for mail in mails:
        total.update(f"{mail.name}\0{len(mail.data)}\0".encode() + mail.data)
    return total.hexdigest()


def _facts(outbox: Outbox) -> dict[str, Any]:
    """The facts about this version that the next one needs."""
    plan, series = outbox.plan, outbox.series
    return {
        "layout": 1,
        "slug": series.slug,
        "title": plan.title,
        "version": plan.version,
        "digest": digest_of(outbox.mails),
        "base": plan.base,
        "start": plan.start,
        "tip": plan.tip,
        "commits": list(series.commits),
        "subsystems": list(series.subsystems),
        "cover": outbox.mails[0].message_id,
        "mails": [{"file": m.name, "message_id": m.message_id} for m in outbox.mails],
        "recipients_from": sorted({a.source for a in outbox.addressed}),
    }


def _recipients_text(outbox: Outbox) -> str:
    """The recipients of each mail, and the reasons, for a person to check before sending."""
    why = {address: text for a in outbox.addressed for address, text in a.why.items()}
    sections = [_section(outbox.mails[0].name, outbox.cover, why)]
    if len(outbox.mails) > 1:
        sections += [
            _section(mail.name, addressed.mail, addressed.why)
            for mail, addressed in zip(outbox.mails[1:], outbox.addressed, strict=True)
        ]
    notes = {f"Not asked: {clean(a.problem)}" for a in outbox.addressed if a.problem}
    notes |= {
        f"Left out, no address: {clean(text)}" for a in outbox.addressed for text in a.left_out
    }
    sources = " and ".join(sorted({_SOURCES[a.source] for a in outbox.addressed}))
    head = "\n".join([f"Recipients by {sources}.", *sorted(notes)])
    return head + "\n\n" + "\n\n".join(sections) + "\n"


_SOURCES = {
    "script": "the tree's scripts/get_maintainer.pl",
    "own reading": "gup-migrate's reading of MAINTAINERS",
}


def _section(name: str, recipients: Recipients, why: dict[str, str]) -> str:
    lines = [name]
    for label, boxes in (("To", recipients.to), ("Cc", recipients.cc)):
        lines += [f"  {label}: {_shown(box)}{_reason(box, why)}" for box in boxes]
    return "\n".join(lines)


def _shown(box: Mailbox) -> str:
    return clean(f"{box.name} <{box.address}>" if box.name else mailbox_text(box))


def _reason(box: Mailbox, why: dict[str, str]) -> str:
    text = clean(why.get(box.address.lower(), ""))
    return f"  ({text})" if text else ""
