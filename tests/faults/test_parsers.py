# SPDX-License-Identifier: GPL-2.0-only
"""Whatever is in a file that somebody else wrote: it is read, or refused in one line."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from migrate.analysis.verdicts.decisions import read_decisions
from migrate.base.errors import Refusal
from tests.faults.readers import FOUND_BY_FUZZING, READERS, Reader

ODD = (
    *(b"\0", b"\xff\xfe", b"\xc3\x28", b"\xed\xa0\x80", b"\r\n", b"\r", b"\x0c", b"\x1b[31m"),
    *(b"\\", b'"', b"'", b"`id`", b"$(id)", b"../../", b"-", b"--", b"<", b">", b"{{", b"*" * 40),
    *(b"[" * 300, b"(" * 300, b"x" * 20_000, b"\t" * 50, "\u2028\u202e\N{BOM}".encode(), b"%s%n"),
)


@st.composite
def spoiled(draw: st.DrawFn, sample: bytes) -> bytes:
    """`sample` with pieces cut out, moved, doubled, and odd ones put in; or bytes of any kind."""
    if draw(st.integers(0, 5)) == 0:
        return draw(st.binary(max_size=400))
    data = sample
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 12)))
        piece = draw(st.sampled_from((b"", data[start:end] * 2, *ODD, *sample.split())))
        data = data[:start] + piece + data[end:]
    return data


def is_read(reader: Reader, data: bytes) -> bool:
    """Whether `data` is read; if not, it must be refused in one line."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            reader.read(data, Path(folder))
        except Refusal as refusal:
            assert "\n" not in refusal.what and refusal.next_step
            assert not re.search(r"[\x00-\x1f\x7f-\x9f]", refusal.what)
            return False
        return True


@pytest.mark.parametrize("name", READERS)
def test_anything_is_read_or_refused(name: str) -> None:
    reader = READERS[name]

    @settings(suppress_health_check=list(HealthCheck))
    @given(spoiled(reader.sample))
    def check(data: bytes) -> None:
        is_read(reader, data)

    for data in FOUND_BY_FUZZING.get(name, []):
        check = example(data)(check)
    check()


@pytest.mark.parametrize("name", READERS)
def test_the_samples_are_what_the_readers_are_for(name: str, tmp_path: Path) -> None:
    READERS[name].read(READERS[name].sample, tmp_path)


def test_control_characters_of_a_file_do_not_reach_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "d.toml").write_text(
        '[[decision]]\nfile = "a.c"\nverdict = "\\u001b[31mkeep\\n"\nwhy = "x"\n'
    )
    with pytest.raises(Refusal) as refusal:
        read_decisions(tmp_path / "d.toml")
    assert "there is no verdict ' [31mkeep '" in refusal.value.what
