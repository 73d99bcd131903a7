# SPDX-License-Identifier: GPL-2.0-only
"""The audit of real kernels: exactly the findings of docs/audit-6.1.md, each judged by hand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]

FREED = {
    ("freed-instead-of-released", "drivers/misc/bcm-vk/bcm_vk_sg.c", "bcm_vk_dma_alloc", 2),
    ("pinned-and-put", "drivers/virt/acrn/vm.c", "acrn_vm_destroy", 1),
}
MIXED = {("pinned-and-put", "net/rds/ib_rdma.c", "__rds_ib_teardown_mr", 1)}


def audited(tree: Path, workspace: Path) -> Any:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "migrate", "audit", str(tree)),
            *("--workspace", str(workspace), "--json"),
        ],
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
        cwd=workspace.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=1200,
    )
    found = json.loads(done.stdout) if done.stdout else None
    assert found is not None, done.stderr
    assert done.returncode == (3 if found["findings"] else 0)
    return found


def counted(found: Any) -> set[tuple[str, str, str, int]]:
    keys = [(f["rule"], f["place"]["path"], f["function"]) for f in found["findings"]]
    return {(*key, keys.count(key)) for key in keys}


def test_linux_6_1(linux_6_1: Path, untouched: Callable[[Path], Path], tmp_path: Path) -> None:
    found = audited(untouched(linux_6_1), tmp_path / "workspace")
    assert counted(found) == FREED | MIXED
    assert found["acquires"] > 80


def test_linux_6_12(linux_6_12: Path, untouched: Callable[[Path], Path], tmp_path: Path) -> None:
    found = audited(untouched(linux_6_12), tmp_path / "workspace")
    assert counted(found) == FREED
