# SPDX-License-Identifier: GPL-2.0-only
"""`python -m scripts.transcripts [--tree LINUX-6.1]`: run what docs/api.md shows, and with a kernel
what README.md shows, and write what comes out.

The commands run in a home folder of their own. `linux` in it is the miniature kernel for
docs/api.md, a clone of the given kernel for README.md, whose figures are those of Linux 6.1 as
`python -m scripts.kernel_tree 6.1` unpacks it.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
ON_MINIATURE, ON_KERNEL = "docs/api.md", "README.md"
DOCUMENTS = (ON_KERNEL, ON_MINIATURE)
_WHEN = "2024-01-01T00:00:00+00:00"
_CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.M | re.S)
_PYTHON = re.compile(r"(^```python\n(.*?)^```$.*?^```text\n)(.*?)(^```$)", re.M | re.S)


def performed(text: str, home: Path, tree: Path | None = None) -> str:
    """`text` with the output of each of its examples as it is now; `home` is an empty folder, and
    `tree` the kernel to take for `linux`, the miniature one where it is None."""
    env = home_with_kernel(home, tree)
    text = _CONSOLE.sub(lambda m: f"```console\n{_session(m[1], home, env)}```", text)
    return _PYTHON.sub(
        lambda m: m[1] + output_of([sys.executable, "-c", m[2]], home, env) + m[4], text
    )


def home_with_kernel(home: Path, tree: Path | None = None) -> dict[str, str]:
    """Make `home` with the miniature kernel in it, or a clone of `tree`; the environment to work
    there."""
    env = _environment(home)
    _configure(env)
    if tree is None:
        _import_kernel(home / "linux", env)
    else:
        _git(["clone", "-q", "--shared", "--no-checkout", str(tree), str(home / "linux")], env)
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


def _configure(env: dict[str, str]) -> None:
    for key, value in (("user.name", "Kim Demo"), ("user.email", "kim@example.org")):
        _git(["config", "--global", key, value], env)


def _import_kernel(tree: Path, env: dict[str, str]) -> None:
    shutil.copytree(PROJECT / "kernel-fixtures" / "mini", tree)
    for arguments in (
        ["init", "-q", "-b", "main"],
        ["add", "-A", "-f"],
        ["commit", "-q", "-m", "Import the miniature kernel"],
    ):
        _git(["-C", str(tree), *arguments], env)


def _git(arguments: list[str], env: dict[str, str]) -> None:
    subprocess.run(["git", *arguments], env=env, check=True)


def _write(name: str, tree: Path | None) -> None:
    path = PROJECT / name
    with tempfile.TemporaryDirectory() as folder:
        old = path.read_text(encoding="utf-8")
        new = performed(old, Path(folder).resolve() / "home", tree)
    if lasting(old) != lasting(new):
        path.write_text(new, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tree", type=Path, help="Linux 6.1 in git, for README.md")
    parser.add_argument("--only-tree", action="store_true", help="leave docs/api.md alone")
    given = parser.parse_args()
    if not given.only_tree:
        _write(ON_MINIATURE, None)
    if given.tree:
        _write(ON_KERNEL, given.tree.resolve())


if __name__ == "__main__":
    main()
