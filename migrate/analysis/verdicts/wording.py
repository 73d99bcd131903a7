# SPDX-License-Identifier: GPL-2.0-only
"""The English text for results of the analysis: the only module that makes sentences of gaps and
edges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from migrate.analysis.edges import Edge, EdgeKind
from migrate.analysis.gaps import FOREIGN_SOURCES, OF_FINDERS, UNKNOWN_SOURCES, Gap, GapKind
from migrate.analysis.verdicts.gap_words import WORDING

STEPS: Mapping[EdgeKind, str] = {
    EdgeKind.ACQUIRED: "acquired into {target}",
    EdgeKind.COPIED: "{source} -> {target}",
    EdgeKind.ALIASED: "{target} is an alias of {source}",
    EdgeKind.POINTS: "points into {target}",
    EdgeKind.PASSED: "passed to {function}()",
    EdgeKind.PUT: "{function}() puts it into {target}",
    EdgeKind.FILLED: "filled by {function}()",
    EdgeKind.RETURNED: "returned by {function}()",
}
"""Every kind of edge; a test checks that none is missing."""


def step(edge: Edge) -> str:
    """The next step of the pages, in one line."""
    return STEPS[edge.kind].format(source=edge.source, target=edge.target, function=edge.function)


def words(gap: Gap) -> str:
    """The gap in one line, without a full stop."""
    return _filled(template(gap.kind), gap)


def why(gap: Gap) -> str:
    """The same without the place, for a call that a finder skips; for a source of pages without
    saying that it is one."""
    return _filled(WORDING[gap.kind].sentence, gap)


def template(kind: GapKind) -> str:
    """The line for a kind, with the names of fields in it."""
    sentence = WORDING[kind].sentence
    if kind in OF_FINDERS:
        return f"{sentence} ({{at}})"
    if kind in FOREIGN_SOURCES:
        return f"a release drops pages from elsewhere: {sentence} at {{at}}"
    if kind in UNKNOWN_SOURCES:
        return f"a release may drop pages from elsewhere: {sentence} ({{at}})"
    return sentence


def _filled(text: str, gap: Gap) -> str:
    return text.format(
        at=gap.place,
        path=gap.place.path if gap.place is not None else "",
        callee=f"{gap.function}()" if gap.function else "a function pointer",
        subject=gap.subject,
        function=gap.function,
        other=gap.other,
    )


def sentences(gaps: Iterable[Gap]) -> tuple[str, ...]:
    """Each gap in one line; equal lines are given once."""
    return tuple(dict.fromkeys(words(gap) for gap in gaps))
