# SPDX-License-Identifier: GPL-2.0-only
"""The last caller outside of mm/ is converted: GUP becomes internal there, and all of it builds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.end_to_end.world import OURS, copy_program, make_few_callers, make_world


@pytest.mark.parametrize("profile", ["vaddr-pin", "pin-user-pages"])
def test_gup_becomes_internal_and_builds(profile: str, tmp_path: Path) -> None:
    world = make_world(tmp_path, copy_program(tmp_path / "code"))
    make_few_callers(world)
    done = world.run("run", "--profile", profile, "--deprecate")
    assert done.returncode == 0, done.stderr
    assert "\n0 of 1 calls of get_user_pages*() outside of mm/ remain.\n" in done.stdout
    tip = f"{OURS}{profile}"
    assert world.git("log", "-1", "--format=%s", tip) == "mm: make get_user_pages*() internal"
    changed = world.git("diff", "--name-only", f"{tip}~1..{tip}").split()
    assert {"include/linux/mm.h", "mm/gup.c", "mm/internal.h"} <= set(changed)
    # Nobody else sees the declarations any more, and no module may call the functions.
    assert not world.git("show", f"{tip}:include/linux/mm.h").count("get_user_pages(")
    assert "EXPORT_SYMBOL(get_user_pages);" not in world.git("show", f"{tip}:mm/gup.c")
    built = json.loads((world.workspace / "profiles" / profile / "build.json").read_text())
    last = world.git("rev-parse", tip)
    of_last = [o for o in built["value"]["objects"] if o["commit"] == last]
    assert {"mm/gup.c"} <= {o["path"] for o in of_last}
    assert {o["status"] for o in of_last} == {"built"}
