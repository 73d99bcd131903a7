# SPDX-License-Identifier: GPL-2.0-only
"""What the analysis itself is, for results that are kept from one run to the next."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from migrate import analysis

_ABOVE = ("audit", "verdicts")
"""The rooms that only ask of groups that are made."""


@cache
def code_id() -> str:
    """A name for the code of the analysis and its table of kernel functions, but for what asks of
    groups that are made."""
    digest, room = hashlib.sha256(), Path(analysis.__file__).parent
    for path in sorted(room.rglob("*")):
        if path.suffix in (".py", ".toml") and path.relative_to(room).parts[0] not in _ABOVE:
            digest.update(path.read_bytes())
    return digest.hexdigest()
