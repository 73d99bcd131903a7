# SPDX-License-Identifier: GPL-2.0-only
"""README.md and the other documents: the transcript is real, and no link leads nowhere."""

from __future__ import annotations

import re

import pytest

from migrate.analysis.model import Action
from migrate.cli.main import app
from scripts.transcripts import lasting
from tests.test_house_rules import PROJECT, tracked

README = PROJECT / "README.md"


def console() -> str:
    (block,) = re.findall(r"^```console\n(.*?)^```$", README.read_text(), re.M | re.S)
    return str(block)


def test_the_transcript_has_every_verdict_on_a_real_kernel() -> None:
    """tests/kernel/test_run.py runs it again."""
    said = re.findall(r"^\S+: (?:note|warning): (\w+)(?: \(CASE \d\))?: ", console(), re.M)
    assert set(said) == {str(action) for action in Action} and "Linux 6.1" in README.read_text()
    commands = [line for line in console().splitlines() if line.startswith("$ ")]
    assert len(commands) == len(said)
    for command in commands:
        assert re.fullmatch(r"\$ gup-migrate explain \S+ linux \| head -n \d", command)


def test_the_readme_is_short() -> None:
    assert len(README.read_text().splitlines()) <= 120


def test_what_differs_from_run_to_run_is_left_out() -> None:
    assert lasting("a  12 s\nb  1.5 s, c  2 min 3 s") == lasting("a  3 s\nb  9 s, c  45 s")
    assert lasting("objects  3 built\nseries  4") == lasting("objects  1 built\nseries  4")
    assert lasting("series  4") != lasting("series  5")


def anchors(text: str) -> set[str]:
    """What a heading is called in an address, the way that forges make it."""
    heads = re.findall(r"^#+ (.*)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("name", [n for n in tracked() if n.endswith(".md")])
def test_links_lead_somewhere(name: str) -> None:
    text = re.sub(r"^```.*?^```", "", (PROJECT / name).read_text(), flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        place = (PROJECT / name).parent / path if path else PROJECT / name
        assert place.exists(), f"{name}: {target}"
        if anchor:
            assert anchor in anchors(place.read_text()), f"{name}: {target}"


def test_every_command_is_in_the_readme() -> None:
    names = {c.name or c.callback.__name__ for c in app.registered_commands if c.callback}
    assert len(names) > 10
    table = set(re.findall(r"^\| `gup-migrate (\w+)", README.read_text(), re.M))
    assert table == names
