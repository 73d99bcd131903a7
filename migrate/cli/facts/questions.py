# SPDX-License-Identifier: GPL-2.0-only
"""The questions of `review` about code that could not be followed, and the file for the answers."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from migrate.analysis.contract import Contract, ContractKind, Does
from migrate.analysis.contracts.check import check_contracts
from migrate.analysis.contracts.names import Names
from migrate.analysis.contracts.offers import Offer, offers, toml
from migrate.analysis.model import PinGroup, Verdict
from migrate.analysis.program.program import Program
from migrate.base.errors import Refusal
from migrate.cli.console import Console
from migrate.delivery.report.explain import note_at
from migrate.runs.job import Job

_DOES = {
    "l": (Does.LOOKS, "looks at its struct page, and no more"),
    "r": (Does.READS, "reads its data, and no more"),
    "b": (Does.BORROWS, "works on its data, and is done with it when it returns"),
    "k": (Does.KEEPS, "keeps it until another function is called, and does not release it"),
    "d": (Does.RELEASES, "takes over the reference, and drops it"),
}
_SKIP, _STOP, _KEEPS = "s", "q", Does.KEEPS


@dataclass
class Facts:
    """The contracts that a person states in one review; `stated` is their number."""

    console: Console
    job: Job
    target: Path
    stated: int = 0

    def about(self, group: PinGroup, verdict: Verdict) -> Questions | None:
        """The questions about `group`, which is shown; None if no answer would help."""
        found = offers(self.job.program, group, verdict)
        asked = tuple(offer for offer in found if isinstance(offer, Offer))
        for offer in asked:
            self.console.say(f"question: {offer.question}")
        return Questions(self, asked) if asked else None

    def state(self, contract: Contract) -> None:
        """Add a contract to the file; raises a :class:`Refusal` if the code contradicts it."""
        check_contracts(Program(self.job.tree), self.job.scan, (contract,))
        append(self.target, toml(contract), "--contracts")
        self.stated += 1


@dataclass(frozen=True)
class Questions:
    """The missing facts of one group."""

    facts: Facts
    offers: tuple[Offer, ...]

    def ask(self) -> bool:
        """Ask for each fact, with the code; False at the end of the input."""
        console, tree = self.facts.console, self.facts.job.tree
        try:
            for offer in self.offers:
                if offer.place is not None:
                    console.notes([note_at(tree, offer.place, "note", offer.question)])
                else:
                    console.say(offer.question)
                self._take(offer.contract)
        except _EndError:
            return False
        return True

    def _take(self, wanted: Contract) -> None:
        stated = self._answer(wanted)
        if stated is None:
            return
        why = ask_why(self.facts.console)
        if why is None:
            raise _EndError
        try:
            self.facts.state(replace(stated, why=why))
        except Refusal as refusal:
            self.facts.console.say(f"{refusal.what} {refusal.next_step}")

    def _answer(self, wanted: Contract) -> Contract | None:
        """The contract with the answer; None if the user does not know."""
        if wanted.kind is ContractKind.ARGUMENT:
            return self._about_argument(wanted)
        if wanted.kind is ContractKind.CALLERS:
            return self._about_callers(wanted)
        return wanted if self._agrees() else None

    def _about_argument(self, wanted: Contract) -> Contract | None:
        console = self.facts.console
        while (given := self._given(f"[{'/'.join((*_DOES, _SKIP, _STOP))}/?] ")) != _SKIP:
            if given in _DOES:
                does = _DOES[given][0]
                until = self._name("until which function is called? ") if does is _KEEPS else ""
                return replace(wanted, does=does, until=until)
            for key, (_, meaning) in _DOES.items():
                console.say(f"  {key}  {meaning}")
            console.say("  s  not known: leave it open")
        return None

    def _about_callers(self, wanted: Contract) -> Contract | None:
        names = Names(self.facts.job.program, self.facts.job.scan)
        callers = tuple(dict.fromkeys(f.function.name for f in names.callers(wanted.function)))
        if not callers:
            self.facts.console.say("Nothing in the tree calls it.")
            return None
        self.facts.console.say(f"In the tree: {', '.join(f'{name}()' for name in callers)}.")
        return replace(wanted, callers=callers) if self._agrees() else None

    def _agrees(self) -> bool:
        return self._given("[y/n/q] ").startswith("y")

    def _given(self, question: str) -> str:
        given = self.facts.console.ask(question)
        if given is None or given.strip().lower() == _STOP:
            raise _EndError
        return given.strip().lower()

    def _name(self, question: str) -> str:
        given = self.facts.console.ask(question)
        if given is None:
            raise _EndError
        return given.strip().removesuffix("()")


class _EndError(Exception):
    """The input has ended."""


def ask_why(console: Console) -> str | None:
    """The reason, in one line; None at the end of the input."""
    while True:
        given = console.ask("why? It goes into the commit message: ")
        if given is None:
            return None
        if why := " ".join(given.split()):
            return why


def quoted(text: str) -> str:
    """A TOML string: that of JSON, but with DEL escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def append(target: Path, entry: str, option: str) -> None:
    """Add an entry to the file of option `option`."""
    try:
        with target.open("a", encoding="utf-8") as out:
            out.write(("\n" if out.tell() else "") + entry)
    except OSError as error:
        raise Refusal(
            f"{target} cannot be written: {error.strerror}.", f"Give another file with {option}."
        ) from None
