# SPDX-License-Identifier: GPL-2.0-only
"""One piece of storage."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class AbstractLocation:
    """One piece of storage that may hold pages.

    `kind` is local, global, member, result or unknown. `scope` is `path#ordinal` of the function
    for local and result, the folder for global, the path for unknown, the struct tag for
    member. `name` is the variable, the member path, or the number of the call.
    """

    kind: str
    scope: str
    name: str

    def __str__(self) -> str:
        if self.kind == "member":
            return f"struct {self.scope}.{self.name}"
        if self.kind == "result":
            return "the result"
        return self.name.split("#")[0]
