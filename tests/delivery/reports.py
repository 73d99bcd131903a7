# SPDX-License-Identifier: GPL-2.0-only
"""Results of a run that nobody made, with markup wherever text of a tree can be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from migrate.analysis.contract import Contract, ContractKind
from migrate.analysis.gaps import Gap, GapKind
from migrate.analysis.model import (
    Acquire,
    Action,
    Classification,
    Confidence,
    Evidence,
    PinGroup,
    Place,
    Release,
    Scan,
    Unparsed,
    Use,
    UseKind,
    Verdict,
)
from migrate.delivery.commits.rejected import Rejections
from migrate.delivery.model import (
    Branch,
    BuildReport,
    BuildStatus,
    Commit,
    Delivery,
    ObjectBuild,
    Series,
)
from migrate.delivery.proof.model import (
    Control,
    ControlOutcome,
    FunctionLines,
    GroupProof,
    Line,
    Outcome,
    Pair,
    Proof,
    Spoiling,
)
from migrate.delivery.report.content import Results
from migrate.kernel.tree import Tree
from migrate.rewrite.model import ApiChange, FileChange, GroupChange, Rewrite

EVIL = '</script><script>alert("x")</script><img src=x onerror=alert(1)>'
EVIL_PATH = "drivers/<script>alert(1)</script>/evil.c"

SOURCE = b"".join(b"\tline_%d(page); /* %s */\n" % (n, EVIL.encode()) for n in range(1, 61))


def acquire(path: str, line: int, function: str) -> Acquire:
    where = Place(path, line, 1)
    return Acquire(where, function, "get_user_pages_fast", (), (), "get_user_pages_fast(a, 1)")


def group(name: str, *acquires: Acquire) -> PinGroup:
    first = acquires[0]
    place = replace(first.place, line=first.place.line + 3)
    released = Release(place, first.function, "put_page", False, "", "put_page(page)")
    used = Use(place, first.function, UseKind.MAP, "kmap(page)")
    gap = Gap(GapKind.SHARED_STORAGE, subject=EVIL)
    gaps = (gap, Gap(GapKind.NO_RELEASE))
    stated = Contract(1, ContractKind.MACRO, EVIL, macro="HAVE_A")
    return PinGroup(name, acquires, (released,), (used,), (), gaps, contracts=(stated,))


def verdict(name: str, action: Action, reason: str = "It is so.") -> Verdict:
    evidence = Evidence(Place("drivers/a/a.c", 11, 1), "kmap", "kmap(page)")
    return Verdict(name, action, "5", "a rule", reason, Confidence.HIGH, (evidence,), (EVIL,))


def seen() -> Proof:
    """What a guest showed of the group that is converted."""
    taken, given = Line("drivers/a/a.c", 10), Line("drivers/a/a.c", 13)
    control = Control(given, Spoiling.DROPPED, ControlOutcome.CAUGHT, "7 were never released")
    group = GroupProof(
        "a",
        Outcome.PROVED,
        (Pair(taken, given, 7),),
        missed=(Line("drivers/a/a.c", 50),),
        controls=(control,),
        lines=(FunctionLines("drivers/a/a.c", "one", 9, (12,)),),
    )
    return Proof("d" * 40, "Linux 6.1, QEMU", groups=(group,))


def evil_results() -> Results:
    """Five acquires: converted twice in one group, kept, evil, and one outside all groups."""
    groups = (
        group("a", acquire("drivers/a/a.c", 10, "one"), acquire("drivers/a/a.c", 50, "two")),
        group("b", acquire("mm/b.c", 20, "three")),
        group("c", acquire(EVIL_PATH, 30, "four")),
    )
    lost = acquire("net/lost.c", 5, "five")
    scan = Scan(
        "c" * 40,
        "6.1.0",
        (*(a for g in groups for a in g.acquires), lost),
        (Unparsed(lost.place, "five", GapKind.SPATCH_FAILS, detail=EVIL),),
    )
    verdicts = (
        verdict("a", Action.PIN),
        verdict("b", Action.KEEP),
        verdict("c", Action.MANUAL, EVIL),
    )
    change = GroupChange(
        "a",
        "A DRIVER",
        (FileChange("drivers/a/a.c", SOURCE, SOURCE.replace(b"line_10(", b"pin_10(")),),
        ("rename-call.cocci",),
        (),
    )
    commit = Commit("d" * 40, "c" * 40, "A DRIVER", f"a: pin {EVIL}", ("a",), ("drivers/a/a.c",))
    build = ObjectBuild(commit.id, "drivers/a/a.o", "x86_64", BuildStatus.BUILT, "", "", 1.5)
    series = Series("a", "0001-a", "A", ("A DRIVER",), (commit.id,), ("a@b",), ())
    tree = Tree(Path("/"), "c" * 40, dict.fromkeys(("drivers/a/a.c", "mm/b.c", EVIL_PATH), SOURCE))
    return Results(
        tree=tree,
        scan=scan,
        classification=Classification("c" * 40, "vaddr-pin", groups, verdicts),
        rejections=Rejections(),
        rewrite=Rewrite("c" * 40, "vaddr-pin", ApiChange((), (), ()), (change,), ()),
        branch=Branch("vaddr-pin", "refs/heads/gup-migrate/vaddr-pin", "c" * 40, (commit,)),
        builds=BuildReport(commit.id, (build,)),
        delivery=Delivery("gup-migrate/vaddr-pin", (series,)),
        subsystem_of=lambda path: f"SUBSYSTEM OF {path.split('/')[0]}",
        maintainers_of=lambda _: (f"Eve {EVIL} <eve@example.org>",),
    )
