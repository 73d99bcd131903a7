# SPDX-License-Identifier: GPL-2.0-only
"""Every command that is shown is typed into a shell, with the worst name a checkout can have."""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from migrate.analysis.verdicts.decisions import read_decisions
from migrate.base.errors import Refusal
from migrate.base.stores.git import open_checkout
from migrate.cli.request import Request
from migrate.delivery.commits import publish
from migrate.delivery.commits.arrival import Lock
from migrate.delivery.commits.make import user_identity
from migrate.delivery.commits.since import added_lines
from migrate.kernel.tree import Tree, open_tree
from tests.end_to_end.world import make_few_callers, make_world

PACKAGE = Path(__file__).resolve().parents[2] / "migrate"
ODD = "-lead  'quo\"te' $HOME;\nx \u00fc"
SHOWN = re.compile(r"(?:^|: )((?:git|gup-migrate|rm|ls) .*)\Z", re.S)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the user stands; `gup-migrate` on the PATH is the program."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin/gup-migrate"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m migrate "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(PACKAGE.parent))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def shell(line: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, errors="replace", timeout=120
    )


def shown_in(text: str) -> str:
    found = SHOWN.search(text)
    assert found, text
    assert found[1].isprintable()
    return found[1]


def refusal(action: Callable[[], object]) -> str:
    """The command that the user is told to type."""
    with pytest.raises(Refusal) as refused:
        action()
    return shown_in(refused.value.next_step)


def works(command: str) -> str:
    done = shell(command)
    assert done.returncode == 0, (command, done)
    return done.stdout


def kernel(path: Path, *, committed: bool = True) -> Path:
    (path / "include/linux").mkdir(parents=True)
    (path / "Makefile").write_text("VERSION = 6\nPATCHLEVEL = 1\n")
    (path / "MAINTAINERS").write_text("THE REST\nM:\tA <a@example.org>\nF:\t*\nF:\t*/\n")
    (path / "include/linux/mm.h").write_text(
        "long get_user_pages(unsigned long start, unsigned long nr_pages);\n"
        "void put_page(struct page *page);\n"
    )
    if committed:
        for args in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "import")):
            subprocess.run(["git", "-C", str(path.absolute()), *args], check=True)
    return path


def small_kernel(folder: Path) -> None:
    """One that builds, with one caller, under the odd name."""
    world = make_world(folder / "source", PACKAGE.parent)
    make_few_callers(world)
    world.tree.rename(folder / ODD)


def test_a_folder_that_is_no_checkout_becomes_one() -> None:
    tree = kernel(Path(ODD), committed=False)
    works(refusal(lambda: open_checkout(tree)))
    assert open_tree(tree).exists("MAINTAINERS")


def test_a_checkout_without_a_commit_gets_one() -> None:
    tree = kernel(Path(ODD), committed=False)
    subprocess.run(["git", "-C", str(tree.absolute()), "init", "-q"], check=True)
    works(refusal(lambda: open_tree(tree)))
    assert open_tree(tree).exists("MAINTAINERS")


def test_the_commits_that_there_are() -> None:
    tree = kernel(Path(ODD))
    assert "import" in works(refusal(lambda: open_tree(tree, "v9")))
    there = Tree(tree.absolute(), "HEAD")
    assert "import" in works(refusal(lambda: added_lines(there, "v9")))


def test_a_bare_repository_is_cloned() -> None:
    kernel(Path("source"))
    subprocess.run(["git", "clone", "-q", "--bare", "--", "source", ODD], check=True)
    command = refusal(lambda: open_checkout(Path(ODD)))
    cloning, _, running = command.partition(" && ")
    works(cloning)
    assert running == "gup-migrate run linux" and open_tree(Path("linux")).exists("Makefile")


def test_a_checkout_of_somebody_else_is_allowed(
    folder: Path,
) -> None:
    """git's own way to make believe that everything belongs to somebody else."""
    tree = kernel(Path(ODD))
    (Path(os.environ["HOME"]) / ".gitconfig").write_text("[user]\n\tname = A\n\temail = a@b.org\n")
    real = shell("command -v git").stdout.strip()
    (folder.parent / "bin/git").write_text(
        f'#!/bin/sh\nGIT_TEST_ASSUME_DIFFERENT_OWNER=1 exec {real} "$@"\n'
    )
    (folder.parent / "bin/git").chmod(0o755)
    command = refusal(lambda: open_tree(tree))
    assert "safe.directory" in command
    works(command)
    assert open_tree(tree).exists("MAINTAINERS")


