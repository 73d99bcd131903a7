# SPDX-License-Identifier: GPL-2.0-only
"""What hatchling asks when it builds the wheel: the manual page is made then, never by hand."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ManualPage(BuildHookInterface):  # type: ignore[type-arg]
    """Puts gup-migrate.1 where `man` looks for it, below the prefix of the installation."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from scripts.man_page import man_page

        self._folder = Path(tempfile.mkdtemp())
        page = self._folder / "gup-migrate.1"
        page.write_text(man_page(), encoding="utf-8")
        build_data["shared_data"][str(page)] = "share/man/man1/gup-migrate.1"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        del build_data, artifact_path
        if version != "editable":
            shutil.rmtree(self._folder, ignore_errors=True)
