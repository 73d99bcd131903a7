# SPDX-License-Identifier: GPL-2.0-only
"""Small trees in git for the rewrite tests, and groups made of all calls in their files."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from migrate.analysis.frontend.syntax import parse
from migrate.analysis.model import (
    Acquire,
    Action,
    Classification,
    Confidence,
    PinGroup,
    Place,
    Release,
    Verdict,
)
from migrate.kernel.tree import Tree, open_tree
from migrate.rewrite.text.tokens import call_at, tokenize

DATA = Path(__file__).parent / "data"
_ACQUIRES = ("get_user_page", "__get_user_pages")
_RELEASES = frozenset(
    {
        *("folio_put", "folio_release_kmap", "put_page", "put_user_page", "put_user_pages"),
        *("release_pages", "unmap_and_put_page"),
    }
)


def make_tree(folder: Path, version: str, files: Mapping[str, bytes]) -> Tree:
    """A committed tree with the headers of `version` and `files`."""
    contents = {
        "Makefile": b"VERSION = 0\n",
        "MAINTAINERS": b"\n",
        "include/linux/mm.h": (DATA / "headers" / f"{version}.h").read_bytes(),
        "Documentation/core-api/index.rst": (DATA / "sources" / "index.rst").read_bytes(),
    }
    for source in (DATA / "sources").glob(f"{version}.*.c"):
        contents[f"mm/{source.name.removeprefix(version + '.')}"] = source.read_bytes()
    for path, text in (contents | dict(files)).items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text)
    # Fixtures of a module are made before the home that every test has, with its identity.
    who = ("-c", "user.name=Test Author", "-c", "user.email=author@example.org")
    for words in (("init", "-q"), ("add", "-A", "-f"), ("commit", "-q", "-m", "import")):
        subprocess.run(["git", *who, *words], cwd=folder, check=True)
    return open_tree(folder)


class NoCache:
    """A cache that never has anything."""

    def get(self, _key: str) -> str | None:
        return None

    def put(self, _key: str, _value: str) -> None:
        return None


def group_of(name: str, files: Mapping[str, bytes]) -> PinGroup:
    """All acquires and releases of `files`, but for those that a comment says stay."""
    acquires, releases = [], []
    for path, text in sorted(files.items()):
        source = parse(path, text)
        tokens = tokenize(source)
        for number, token in enumerate(tokens):
            called = token.text.decode("utf-8", "replace")
            function = source.function_at(token.start)
            if function is None or call_at(tokens, number) is None or _stays(text, token.start):
                continue
            place = Place(path, token.line, token.column)
            if called.startswith(_ACQUIRES):
                acquires.append(Acquire(place, function.name, called, (), (), ""))
            elif called in _RELEASES:
                releases.append(Release(place, function.name, called, False, "", ""))
    return PinGroup(name, tuple(acquires), tuple(releases), (), (), ())


def classification(tree: Tree, *groups: PinGroup, action: Action = Action.PIN) -> Classification:
    """`groups` with `action` as their verdict."""
    verdicts = tuple(
        Verdict(group.name, action, "5", "test", "", Confidence.HIGH, (), ()) for group in groups
    )
    return Classification(tree.commit, "", groups, verdicts)


def _stays(text: bytes, start: int) -> bool:
    line = text[text.rfind(b"\n", 0, start) + 1 : text.find(b"\n", start)]
    if b"/* stays */" in line:
        return True
    return (
        b"/* second stays */" in line
        and text.count(b"put_page", text.rfind(b"\n", 0, start), start) > 0
    )
