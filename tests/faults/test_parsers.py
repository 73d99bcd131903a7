# SPDX-License-Identifier: GPL-2.0-only
"""Whatever is in a file that somebody else wrote: it is read, or refused in one line."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from migrate.analysis.decisions import read_decisions
from migrate.analysis.model import Scan
from migrate.analysis.syntax import parse as parse_c
from migrate.base import lock, stored
from migrate.base.data import data_folder
from migrate.base.errors import Refusal
from migrate.delivery.build_dependencies import read_dependencies
from migrate.delivery.build_diagnostics import diagnostics, news
from migrate.delivery.build_make import MakeRun, _split
from migrate.delivery.since import _parse as parse_diff
from migrate.delivery.trailers import _mails, _whole_text, trailer_lines
from migrate.kernel.expression import parse_expression
from migrate.kernel.kconfig_file import parse as parse_kconfig
from migrate.kernel.mailmap import parse_mailbox, parse_mailmap
from migrate.kernel.maintainers import parse_maintainers
from migrate.kernel.makefiles import parse as parse_makefile
from migrate.kernel.recipients import read_answer
from migrate.rewrite.profiles import load_profile

ODD = (
    *(b"\0", b"\xff\xfe", b"\xc3\x28", b"\xed\xa0\x80", b"\r\n", b"\r", b"\x0c", b"\x1b[31m"),
    *(b"\\", b'"', b"'", b"`id`", b"$(id)", b"../../", b"-", b"--", b"<", b">", b"{{", b"*" * 40),
    *(b"[" * 300, b"(" * 300, b"x" * 20_000, b"\t" * 50, "\u2028\u202e\N{BOM}".encode(), b"%s%n"),
)


@dataclass(frozen=True)
class Reader:
    """`read` takes what is in a file, and an empty folder; `sample` is something to start from."""

    read: Callable[[bytes, Path], object]
    sample: bytes


def text(read: Callable[[str], object]) -> Callable[[bytes, Path], object]:
    return lambda data, _: read(data.decode("utf-8", "surrogateescape"))


def file(name: str, read: Callable[[Path], object]) -> Callable[[bytes, Path], object]:
    def write_and_read(data: bytes, folder: Path) -> object:
        (folder / name).write_bytes(data)
        return read(folder / name)

    return write_and_read


def maintainers(data: bytes, _: Path) -> None:
    paths = ["mm/gup.c", "drivers/a b/x.c", "-x.c", "new\nline.c"]
    found = parse_maintainers(data, paths)
    for path in paths:
        found.matching(path)
        found.subsystem_of(path)
    found.by_keywords([data[:2000]])


def makefile(text: str) -> None:
    found = parse_makefile("drivers/x/Makefile", text, lambda _: "obj-y += deep.o\ninclude a\n")
    for word in ("a.o", "deep.o", *list(found.words())[:5]):
        found.ways(word)


def mails(path: Path) -> None:
    for mail in _mails(path):
        trailer_lines(_whole_text(mail))


def make_output(text: str) -> None:
    run = MakeRun(2, text, 0.0)
    _split(run)
    assert len(run.why) <= 300
    news(text, text[::-1])
    assert news(text, text) == []
    assert all(d.text for d in diagnostics(text))


def dependencies(data: bytes, folder: Path) -> None:
    (folder / ".a.o.cmd").write_bytes(data)
    (folder / ".a.o.d").write_bytes(data)
    for path in read_dependencies(folder, "a.o", folder):
        assert not path.startswith(("/", "../")), "what is outside of the tree is left out"


def stage(path: Path) -> None:
    said: list[str] = []
    if stored.load(path, Scan, said.append) is None and path.exists():
        assert said == []


MAINTAINERS = b"""\
GUP
M:\tA <a@example.org>
R:\t"B, C" <b@example.org>
L:\tlinux-mm@kvack.org (moderated for non-subscribers)
S:\tSupported
F:\tmm/*.c
F:\tdrivers/*/x[abc]?.c
X:\tmm/gup.c
N:\tpin[^a-z]
K:\t\\bget_user_pages\\b

