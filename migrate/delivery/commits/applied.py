# SPDX-License-Identifier: GPL-2.0-only
"""A series from a mailing list as a commit in the tool's own repository.

Nothing is checked out: each patch is applied to a separate index, as `git am` would apply it to
files.
"""

from __future__ import annotations

from pathlib import Path

from migrate.base.errors import Refusal
from migrate.base.programs.process import Finished
from migrate.base.stores.git import git_output, git_run
from migrate.base.typed import typed
from migrate.kernel.tree import Tree

_IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "gup-migrate"), ("EMAIL", "gup-migrate@localhost"))
}


def applied(tree: Tree, repository: Path, mbox: Path, scratch: Path) -> Tree:
    """`tree` with the patches of `mbox` on top, in `repository`, which sees its objects; `scratch`
    is an empty folder.

    Raises a :class:`Refusal` if the file contains no patch, or one does not apply.
    """
    patches = _patches(mbox, scratch)
    if not patches:
        raise Refusal(f"{mbox} has no patch in it.", "Give an mbox, as b4 am or a web archive has.")
    env = {**_IDENTITY, "GIT_INDEX_FILE": str(scratch / "index")}

    def git(*args: str) -> str:
        done = git_run(args, cwd=repository, env=env)
        if not isinstance(done, Finished) or not done.ok:
            raise _does_not_apply(mbox, tree, done)
        return done.stdout.decode().strip()

    git("read-tree", tree.commit)
    for patch in patches:
        git("apply", "--cached", "--whitespace=nowarn", str(patch))
    made = git("commit-tree", "-p", tree.commit, "-m", "A series", git("write-tree"))
    return Tree(repository, made)


def _does_not_apply(mbox: Path, tree: Tree, done: object) -> Refusal:
    said = done.stderr.decode("utf-8", "replace") if isinstance(done, Finished) else ""
    first = next((line for line in said.splitlines() if line.startswith("error: ")), "")
    why = f": {first.removeprefix('error: ')}" if first else ""
    return Refusal(
        f"{mbox} does not apply to {tree.commit[:12]}{why}.",
        f"Name the commit that it is for: {typed('--rev', 'COMMIT')}",
    )


def _patches(mbox: Path, scratch: Path) -> list[Path]:
    """The patches in the mails of a file, in order; a cover letter contains none."""
    if not mbox.is_file():
        raise Refusal(f"{mbox} is not a file.", "Name an mbox with a series in it.")
    mails = scratch / "mails"
    mails.mkdir()
    split = git_run(["mailsplit", f"-o{mails}", "--", str(mbox.resolve())], cwd=scratch)
    if not isinstance(split, Finished) or not split.ok:
        raise Refusal(
            f"{mbox} is not an mbox.", "Save the mails as b4 am does, or as a web archive."
        )
    found = []
    for mail in sorted(mails.iterdir()):
        patch = scratch / f"{mail.name}.patch"
        message = str(scratch / f"{mail.name}.message")
        git_output(["mailinfo", message, str(patch)], cwd=scratch, stdin=mail.read_bytes())
        if patch.stat().st_size:
            found.append(patch)
    return found
