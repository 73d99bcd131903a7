# SPDX-License-Identifier: GPL-2.0-only
"""One commit per subsystem, in the tool's own repository: the API first, and last the patches that
prevent new callers.

The same input gives the same commit ids: each commit is dated a second after the one before, the
first one as its caller says or a second after the base commit. Nothing else depends on the day, or
on the user's configuration except for name and address.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from migrate.analysis.model import Classification
from migrate.base.errors import Refusal
from migrate.base.programs.process import Finished
from migrate.base.programs.templates import Templates
from migrate.base.programs.workers import share_out
from migrate.base.progress import Progress, count, silent
from migrate.base.stores.git import git_run
from migrate.base.typed import typed
from migrate.delivery.commits.introduced import fixes_trailer
from migrate.delivery.commits.messages import (
    RULES_DOCUMENT,
    CommitText,
    Conversion,
    api_message,
    describe_group,
    fix_message,
    messages,
    subject,
    subject_of,
)
from migrate.delivery.commits.prefixes import prefix_for
from migrate.delivery.commits.smpl import changes_comments, semantic_patch
from migrate.delivery.commits.text.pin_facts import pin_facts
from migrate.delivery.commits.trailers import Collected, add_trailers
from migrate.delivery.history import describe_patch
from migrate.delivery.model import Branch, Commit
from migrate.delivery.plumbing import (
    NEW_FILE,
    Entry,
    Identity,
    Index,
    commit_date,
    commit_tree,
    entries,
    temporary_index,
    update_ref,
    write_blob,
)
from migrate.kernel.people.maintainers import THE_REST, Maintainers, read_maintainers
from migrate.kernel.tree import Tree
from migrate.rewrite.model import ApiChange, FileChange, Fix, GroupChange, Rewrite

_NOT_IN_A_NAME = re.compile(r"[\x00-\x1f\x7f<>]+")


def user_identity(checkout: Path) -> Identity:
    """user.name and user.email of the user's git; raises a :class:`Refusal` if one is not set."""
    name, email = (_setting(checkout, key) for key in ("user.name", "user.email"))
    for key, value, example in (
        ("user.name", name, "Your Name"),
        ("user.email", email, "you@example.org"),
    ):
        if not value:
            raise Refusal(
                f"git has no {key}, which Signed-off-by needs.",
                f"Set it: {typed('git', 'config', '--global', key, example)}",
            )
    return Identity(name, email)


def make_commits(
    tree: Tree,
    classification: Classification,
    rewrite: Rewrite,
    *,
    repository: Path,
    ref: str,
    identity: Identity,
    maintainers: Maintainers | None = None,
    templates: Templates | None = None,
    collected: Collected | None = None,
    when: str = "",
    smpl: bool = True,
    jobs: int = 1,
    progress: Progress = silent,
) -> Branch:
    """Commit `rewrite` on top of the commit of `tree` and point `ref` of `repository` at it.

    `repository` is the tool's own and sees the user's objects; `templates` may contain a commit.txt
    to replace ours; `collected` are trailers for patches that have not changed since; `when` is the
    date of the first commit in git's form, each further one is a second later, and "" means the
    second after the commit of `tree`; with `smpl` a message shows the semantic patch that makes its
    edit, computed by `jobs` processes. Groups that share a file are in one commit, in the subsystem
    of the first one, so that only commits of the API and fixes touch files of other commits.
    """
    where = maintainers or read_maintainers(tree)
    conversions = _conversions(classification, rewrite)
    document = _document(tree, rewrite)
    with temporary_index(repository) as index:
        index.read(tree.commit)
        chain = _Chain(tree, index, identity, collected or Collected(), when)
        for text, files in _besides(rewrite.api, identity):
            chain.add(text, where.subsystem_of(files[0].path), (), _net(files))
        parts = [part for s, c in _by_subsystem(rewrite.changes) for part in _parts(s, c)]
        converted = [part for part in parts if part.fix is None]
        said: list[CommitText] = []
        shown = _semantic_patches(converted, smpl, jobs, progress)
        for part, patch in zip(converted, shown, strict=True):
            groups = [describe_group(conversions[change.group]) for change in part.changes]
            taken = {text.subject for text in said}
            line = subject(prefix_for(tree, [file.path for file in part.net]), groups, taken)
            comments = bool(patch) and changes_comments(part.net)
            said.append(CommitText(line, groups, _rules(part.changes), patch, comments))
        pins = pin_facts(tree)
        texts = iter(messages(said, identity, document=document, pins=pins, templates=templates))
        for part in parts:
            text = _fix_text(tree, part, identity) if part.fix else next(texts)
            names = tuple(change.group for change in part.changes)
            chain.add(text, part.subsystem, names, part.net, fix=part.fix is not None)
        for text, files in _besides(rewrite.last, identity):
            chain.add(text, where.subsystem_of(files[0].path), (), _net(files), last=True)
    branch = Branch(rewrite.profile, ref, tree.commit, tuple(chain.commits))
    update_ref(repository, ref, branch.tip)
    return branch


