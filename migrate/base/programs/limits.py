# SPDX-License-Identifier: GPL-2.0-only
"""Limits on the resources of a process, within those that it already has.

Only a process with CAP_SYS_RESOURCE may raise a hard limit, and a user may have set a lower one
(`ulimit -v`, limits.conf, a container).
"""

from __future__ import annotations

import resource


def limit(what: int, most: int, soft: int | None = None, pid: int = 0) -> None:
    """Limit a resource of process `pid`, 0 for this one, to `most`, and its soft limit to `soft` if
    given; a lower hard limit stays. Units are those of setrlimit(2). Raises ProcessLookupError if
    there is no such process."""
    there = resource.prlimit(pid, what)[1]
    hard = most if there == resource.RLIM_INFINITY else min(most, there)
    resource.prlimit(pid, what, (hard if soft is None else min(soft, hard), hard))
