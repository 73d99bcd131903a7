# SPDX-License-Identifier: GPL-2.0-only
"""Which configurations are made on the way to a route: as few as will do."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from migrate.delivery.builds import routes
from migrate.delivery.builds.routes import Router
from migrate.delivery.compile.folder import Config
from migrate.delivery.compile.jobs import JobServer
from migrate.delivery.compile.model import BuildOptions, Recipe, Unit
from migrate.kernel.kbuild.toolchains import Architecture, Choice, Toolchain
from migrate.kernel.tree import Tree

TREE = {
    "Makefile": "drivers-y += drivers/ mm/\n",
    "arch/x86/Kconfig": "config X86\n\tdef_bool y\nconfig MMU\n\tdef_bool y\n",
    "arch/powerpc/Makefile": "core-y += arch/powerpc/kvm/\n",
    "arch/powerpc/kvm/Makefile": "obj-$(CONFIG_KVM_BOARD) += board.o\n",
    "arch/powerpc/kvm/board.c": "int board;\n",
    "arch/powerpc/Kconfig": "config PPC\n\tdef_bool y\nconfig SOC\n\tbool\n"
    'config MMU\n\tbool "mmu"\n'
    'choice\nconfig CPU_SERVER\n\tbool "server"\nconfig CPU_BOARD\n\tbool "board"\n'
    "\tselect SOC\nendchoice\n"
    'config VIRT\n\tbool "virt"\n'
    'config KVM_BOARD\n\tbool "kvm"\n\tdepends on SOC && VIRT\n',
    "drivers/Makefile": "obj-$(CONFIG_SOC_HV) += soc_hv.o\n",
    "mm/Makefile": "mmu-y := nommu.o\nmmu-$(CONFIG_MMU) := mmu.o\nobj-y += $(mmu-y)\n",
    "mm/nommu.c": "int nommu;\n",
    "drivers/soc_hv.c": "int soc_hv;\n",
    "drivers/Kconfig": 'config SOC_HV\n\ttristate "hv"\n\tdepends on SOC\n',
    # The first sets more of what is asked for, but is another kind of machine.
    "arch/powerpc/configs/ppc64_defconfig": "CONFIG_VIRT=y\nCONFIG_CPU_SERVER=y\n",
    "arch/powerpc/configs/tiny_defconfig": "# CONFIG_MMU is not set\n",
    "arch/powerpc/configs/board_defconfig": "CONFIG_CPU_BOARD=y\nCONFIG_SOC_HV=m\n",
}
CONFIGS = {
    "tiny_defconfig": {"PPC": "y"},
    "allmodconfig": {"MMU": "y", "PPC": "y", "CPU_SERVER": "y", "VIRT": "y"},
    "ppc64_defconfig": {"MMU": "y", "PPC": "y", "CPU_SERVER": "y", "VIRT": "y"},
    "board_defconfig": {"MMU": "y", "PPC": "y", "CPU_BOARD": "y", "SOC": "y", "SOC_HV": "m"},
}


@dataclass
class Folders:
    """Configurations made without make: those above, with the wishes of the recipe set."""

    made: list[str] = field(default_factory=list)

    def folder(self, toolchain: Toolchain, recipe: Recipe) -> Any:
        folders = self

        class Folder:
            def config(self, _server: JobServer) -> Config:
                name = toolchain.arch.name
                folders.made.append(f"{name} {recipe.name}")
                base = CONFIGS[recipe.base] if name == "powerpc" else {"X86": "y", "MMU": "y"}
                return Config("sum", base | dict(recipe.wishes))

        return Folder()


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    for path, text in TREE.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    for args in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "x"]):
        subprocess.run(["git", "-C", str(tmp_path), *args], check=True)

    def installed(arch: Architecture, _choice: Choice) -> Toolchain | None:
        return Toolchain(arch, "", "gcc", "1", "gcc 1")

    monkeypatch.setattr(routes, "find_toolchain", installed)
    return Tree(tmp_path, "HEAD")


def test_the_kind_of_machine_that_has_it_is_tried_first_and_shared(tree: Tree) -> None:
    """The second object comes to powerpc one round later, and takes what the first one chose."""
    folders = Folders()
    router = Router(tree, folders.folder, BuildOptions(jobs=1))
    found = router.routes(["arch/powerpc/kvm/board.c", "drivers/soc_hv.c"])
    wanted = Recipe("board_defconfig", (("KVM_BOARD", "y"), ("VIRT", "y")))
    for path, found_routes in found.items():
        (unit,) = found_routes
        assert isinstance(unit, Unit) and (unit.arch, unit.recipe) == ("powerpc", wanted), path
    assert sorted(folders.made) == [
        "powerpc allmodconfig",
        "powerpc board_defconfig",
        f"powerpc {wanted.name}",
        "x86_64 allmodconfig",
    ]


def test_a_configuration_that_says_what_is_off_comes_before_guesses(tree: Tree) -> None:
    folders = Folders()
    found = Router(tree, folders.folder, BuildOptions(jobs=1)).routes(["mm/nommu.c"])
    (unit,) = found["mm/nommu.c"]
    assert isinstance(unit, Unit)
    assert (unit.arch, unit.recipe) == ("powerpc", Recipe("tiny_defconfig"))
    assert "powerpc board_defconfig" not in folders.made