THE REST
M:\tL <l@example.org>
F:\t*
F:\t*/
"""
MBOX = b"""\
From mboxrd@z Thu Jan  1 00:00:00 1970
From: =?utf-8?q?A=2E_B?= <a@example.org>
Subject: Re: [PATCH 1/2] mm: pin
In-Reply-To: <1@example.org>
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

> quoted
Reviewed-by: A. B <a@example.org>
--b--

From mboxrd@z Thu Jan  1 00:00:00 1970
Subject: none
"""
DIFF = b'diff --git a/x b/x\n--- a/x\n+++ "b/a\\303\\244.c"\n@@ -1,2 +1,3 @@ f\n-a\n+b\n+c\n'
READERS = {
    "MAINTAINERS": Reader(maintainers, MAINTAINERS),
    ".mailmap": Reader(
        lambda data, _: parse_mailmap(data).apply(parse_mailbox("A <a@example.org>")),
        b"A <a@example.org> <old@example.org>\n# x\nB <b@example.org> C <c@example.org>\n",
    ),
    "mailbox": Reader(text(parse_mailbox), b'"A, B" <a@example.org>'),
    "answer of get_maintainer.pl": Reader(
        lambda data, _: read_answer(data),
        b'"A, B" <a@example.org> (maintainer:GUP,commit_signer:1/2=50%)\nl@x.org (open list)\n',
    ),
    "decisions": Reader(
        file("d.toml", read_decisions),
        b'[[decision]]\nfile = "mm/gup.c"\nverdict = "keep"\nwhy = "it is mine"\n',
    ),
    "profile": Reader(
        file("profile.toml", lambda path: load_profile(str(path))),
        (data_folder("cocci") / "rewrite/pin-user-pages/profile.toml").read_bytes(),
    ),
    "makefile": Reader(
        text(makefile),
        b"ifdef CONFIG_A\nobj-$(CONFIG_B) += a.o \\\n  b.o\nendif\na-objs := $(c-y)\ninclude x\n",
    ),
    "Kconfig": Reader(
        text(lambda t: list(parse_kconfig("Kconfig", t))),
        b'menu "m"\nconfig A\n\tbool "a"\n\tdepends on (B || !C) && D=y\n\thelp\n\t  x\nendmenu\n',
    ),
    "expression": Reader(text(parse_expression), b"(A || !B) && C = y && (D != m)"),
    "output of make": Reader(
        text(make_output),
        b"  CC [M]  a/b.o\na/b.c: In function 'f':\na/b.c:1:2: warning: odd\nmake: *** [a/b.o] E\n",
    ),
    "dependencies": Reader(dependencies, b"deps_a.o := \\\n  include/b.h \\\n\na.o: a.c /b.h\n"),
    "mbox": Reader(file("mbox", mails), MBOX),
    "diff": Reader(lambda data, _: parse_diff(data), DIFF),
    "stage file": Reader(
        file("scan.json", stage), b'{"inputs": "", "digest": "", "value": {"acquires": []}}'
    ),
    "lock": Reader(file("lock", lock.holder), b'{"pid": 1, "command": "x", "mark": "y"}'),
    "C": Reader(
        lambda data, _: parse_c("a.c", data),
        b"int f(struct page **p)\n{\n\treturn get_user_pages(0, 1, 0, p, NULL);\n}\n",
    ),
}


FOUND_BY_FUZZING = {
    "Kconfig": [b"config A\n\tdepends on " + b"(" * 600],
    "expression": [b"!" * 2000 + b"A", b"(" * 600 + b"A"],
}
"""What a reader once stumbled over; each is read in every run."""


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


@pytest.mark.parametrize("name", READERS)
def test_anything_is_read_or_refused(name: str) -> None:
    reader = READERS[name]

    @settings(suppress_health_check=list(HealthCheck), deadline=None)
    @given(spoiled(reader.sample))
    def check(data: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            try:
                reader.read(data, Path(folder))
            except Refusal as refusal:
                assert "\n" not in refusal.what and refusal.next_step
                assert not re.search(r"[\x00-\x1f\x7f-\x9f]", refusal.what)

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