@dataclass(frozen=True)
class _Part:
    """The contents of one commit: its changes, and their combined effect on each file, `net`. With
    `fix` it is the fix of the only change, and nothing is converted."""

    subsystem: str
    changes: list[GroupChange]
    net: list[FileChange]
    fix: Fix | None = None


def _parts(subsystem: str, changes: Sequence[GroupChange]) -> Iterator[_Part]:
    """The commits of one subsystem: a fix comes before the other commits that touch its files."""
    waiting: list[GroupChange] = []
    for change in changes:
        for fix in change.fixes:
            yield from _converting(subsystem, waiting)
            waiting = []
            yield _Part(subsystem, [change], _net(fix.files), fix)
        if change.files:
            waiting.append(change)
    yield from _converting(subsystem, waiting)


def _converting(subsystem: str, changes: list[GroupChange]) -> Iterator[_Part]:
    net = _net(file for change in changes for file in change.files)
    if net:
        yield _Part(subsystem, changes, net)


def _fix_text(tree: Tree, part: _Part, identity: Identity) -> str:
    assert part.fix is not None
    line = subject_of(prefix_for(tree, [file.path for file in part.net]), [part.fix.summary])
    return fix_message(line, part.fix, fixes_trailer(tree, part.fix.lines), identity)


def _rules(changes: Iterable[GroupChange]) -> tuple[str, ...]:
    return tuple(sorted({rule for change in changes for rule in change.rules}))


def _semantic_patches(
    parts: Sequence[_Part], smpl: bool, jobs: int, progress: Progress
) -> list[str]:
    """For each commit the semantic patch in its message, or ""."""
    if not smpl:
        return ["" for _ in parts]
    told = count(progress, "semantic patches of messages", len(parts))
    asked = [((part.net, _rules(part.changes)),) for part in parts]
    return share_out("semantic patches", lambda one: semantic_patch(*one[0]), asked, jobs, told)


class _Chain:
    """The commits made so far, and the index with the tree of the last one."""

    def __init__(
        self, tree: Tree, index: Index, identity: Identity, collected: Collected, when: str
    ) -> None:
        self.commits: list[Commit] = []
        self._collected = collected
        self._base = tree.commit
        self._index = index
        self._identity = identity
        based, self._zone = commit_date(index.repository, tree.commit)
        self._seconds = based + 1
        if when:
            # No commit is older than its parent, whatever the clock of the machine says.
            seconds, _, self._zone = when.partition(" ")
            self._seconds = max(self._seconds, int(seconds))

    def add(
        self,
        text: str,
        subsystem: str,
        groups: tuple[str, ...],
        files: Sequence[FileChange],
        *,
        last: bool = False,
        fix: bool = False,
    ) -> None:
        repository = self._index.repository
        parent = self.commits[-1].id if self.commits else self._base
        self._index.put(_changed_entries(repository, parent, files))
        when = f"{self._seconds + len(self.commits)} {self._zone}"
        new_tree = self._index.write()
        made = commit_tree(repository, new_tree, parent, text, self._identity, when)
        if trailers := self._trailers(made):
            text = add_trailers(text, trailers)
            made = commit_tree(repository, new_tree, parent, text, self._identity, when)
        paths = tuple(sorted(file.path for file in files))
        line = text.partition("\n")[0]
        self.commits.append(Commit(made, parent, subsystem, line, groups, paths, last, fix))

    def _trailers(self, commit: str) -> tuple[str, ...]:
        if not self._collected.kept:
            return ()
        return self._collected.of(describe_patch(self._index.repository, commit))


