# SPDX-License-Identifier: GPL-2.0-only
"""What is offered for a gap: a contract that can be written down, is read again, and closes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest

from migrate.analysis.contract import Contract, ContractKind, Does
from migrate.analysis.contracts.offers import Offer, offers, toml
from migrate.analysis.contracts.ranking import ranking
from migrate.analysis.contracts.read import read_contracts
from migrate.analysis.gaps import Gap, GapKind
from migrate.analysis.model import Action, Classification, Confidence, PinGroup, Verdict
from migrate.analysis.program.program import Program
from migrate.analysis.verdicts.classify import verdict
from migrate.base.errors import Refusal
from tests.analysis import groups
from tests.analysis.contracts import shapes
from tests.analysis.contracts.shapes import PATH, groups_of, kinds
from tests.analysis.memory import tree_of

ARGUMENT, CALLERS = ContractKind.ARGUMENT, ContractKind.CALLERS
MANY = {
    "by name": ({PATH: shapes.BY_NAME}, [ARGUMENT]),
    "by pointer": ({PATH: shapes.BY_POINTER}, [ARGUMENT]),
    "exported": ({PATH: shapes.EXPORTED}, [CALLERS]),
    "public": (shapes.PUBLIC, [ContractKind.STORAGE, ContractKind.STORAGE]),
    "shared": ({PATH: shapes.SHARED}, [ContractKind.APART]),
}


def program(files: Mapping[str, str]) -> Program:
    return Program(tree_of({path: dedent(text) for path, text in files.items()}))


def offered(files: Mapping[str, str], group: PinGroup) -> list[Contract]:
    found = offers(program(files), group, verdict(group, True))
    assert all(isinstance(offer, Offer) for offer in found)
    return [offer.contract for offer in found if isinstance(offer, Offer)]


def filled(contract: Contract, number: int) -> Contract:
    """As a person would answer."""
    contract = replace(contract, number=number, why="I wrote it.")
    if contract.kind is ARGUMENT:
        return replace(contract, does=Does.BORROWS)
    return replace(contract, callers=("use",)) if contract.kind is CALLERS else contract


@pytest.mark.parametrize(("files", "wanted"), MANY.values(), ids=MANY)
def test_what_is_offered_closes_the_gap(
    files: Mapping[str, str], wanted: list[ContractKind], tmp_path: Path
) -> None:
    (group,) = groups_of(files)
    found = offered(files, group)
    assert [contract.kind for contract in found] == wanted
    answers = tuple(filled(contract, n) for n, contract in enumerate(found, 1))
    (tmp_path / "c.toml").write_text("\n".join(toml(answer) for answer in answers))
    assert read_contracts(tmp_path / "c.toml") == answers
    (group,) = groups_of(files, *answers)
    assert kinds(group) == []
    assert group.contracts == answers


@pytest.mark.parametrize("name", MANY)
def test_what_is_not_filled_in_is_refused(name: str, tmp_path: Path) -> None:
    files, _ = MANY[name]
    for contract in offered(files, groups_of(files)[0]):
        (tmp_path / "c.toml").write_text(toml(contract))
        with pytest.raises(Refusal, match="it does not say why"):
            read_contracts(tmp_path / "c.toml")


def manual(name: str, *gaps: Gap) -> tuple[PinGroup, Verdict]:
    group = replace(groups.group(gaps=gaps), name=name)
    sure = Confidence.LOW
    return group, Verdict(name, Action.MANUAL, "", "not_followed", "", sure, (), ())


def passed(function: str) -> Gap:
    return Gap(GapKind.PASSED_TO_UNKNOWN, groups.GAP.place, "", function, "1")


def ranked(*found: tuple[PinGroup, Verdict]) -> list[tuple[str, list[str], list[tuple[str, int]]]]:
    given, verdicts = zip(*found, strict=True)
    made = ranking(program({}), Classification("0" * 40, "p", given, verdicts))
    assert {b.group for b in made.blocked} == {"hopeless"}
    return [
        (r.question, [*r.alone], [(t.group, t.others) for t in r.together]) for r in made.contracts
    ]


def test_contracts_in_the_order_of_the_groups_that_they_open() -> None:
    asked = "What does {}() do with its argument 1?"
    assert ranked(
        manual("one", passed("a")),
        manual("two", passed("b"), passed("a")),
        manual("three", passed("b")),
        manual("four", passed("b"), passed("b")),
        manual("hopeless", passed("c"), Gap(GapKind.NO_RELEASE)),
        manual("five", passed("d"), passed("a"), passed("e")),
    ) == [
        (asked.format("b"), ["three", "four"], [("two", 1)]),
        (asked.format("a"), ["one"], [("two", 1), ("five", 2)]),
        (asked.format("d"), [], [("five", 2)]),
        (asked.format("e"), [], [("five", 2)]),
    ]


def test_nothing_is_asked_of_a_group_that_is_decided() -> None:
    group, found = manual("one", passed("a"))
    assert offers(program({}), group, replace(found, action=Action.KEEP)) == ()


def test_a_gap_that_no_contract_closes() -> None:
    gap = Gap(GapKind.NO_RELEASE)
    group, found = manual("one", gap)
    assert offers(program({}), group, found) == (gap,)


def test_pairs_are_offered_where_nothing_smaller_would_do() -> None:
    never = Gap(GapKind.MACRO_RELEASES, groups.GAP.place)
    group, found = manual("one", passed("a"), groups.GAP, never)
    offer, left = offers(program({}), group, found)
    assert isinstance(offer, Offer)
    assert (offer.contract.kind, left) == (ContractKind.PAIRED, never)
    assert (offer.contract.acquired_in, offer.contract.released_in) == (("get",), ("put",))
    group = replace(group, releases=())
    assert {*offers(program({}), group, found)} >= {groups.GAP, never}


def test_one_contract_for_all_that_a_release_may_drop() -> None:
    gaps = [Gap(GapKind.FROM_OTHER_CALL, groups.GAP.place, function=name) for name in ("a", "b")]
    for found, kind in ((gaps, ContractKind.SOURCES), (gaps[:1], ContractKind.APART)):
        group, given = manual("one", *found)
        kinds = {o.contract.kind for o in offers(program({}), group, given) if isinstance(o, Offer)}
        assert kinds == {kind}
