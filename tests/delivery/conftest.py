# SPDX-License-Identifier: GPL-2.0-only
"""A kernel of a few files in git, and the stages' results on it, made by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

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
from migrate.base.stores.alternates import borrow
from migrate.base.stores.git import git_output
from migrate.delivery.commits.make import make_commits, user_identity
from migrate.delivery.model import Branch
from migrate.kernel.tree import Tree, open_tree
from migrate.rewrite.model import ApiChange, FileChange, GroupChange, Rewrite

MAINTAINERS = """\
ALPHA DRIVER
M:\tJürgen Älpha <alpha@example.org>
R:\tRita Review <rita@example.org>
L:\tlinux-alpha@example.org
S:\tSupported
F:\tdrivers/misc/alpha/

BETA DRIVER
M:\t"Beta, Bea" <beta@example.org>
S:\tMaintained
F:\tdrivers/net/beta.c

GAMMA DRIVER
M:\tJürgen Älpha <alpha@example.org>
S:\tMaintained
F:\tdrivers/misc/gamma.c

MEMORY MANAGEMENT
M:\tMem Ory <mm@example.org>
L:\tlinux-mm@kvack.org
S:\tMaintained
F:\tmm/
F:\tinclude/linux/mm.h

THE REST
M:\tLinus Torvalds <torvalds@linux-foundation.org>
L:\tlinux-kernel@vger.kernel.org
S:\tBuried alive in reporters
F:\t*
F:\t*/
"""

HEADER = """\
long get_user_pages(unsigned long start, unsigned long n, unsigned int flags,
\t\t    struct page **pages, struct vm_area_struct **vmas);
int get_user_pages_fast(unsigned long start, int n, unsigned int flags,
\t\t\tstruct page **pages);
"""

DRIVER = """\
#include <linux/mm.h>

int {name}_start(struct {name} *p, unsigned long at)
{{
\treturn get_user_pages_fast(at, 1, FOLL_WRITE, &p->page);
}}

void {name}_stop(struct {name} *p)
{{
\tput_page(p->page);
}}
"""

FILES = {
    "Makefile": "VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 0\n",
    "MAINTAINERS": MAINTAINERS,
    "include/linux/mm.h": HEADER,
    "drivers/misc/alpha/alpha_one.c": DRIVER.format(name="one"),
    "drivers/misc/alpha/alpha_two.c": DRIVER.format(name="two"),
    "drivers/misc/gamma.c": DRIVER.format(name="gamma"),
    "drivers/net/beta.c": DRIVER.format(name="beta"),
    "drivers/orphan.c": DRIVER.format(name="orphan"),
    "mm/core.c": DRIVER.format(name="core"),
}


def git(root: Path, *args: str) -> str:
    """Output of git in `root`, without the newline at the end."""
    return git_output(args, cwd=root).decode("utf-8", "surrogateescape").rstrip("\n")


@dataclass
class Tiny:
    """`checkout` is the user's, `repository` the tool's own; `tree` is the user's HEAD."""

    checkout: Path
    repository: Path
    tree: Tree

    def change(
        self,
        path: str,
        subsystem: str,
        *,
        group: str = "",
        reason: str = "the device writes to the page",
        warnings: tuple[str, ...] = (),
        action: Action = Action.PIN,
        case: str = "2",
        also: dict[str, tuple[bytes, bytes]] | None = None,
    ) -> tuple[PinGroup, Verdict, GroupChange]:
        """What analysis and rewrite would say of a file made from DRIVER."""
        before = self.tree.read(path)
        assert before is not None
        after = before.replace(b"get_user_pages", b"pin_user_pages").replace(
            b"put_page", b"unpin_user_page"
        )
        name = Path(path).stem.rpartition("_")[2]
        stem = group or f"{path}:{name}_start"
        found = PinGroup(
            stem,
            (Acquire(Place(path, 5, 8), f"{name}_start", "get_user_pages_fast", (), (), ""),),
            (Release(Place(path, 10, 1), f"{name}_stop", "put_page", False, "", ""),),
            (),
            (),
            (),
        )
        verdict = Verdict(
            stem, action, case, "rule", reason, Confidence.HIGH, evidence=(), warnings=warnings
        )
        files = [FileChange(path, before, after)]
        files += [FileChange(p, b, a) for p, (b, a) in (also or {}).items()]
        return found, verdict, GroupChange(stem, subsystem, tuple(files), (), ())

    def results(
        self,
        *items: tuple[PinGroup, Verdict, GroupChange | None],
        api: ApiChange | None = None,
    ) -> tuple[Classification, Rewrite]:
        """A classification and a rewrite of `items`; one without a change is left alone."""
        commit = self.tree.commit
        groups, verdicts = tuple(i[0] for i in items), tuple(i[1] for i in items)
        changes = tuple(i[2] for i in items if i[2] is not None)
        return (
            Classification(commit, "pins", groups, verdicts),
            Rewrite(commit, "pins", api or ApiChange((), (), ()), changes, ()),
        )

    def api(self) -> ApiChange:
        """An API in two commits."""
        path = "include/linux/mm.h"
        old = (self.tree.read(path) or b"").decode()
        one, two = (
            old + "int pin_user_pages_fast(void);\n",
            old + "int pin(void);\nint unpin(void);\n",
        )
        return ApiChange(
            ("mm: introduce pin_user_pages_fast()", "mm: introduce its release"),
            ("It pins.\n", "It releases.\n"),
            (
                (
                    FileChange(path, old.encode(), one.encode()),
                    FileChange("mm/pins.c", None, b"int pins;\n"),
                ),
                (FileChange(path, one.encode(), two.encode()),),
            ),
        )

    def commit(
        self, classification: Classification, rewrite: Rewrite, *, smpl: bool = True
    ) -> Branch:
        return make_commits(
            self.tree,
            classification,
            rewrite,
            repository=self.repository,
            ref="refs/heads/gup-migrate/pins",
            identity=user_identity(self.checkout),
            smpl=smpl,
        )


@pytest.fixture
def bare_home(home: Path) -> Path:
    """The home folder of the test without any configuration of git."""
    (home / ".gitconfig").unlink(missing_ok=True)
    return home


@pytest.fixture
def make_tiny(tmp_path: Path, bare_home: Path) -> Callable[..., Tiny]:
    """Make the tiny kernel, with `extra` files by path."""

    assert not (bare_home / ".gitconfig").exists()

    def make(extra: dict[str, bytes] | None = None, name: str = "linux") -> Tiny:
        root = tmp_path / name
        contents = {path: text.encode() for path, text in FILES.items()} | (extra or {})
        for path, data in contents.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(data)
        (root / "drivers/net/beta.c").chmod(0o755)
        git(root, "init", "-q", "-b", "main")
        git(root, "config", "user.name", "Zoë Devel, Jr.")
        git(root, "config", "user.email", "zoe@example.org")
        git(root, "add", "-A")
        git_output(
            ["commit", "-q", "-m", "import"],
            cwd=root,
            env={
                "GIT_AUTHOR_DATE": "1700000000 +0200",
                "GIT_COMMITTER_DATE": "1700000000 +0200",
            },
        )
        repository = borrow(root, tmp_path / f"{name}-own")
        return Tiny(root, repository, open_tree(root))

    return make


@pytest.fixture
def tiny(make_tiny: Callable[..., Tiny]) -> Tiny:
    return make_tiny()