def _besides(change: ApiChange, identity: Identity) -> Iterator[tuple[str, tuple[FileChange, ...]]]:
    """The messages and files of the commits that convert nothing."""
    for line, body, files in zip(change.subjects, change.bodies, change.commits, strict=True):
        yield api_message(line, body, identity), files


def _setting(checkout: Path, key: str) -> str:
    found = git_run(["config", "--get", key], cwd=checkout)
    if not isinstance(found, Finished) or not found.ok:
        return ""
    # Git removes the same characters from the author, and both have to agree.
    return _NOT_IN_A_NAME.sub(" ", found.stdout.decode("utf-8", "replace")).strip(" .,:;\\\"'")


def _conversions(classification: Classification, rewrite: Rewrite) -> dict[str, Conversion]:
    by_name = {group.name: (group, verdict) for group, verdict in classification.pairs()}
    return {c.group: Conversion(*by_name[c.group], c) for c in rewrite.changes if c.files}


def _document(tree: Tree, rewrite: Rewrite) -> str:
    brought = {file.path for files in rewrite.api.commits for file in files}
    return RULES_DOCUMENT if RULES_DOCUMENT in brought or tree.exists(RULES_DOCUMENT) else ""


@dataclass
class _Bundle:
    """Changes for one commit, with the files that they touch."""

    subsystem: str
    changes: list[GroupChange]
    paths: set[str]


def _by_subsystem(changes: Sequence[GroupChange]) -> list[tuple[str, list[GroupChange]]]:
    """The changes of each commit; subsystems are in the order in which they first occur."""
    bundles: list[_Bundle] = []
    for change in changes:
        paths = {file.path for file in change.all_files}
        mine = [b for b in bundles if b.paths & paths or _belongs(change, b)]
        home = mine[0] if mine else _Bundle(change.subsystem, [], set())
        if not mine:
            bundles.append(home)
        for other in mine[1:]:
            home.changes += other.changes
            home.paths |= other.paths
            bundles.remove(other)
        home.changes.append(change)
        home.paths |= paths
    order = {change.group: n for n, change in enumerate(changes)}
    return [(b.subsystem, sorted(b.changes, key=lambda c: order[c.group])) for b in bundles]


def _belongs(change: GroupChange, bundle: _Bundle) -> bool:
    """Whether both can be in one commit: THE REST is not a subsystem, only its folders are."""
    if bundle.subsystem != change.subsystem:
        return False
    return change.subsystem != THE_REST or _folder(change) == _folder(bundle.changes[0])


def _folder(change: GroupChange) -> str:
    return change.all_files[0].path.rpartition("/")[0]


def _net(files: Iterable[FileChange]) -> list[FileChange]:
    """The combined effect of consecutive changes on each file, without files that do not change."""
    found: dict[str, FileChange] = {}
    for file in files:
        first = found.get(file.path)
        if first is not None and first.after != file.before:
            raise ValueError(f"the changes of {file.path} do not follow on each other")
        before = first.before if first is not None else file.before
        found[file.path] = FileChange(file.path, before, file.after)
    return [file for file in found.values() if file.before != file.after]


def _changed_entries(
    repository: Path, parent: str, files: Sequence[FileChange]
) -> Mapping[str, Entry]:
    """The new index entries; raises ValueError if a change does not start from the contents in
    `parent`."""
    old = entries(repository, parent, [file.path for file in files])
    changed = {}
    for file in files:
        entry = old.get(file.path)
        began = write_blob(repository, file.before) if file.before is not None else None
        if (entry.blob if entry else None) != began:
            raise ValueError(f"the change of {file.path} does not start from {parent}")
        mode = entry.mode if entry else NEW_FILE
        changed[file.path] = Entry(mode, write_blob(repository, file.after))
    return changed
