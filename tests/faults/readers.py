# SPDX-License-Identifier: GPL-2.0-only
"""Everything that reads what somebody else wrote, each with a sample and what it stumbled over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from migrate.analysis.acquires.finder import find_acquires
from migrate.analysis.acquires.slices import sliced
from migrate.analysis.contracts.read import read_contracts
from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.frontend.macros import macro_bodies
from migrate.analysis.frontend.syntax import members_set
from migrate.analysis.frontend.syntax import parse as parse_c
from migrate.analysis.ir.facts import extract
from migrate.analysis.model import Scan
from migrate.analysis.verdicts.decisions import read_decisions
from migrate.base.data import data_folder
from migrate.base.stores import lock
from migrate.base.stores import stage_file as stored
from migrate.delivery.builds.diagnostics import diagnostics, news
from migrate.delivery.commits.since import _parse as parse_diff
from migrate.delivery.commits.trailers import _mails, _whole_text, trailer_lines
from migrate.delivery.compile.dependencies import read_dependencies
from migrate.delivery.compile.make import MakeRun, _split
from migrate.kernel.kbuild.expression import parse_expression
from migrate.kernel.kbuild.kconfig_file import parse as parse_kconfig
from migrate.kernel.kbuild.makefiles import parse as parse_makefile
from migrate.kernel.people.mailmap import parse_mailbox, parse_mailmap
from migrate.kernel.people.maintainers import parse_maintainers
from migrate.kernel.people.recipients import read_answer
from migrate.kernel.signatures import read_signatures
from migrate.rewrite.profile.profiles import load_profile
from migrate.rewrite.text.tokens import call_at, tokenize
from tests.analysis.memory import tree_of
from tests.shapes.world import SHAPES


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


FAMILY = read_signatures(tree_of({}))
SAMPLES = [path.read_bytes() for path in sorted(SHAPES.glob("[0-9et]*/**/*.c"))]
"""C of every shape."""


def facts(data: bytes, _: Path) -> None:
    """All that is read from one C file on its own; twice, and nothing but that may come of it."""
    assert all_facts(data) == all_facts(data)


def all_facts(data: bytes) -> str:
    source = parse_c("drivers/x/a.c", data)
    found = find_acquires(source, FAMILY)
    functions = [extract(source, function) for function in source.functions]
    names = tuple(FAMILY) + knowledge().releases
    bodies = [list(macro_bodies(source, f.function.name)) for f in functions]
    members = [list(members_set(source, call.name)) for f in functions for call in f.calls]
    tokens = tokenize(source)
    calls = [call_at(tokens, number) for number in range(len(tokens))]
    return repr((found, functions, bodies, members, tokens, calls, sliced(source, names)))


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
    "contracts": Reader(
        file("c.toml", read_contracts),
        b'[[contract]]\nfunction = "f"\nargument = 1\ndoes = "reads"\nwhy = "it is mine"\n',
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
    "C": Reader(facts, b"\n".join(s for s in SAMPLES if b"#if" in s)),
}


FOUND_BY_FUZZING = {
    "Kconfig": [b"config A\n\tdepends on " + b"(" * 600],
    "expression": [b"!" * 2000 + b"A", b"(" * 600 + b"A"],
}
"""What a reader once stumbled over; each is read in every run."""
