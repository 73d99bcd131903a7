# SPDX-License-Identifier: GPL-2.0-only
"""Our reading of MAINTAINERS against the kernel's own script, on files all over it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from migrate.base.programs import process
from migrate.kernel.people.recipients import (
    Recipient,
    Role,
    ask_script,
    read_answer,
    read_directory,
)
from migrate.kernel.tree import open_tree

COUNT = 2000
SEEDS = range(1, 16)
"""The script takes sections of the same depth in the order of a hash, which shows where somebody
is in two of them with different addresses or roles."""

IN_FILES = "keywords-in-file"
"""What has scripts from 6.7 on look for keywords in files, as older ones always do."""

Found = tuple[str, frozenset[tuple[str, str, Role]]]
"""The title of the section, and the name, address and role of everybody."""


@pytest.fixture(scope="module")
def worktree(linux: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree without .git, so that the script does not ask git whether it knows each file."""
    folder = tmp_path_factory.mktemp("without-git")
    for entry in linux.iterdir():
        if entry.name != ".git":
            (folder / entry.name).symlink_to(entry)
    return folder


def simple(title: str, recipients: tuple[Recipient, ...]) -> Found:
    return title, frozenset((r.mailbox.name, r.mailbox.address, r.role) for r in recipients)


# The script as it is, but once it has read MAINTAINERS it goes on in a child of its own for each
# file: most of its time is for reading, and several files in one call give the union of them.
ONE_BY_ONE = r"""
my $script = do { local $/; open my $in, '<', 'scripts/get_maintainer.pl' or die; <$in> };
my $split = q{
	$| = 1;
	my $in_child = 0;
	foreach my $only (@ARGV) {
		print "\0$only\n";
		if (!fork) { @ARGV = ($only); $in_child = 1; last; }
		wait;
		die "the script failed on $only" if $?;
	}
	exit 0 if !$in_child;
};
$script =~ s/^(?=foreach my \$file \(\@ARGV\) \{)/$split/m or die 'the script has another shape';
eval $script;
die $@ if $@;
"""


def ask(
    worktree: Path, paths: Sequence[str], seed: int = 0, *, keywords: bool = True
) -> dict[str, Found]:
    """Ask the script for people and sections of each of `paths`, as a person would; `keywords`
    says to look for them in the files, too, where that is left to the caller."""
    options = ["--nogit", "--nogit-fallback", "--norolestats", "--roles", "--subsystem"]
    if keywords and IN_FILES in (worktree / "scripts" / "get_maintainer.pl").read_text("utf-8"):
        options.append(f"--{IN_FILES}")
    outcome = process.run(
        ["perl", "-e", ONE_BY_ONE, "--", *options, "-f", *paths],
        cwd=worktree,
        timeout=900,
        env={"HOME": "/nonexistent", "PERL_HASH_SEED": str(seed), "PERL_PERTURB_KEYS": "0"},
    )
    assert isinstance(outcome, process.Finished) and outcome.ok, process.describe(outcome)
    found = {}
    for answer in outcome.stdout.split(b"\0")[1:]:
        name, _, rest = answer.partition(b"\n")
        people, titles = read_answer(rest)
        found[name.decode()] = simple(titles[0], people)
    assert list(found) == list(paths)
    return found


def test_the_script_gives_the_same_one_by_one(worktree: Path) -> None:
    paths = ["mm/memory.c", "drivers/misc/vmw_vmci/vmci_host.c"]
    found = ask(worktree, paths, keywords=False)
    for path in paths:
        alone = ask_script(worktree, files=[path])
        assert not isinstance(alone, str)
        assert simple(found[path][0], alone) == found[path]


def test_sections_and_recipients_of_files_all_over_the_tree(linux: Path, worktree: Path) -> None:
    tree = open_tree(linux)
    directory = read_directory(tree)
    # The script also finds people in the text of .yaml files, and looks for keywords in what a
    # link points to; neither is ever edited here.
    candidates = [
        path
        for path in tree.files
        if not path.endswith(".yaml") and not (linux / path).is_symlink()
    ]
    paths = [candidates[n * len(candidates) // COUNT] for n in range(COUNT)]
    contents = tree.read_many(paths)
    ours = {
        path: simple(
            directory.maintainers.subsystem_of(path),
            directory.for_files({path: contents[path]}),
        )
        for path in paths
    }
    with ThreadPoolExecutor(2) as pool:
        halves = pool.map(lambda half: ask(worktree, half), (paths[::2], paths[1::2]))
        theirs = {path: found for half in halves for path, found in half.items()}
    untitled = [
        (path, theirs[path][0])
        for path in paths
        if theirs[path][0]
        not in [section.title for section in directory.maintainers.most_specific(path)]
    ]
    assert untitled == []
    different = [path for path in paths if ours[path][1] != theirs[path][1]]
    wrong = [
        (path, ours[path][1] ^ theirs[path][1])
        for path in different
        if all(ask(worktree, [path], seed)[path][1] != ours[path][1] for seed in SEEDS)
    ]
    assert wrong == []
    assert len({found[0] for found in ours.values()}) > 300
    assert len(different) < COUNT // 100
    assert directory.maintainers.problems == []


def test_recipients_of_a_patch(linux: Path) -> None:
    """A patch on standard input is how recipients of mails are asked for."""
    directory = read_directory(open_tree(linux))
    paths = ["mm/memory.c", "drivers/block/ublk_drv.c", "arch/powerpc/kvm/e500_mmu.c"]
    patch = "".join(
        f"diff --git a/{p} b/{p}\n--- a/{p}\n+++ b/{p}\n@@ -1,1 +1,1 @@\n-{line}\n+y\n"
        for p, line in zip(paths, ["x", "dma_buf", "x"], strict=True)
    ).encode()
    asked = ask_script(linux, patch=patch)
    assert not isinstance(asked, str)
    assert simple("", asked) == simple("", directory.for_patch(patch))
    assert len(asked) > 10
