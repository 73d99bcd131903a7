# SPDX-License-Identifier: GPL-2.0-only
"""Every command that a document shows can be typed: blocks are run, on the miniature kernel, and
what stands in a sentence is compared with what there is.

A document is a walk through one home folder that holds the miniature kernel as `linux`, and `cocci`
as in this checkout. Its ```sh blocks are run in their order, each from the home folder, and must
succeed. One that cannot be run says why on the line before: <!-- not run: REASON -->. Transcripts
(```console) and Python are for scripts/transcripts.py.
"""

from __future__ import annotations

import importlib.util
import re
import shlex
import subprocess
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer.main

from migrate.analysis.contracts.read import read_contracts
from migrate.analysis.verdicts.decisions import read_decisions
from migrate.cli.main import app
from scripts.transcripts import DOCUMENTS, home_with_kernel
from tests.test_house_rules import PROJECT, text_of, tracked

NAMES = [n for n in tracked() if n.endswith(".md") and n.startswith(("README", "docs/", "CONTRIB"))]
_BLOCK = re.compile(
    r"(?:^ *<!-- not run:(?P<reason>.*?)-->\n)?"
    r"^ *```(?P<kind>\w*)\n(?P<text>.*?)^ *```$",
    re.M | re.S,
)
_PROGRAMS = r"(?:\$ )?(?:gup-migrate|git|make|sh|python3?|pipx?|spatch|b4|cd|sudo|apt-get|dnf) "
KERNELS_OWN = {"coccicheck"}
"""Goals of the kernel's make that the documents speak of."""


@dataclass(frozen=True)
class Block:
    kind: str
    text: str
    reason: str | None


def blocks(text: str) -> Iterator[Block]:
    for found in _BLOCK.finditer(text):
        reason = found["reason"]
        body = textwrap.dedent(found["text"])
        yield Block(found["kind"], body, None if reason is None else reason.strip())


def to_run(name: str) -> list[str]:
    return [b.text for b in blocks(text_of(name)) if b.kind == "sh" and b.reason is None]


@pytest.mark.parametrize("name", [n for n in NAMES if to_run(n)])
def test_the_commands_of_a_document_work(name: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    env = home_with_kernel(home)
    (home / "cocci").symlink_to(PROJECT / "cocci")
    (home / "exercises").symlink_to(PROJECT / "exercises")
    for text in to_run(name):
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text],
            cwd=home,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{text}{done.stdout}"


def test_there_are_commands_to_run() -> None:
    assert {n for n in NAMES if to_run(n)} >= {
        "docs/sending-a-series.md",
        "docs/decisions.md",
        "docs/semantic-patches.md",
    }


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_left_out_without_a_reason(name: str) -> None:
    for block in blocks(text_of(name)):
        if block.reason is not None:
            assert len(block.reason) > 10, block.text
            continue
        if block.kind in ("console", "python"):
            assert name in DOCUMENTS, f"{name}: say why it is not run, or add it to DOCUMENTS"
        if block.kind not in ("sh", "console"):
            assert not re.search(f"^{_PROGRAMS}", block.text, re.M), f"{name}: {block.text}"


@pytest.mark.parametrize("name", NAMES)
def test_commands_stand_in_blocks_that_are_looked_at(name: str) -> None:
    text = _BLOCK.sub("", text_of(name))
    assert re.findall(rf"^ {{4,}}{_PROGRAMS}.*", text, re.M) == []


@pytest.mark.parametrize("name", NAMES)
def test_toml_is_what_a_decisions_file_may_be(name: str, tmp_path: Path) -> None:
    for block in blocks(text_of(name)):
        if block.kind == "toml":
            (tmp_path / "mine.toml").write_text(block.text)
            reads = read_contracts if "[[contract]]" in block.text else read_decisions
            assert reads(tmp_path / "mine.toml")


def inline(text: str) -> Iterator[list[str]]:
    """The commands in sentences and tables, in words."""
    without = _BLOCK.sub("", text).replace("\\|", "|")
    for code in re.findall(r"`([^`]+)`", without):
        if re.match(_PROGRAMS, code):
            yield shlex.split(" ".join(code.split()))


def wrong(words: list[str]) -> str:
    """What in a command does not exist, "" when nothing does or when it is another's."""
    program, *rest = words
    if program == "gup-migrate":
        return _wrong_options(rest)
    if program == "make":
        makefile = text_of("Makefile")
        goals = [w for w in rest if re.fullmatch(r"[a-z]+(-[a-z]+)*", w)]
        known = set(re.findall(r"^([a-z-]+):", makefile, re.M)) | KERNELS_OWN
        return next((goal for goal in goals if goal not in known), "")
    if program.startswith("python") and rest[:1] == ["-m"]:
        return "" if importlib.util.find_spec(rest[1]) else rest[1]
    return ""


def _wrong_options(words: list[str]) -> str:
    group = typer.main.get_command(app)
    name = words[0]
    command = group if name.startswith("-") else group.commands.get(name)  # type: ignore[attr-defined]
    if command is None:
        return name
    known = {o for p in command.params for o in (*p.opts, *p.secondary_opts)} | {"--help"}
    given = [w.partition("=")[0].strip("[]") for w in words if w.lstrip("[").startswith("-")]
    return next((option for option in given if option not in known), "")


@pytest.mark.parametrize("name", NAMES)
def test_commands_in_sentences_exist(name: str) -> None:
    assert [" ".join(words) for words in inline(text_of(name)) if wrong(words)] == []


@pytest.mark.parametrize(
    "command",
    [
        "gup-migrate frob linux",
        "gup-migrate run --frob",
        "gup-migrate scan --decisions mine.toml",
        "make frob",
        "python -m bench.frob",
    ],
)
def test_a_command_that_does_not_exist_is_seen(command: str) -> None:
    assert [w for w in inline(f"See `{command}`.") if wrong(w)]


@pytest.mark.parametrize(
    "command", ["gup-migrate series --reroll --reply", "make test", "python -m bench.faults -x"]
)
def test_a_command_that_exists_is_not(command: str) -> None:
    assert [w for w in inline(f"See `{command}`.") if wrong(w)] == []


def test_blocks_are_found_with_their_reasons() -> None:
    text = "a\n<!-- not run: no time -->\n```sh\nx\n```\n1. b\n\n   ```sh\n   y\n     z\n   ```\n"
    assert list(blocks(text)) == [Block("sh", "x\n", "no time"), Block("sh", "y\n  z\n", None)]
