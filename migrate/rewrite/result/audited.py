# SPDX-License-Identifier: GPL-2.0-only
"""The rewrite with the audit of its result: groups that fail it are rolled back completely."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from migrate.analysis.acquires.spatch import DEFAULT_TIMEOUT
from migrate.analysis.model import Classification
from migrate.base.progress import Progress, silent
from migrate.kernel.tree import Tree
from migrate.rewrite.groups.engine import Converted, rewrite
from migrate.rewrite.model import GroupFailure, Rewrite
from migrate.rewrite.profile.model import Profile
from migrate.rewrite.result.audit import audit_result


def rewrite_audited(
    tree: Tree,
    classification: Classification,
    profile: Profile,
    subsystem_of: Callable[[str], str],
    *,
    comments: bool = True,
    timeout: float = DEFAULT_TIMEOUT,
    jobs: int = 1,
    progress: Progress = silent,
) -> Rewrite:
    """Like `rewrite()` of the engine, without the groups that fail the audit of the result; these
    are among the failures.

    Groups edit the result of earlier groups, so without one of them, all that may share its files
    are rewritten again.
    """
    found: list[GroupFailure] = []
    known: dict[tuple[str, ...], Converted] = {}
    while True:
        again = f", without {len(found)} that failed" if found else ""
        result = rewrite(
            tree,
            classification.left_manual({f.group: f.reason for f in found}, "rewrite"),
            profile,
            subsystem_of,
            comments=comments,
            timeout=timeout,
            jobs=jobs,
            known=known,
            progress=partial(progress, f"groups edited{again}"),
        )
        fresh = audit_result(tree, classification, result, profile, jobs, progress)
        if not fresh:
            return replace(result, failures=(*result.failures, *found))
        found += fresh
