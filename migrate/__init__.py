# SPDX-License-Identifier: GPL-2.0-only
"""Migrate the callers of get_user_pages*() in a Linux kernel checkout.

The functions behind the commands can be imported from here; docs/api.md has an example. Modules are
loaded on first use, so that the command line starts quickly.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from migrate.analysis.contract import Contract as Contract
    from migrate.analysis.contracts.read import read_contracts as read_contracts
    from migrate.analysis.verdicts.decisions import Decision as Decision
    from migrate.analysis.verdicts.decisions import read_decisions as read_decisions
    from migrate.api import audit as audit
    from migrate.api import classify as classify
    from migrate.api import explain as explain
    from migrate.api import pair as pair
    from migrate.api import rewrite_groups as rewrite_groups
    from migrate.api import run as run
    from migrate.api import scan as scan
    from migrate.base.errors import Refusal as Refusal
    from migrate.kernel.tree import open_tree as open_tree
    from migrate.rewrite.profile.profiles import load_profile as load_profile

__version__ = "0.1.0"

_HOME = {
    "Contract": "migrate.analysis.contract",
    "Decision": "migrate.analysis.verdicts.decisions",
    "Refusal": "migrate.base.errors",
    "audit": "migrate.api",
    "classify": "migrate.api",
    "explain": "migrate.api",
    "load_profile": "migrate.rewrite.profile.profiles",
    "open_tree": "migrate.kernel.tree",
    "pair": "migrate.api",
    "read_contracts": "migrate.analysis.contracts.read",
    "read_decisions": "migrate.analysis.verdicts.decisions",
    "rewrite_groups": "migrate.api",
    "run": "migrate.api",
    "scan": "migrate.api",
}

__all__ = [*_HOME, "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
