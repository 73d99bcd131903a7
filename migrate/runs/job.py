# SPDX-License-Identifier: GPL-2.0-only
"""One command on one tree: its options, its listener, and the results so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from migrate.analysis.contract import Contract, Contracts
from migrate.analysis.model import Classification, Pairing, Scan
from migrate.analysis.verdicts.decisions import Decision
from migrate.base import codec
from migrate.base.stores import stage_file as stored
from migrate.base.typed import own_command
from migrate.delivery.commits.policy import Policy
from migrate.delivery.commits.rejected import Rejections, decided
from migrate.delivery.commits.trailers import Collected
from migrate.delivery.compile.model import BuildOptions
from migrate.delivery.history import History
from migrate.delivery.model import Branch, BuildReport, Delivery
from migrate.delivery.proof.model import Proof
from migrate.kernel.people.maintainers import Maintainers, read_maintainers
from migrate.kernel.tree import Tree
from migrate.rewrite.model import Rewrite
from migrate.rewrite.profile.model import Profile
from migrate.runs.asked import output_folders
from migrate.runs.identity import profile_identity, tool_identity
from migrate.runs.workspace import Workspace

if TYPE_CHECKING:
    from migrate.analysis.program.program import Program
    from migrate.delivery.report.model import Report

T = TypeVar("T")


class Listener(Protocol):
    """Is notified of the progress; may be called from any thread."""

    def started(self, stage: str) -> None: ...
    def reused(self, stage: str, summary: str) -> None: ...
    def finished(self, stage: str, summary: str, seconds: float) -> None: ...
    def progress(self, what: str, done: int, total: int) -> None: ...
    def notice(self, line: str) -> None: ...


@dataclass(frozen=True)
class Options:
    """What the user asked for. `jobs` counts processes; `output` None means the workspace;
    `decisions` override the rules of verdicts, those of `decisions_file` when the user named no
    other; `contracts` are facts that pairing takes from a person, those of `contracts_file` when
    the user named no other; `build` is how every commit is built; `reroll`
    asks for next versions, in answer to the last ones with `reply`; `tree_scripts` allows running
    the checkout's get_maintainer.pl and checkpatch.pl; with `comments` those beside an edit that
    name the replaced function follow; with `smpl` the message of a commit shows the semantic patch
    that makes its edit; `deprecate` ends the branch with patches against new
    callers; with `open_world` modules outside the tree count; `unbuilt` is what becomes of commits
    that no compiler has built."""

    jobs: int
    output: Path | None = None
    decisions: tuple[Decision, ...] = ()
    build: BuildOptions = field(default_factory=BuildOptions)
    reroll: bool = False
    reply: bool = False
    tree_scripts: bool = True
    unbuilt: Policy = Policy.HOLD
    comments: bool = True
    smpl: bool = True
    deprecate: bool = False
    open_world: bool = False
    decisions_file: Path | None = None
    contracts: tuple[Contract, ...] = ()
    contracts_file: Path | None = None


@dataclass
class Job:
    """One command on one tree; `results` has what its stages have stored so far, `command` spells a
    command on the same tree, from its name and arguments, for the user to type."""

    tree: Tree
    workspace: Workspace
    profile: Profile
    options: Options
    listener: Listener
    results: dict[str, stored.Stored[Any]] = field(default_factory=dict)
    command: Callable[..., str] = own_command

    @cached_property
    def program(self) -> Program:
        """The program that `scan` and `pair` parse, each file once; `del` it when it is not needed
        any more."""
        from migrate.analysis.program.program import Program

        contracts = Contracts(self.options.contracts)
        return Program(self.tree, contracts, open_world=self.options.open_world)

    @property
    def scan(self) -> Scan:
        return self._value("scan", Scan)

    @property
    def pairing(self) -> Pairing:
        return self._value("pair", Pairing)

    @property
    def classification(self) -> Classification:
        """The verdicts of the rules; see :meth:`decided` for those after later stages."""
        return self._value("classify", Classification)

    @property
    def rewrite(self) -> Rewrite:
        return self._value("rewrite", Rewrite)

    @property
    def branch(self) -> Branch:
        return self._value("commit", Branch)

    @property
    def builds(self) -> BuildReport:
        return self._value("build", BuildReport)

    @property
    def delivery(self) -> Delivery:
        return self._value("series", Delivery)

    def has(self, stage: str) -> bool:
        return stage in self.results

    def decided(self) -> Classification:
        """The verdicts; groups that failed to build or to be rewritten are `manual`."""
        failures = self.rewrite.failures if self.has("rewrite") else ()
        return decided(self.classification, self.rejections(), failures)

    def rejections(self) -> Rejections:
        """The groups that were taken out because they do not build, for this classification."""
        found = self.workspace.load("rejected", Rejections)
        if found and found.inputs == self.rejections_inputs():
            return found.value
        return Rejections()

    def rejections_inputs(self) -> str:
        return stored.fingerprint(
            tool_identity(),
            profile_identity(self.profile),
            self.results["classify"].digest,
            self.toolchains,
            self.options.build.asked(),
        )

    def history(self) -> History:
        """The versions that were written and sent before."""
        found = self.workspace.load("versions", History)
        return found.value if found else History()

    def collected(self) -> Collected:
        """The trailers that were collected for sent series."""
        found = self.workspace.load("trailers", Collected)
        return found.value if found else Collected()

    @cached_property
    def maintainers(self) -> Maintainers:
        return read_maintainers(self.tree)

    @cached_property
    def toolchains(self) -> str:
        """The compilers and their versions: with other compilers, failed groups are tried again."""
        from migrate.kernel.kbuild.toolchains import installed

        return codec.dumps(installed(self.options.build.choice))

    @property
    def out(self) -> Path:
        return self.options.output or self.workspace.out

    @property
    def outboxes(self) -> tuple[Path, ...]:
        """Every folder in which a series may be marked as sent."""
        return tuple(dict.fromkeys((*output_folders(self.workspace), self.out)))

    def report(self, delivery: Delivery | None = None) -> Report:
        """The contents of the report; `delivery` is passed by the stage that is making it."""
        from migrate.delivery.report.content import Results, make_report
        from migrate.kernel.people.recipients import read_directory

        return make_report(
            Results(
                tree=self.tree,
                scan=self.scan,
                classification=self.decided(),
                rejections=self.rejections(),
                rewrite=self.rewrite,
                branch=self.branch,
                builds=self.builds,
                delivery=delivery or self.delivery,
                subsystem_of=self.maintainers.subsystem_of,
                maintainers_of=read_directory(self.tree, self.maintainers).maintainers_of,
                proof=self.proof(),
                open_world=self.options.open_world,
            )
        )

    def proof(self) -> Proof | None:
        """What was observed of this branch at run time, None if `prove` was not run or did not get
        that far."""
        found = self.workspace.load("proof", Proof)
        fits = found and found.value.tip == self.branch.tip and not found.value.problem
        return found.value if found and fits else None

    def _value(self, stage: str, kind: type[T]) -> T:
        value = self.results[stage].value
        assert isinstance(value, kind)
        return value
