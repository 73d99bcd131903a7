# SPDX-License-Identifier: GPL-2.0-only
"""Limits for programs, below those that the user has set."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import resource
from pathlib import Path
resource.setrlimit(resource.RLIMIT_{what}, ({least}, {least}))
from migrate.base.programs.process import Finished, run
{work}
"""
RUN = """
begin = "read started; ulimit -H -{letter}"  # the limits are there before the input
done = run(["sh", "-c", begin], cwd=Path("/"), timeout=60, stdin=b"yes\\n", {name}={asked})
assert isinstance(done, Finished) and done.ok, done
print(done.stdout.decode().strip())
"""
RENDER = """
from migrate.base.programs.templates import Fill, Templates, fill
theirs = Templates({}, {"x.txt": "a {{ b }}"}, "elsewhere")
print("".join(fill(theirs, [Fill("x.txt", {"b": "word"})], "text")))
"""


def printed(what: str, least: int, work: str) -> str:
    """What a program prints that may not have more than `least` of a resource."""
    text = PROGRAM.format(what=what, least=least, work=work)
    return subprocess.run(
        [sys.executable, "-c", text], check=True, stdout=subprocess.PIPE, text=True
    ).stdout.strip()


@pytest.mark.parametrize(
    ("what", "letter", "name", "unit"),
    [("AS", "v", "memory", 1024), ("CPU", "t", "cpu_seconds", 1)],
)
@pytest.mark.parametrize(("least", "asked"), [(1, 2), (2, 1)])
def test_the_lower_limit_holds(
    what: str, letter: str, name: str, unit: int, least: int, asked: int
) -> None:
    work = RUN.format(letter=letter, name=name, asked=asked << 30)
    assert printed(what, least << 30, work) == str((min(least, asked) << 30) // unit)


@pytest.mark.parametrize(("what", "least"), [("AS", 400 << 20), ("CPU", 20)])
def test_a_template_is_filled_in_within_a_lower_limit(what: str, least: int) -> None:
    assert printed(what, least, RENDER) == "a word"
