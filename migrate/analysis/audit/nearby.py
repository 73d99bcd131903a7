# SPDX-License-Identifier: GPL-2.0-only
"""The acquires that a change may have to do with."""

from __future__ import annotations

from collections.abc import Collection

from migrate.analysis.frontend.corpus import Corpus
from migrate.analysis.model import Acquire

_EVERYWHERE = ("include/", "mm/")


def near(
    corpus: Corpus, acquires: tuple[Acquire, ...], changed: Collection[str]
) -> tuple[Acquire, ...]:
    """Those in the drivers that one of the files `changed` belongs to: names that are not public
    are followed no further. All of them when a file that everybody may use is among them."""
    if any(path.startswith(_EVERYWHERE) for path in changed):
        return acquires
    folders = {corpus.scope_folder(path) for path in changed}
    return tuple(a for a in acquires if corpus.scope_folder(a.place.path) in folders)