def test_damage_is_looked_for(folder: Path) -> None:
    tree = kernel(Path(ODD))
    from migrate.base.stores.git import git_output, object_id

    works(refusal(lambda: git_output(["cat-file", "blob", "nothing"], cwd=folder / tree)))
    works(refusal(lambda: object_id(b"nonsense", "rev-parse", folder / tree)))


def test_a_name_for_git() -> None:
    tree = kernel(Path(ODD))
    config = Path(os.environ["HOME"]) / ".gitconfig"
    config.write_text("[safe]\n\tdirectory = *\n[user]\n\tuseConfigOnly = true\n")
    for _ in range(2):
        works(refusal(lambda: user_identity(tree.absolute())))
    assert user_identity(tree.absolute()).name == "Your Name"


def test_a_branch_that_is_checked_out_is_left() -> None:
    tree = kernel(Path(ODD)).absolute()
    subprocess.run(["git", "-C", str(tree), "checkout", "-q", "-b", "own"], check=True)
    works(refusal(lambda: publish._refuse_checked_out("refs/heads/own", tree)))
    publish._refuse_checked_out("refs/heads/own", tree)


def test_a_lock_is_removed(folder: Path) -> None:
    for path in (Path("-x.lock"), folder / f"{ODD}.lock"):
        path.touch()
        locks = [Lock(str(path), "")]
        works(refusal(lambda locks=locks: publish._refuse_locked(locks)))
        publish._refuse_locked(locks)


def test_every_stage_names_the_next(folder: Path) -> None:
    """From the first to the last, each typed as the one before says."""
    small_kernel(folder)
    command = Request(Path(ODD), workspace=Path("-ws")).command("scan")
    names = []
    while "gup-migrate" in command:
        names.append(command.split()[1])
        done = shell(command)
        assert done.returncode == 0, (command, done)
        last = (done.stdout + done.stderr).splitlines()
        command = next((line[6:] for line in last if line.startswith("Next: ")), "")
    assert names == ["scan", "pair", "classify", "rewrite", "commit", "build", "series"]


def test_what_is_next_according_to_status_and_run(folder: Path) -> None:
    small_kernel(folder)
    done = shell(Request(Path(ODD)).command("status"))
    command = shown_in(done.stdout.rstrip("\n"))
    done = shell(f"{command} --no-tree-scripts --output ./-out")
    assert done.returncode == 0, done
    assert "report.html" in works(shown_in(done.stdout.rstrip("\n")))


def test_places_without_a_group_and_decisions_without_one() -> None:
    kernel(Path(ODD))
    for name, more in (("explain", "nowhere"), ("classify", "--decisions d.toml")):
        Path("d.toml").write_text('[[decision]]\nfile = "x.c"\nverdict = "keep"\nwhy = "y"\n')
        done = shell(
            f"{Request(Path(ODD)).command(name)} {more}"
            if name == "classify"
            else Request(Path(ODD)).command(name, Path(more))
        )
        assert done.returncode == 1, done
        assert shell(shown_in(done.stderr.rstrip("\n"))).returncode == 0
    assert read_decisions(Path("/dev/null")) == ()


def test_the_command_to_go_on_with() -> None:
    line = Request(Path(ODD), workspace=Path("-w  s")).command("explain", Path("-x.c:f"))
    assert shell(f"gup-migrate() {{ printf '%s|' \"$@\"; }}; {line}").stdout == (
        f"explain|./-x.c:f|./{ODD}|--workspace|./-w  s|"
    )


NAMES = "scan|pair|classify|rewrite|commit|build|series|run|explain|audit|review|status|clean"
COMMAND = re.compile(
    rf"(?:^|[ '])(?:git (?:-C|config|clone|log|add|commit|switch)|gup-migrate (?:{NAMES})|rm|ls) $"
)


def by_hand(tree: ast.AST) -> list[int]:
    """The lines where something is put into the text of a command by hand."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            for part, after in zip(node.values, node.values[1:], strict=False):
                text = part.value if isinstance(part, ast.Constant) else ""
                if isinstance(after, ast.FormattedValue) and COMMAND.search(str(text)):
                    found.append(node.lineno)
    return found


def test_no_command_is_put_together_by_hand() -> None:
    found = {
        path.relative_to(PACKAGE).as_posix(): lines
        for path in PACKAGE.rglob("*.py")
        if (lines := by_hand(ast.parse(path.read_text())))
    }
    assert found == {}
    assert by_hand(ast.parse("f'Try: git -C {path} init'")) == [1]
