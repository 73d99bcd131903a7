# SPDX-License-Identifier: GPL-2.0-only
"""Commits on a real kernel, built with gcc for four architectures: planted errors and only they."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from migrate.delivery.model import BuildReport, BuildStatus
from migrate.kernel.kbuild.routes import Kbuild
from migrate.kernel.tree import Tree
from tests.delivery.builds.test_branch import World

HOST, QUEUE = (f"drivers/misc/vmw_vmci/vmci_{name}.c" for name in ("host", "queue_pair"))
HEADER = "drivers/misc/vmw_vmci/vmci_context.h"
ENCLAVES = "drivers/virt/nitro_enclaves/ne_misc_dev.c"
BCM = "drivers/misc/bcm-vk/bcm_vk_sg.c"
GRU = "drivers/misc/sgi-gru/grufault.c"
PARENT_MAKEFILE = "drivers/staging/media/atomisp/pci/hmm/hmm_bo.c"
KVM = "virt/kvm/kvm_main.c"
E500 = "arch/powerpc/kvm/e500_mmu.c"
FREESCALE = "drivers/virt/fsl_hypervisor.c"
BOOK3S = "arch/powerpc/kvm/book3s_64_mmu_hv.c"
S390 = "arch/s390/kvm/interrupt.c"
ARM64 = "arch/arm64/kernel/mte.c"
UPROBES = "kernel/events/uprobes.c"
FAST = ("get_user_pages_fast", "pin_user_pages_fast")
GOOD = (ENCLAVES, GRU, PARENT_MAKEFILE, KVM, E500, FREESCALE, BOOK3S, S390, ARM64)


@dataclass
class Built:
    world: World
    commits: dict[str, str]
    report: BuildReport


def replaced(world: World, path: str, old: str, new: str) -> None:
    file = world.tree / path
    text = file.read_text()
    assert re.search(rf"\b{old}\b", text), f"{path} has no {old}"
    file.write_text(re.sub(rf"\b{old}\b", new, text))


@pytest.fixture
def built(linux: Path, kernel_copy: Callable[[Path], Path], tmp_path: Path) -> Built:
    world = World(kernel_copy(linux), tmp_path / "room")
    commits = {}
    world.append(HEADER, "struct vmci_ctx *vmci_ctx_extra(void);\n")
    commits[HEADER] = world.commit()
    for path in (HOST, QUEUE):
        replaced(world, path, *FAST)
    commits[HOST] = world.commit()
    for path in GOOD:
        if path == PARENT_MAKEFILE and "put_page(" not in (world.tree / path).read_text():
            continue  # since 6.5 its pages are pinned
        replaced(world, path, "put_page", "unpin_user_page")
        commits[path] = world.commit()
    replaced(world, BCM, "get_user_pages_fast", "pin_user_pages_faster")
    commits[BCM] = world.commit()
    world.append(UPROBES, "static int planted(void) { return 1; }\n")
    commits[UPROBES] = world.commit()
    return Built(world, commits, world.build())


def test_planted_errors_and_only_they_are_found(built: Built) -> None:
    world, commits = built.world, built.commits
    good = [p for p in GOOD if p in commits]
    found = {(o.commit, o.path): o for o in built.report.objects}

    assert {p: found[commits[p], p].status for p in good} == dict.fromkeys(good, BuildStatus.BUILT)
    arch = {p: found[commits[p], p].arch for p in good}
    assert {p for p in good if arch[p] == "x86_64"} | {PARENT_MAKEFILE} == {
        *(ENCLAVES, GRU, PARENT_MAKEFILE, KVM)
    }
    assert {p for p in good if arch[p] == "powerpc"} == {E500, FREESCALE, BOOK3S}
    assert (arch[S390], arch[ARM64]) == ("s390", "arm64")

    error = found[commits[BCM], BCM]
    assert error.status is BuildStatus.FAILED and "pin_user_pages_faster" in error.output
    warning = found[commits[UPROBES], UPROBES]
    assert warning.status is BuildStatus.WARNED and "planted" in warning.output
    bad = [o for o in built.report.objects if o.status is not BuildStatus.BUILT]
    assert bad == [error, warning] or bad == [warning, error]

    includers = {path for commit, path in found if commit == commits[HEADER]}
    assert includers == {HOST, QUEUE}

    again = world.build()
    assert world.compiled() == []
    assert [o.status for o in again.objects] == [o.status for o in built.report.objects]

    replaced(world, UPROBES, "planted", "planted_again")
    world.git("commit", "-q", "-a", "--amend", "--no-edit")
    edited = world.build()
    assert [c for c in world.compiled() if "uprobes" in c] == world.compiled() != []
    assert [o.status for o in edited.objects] == [o.status for o in built.report.objects]


def test_objects_of_a_real_kernel_have_owners(each_linux: Path) -> None:
    """Nearly every C file below these folders; the rest are programs and included parts."""
    kbuild = Kbuild(Tree(each_linux, "HEAD"))
    sources = [
        p
        for p in kbuild.tree.files
        if p.endswith(".c") and p.startswith(("mm/", "drivers/infiniband/", "arch/powerpc/kvm/"))
    ]
    lost = [p for p in sources if not kbuild.owners(p)]
    assert len(sources) > 500
    assert len(lost) < len(sources) / 50, lost
