# SPDX-License-Identifier: GPL-2.0-only
"""Locates the data files of the tool: semantic patches, profiles, templates."""

from __future__ import annotations

from pathlib import Path

from migrate.base.errors import Refusal

_PACKAGE = Path(__file__).resolve().parent.parent


def data_folder(name: str) -> Path:
    """The folder `name` ("cocci"): inside an installed package, else at the top of a checkout.

    Raises a :class:`Refusal` if it is in neither place, because the installation is damaged.
    """
    for parent in (_PACKAGE / "data", _PACKAGE.parent):
        if (parent / name).is_dir():
            return parent / name
    raise Refusal(
        f"The data folder '{name}' of gup-migrate is missing.",
        "Install the package again: pip install --force-reinstall gup-migrate",
    )
