# SPDX-License-Identifier: GPL-2.0-only
"""A checkout is read at its commit, whatever the work tree has become."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from migrate.base.errors import Refusal
from migrate.base.programs import process
from migrate.base.stores.git import git_run
from migrate.kernel.tree import Tree, open_tree

FILES = {
    "Makefile": "VERSION = 5\nPATCHLEVEL = 3\nSUBLEVEL = 18\nEXTRAVERSION = -rc1\n",
    "MAINTAINERS": "nobody\n",
    "include/linux/mm.h": "long get_user_pages(unsigned long start);\n",
    "mm/gup.c": "long get_user_pages(unsigned long start)\n{\n\treturn 0;\n}\n",
    "drivers/one.c": "int one(void)\n{\n\treturn get_user_pages(1);\n}\n",
    "drivers/two.c": "int two(void)\n{\n\treturn get_user_pages_fast(1);\n}\n",
    "drivers/three.c": "int three;\n",
    "drivers/note.txt": "get_user_pages\n",
}


def git(tree: Path, *args: str) -> str:
    done = subprocess.run(["git", "-C", str(tree), *args], check=True, capture_output=True)
    return done.stdout.decode()


def write(tree: Path, name: str, text: str) -> None:
    path = tree / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8", "surrogateescape"))


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    tree = tmp_path / "linux"
    for name, text in FILES.items():
        write(tree, name, text)
    git(tmp_path, "init", "-q", str(tree))
    git(tree, "add", "-A", "-f")
    git(tree, "commit", "-q", "-m", "import")
    return tree


NAMING = ["drivers/one.c", "include/linux/mm.h", "mm/gup.c"]
LINES = sorted(
    f"{path}\0{line}".encode()
    for path, text in FILES.items()
    for line in text.splitlines()
    if path.endswith((".c", ".h")) and "get_user_pages" in line
)


def test_what_a_tree_says_of_itself(checkout: Path) -> None:
    tree = open_tree(checkout)
    assert tree.version == (5, 3, 18)
    assert tree.commit == git(checkout, "rev-parse", "HEAD").strip()
    assert tree.files == tuple(sorted(FILES))
    assert tree.exists("mm/gup.c")
    assert not tree.exists("mm/nommu.c")
    assert not tree.exists("mm"), "a folder is no file"


def test_read_many_gives_what_exists(checkout: Path) -> None:
    tree = open_tree(checkout)
    found = tree.read_many(["mm/gup.c", "nothing.c", "drivers/three.c", "mm/gup.c", "mm"])
    assert found == {p: FILES[p].encode() for p in ("mm/gup.c", "drivers/three.c")}
    assert tree.read("nothing.c") is None
    assert tree.read_many([]) == {}


def test_contents_are_those_of_the_commit_to_the_byte(checkout: Path) -> None:
    contents = b"\x00\xff\r\n\n\nend without newline"
    (checkout / "drivers/bytes.c").write_bytes(contents)
    (checkout / "drivers/empty.c").write_bytes(b"")
    git(checkout, "add", "-A")
    git(checkout, "commit", "-q", "-m", "bytes")
    (checkout / "drivers/bytes.c").write_bytes(b"changed since")
    tree = open_tree(checkout)
    assert tree.read("drivers/bytes.c") == contents
    assert tree.read("drivers/empty.c") == b""


@pytest.mark.parametrize("name", ["drivers/with space.c", "drivers/ümlaut.c", 'drivers/qu"ote.c'])
def test_any_name_of_a_file_will_do(checkout: Path, name: str) -> None:
    write(checkout, name, "get_user_pages\n")
    git(checkout, "add", "-A")
    git(checkout, "commit", "-q", "-m", "names")
    tree = open_tree(checkout)
    assert tree.read(name) == b"get_user_pages\n"
    assert name in tree.files
    assert name in tree.grep(["get_user_pages"])


def test_many_files_are_read_like_one(checkout: Path) -> None:
    for n in range(300):
        write(checkout, f"drivers/many/{n}.c", f"int n{n};\n")
    git(checkout, "add", "-A")
    git(checkout, "commit", "-q", "-m", "many")
    wanted = [*(f"drivers/many/{n}.c" for n in range(301)), "drivers/many", "mm/gup.c", "a\nb"]
    found = open_tree(checkout).read_many(wanted)
    assert found == {
        "mm/gup.c": FILES["mm/gup.c"].encode(),
        **{f"drivers/many/{n}.c": f"int n{n};\n".encode() for n in range(300)},
    }


def test_a_submodule_is_no_file(checkout: Path) -> None:
    commit = git(checkout, "rev-parse", "HEAD").strip()
    git(checkout, "update-index", "--add", "--cacheinfo", f"160000,{commit},drivers/module")
    git(checkout, "commit", "-q", "-m", "module")
    tree = open_tree(checkout)
    assert tree.files == tuple(sorted(FILES))
    assert tree.read("drivers/module") is None


def test_a_name_with_a_newline_is_read_like_any_other(checkout: Path) -> None:
    write(checkout, "a\nb.c", "int x;\n")
    git(checkout, "add", "-A")
    git(checkout, "commit", "-q", "-m", "odd")
    tree = open_tree(checkout)
    assert tree.read_many(["a\nb.c", "mm/gup.c", "no\nsuch.c"]).keys() == {"a\nb.c", "mm/gup.c"}
    assert tree.read("a\nb.c") == b"int x;\n"
    assert tree.read("Makefile\nmm/gup.c") is None


def test_grep_finds_whole_words_in_c_files(checkout: Path) -> None:
    tree = open_tree(checkout)
    assert tree.grep(["get_user_pages"]) == NAMING
    assert tree.grep(["get_user_pages", "get_user_pages_fast"]) == sorted(
        [*NAMING, "drivers/two.c"]
    )
    assert tree.grep(["user_pages"]) == []
    assert tree.grep([]) == []
    assert tree.grep(["get_user_pages"], ("drivers/*.c", "*.txt")) == [
        "drivers/note.txt",
        "drivers/one.c",
    ]


def test_words_of_grep_are_no_patterns(checkout: Path) -> None:
    tree = open_tree(checkout)
    assert tree.grep(["get_user.pages"]) == []
    assert tree.grep(["--help"]) == []


DIRTY = {
    "a word added": lambda tree: write(tree, "drivers/three.c", "get_user_pages\n"),
    "a word removed": lambda tree: write(tree, "drivers/one.c", "int one;\n"),
    "a file removed": lambda tree: (tree / "drivers/one.c").unlink(),
    "a file that is not in git": lambda tree: write(tree, "drivers/new.c", "get_user_pages\n"),
    "a file put into the index": lambda tree: (
        write(tree, "drivers/new.c", "get_user_pages\n"),
        git(tree, "add", "drivers/new.c"),
    ),
    "a file put into the index without contents": lambda tree: (
        write(tree, "drivers/new.c", "get_user_pages\n"),
        git(tree, "add", "-N", "drivers/new.c"),
    ),
    "a file removed from the index": lambda tree: git(
        tree, "rm", "-q", "--cached", "drivers/one.c"
    ),
    "a file moved": lambda tree: git(tree, "mv", "drivers/one.c", "drivers/moved.c"),
    "a change that is staged and taken back": lambda tree: (
        write(tree, "drivers/one.c", "int one;\n"),
        git(tree, "add", "drivers/one.c"),
        write(tree, "drivers/one.c", FILES["drivers/one.c"]),
    ),
    "a file git is told to take for unchanged": lambda tree: (
        git(tree, "update-index", "--assume-unchanged", "drivers/one.c"),
        write(tree, "drivers/one.c", "int one;\n"),
    ),
    "a file git is told to skip": lambda tree: (
        git(tree, "update-index", "--skip-worktree", "drivers/one.c"),
        (tree / "drivers/one.c").unlink(),
    ),
    "a file that became a folder": lambda tree: (
        (tree / "drivers/one.c").unlink(),
        write(tree, "drivers/one.c/deep.c", "get_user_pages\n"),
    ),
    "a file that became a link": lambda tree: (
        (tree / "drivers/three.c").unlink(),
        (tree / "drivers/three.c").symlink_to("one.c"),
    ),
    "no index": lambda tree: (tree / ".git/index").unlink(),
    "everything gone": lambda tree: git(tree, "rm", "-rqf", "."),
    "the mode changed": lambda tree: (tree / "drivers/one.c").chmod(0o755),
    "only touched": lambda tree: (tree / "drivers/one.c").touch(),
}


@pytest.mark.parametrize("change", DIRTY.values(), ids=list(DIRTY))
def test_a_dirty_work_tree_changes_nothing(checkout: Path, change: object) -> None:
    change(checkout)  # type: ignore[operator]
    tree = open_tree(checkout)
    assert tree.grep(["get_user_pages"]) == NAMING
    assert tree.read("drivers/one.c") == FILES["drivers/one.c"].encode()
    assert tree.files == tuple(sorted(FILES))
    assert sorted(tree.lines_with(["get_user_pages"]).splitlines()) == LINES
    again = open_tree(checkout)
    assert again.files  # from here on files are read from the work tree where they can be
    assert again.read_many(FILES) == {name: text.encode() for name, text in FILES.items()}
    family = ["get_user_pages", "get_user_pages_fast", "get_user_pages_remote"]
    assert again.grep(family) == sorted([*NAMING, "drivers/two.c"])


@pytest.mark.parametrize("perl", [True, False])
def test_lines_with_one_of_two_texts_are_those_of_either(
    checkout: Path, perl: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = b"a->b(1);\n\xff a->b (2)\nan a-b\nget_user_pages\nget_user_pages a->b\n"
    (checkout / "drivers/odd.c").write_bytes(text)
    git(checkout, "add", "-A")
    git(checkout, "commit", "-q", "-m", "odd")
    tree, asked = open_tree(checkout), list[str]()

    def run(args: Sequence[str], **options: Any) -> process.Outcome:
        asked.extend(args)
        if "-zaP" in args and not perl:
            words = b"fatal: cannot use Perl-compatible regexes"
            return process.Finished(tuple(args), 128, b"", words, 0.0)
        return git_run(args, **options)

    monkeypatch.setattr("migrate.kernel.git_searches.git_run", run)
    one, two = (tree.lines_with([text]).splitlines() for text in ("a->b", "get_user_pages"))
    found = tree.lines_with(["a->b", "get_user_pages"]).splitlines()
    assert sorted(found) == sorted({*one, *two})
    assert len(one) == 3 and "-zaP" in asked


def test_words_that_share_a_part_are_still_whole_words(checkout: Path) -> None:
    write(checkout, "drivers/four.c", "my_get_user_pages_fast get_user_pages_faster\n")
    git(checkout, "add", "-A")
    git(checkout, "commit", "-q", "-m", "four")
    found = open_tree(checkout).grep(["get_user_pages_fast", "get_user_pages_remote"])
    assert found == ["drivers/two.c"]


def test_what_changed_since_a_commit(checkout: Path) -> None:
    first = open_tree(checkout)
    write(checkout, "drivers/one.c", "int one;\n")
    git(checkout, "mv", "drivers/two.c", "drivers/moved.c")
    git(checkout, "commit", "-q", "-a", "-m", "second")
    second = open_tree(checkout)
    names = {"drivers/one.c", "drivers/two.c", "drivers/moved.c"}
    assert second.changed_since(first.commit) == names
    assert open_tree(checkout, first.commit).changed_since(second.commit) == names
    assert second.changed_since(second.commit) == frozenset()
    assert second.changed_since("0" * 40) is None


def test_too_many_changes_are_not_listed(checkout: Path) -> None:
    first = open_tree(checkout).commit
    for n in range(2001):
        write(checkout, f"drivers/many/{n}.c", "\n")
    git(checkout, "add", "-A")
    git(checkout, "commit", "-q", "-m", "many")
    assert open_tree(checkout).changed_since(first) is None


def test_another_revision_than_the_one_checked_out(checkout: Path) -> None:
    first = git(checkout, "rev-parse", "HEAD").strip()
    write(checkout, "drivers/one.c", "int one;\n")
    write(checkout, "drivers/three.c", "int three = get_user_pages(3);\n")
    git(checkout, "commit", "-q", "-a", "-m", "second")
    assert open_tree(checkout).grep(["get_user_pages"]) == [
        "drivers/three.c",
        "include/linux/mm.h",
        "mm/gup.c",
    ]
    old = open_tree(checkout, first)
    assert old.grep(["get_user_pages"]) == NAMING
    assert sorted(old.lines_with(["get_user_pages"]).splitlines()) == LINES
    assert old.lines_with(["no such text"]) == b""
    assert old.read("drivers/three.c") == FILES["drivers/three.c"].encode()


def test_a_tag_and_a_branch_are_revisions(checkout: Path) -> None:
    git(checkout, "tag", "-a", "v5.3", "-m", "tagged")
    assert open_tree(checkout, "v5.3").commit == open_tree(checkout).commit


def test_many_changes_are_no_problem(checkout: Path) -> None:
    for n in range(1500):
        write(checkout, f"drivers/many/{n}.c", "get_user_pages\n")
    git(checkout, "add", "-A")
    tree = open_tree(checkout)
    assert tree.grep(["get_user_pages"]) == NAMING


@pytest.mark.parametrize(
    ("lacking", "words"),
    [
        ("Makefile", "Makefile is missing"),
        ("include/linux/mm.h", "include/linux/mm.h is missing"),
    ],
)
def test_a_tree_that_is_no_kernel(checkout: Path, lacking: str, words: str) -> None:
    git(checkout, "rm", "-q", lacking)
    git(checkout, "commit", "-q", "-m", "less")
    with pytest.raises(Refusal, match="not a Linux kernel") as caught:
        open_tree(checkout)
    assert words in str(caught.value)


def test_a_kernel_without_gup(checkout: Path) -> None:
    write(checkout, "include/linux/mm.h", "int get_user_pages_of_another_kind;\n")
    git(checkout, "commit", "-q", "-a", "-m", "none")
    with pytest.raises(Refusal, match="no get_user_pages"):
        open_tree(checkout)


def test_no_such_revision_and_no_commit(checkout: Path, tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="no commit at nowhere"):
        open_tree(checkout, "nowhere")
    git(tmp_path, "init", "-q", "unborn")
    with pytest.raises(Refusal, match="no commit at HEAD"):
        open_tree(tmp_path / "unborn")


def test_what_is_no_checkout(tmp_path: Path, checkout: Path) -> None:
    with pytest.raises(Refusal, match="does not exist"):
        open_tree(tmp_path / "nothing")
    (tmp_path / "plain").mkdir()
    with pytest.raises(Refusal, match="not a git checkout"):
        open_tree(tmp_path / "plain")
    git(tmp_path, "clone", "-q", "--bare", str(checkout), "bare")
    with pytest.raises(Refusal, match="bare"):
        open_tree(tmp_path / "bare")


def test_a_version_that_is_not_there(checkout: Path) -> None:
    write(checkout, "Makefile", "all:\n")
    git(checkout, "commit", "-q", "-a", "-m", "no version")
    assert open_tree(checkout).version == (0, 0, 0)


def test_two_trees_of_one_commit_are_equal(checkout: Path) -> None:
    one, two = open_tree(checkout), open_tree(checkout)
    one.read("mm/gup.c")
    assert one == two == Tree(two.root, two.commit)


def test_a_path_that_leads_out_of_the_tree_is_refused(checkout: Path) -> None:
    """Git can be made to store one, and would not check it out."""

    def make(kind: str, name: str, identity: str) -> str:
        line = f"{kind} {identity}\t{name}\n"
        argv = ["git", "-C", str(checkout), "mktree"]
        return subprocess.run(
            argv, input=line, check=True, capture_output=True, text=True
        ).stdout.strip()

    inner = make("100644 blob", "evil.c", git(checkout, "rev-parse", "HEAD:Makefile").strip())
    hidden = make("040000 tree", "drivers", make("040000 tree", "..", inner))
    commit = git(checkout, "commit-tree", hidden, "-m", "x").strip()
    tree = Tree(checkout, commit)
    with pytest.raises(Refusal, match=r"'drivers/\.\.', which leads out"):
        _ = tree.files
