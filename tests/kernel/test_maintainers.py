# SPDX-License-Identifier: GPL-2.0-only
"""Our reading of MAINTAINERS against the kernel's own script, on files all over Linux 6.1."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from migrate.base import process
from migrate.kernel.recipients import (
    SCRIPT,
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
is in two of them with different addresses or roles, or where two are the most specific ones."""

Found = tuple[str, frozenset[tuple[str, str, Role]]]
"""The title of the section, and the name, address and role of everybody."""


@pytest.fixture(scope="module")
def worktree(linux_6_1: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree without .git, so that the script does not ask git whether it knows each file."""
    folder = tmp_path_factory.mktemp("without-git")
    for entry in linux_6_1.iterdir():
        if entry.name != ".git":
            (folder / entry.name).symlink_to(entry)
    return folder


def simple(title: str, recipients: tuple[Recipient, ...]) -> Found:
    return title, frozenset((r.mailbox.name, r.mailbox.address, r.role) for r in recipients)


def ask(worktree: Path, path: str, seed: int = 0) -> Found:
    """Ask the script for people and sections of `path`, as a person would."""
    outcome = process.run(
        [
            *("perl", SCRIPT, "--nogit", "--nogit-fallback", "--norolestats", "--roles"),
            *("--subsystem", "-f", path),
        ],
        cwd=worktree,
        timeout=120,
        env={"HOME": "/nonexistent", "PERL_HASH_SEED": str(seed), "PERL_PERTURB_KEYS": "0"},
    )
    assert isinstance(outcome, process.Finished) and outcome.ok, process.describe(outcome)
    people, titles = read_answer(outcome.stdout)
    return simple(titles[0], people)


def test_sections_and_recipients_of_files_all_over_the_tree(
    linux_6_1: Path, worktree: Path
) -> None:
    tree = open_tree(linux_6_1)
    directory = read_directory(tree)
    # The script also finds people in the text of .yaml files, which are never edited here.
    candidates = [path for path in tree.files if not path.endswith(".yaml")]
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
        theirs = dict(zip(paths, pool.map(lambda path: ask(worktree, path), paths), strict=True))
    different = [path for path in paths if ours[path] != theirs[path]]
    wrong = [
        (path, ours[path], theirs[path])
        for path in different
        if all(ask(worktree, path, seed) != ours[path] for seed in SEEDS)
    ]
    assert not wrong
    assert len({found[0] for found in ours.values()}) > 300
    assert len(different) < COUNT // 20
    assert directory.maintainers.problems == []


def test_recipients_of_a_patch(linux_6_1: Path) -> None:
    """A patch on standard input is how recipients of mails are asked for."""
    directory = read_directory(open_tree(linux_6_1))
    paths = ["mm/memory.c", "drivers/block/ublk_drv.c", "arch/powerpc/kvm/e500_mmu.c"]
    patch = "".join(
        f"diff --git a/{p} b/{p}\n--- a/{p}\n+++ b/{p}\n@@ -1,1 +1,1 @@\n-{line}\n+y\n"
        for p, line in zip(paths, ["x", "dma_buf", "x"], strict=True)
    ).encode()
    asked = ask_script(linux_6_1, patch=patch)
    assert not isinstance(asked, str)
    assert simple("", asked) == simple("", directory.for_patch(patch))
    assert len(asked) > 10
