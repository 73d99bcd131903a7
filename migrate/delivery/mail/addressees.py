# SPDX-License-Identifier: GPL-2.0-only
"""To: and Cc: of patches and cover letters, from the maintainers of the files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from migrate.delivery.headers import is_address
from migrate.delivery.mail.mails import Recipients
from migrate.kernel.people.mailmap import Mailbox
from migrate.kernel.people.recipients import Answer, Recipient, Role

ALWAYS = (Mailbox("", "linux-mm@kvack.org"), Mailbox("", "linux-kernel@vger.kernel.org"))
"""The list for everything that is changed here, and the general one."""


@dataclass(frozen=True)
class Addressed:
    """The addressees of one patch, and the reasons: `why` is by address, in lower case."""

    mail: Recipients
    maintainers: frozenset[str]
    why: dict[str, str]
    left_out: tuple[str, ...]
    source: str
    problem: str


def address_patch(answer: Answer) -> Addressed:
    """Maintainers are in To:, reviewers and lists in Cc:; without a maintainer, lists are in To:.
    Invalid addresses are left out and named."""
    usable = [r for r in answer.recipients if is_address(r.mailbox.address)]
    maintainers = [r for r in usable if r.role is Role.MAINTAINER]
    lists = [r for r in usable if r.role is Role.LIST]
    to = _boxes(maintainers or lists) or [ALWAYS[0]]
    others = _boxes([r for r in usable if r.role is Role.REVIEWER] + lists)
    return Addressed(
        mail=Recipients(tuple(to), _without([*others, *ALWAYS], to)),
        maintainers=frozenset(r.mailbox.address.lower() for r in maintainers),
        why={r.mailbox.address.lower(): r.why for r in usable},
        left_out=tuple(r.mailbox.address for r in answer.recipients if r not in usable),
        source=answer.source,
        problem=answer.problem,
    )


def address_cover(patches: Sequence[Recipients]) -> Recipients:
    """Everybody who gets one of `patches`."""
    to = _without([box for p in patches for box in p.to], ())
    return Recipients(to, _without([box for p in patches for box in p.cc], to))


def _boxes(recipients: Iterable[Recipient]) -> list[Mailbox]:
    return list(_without([r.mailbox for r in recipients], ()))


def _without(boxes: Iterable[Mailbox], others: Iterable[Mailbox]) -> tuple[Mailbox, ...]:
    """`boxes` without those of `others`, each address once, in order."""
    seen = {box.address.lower() for box in others}
    kept = []
    for box in boxes:
        if box.address.lower() not in seen:
            seen.add(box.address.lower())
            kept.append(box)
    return tuple(kept)
