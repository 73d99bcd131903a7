# SPDX-License-Identifier: GPL-2.0-only
"""Which version of each series is written now, and which one is the last one.

The last one is the newest version that is marked as sent. If no series has a mark, the user sends
in another way; then the newest one that was written counts as sent when a next version is
requested.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from migrate.delivery.history import History, Patch, Version


@dataclass(frozen=True)
class Candidate:
    """The current contents of a series, before its version is known."""

    slug: str
    patches: tuple[Patch, ...]

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        return tuple(patch.key for patch in self.patches)


@dataclass(frozen=True)
class Edition:
    """The decision about a candidate: it is written as `version` of the series `name`, in the
    reroll `turn`; `previous` is the version to compare with. `unchanged` says that the last version
    is still valid and nothing is written, `hold` why it must not be sent, or ""."""

    name: str
    version: int
    turn: int
    previous: Version | None = None
    unchanged: bool = False
    hold: str = ""


def editions(candidates: Sequence[Candidate], history: History, *, reroll: bool) -> list[Edition]:
    """One :class:`Edition` for each of `candidates`, in order."""
    names = _names(candidates, history)
    chains = [history.of(name) for name in names]
    if not reroll:
        return [
            _as_it_is(candidate, name, chain)
            for candidate, name, chain in zip(candidates, names, chains, strict=True)
        ]
    fresh = any(
        not chain or chain[-1].keys != candidate.keys
        for candidate, chain in zip(candidates, chains, strict=True)
    )
    turn = history.turn + (fresh and bool(history.versions))
    return [
        _next(candidate, name, chain, history.marked, turn)
        for candidate, name, chain in zip(candidates, names, chains, strict=True)
    ]


def _as_it_is(candidate: Candidate, name: str, chain: Sequence[Version]) -> Edition:
    """The version that was written last, or the first; held if that was sent and has changed."""
    if not chain:
        return Edition(name, 1, 1)
    newest = chain[-1]
    hold = ""
    if newest.sent and newest.keys != candidate.keys:
        hold = (
            f"v{newest.number} was sent ({newest.sent}) and the patches have changed since;"
            " the next version is made with --reroll"
        )
    return Edition(name, newest.number, newest.turn, _before(chain, newest), hold=hold)


def _next(
    candidate: Candidate, name: str, chain: Sequence[Version], marked: bool, turn: int
) -> Edition:
    if not chain:
        return Edition(name, 1, turn)
    newest = chain[-1]
    same = newest.keys == candidate.keys
    pending = not newest.sent if marked else newest.turn == turn
    if pending and (same or marked):
        # It was not sent yet, so the number can be used again.
        return Edition(name, newest.number, turn, _before(chain, newest))
    if same:
        return Edition(name, newest.number, newest.turn, newest, unchanged=True)
    return Edition(name, newest.number + 1, turn, newest)


def _before(chain: Sequence[Version], version: Version) -> Version | None:
    earlier = [v for v in chain if v.number < version.number]
    return earlier[-1] if earlier else None


def _names(candidates: Sequence[Candidate], history: History) -> list[str]:
    """The series of `history` that each candidate continues: the one with its slug, else the one
    with most of its subjects, else a new one."""
    newest = {name: history.of(name)[-1] for name in history.names}
    by_slug = {version.slug: name for name, version in newest.items()}
    found = {c.slug: by_slug[c.slug] for c in candidates if c.slug in by_slug}
    for candidate in candidates:
        if candidate.slug in found:
            continue
        mine = {patch.subject for patch in candidate.patches}
        shared = {
            name: len(mine & {patch.subject for patch in version.patches})
            for name, version in newest.items()
            if name not in found.values()
        }
        best = max(shared, key=lambda name: shared[name], default="")
        found[candidate.slug] = best if shared.get(best) else _new_name(candidate.slug, newest)
        newest.setdefault(found[candidate.slug], Version("", "", 0, 0, "", "", "", "", ()))
    return [found[candidate.slug] for candidate in candidates]


def _new_name(slug: str, taken: dict[str, Version]) -> str:
    name, again = slug, 2
    while name in taken:
        name, again = f"{slug}-{again}", again + 1
    return name
