# SPDX-License-Identifier: GPL-2.0-only
"""`python -m scripts.transcripts`: run what README.md and docs/api.md show, write what comes out.

The commands run in a home folder of their own that holds the miniature kernel as `linux`.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
DOCUMENTS = ("README.md", "docs/api.md")
_WHEN = "2024-01-01T00:00:00+00:00"
_CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.M | re.S)
_PYTHON = re.compile(r"(^```python\n(.*?)^```$.*?^```text\n)(.*?)(^```$)", re.M | re.S)


def performed(text: str, home: Path) -> str:
    """`text` with the output of each of its examples as it is now; `home` is an empty folder."""
    env = home_with_kernel(home)
    text = _CONSOLE.sub(lambda m: f"```console\n{_session(m[1], home, env)}```", text)
    return _PYTHON.sub(
        lambda m: m[1] + output_of([sys.executable, "-c", m[2]], home, env) + m[4], text
    )


def home_with_kernel(home: Path) -> dict[str, str]:
    """Make `home` with the miniature kernel in it; the environment to work there."""
    env = _environment(home)
    _import_kernel(home / "linux", env)
    return env


def lasting(text: str) -> str:
    """`text` without what differs from run to run, or with the compilers of the machine."""
    text = re.sub(r"^(of these built|objects) .*$", r"\1", text, flags=re.M)
    return re.sub(r"\b\d+(\.\d+)? s\b|\b\d+ min \d+ s\b", "N s", text)


def _session(text: str, home: Path, env: dict[str, str]) -> str:
    commands = [line[2:] for line in text.splitlines() if line.startswith("$ ")]
    return "".join(
        f"$ {command}\n{output_of(['bash', '-c', command], home, env)}" for command in commands
    )


def output_of(command: list[str], home: Path, env: dict[str, str]) -> str:
    """What `command` prints on standard output, with `home` as ~; it has to succeed."""
    done = subprocess.run(command, cwd=home, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{shlex.join(command)}: exit code {done.returncode}\n{done.stderr}")
    return done.stdout.replace(str(home), "~").lstrip("\n")


def _environment(home: Path) -> dict[str, str]:
    """Nothing of the user's own, and `gup-migrate` as it is in this checkout."""
    tools = home / ".tools"
    tools.mkdir(parents=True)
    program = tools / "gup-migrate"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m migrate "$@"\n')
    program.chmod(0o755)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "XDG_", "MAKE"))}
    return kept | {
        "HOME": str(home),
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(PROJECT),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_DATE": _WHEN,
        "GIT_COMMITTER_DATE": _WHEN,
    }


def _import_kernel(tree: Path, env: dict[str, str]) -> None:
    shutil.copytree(PROJECT / "kernel-fixtures" / "mini", tree)
    for arguments in (
        ("init", "-q", "-b", "main"),
        ("config", "--global", "user.name", "Kim Demo"),
        ("config", "--global", "user.email", "kim@example.org"),
        ("add", "-A", "-f"),
        ("commit", "-q", "-m", "Import the miniature kernel"),
    ):
        subprocess.run(["git", *arguments], cwd=tree, env=env, check=True)


def main() -> None:
    for name in DOCUMENTS:
        path = PROJECT / name
        with tempfile.TemporaryDirectory() as folder:
            old = path.read_text(encoding="utf-8")
            new = performed(old, Path(folder).resolve() / "home")
        if lasting(old) != lasting(new):
            path.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
