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

import pytest

from scripts.audit_judgements import read

PROJECT = Path(__file__).resolve().parents[2]


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


def check(found: Any, kernel: str) -> None:
    """Exactly the judged findings, at the judged lines, and four of five of them true."""
    judged = [j for j in read()[1] if j.kernel == kernel]
    seen = [(f["rule"], f["place"]["path"], f["place"]["line"], f["function"]) for f in found]
    assert sorted(seen) == sorted(j.key for j in judged)
    assert sum(j.judged == "true" for j in judged) >= 0.8 * len(judged)


def test_findings(each_linux: Path, untouched: Callable[[Path], Path], tmp_path: Path) -> None:
    kernel = each_linux.name.removeprefix("linux-")
    found = audited(untouched(each_linux), tmp_path / "workspace")
    assert found["acquires"] > 80
    if kernel not in read()[0]["kernels"]:
        pytest.skip(f"nobody has judged the findings on {kernel} yet: {len(found['findings'])}")
    check(found["findings"], kernel)
