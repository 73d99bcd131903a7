# SPDX-License-Identifier: GPL-2.0-only
"""Ranks contracts by the number of groups that they would let the rules decide, alone or with
others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from migrate.analysis.contract import Contract
from migrate.analysis.contracts.offers import Offer, offers, toml
from migrate.analysis.gaps import Gap
from migrate.analysis.model import Classification, PinGroup
from migrate.analysis.program.program import Program


@dataclass(frozen=True)
class Together:
    """A group that a contract lets the rules decide, together with `others` more contracts."""

    group: str
    others: int


@dataclass(frozen=True)
class Ranked:
    """A contract with the groups that it would let the rules decide, as far as that can be
    predicted: further analysis may find new gaps."""

    question: str
    toml: str
    alone: tuple[str, ...]
    together: tuple[Together, ...]


@dataclass(frozen=True)
class Blocked:
    """A group with gaps that no contract closes."""

    group: str
    gaps: tuple[Gap, ...]


@dataclass(frozen=True)
class Ranking:
    """`contracts` in the order of the number of groups; `blocked` are groups that need more."""

    contracts: tuple[Ranked, ...]
    blocked: tuple[Blocked, ...]


@dataclass
class _Count:
    question: str
    alone: list[str] = field(default_factory=list)
    together: list[Together] = field(default_factory=list)


def ranking(program: Program, classification: Classification) -> Ranking:
    """The contracts that would close the gaps of the undecided groups."""
    counts: dict[Contract, _Count] = {}
    blocked: list[Blocked] = []
    for group, verdict in classification.pairs():
        found = offers(program, group, verdict)
        hopeless = tuple(gap for gap in found if isinstance(gap, Gap))
        if hopeless:
            blocked.append(Blocked(group.name, hopeless))
        _count(counts, group, [o for o in found if isinstance(o, Offer)], hopeless=bool(hopeless))
    opening = [item for item in counts.items() if item[1].alone or item[1].together]
    contracts = (
        Ranked(c.question, toml(contract), tuple(c.alone), tuple(c.together))
        for contract, c in sorted(opening, key=lambda item: _rank(item[1]))
    )
    return Ranking(tuple(contracts), tuple(blocked))


def _rank(count: _Count) -> tuple[int, int, int, str]:
    fewest = min((t.others for t in count.together), default=0)
    return -len(count.alone), -len(count.together), fewest, count.question


def _count(
    counts: dict[Contract, _Count], group: PinGroup, found: Iterable[Offer], *, hopeless: bool
) -> None:
    wanted = {replace(o.contract, number=0): o for o in found}
    for contract, offer in wanted.items():
        count = counts.setdefault(contract, _Count(offer.question))
        if hopeless:
            continue
        if len(wanted) == 1:
            count.alone.append(group.name)
        else:
            count.together.append(Together(group.name, len(wanted) - 1))
