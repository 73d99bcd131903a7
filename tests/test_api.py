# SPDX-License-Identifier: GPL-2.0-only
"""What can be imported from `migrate`, and the example of docs/api.md."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import migrate
from migrate.runs.asked import Asked, recall
from migrate.runs.workspace import open_workspace
from scripts.transcripts import performed
from tests.test_house_rules import PROJECT

DOCUMENT = PROJECT / "docs" / "api.md"


def test_the_example_prints_what_it_says(tmp_path: Path) -> None:
    text = DOCUMENT.read_text()
    assert text.count("```python") == text.count("```text") == 1
    assert performed(text, tmp_path / "home") == text, "type: python -m scripts.transcripts"


@pytest.mark.parametrize("name", migrate.__all__)
def test_every_name_is_there_and_documented(name: str) -> None:
    found = getattr(migrate, name)
    if name == "__version__":
        return
    assert inspect.getdoc(found)
    if inspect.isfunction(found):
        hints = inspect.signature(found)
        assert hints.return_annotation is not inspect.Signature.empty
        assert inspect.Parameter.empty not in {p.annotation for p in hints.parameters.values()}
        assert f"`{name}(" in DOCUMENT.read_text() or name.startswith("read_")


def test_names_and_types_agree() -> None:
    """What type checkers are told is what `__getattr__` gives."""
    told = re.findall(r"from (\S+) import (\w+) as \2", inspect.getsource(migrate))
    assert {name: module for module, name in told} == migrate._HOME


def test_importing_the_package_loads_nothing() -> None:
    code = "import sys, migrate; print(*[m for m in sys.modules if m.startswith('migrate')])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["migrate"]


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nothing_such"):
        _ = migrate.nothing_such


def test_run_does_what_the_command_does(mini: Path, tmp_path: Path) -> None:
    job = migrate.run(mini, until="classify", workspace=tmp_path / "workspace")
    assert len(job.scan.acquires) > 20
    assert len(job.classification.verdicts) == len(job.pairing.groups)
    assert (tmp_path / "workspace" / "scan.json").exists()
    place = open_workspace(mini, "vaddr-pin", tmp_path / "workspace")
    assert recall(place) == Asked({}, {}), "so that status tells of this run"
    with pytest.raises(migrate.Refusal, match="inside the checkout"):
        migrate.run(mini, output=mini / "out")
