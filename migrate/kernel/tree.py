# SPDX-License-Identifier: GPL-2.0-only
"""A kernel checkout at one commit, as in git's objects, regardless of the work tree."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from migrate.base.errors import Refusal
from migrate.base.programs.process import Finished
from migrate.base.stores.git import (
    git_output,
    git_run,
    import_all,
    object_id,
    open_checkout,
    reading,
    refuse_unreadable,
)
from migrate.base.typed import typed
from migrate.kernel.git_searches import FEW_CHANGES, GitSearches
from migrate.kernel.held_parts import HeldParts
from migrate.kernel.words import Word, whole_word
from migrate.kernel.work_tree import read_checked_out

_KERNEL_FILES = ("Makefile", "include/linux/mm.h")
_MANY_FILES = 200
"""Before this many files are read, all ids of the commit are listed at once."""

_NO_OBJECT = "0" * 40

CODE = (".c", ".h", ".S", ".inc", ".rs")
"""The files that may use a function, whatever their language."""

CODE_FILES = tuple(f"*{ending}" for ending in CODE)
"""The same as pathspecs."""

_AT_ONCE = 256
"""Files that are read together."""

_GUP_PROTOTYPE = re.compile(rb"\bget_user_pages\b")


@dataclass(frozen=True)
class Tree:
    """`root` is the user's checkout, `commit` the full id of the commit to be analysed."""

    root: Path
    commit: str
    _blobs: dict[str, bytes | None] = field(default_factory=dict, repr=False, compare=False)
    _given: frozenset[str] = field(default=frozenset(), repr=False, compare=False)
    """The files whose contents were replaced."""
    _held: HeldParts = field(default_factory=HeldParts, repr=False, compare=False)

    def with_files(self, texts: Mapping[str, bytes]) -> Tree:
        """The same commit with other contents of some files, for `read` and `read_many`; `grep`,
        `files` and `folder_id` do not see them."""
        given = self._given | texts.keys()
        return Tree(self.root, self.commit, {**self._blobs, **texts}, given, self._held)

    def forget(self, keeping: Callable[[str], bool]) -> None:
        """Drop the cached contents of files, unless `keeping` is true for them."""
        for path in [p for p in self._blobs if p not in self._given and not keeping(p)]:
            del self._blobs[path]

    def read(self, path: str) -> bytes | None:
        """The contents of `path`, relative to the root; None if the commit has no such file."""
        if path not in self._blobs:
            self.read_many([path])
        return self._blobs.get(path)

    def read_many(self, paths: Iterable[str]) -> dict[str, bytes]:
        """The contents of those of `paths` that exist. Files whose checked-out contents differ from
        the commit come from one `git cat-file --batch`."""
        wanted = list(paths)
        unread = [p for p in dict.fromkeys(wanted) if p not in self._blobs]
        if len(unread) >= _MANY_FILES or "_ids" in self.__dict__:
            unread = [p for p in unread if not self._read_checked_out(p)]
        missing = [p for p in unread if "\n" not in p]
        self._blobs.update({p: self._read_alone(p) for p in unread if "\n" in p})
        if missing:
            answer = git_output(
                ["cat-file", "--batch", "--buffer"],
                cwd=self.root,
                stdin="".join(self._requests(missing)).encode("utf-8", "surrogateescape"),
            )
            with reading("cat-file", self.root):
                self._blobs.update(zip(missing, _batch_contents(answer, len(missing)), strict=True))
        return {p: b for p in wanted if (b := self._blobs.get(p)) is not None}

    def _read_checked_out(self, path: str) -> bool:
        """Try to get the contents without git; returns whether they (or their absence) are
        known."""
        identity = self._ids[0].get(path)
        text = read_checked_out(self.root, path, identity) if identity is not None else None
        if text is not None or identity is None:
            self._blobs[path] = text
        return path in self._blobs

    def _requests(self, paths: Sequence[str]) -> Iterator[str]:
        """The input lines for `git cat-file --batch`."""
        if len(paths) < _MANY_FILES and "_ids" not in self.__dict__:
            yield from (f"{self.commit}:{path}\n" for path in paths)
            return
        # For a path, git reads every folder above it again, which costs more than reading the file.
        ids, _ = self._ids
        yield from (f"{ids.get(path, _NO_OBJECT)}\n" for path in paths)

    def _read_alone(self, path: str) -> bytes | None:
        """The contents that the commit has for `path`, from a git of its own."""
        name = f"{self.commit}:{path}"
        found = git_run(["cat-file", "blob", name], cwd=self.root)
        return found.stdout if isinstance(found, Finished) and found.ok else None

    def _each(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """The path and the contents of those of `paths` that the commit has, without caching."""
        left = list(paths)
        for at in range(0, len(left), _AT_ONCE):
            some = [path for path in left[at : at + _AT_ONCE] if path not in self._given]
            fresh = [path for path in some if path not in self._blobs]
            yield from self.read_many(some).items()
            for path in fresh:
                self._blobs.pop(path, None)
        for path in self._given.intersection(left):
            text = self._read_alone(path)
            if text is not None:
                yield path, text

    def grep(self, words: Sequence[str], pathspecs: Sequence[str] = ("*.c", "*.h")) -> list[str]:
        """The files of the commit that contain one of `words` as a whole word, sorted."""
        found = self.grep_each(words, pathspecs)
        return sorted({path for paths in found.values() for path in paths})

    def grep_each(
        self, words: Sequence[str], pathspecs: Sequence[str] = CODE_FILES
    ) -> dict[str, list[str]]:
        """For each of `words` the files of the commit that contain it as a whole word, sorted."""
        code = set(pathspecs) <= set(CODE_FILES)
        held, where = (self._held, CODE_FILES) if code else (HeldParts(), pathspecs)
        able = {word: held.files(word) for word in dict.fromkeys(words)}
        able |= self._searched([word for word, files in able.items() if files is None], held, where)
        asked: dict[str, list[tuple[str, Word | re.Pattern[bytes]]]] = {}
        for word, paths in able.items():
            for path in paths or ():
                asked.setdefault(path, []).append((word, whole_word(word)))
        found: dict[str, list[str]] = {word: [] for word in able}
        endings = tuple(spec.removeprefix("*") for spec in pathspecs) if code else ("",)
        for path, text in self._each(sorted(p for p in asked if p.endswith(endings))):
            for word, pattern in asked[path]:
                if pattern.search(text) is not None:
                    found[word].append(path)
        return {word: sorted(paths) for word, paths in found.items()}

    def _searched(
        self, words: Sequence[str], held: HeldParts, pathspecs: Sequence[str]
    ) -> dict[str, tuple[str, ...]]:
        """For each of `words` the files that may contain it, by a search of the whole tree."""
        parts = held.parts(words)
        if parts:
            held.learn(parts, self._each(sorted(self._searches.holding(parts, pathspecs))))
        able = {word: held.files(word) if parts else None for word in words}
        left = [word for word, files in able.items() if files is None]
        found = self._searches.holding(left, pathspecs, words=True) if left else ()
        rest = tuple(sorted(found))
        return {word: rest if files is None else files for word, files in able.items()}

    def lines_with(self, texts: Sequence[str], pathspecs: Sequence[str] = ("*.c", "*.h")) -> bytes:
        """The lines of the commit that contain one of `texts`, each after the path of its file and
        a NUL."""
        return self._searches.lines_with(texts, pathspecs)

    @cached_property
    def _searches(self) -> GitSearches:
        return GitSearches(self.root, self.commit)

    def changed_since(self, commit: str) -> frozenset[str] | None:
        """The paths that differ between `commit` and this one; None if there are too many, or the
        repository no longer has that commit."""
        if commit == self.commit:
            return frozenset()
        args = ["diff-tree", "-r", "-z", "--name-only", "--no-renames", commit, self.commit, "--"]
        found = git_run(args, cwd=self.root)
        if not isinstance(found, Finished) or not found.ok:
            return None
        names = found.stdout.decode("utf-8", "surrogateescape").split("\0")
        return frozenset(n for n in names if n) if len(names) <= FEW_CHANGES else None

    def folder_id(self, path: str) -> str:
        """The id of the tree object of folder `path`, "" if the commit has no such folder."""
        return self._ids[1].get(path, "")

    @cached_property
    def _ids(self) -> tuple[dict[str, str], dict[str, str]]:
        """The object ids of all files, and of all folders, by path."""
        listed = git_output(["ls-tree", "-rtz", self.commit], cwd=self.root)
        found: dict[str, dict[str, str]] = {"blob": {}, "tree": {}, "commit": {}}
        with reading("ls-tree", self.root):
            for entry in listed.decode("utf-8", "surrogateescape").split("\0"):
                head, _, name = entry.partition("\t")
                if entry:
                    _, kind, identity = head.split(" ")
                    found[kind][name] = identity
                    if ".." in name and ".." in name.split("/"):
                        raise _leads_out(self.commit, name)
        return found["blob"], found["tree"]

    def exists(self, path: str) -> bool:
        return self.read(path) is not None

    @cached_property
    def files(self) -> tuple[str, ...]:
        """The path of every file of the commit, sorted."""
        return tuple(sorted(self._ids[0]))

    @cached_property
    def version(self) -> tuple[int, int, int]:
        """VERSION, PATCHLEVEL and SUBLEVEL in the top Makefile, for messages and reports only."""
        makefile = (self.read("Makefile") or b"").decode("utf-8", "replace")
        found = dict(re.findall(r"^(VERSION|PATCHLEVEL|SUBLEVEL)\s*=\s*(\d+)", makefile, re.M))
        return tuple(int(found.get(k, 0)) for k in ("VERSION", "PATCHLEVEL", "SUBLEVEL"))  # type: ignore[return-value]


def _leads_out(commit: str, name: str) -> Refusal:
    """The refusal of a commit with `..` in a path: git does not check such a path out."""
    return Refusal(
        f"The commit {commit[:12]} has the path {name!a}, which leads out of the tree.",
        "No kernel has such a path. Find out where the commit is from before you work with it.",
    )


def open_tree(path: Path, revision: str = "HEAD") -> Tree:
    """Open the kernel at `path`; raises a :class:`Refusal` if it is not a kernel checkout with the
    GUP API."""
    root = open_checkout(path)
    wanted = f"{revision}^{{commit}}"
    found = git_run(["rev-parse", "--verify", "--quiet", "--end-of-options", wanted], cwd=path)
    if not isinstance(found, Finished) or not found.ok:
        refuse_unreadable(path)
        raise _no_commit(path, revision)
    commit = object_id(found.stdout, "rev-parse", path)
    tree = Tree(root, commit)
    contents = tree.read_many(_KERNEL_FILES)
    lacking = [name for name in _KERNEL_FILES if name not in contents]
    if lacking:
        raise Refusal(
            f"{path} is not a Linux kernel: {', '.join(lacking)} is missing at {revision}.",
            "Give the top folder of a kernel checkout.",
        )
    if not _GUP_PROTOTYPE.search(contents["include/linux/mm.h"]):
        raise Refusal(
            f"{path} has no get_user_pages() in include/linux/mm.h.",
            "There is nothing to migrate in this tree.",
        )
    return tree


def _no_commit(path: Path, revision: str) -> Refusal:
    see = f"Name one that it has; see them: {typed('git', '-C', path, 'log', '--oneline')}"
    todo = f"Commit the kernel first: {import_all(path)}" if revision == "HEAD" else see
    return Refusal(f"{path} has no commit at {revision}.", todo)


def _batch_contents(answer: bytes, count: int) -> list[bytes | None]:
    """Split the output of `git cat-file --batch` into one body per request."""
    bodies: list[bytes | None] = []
    at = 0
    for _ in range(count):
        end = answer.index(b"\n", at)
        header = answer[at:end].split(b" ")
        at = end + 1
        if len(header) != 3 or header[-1] == b"missing" or not header[-1].isdigit():
            bodies.append(None)
            continue
        size = int(header[-1])
        body = answer[at : at + size]
        if len(body) < size:
            raise ValueError("the answer is cut off")
        bodies.append(body if header[1] == b"blob" else None)
        at += size + 1
    return bodies
