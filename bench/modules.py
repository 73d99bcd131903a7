# SPDX-License-Identifier: GPL-2.0-only
"""What the tool makes of public modules from outside the kernel's tree.

    python -m bench.modules LINUX FOLDER [--record docs/accuracy.md]

LINUX is a git checkout of a kernel, FOLDER has a clone `OWNER+NAME` of each repository in
bench/modules.toml; both are only read. The modules are put below drivers/misc/ of a tree of its
own, and the groups of their calls of GUP are made and judged. The columns count calls that this
kernel compiles; what is for other versions stays as it is.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.record import add_record, show
from bench.scan import IDENTITY
from migrate.analysis.acquires.scan import scan
from migrate.analysis.model import Acquire, Pairing, Scan
from migrate.analysis.pairing.group import Grouper
from migrate.analysis.program.program import Program
from migrate.base.stores.alternates import borrow
from migrate.base.stores.git import git_output
from migrate.kernel.signatures import DIRECT_NAMES
from migrate.kernel.tree import Tree, open_tree
from migrate.rewrite.profile.profiles import load_profile
from migrate.rewrite.profile.verdicts import classify

FACTS = Path(__file__).parent / "modules.toml"
PROFILE = "vaddr-pin"
ACTIONS = ("pin", "follow", "keep", "manual")
_READ = (".c", ".h", "/Makefile", "/Kbuild")
_OF_OTHERS = "for_other_versions"


@dataclass(frozen=True)
class Module:
    """One module, and the commit of its repository of which the verdicts were read."""

    name: str
    repository: str
    folders: tuple[str, ...]
    read: str
    wrong: tuple[str, ...] = ()

    @property
    def home(self) -> str:
        """Its folder in the tree."""
        return f"drivers/misc/{self.name}-module/"


class NoCache:
    """A cache that never has anything."""

    def get(self, _key: str) -> str | None:
        return None

    def put(self, _key: str, _value: str) -> None:
        return None


def read_modules(path: Path) -> tuple[Module, ...]:
    """The modules of a file; a TypeError for a key that no module has."""
    entries = tomllib.loads(path.read_text("utf-8"))["module"]
    return tuple(Module(**{**e, "folders": tuple(e["folders"])}) for e in entries)


def put_in(repository: Path, commit: str, modules: Sequence[Module], clones: Path) -> str:
    """The commit with the modules put into `commit`, in a repository that has its objects."""
    git_output(["read-tree", commit], cwd=repository)
    for module in modules:
        clone = clones / module.repository.replace("/", "+")
        listed = git_output(["ls-tree", "-rz", module.read, "--", *module.folders], cwd=clone)
        entries = []
        for line in filter(None, listed.decode().split("\0")):
            about, _, path = line.partition("\t")
            if f"/{path}".endswith(_READ):
                blob = git_output(["cat-file", "blob", about.split()[2]], cwd=clone)
                made = git_output(["hash-object", "-w", "--stdin"], cwd=repository, stdin=blob)
                entries.append(f"100644 {made.decode().strip()}\t{module.home}{path}\n")
        text = "".join(entries).encode()
        git_output(["update-index", "--index-info"], cwd=repository, stdin=text)
    tree = git_output(["write-tree"], cwd=repository).decode().strip()
    argv = ["commit-tree", tree, "-p", commit, "-m", "Put modules in"]
    name = git_output(argv, cwd=repository, env=IDENTITY).decode().strip()
    git_output(["update-ref", "--no-deref", "HEAD", name], cwd=repository)
    return name


def verdicts(tree: Tree, found: Scan, module: Module) -> Iterator[tuple[Acquire, str, str]]:
    """The direct calls of a module, each with action and rule."""
    grouper = Grouper(Program(tree), found.acquires)
    profile = load_profile(PROFILE)
    own = [a for a in found.acquires if a.place.path.startswith(module.home)]
    done = set()
    for acquire in (a for a in own if a.name in DIRECT_NAMES):
        if acquire.place in done:
            continue
        group = grouper.groups([acquire])[acquire.place].group
        verdict = classify(tree, Pairing(found.commit, (group,)), profile=profile).verdicts[0]
        for member in group.acquires:
            done.add(member.place)
            if member.name in DIRECT_NAMES and member.place.path.startswith(module.home):
                yield member, verdict.action.value, verdict.rule


Counted = tuple[Module, Counter[str], int]
"""A module, its calls by action, and how many are for other versions of the kernel."""


def counted(module: Module, decided: Sequence[tuple[Acquire, str, str]]) -> Counted:
    """The calls of a module by action."""
    live = Counter(action for _, action, rule in decided if rule != _OF_OTHERS)
    return module, live, sum(rule == _OF_OTHERS for _, _, rule in decided)


def table(found: Sequence[Counted], version: str) -> list[str]:
    """The lines of the section."""
    lines = [
        "## Modules from outside the tree",
        "",
        f"Public modules, put into Linux {version}, with the profile {PROFILE}: direct calls of",
        "GUP that this kernel compiles, and those for other versions, which stay. Every pin was",
        "read in the code of the module at that commit; wrong is what no person would have done.",
        "",
        f"| module | repository | commit | {' | '.join(ACTIONS)} | other versions | wrong |",
        f"| --- | --- | --- |{' --- |' * (len(ACTIONS) + 2)}",
    ]
    for module, live, others in found:
        cells = (module.name, module.repository, module.read, *(live[a] for a in ACTIONS))
        lines.append(f"| {' | '.join(map(str, (*cells, others, len(module.wrong))))} |")
    total = sum((live for _, live, _ in found), Counter[str]())
    every, decided = sum(total.values()), sum(total.values()) - total["manual"]
    wrong = [f"- {module.name}: {what}" for module, _, _ in found for what in module.wrong]
    return [*lines, "", f"Decided: {decided} of {every}.", *([""] if wrong else []), *wrong]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("linux", type=Path)
    parser.add_argument("clones", type=Path, metavar="FOLDER")
    add_record(parser, "bench.modules")
    arguments = parser.parse_args()
    modules = read_modules(FACTS)
    kernel = open_tree(arguments.linux.resolve())
    with tempfile.TemporaryDirectory(prefix="bench-modules-") as scratch:
        repository = borrow(kernel.root, Path(scratch) / "linux")
        put_in(repository, kernel.commit, modules, arguments.clones.resolve())
        tree = open_tree(repository)
        found = scan(tree, cache=NoCache(), jobs=1, progress=lambda *_: None)
        rows = [counted(m, tuple(verdicts(tree, found, m))) for m in modules]
    lines = table(rows, ".".join(map(str, kernel.version)))
    show(lines, arguments.record)
    return 0


if __name__ == "__main__":
    sys.exit(main())
