# SPDX-License-Identifier: GPL-2.0-only
"""Completion in a real bash, with the script that `--show-completion bash` prints."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from migrate.rewrite.profile.profiles import profile_names
from tests.test_house_rules import PROJECT

COMPLETE = """\
eval "$(gup-migrate --show-completion bash)"
COMP_WORDS=({words})
COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_gup_migrate_completion gup-migrate
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "gup-migrate"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m migrate "$@"\n')
    program.chmod(0o755)
    return folder


def complete(tools: Path, words: str) -> list[str]:
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "--norc", "-c", COMPLETE.format(words=words)],
        env=os.environ | {"PATH": path, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("gup-migrate cl", ["classify", "clean"]),
        ("gup-migrate run --pro", ["--profile"]),
        ("gup-migrate run --profile pin", ["pin-user-pages"]),
        ("gup-migrate run --profile ''", list(profile_names())),
        ("gup-migrate frob", []),
    ],
)
def test_bash_completes(tools: Path, words: str, expected: list[str]) -> None:
    assert sorted(complete(tools, words)) == sorted(expected)


def test_every_command_is_offered(tools: Path) -> None:
    offered = complete(tools, "gup-migrate ''")
    assert {"run", "scan", "explain", "audit", "doctor"} <= set(offered)
