# SPDX-License-Identifier: GPL-2.0-only
"""The patches that introduce the API compile, with a user of it, with CONFIG_MMU and without."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from migrate.delivery.model import BuildStatus
from migrate.kernel.tree import open_tree
from migrate.rewrite.api import api_change
from migrate.rewrite.counterparts import Counterparts
from migrate.rewrite.profiles import load_profile
from tests.delivery.test_builds import World

USER = "drivers/virt/nitro_enclaves/ne_misc_dev.c"
RENAMED = {
    "get_user_pages_unlocked": "vaddr_pin_pages_unlocked",
    "FOLL_GET": "FOLL_WRITE",
    "put_page(": "put_user_page(",
}


@pytest.mark.parametrize("kernel", ["linux_6_1", "linux_6_12"])
def test_with_and_without_mmu(
    kernel: str,
    request: pytest.FixtureRequest,
    kernel_copy: Callable[[Path], Path],
    tmp_path: Path,
) -> None:
    world = World(kernel_copy(request.getfixturevalue(kernel)), tmp_path / "room")
    change = api_change(Counterparts(open_tree(world.tree), load_profile("vaddr-pin")))
    assert change.commits
    for files in change.commits:
        for file in files:
            (world.tree / file.path).write_bytes(file.after)
        world.commit()
    user = world.tree / USER
    text = user.read_text()
    for old, new in RENAMED.items():
        assert old in text
        text = text.replace(old, new)
    user.write_text(text)
    world.commit()

    found = {o.path: o for o in world.build().objects}
    assert {"mm/gup.c", "mm/nommu.c", USER} <= set(found)
    wrong = [o for o in found.values() if o.status is not BuildStatus.BUILT]
    assert wrong == []
    assert found["mm/gup.c"].arch == found[USER].arch == "x86_64"
    assert found["mm/nommu.c"].arch != "x86_64", "that has an MMU"
