# SPDX-License-Identifier: GPL-2.0-only
"""The lines of a cover letter about the branch at run time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from migrate.delivery.proof.model import GroupProof, Outcome, Proof


def seen_lines(proof: Proof | None, groups: Sequence[str]) -> list[str]:
    """A line for each pair of `groups` that was observed, and for each group that is not proved;
    none if no code of them was executed."""
    found = [p for name in groups if proof and (p := proof.of(name))]
    if all(p.outcome is Outcome.NOT_REACHED for p in found):
        return []
    return [line for p in found for line in _lines(p)]


def _lines(proof: GroupProof) -> Iterator[str]:
    if proof.outcome is Outcome.NOT_REACHED:
        yield f"not reached: {proof.group} ({proof.reason})"
    elif proof.outcome is not Outcome.PROVED:
        yield f"{proof.outcome}: {proof.group} ({proof.reason})"
    else:
        yield from map(str, proof.pairs)
        if proof.missed:
            yield f"did not run: {', '.join(map(str, proof.missed))}"
        yield from map(str, proof.lines)
        if proof.controlled:
            spoiled = ", ".join(dict.fromkeys(str(c.release) for c in proof.controls))
            yield f"when spoiled on purpose, pins stayed or were foreign: {spoiled}"
