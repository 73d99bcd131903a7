# SPDX-License-Identifier: GPL-2.0-only
"""Pin groups made by hand, for tests of rules and verdicts."""

from __future__ import annotations

from migrate.analysis.gaps import Gap, GapKind
from migrate.analysis.model import (
    Acquire,
    Evidence,
    PinGroup,
    Place,
    Release,
    Trait,
    TraitKind,
    Use,
    UseKind,
)

PATH = "drivers/demo/demo.c"
GAP = Gap(GapKind.ON_A_LIST, Place(PATH, 12, 1))


def gaps_of(group: PinGroup) -> list[str]:
    """What could not be followed of `group`, one line each."""
    return [brief(gap) for gap in group.gaps]


def brief(gap: Gap) -> str:
    """The fields of `gap` that are there, in their order."""
    place = str(gap.place or "")
    return " ".join(filter(None, (gap.kind, place, gap.subject, gap.function, gap.other)))


def acquire(line: int = 10, name: str = "get_user_pages_fast", function: str = "get") -> Acquire:
    """A call of `name` in `function`."""
    roles = ("start", "nr_pages", "gup_flags", "pages")
    arguments = ("start", "1", "FOLL_WRITE", "&page")
    return Acquire(Place(PATH, line, 1), function, name, arguments, roles, f"{name}(...);")


def release(line: int = 20, function: str = "put") -> Release:
    return Release(Place(PATH, line, 1), function, "put_page", False, "", "put_page(page);")


def use(kind: UseKind, text: str = "used(page);", line: int = 15, path: str = PATH) -> Use:
    return Use(Place(path, line, 1), "get", kind, text)


def trait(kind: TraitKind, subject: str = "") -> Trait:
    return Trait(kind, Evidence(Place(PATH, 10, 1), kind.value, "evidence;"), subject)


def group(
    *kinds: UseKind | TraitKind,
    acquires: tuple[Acquire, ...] = (acquire(),),
    releases: tuple[Release, ...] = (release(),),
    gaps: tuple[Gap, ...] = (),
    structs: tuple[str, ...] = (),
    more: tuple[Trait | Use, ...] = (),
) -> PinGroup:
    """A group with the uses and traits of `kinds`, and those of `more` as they are."""
    uses = [use(k) for k in kinds if isinstance(k, UseKind)]
    traits = [trait(k) for k in kinds if isinstance(k, TraitKind)]
    return PinGroup(
        f"{PATH}:get",
        acquires,
        releases,
        (*uses, *(u for u in more if isinstance(u, Use))),
        (),
        gaps,
        (*traits, *(t for t in more if isinstance(t, Trait))),
        structs,
    )
