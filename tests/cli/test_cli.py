# SPDX-License-Identifier: GPL-2.0-only
"""The command line: what it says about bad input, and with which exit code it ends."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from migrate.base.errors import ExitCode
from migrate.cli import commands, ending
from migrate.cli import main as cli
from migrate.cli.request import Request

ROOT = Path(__file__).resolve().parents[2]
MM_H = "long get_user_pages(unsigned long start, unsigned long nr_pages);\n"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without any configuration of whoever runs the tests."""
    made = tmp_path / "home"
    made.mkdir()
    for name in [n for n in os.environ if n.startswith(("GIT_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(made))
    monkeypatch.setenv("XDG_CACHE_HOME", str(made / "cache"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.chdir(tmp_path)
    return made


def git(where: Path, *args: str) -> None:
    subprocess.run(["git", "-C", str(where), *args], check=True, capture_output=True)


LEFT_MM_H = """\
long get_user_pages(unsigned long start, unsigned long nr, unsigned int flags, struct page **pages);
int get_user_pages_fast(unsigned long start, int nr, unsigned int gup_flags, struct page **pages);
int get_user_pages_fast_only(unsigned long start, int nr, unsigned int flags, struct page **pages);
void put_page(struct page *page);
"""


def kernel(root: Path, mm_h: str = MM_H) -> Path:
    """The least that passes for a kernel, with one commit and nobody's name configured."""
    (root / "include" / "linux").mkdir(parents=True)
    (root / "Makefile").write_text("VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 0\n")
    (root / "MAINTAINERS").write_text("THE REST\nM:\tA B <a@example.org>\nF:\t*\nF:\t*/\n")
    (root / "include" / "linux" / "mm.h").write_text(mm_h)
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qm", "import")
    return root


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run a command in this process; its exit code, standard output and standard error."""

    def call(*arguments: str) -> tuple[int, str, str]:
        handlers = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        try:
            code = ending.guarded(lambda: cli.invoke(list(arguments)))
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def program(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    """The same as a process of its own."""
    env = os.environ | {"PYTHONPATH": str(ROOT)} | dict(options.pop("env", {}))  # type: ignore[call-overload]
    return subprocess.run(
        [sys.executable, "-m", "migrate", *arguments],
        capture_output=True,
        text=True,
        env=env,
        check=False,
        timeout=60,
    )


def bare(root: Path) -> Path:
    root.mkdir()
    git(root, "init", "-q", "--bare")
    return root


def unborn(root: Path) -> Path:
    root.mkdir()
    git(root, "init", "-q")
    return root


def plain(root: Path) -> Path:
    root.mkdir()
    return root


def without(root: Path, name: str) -> Path:
    made = kernel(root)
    git(made, "rm", "-q", name)
    git(made, "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qm", "gone")
    return made


def no_kernel(root: Path) -> Path:
    return without(root, "Makefile")


def unmaintained(root: Path) -> Path:
    return without(root, "MAINTAINERS")


def test_an_analysis_needs_no_maintainers(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    tree = str(unmaintained(tmp_path / "linux"))
    assert run("pair", tree)[0] == ExitCode.DONE
    assert run("audit", tree)[0] == ExitCode.DONE


@pytest.mark.parametrize(
    ("make", "what", "next_step"),
    [
        (plain, "is not a git checkout", "git -C"),
        (lambda p: p, "does not exist", "Give the path of a Linux kernel checkout"),
        (bare, "is a bare repository", "git clone"),
        (unborn, "has no commit at HEAD", "Commit the kernel first"),
        (no_kernel, "is not a Linux kernel: Makefile is missing", "top folder"),
        (unmaintained, "has no MAINTAINERS at", "Add that of the kernel"),
        (lambda p: kernel(p, "int nothing;\n"), "has no get_user_pages()", "nothing to migrate"),
        (kernel, "git has no user.name", "git config --global user.name"),
    ],
    ids=[
        "plain",
        "missing",
        "bare",
        "unborn",
        "no kernel",
        "no MAINTAINERS",
        "no GUP",
        "no user.name",
    ],
)
def test_bad_input_is_one_line_and_what_to_do(
    run: Callable[..., tuple[int, str, str]],
    tmp_path: Path,
    make: Callable[[Path], Path],
    what: str,
    next_step: str,
) -> None:
    code, out, err = run("run", str(make(tmp_path / "linux")))
    assert code == ExitCode.REFUSED
    assert out == ""
    first, second = err.splitlines()
    assert first.startswith("error: ") and what in first
    assert next_step in second


@pytest.mark.parametrize(
    ("script", "what"),
    [
        ("", "spatch (Coccinelle) is not installed"),
        ("#!/bin/sh\necho spatch version 1.0.8 compiled with OCaml\n", "spatch 1.0.8 is too old"),
        ("#!/bin/sh\nexit 3\n", "spatch does not report its version"),
    ],
    ids=["none", "old", "broken"],
)
def test_without_a_usable_spatch(
    run: Callable[..., tuple[int, str, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    script: str,
    what: str,
) -> None:
    tree = kernel(tmp_path / "linux")
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("git", "sh"):
        (tools / name).symlink_to(_which(name))
    if script:
        (tools / "spatch").write_text(script)
        (tools / "spatch").chmod(0o755)
    monkeypatch.setenv("PATH", str(tools))
    code, _, err = run("scan", str(tree))
    assert code == ExitCode.REFUSED
    first, second = err.splitlines()
    assert what in first
    assert "apt-get install coccinelle" in second


def _which(name: str) -> str:
    return next(
        str(Path(folder) / name)
        for folder in os.environ["PATH"].split(os.pathsep)
        if (Path(folder) / name).exists()
    )


def test_a_tree_that_is_too_old_for_a_profile_is_refused_before_any_work(
    tmp_path: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    code, _, said = run("classify", str(kernel(tmp_path / "old")), "--profile", "pin-user-pages")
    assert code == ExitCode.REFUSED
    assert said == (
        "error: Profile pin-user-pages needs pin_user_pages(), which this tree lacks; kernels have"
        " it from 5.6 on.\nUse --profile vaddr-pin, which brings its own API.\n"
    )


def test_an_unknown_profile_names_the_known_ones(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    code, _, err = run("run", str(kernel(tmp_path / "linux")), "--profile", "nothing")
    assert code == ExitCode.REFUSED
    assert "nothing" in err and "vaddr-pin" in err and "pin-user-pages" in err


def test_an_unknown_revision_is_refused(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    code, _, err = run("scan", str(kernel(tmp_path / "linux")), "--rev", "v9.9")
    assert code == ExitCode.REFUSED
    assert "has no commit at v9.9" in err


def test_a_mailbox_that_is_not_there_is_refused_before_any_work(
    run: Callable[..., tuple[int, str, str]], home: Path
) -> None:
    tree = kernel(home / "linux")
    code, _, said = run("series", str(tree), "--reroll", "--trailers", str(home / "thread.mbox"))
    assert code == ExitCode.REFUSED
    assert said.splitlines()[0] == (
        f"error: {home}/thread.mbox cannot be read: No such file or directory."
    )
    assert not (home / ".cache").exists()


@pytest.mark.parametrize("option", ["--workspace", "--output"])
def test_nothing_goes_into_the_checkout(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path, option: str
) -> None:
    tree = kernel(tmp_path / "linux")
    code, _, err = run("run", str(tree), option, str(tree / "out"))
    assert code == ExitCode.REFUSED
    assert "inside the checkout" in err and option in err
    assert not (tree / "out").exists()


@pytest.mark.parametrize(
    "arguments", [["frobnicate"], ["run", "--frob"], ["run", "--jobs", "0"], ["explain"]]
)
def test_usage_errors_are_exit_code_2(
    run: Callable[..., tuple[int, str, str]], arguments: list[str]
) -> None:
    code, _, err = run(*arguments)
    assert code == ExitCode.USAGE
    assert "Usage:" in err or "Error" in err
    assert "Traceback" not in err


def test_status_and_clean_of_a_tree_that_was_never_looked_at(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path, home: Path
) -> None:
    tree = kernel(tmp_path / "linux")
    code, out, _ = run("status", str(tree), "--json")
    status = json.loads(out)
    assert code == 0
    assert set(status["stages"].values()) == {"missing"}
    assert status["next"] == f"gup-migrate run {tree}"
    code, out, _ = run("clean", str(tree))
    assert code == 0 and "nothing to remove" in out
    assert not (home / "cache").exists(), "looking leaves nothing behind"


def test_the_command_to_go_on_with_carries_the_options() -> None:
    request = Request(Path("a b"), "pin-user-pages", Path("/w"), revision="v6.1")
    assert request.command("run") == (
        "gup-migrate run 'a b' --profile pin-user-pages --workspace /w --rev v6.1"
    )
    assert Request(Path(), "vaddr-pin").command("scan") == "gup-migrate scan"


def test_a_bug_goes_into_a_log_and_not_on_the_terminal(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(commands, "status", fail)
    monkeypatch.setattr(commands, "current_log", tmp_path)
    code, out, err = run("status")
    assert code == ExitCode.BUG
    assert "Traceback" not in out + err and "secret detail" not in out + err
    found = re.search(r"\S+bug-\S+\.txt", err)
    assert found
    log = Path(found[0]).read_text()
    assert "secret detail" in log and "Traceback" in log


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_refused_and_no_bug(
    run: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, "full", "/ws/scan.json")

    monkeypatch.setattr(commands, "status", fail)
    code, _, err = run("status")
    assert code == ExitCode.REFUSED
    assert "on the disk of /ws/scan.json" in err and "--workspace" in err


LEFT = """\
#include <linux/mm.h>

int first_of(unsigned long addr, struct page **pages)
{
	return get_user_pages_fast_only(addr, 1, 0, pages);
}

int second_of(unsigned long addr)
{
	struct page *page;
	int nid;

	if (get_user_pages_fast(addr, 1, FOLL_FORCE, &page) != 1)
		return -1;
	nid = page_to_nid(page);
	put_page(page);
	return nid;
}
"""


def test_what_is_left_is_counted_and_listed(
    tmp_path: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    tree = kernel(tmp_path / "linux", LEFT_MM_H)
    (tree / "drivers").mkdir()
    (tree / "drivers" / "left.c").write_text(LEFT)
    git(tree, "add", "-A")
    git(tree, "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qm", "more")
    where = ("--workspace", str(tmp_path / "w"), "--jobs", "1")
    code, said, told = run("left", str(tree), *where)
    assert code == ExitCode.DONE, told
    assert "2 of 2 calls of get_user_pages*() outside of mm/ remain.\n" in said
    assert "drivers/left.c:13 second_of()" in said
    code, said, _ = run("left", str(tree), "--json", *where)
    assert [c["acquire"]["function"] for c in json.loads(said)["direct"]] == [
        "first_of",
        "second_of",
    ]


def test_a_macro_over_gup_is_named_beside_the_verdicts_and_what_is_left(
    tmp_path: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    tree = kernel(tmp_path / "linux", LEFT_MM_H)
    (tree / "drivers").mkdir()
    (tree / "drivers" / "left.c").write_text(LEFT)
    macro = "#define my_gup(a, n, p) (get_user_pages_fast((a), (n), FOLL_WRITE, (p)))\n"
    (tree / "drivers" / "own.h").write_text(macro)
    git(tree, "add", "-A")
    git(tree, "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qm", "more")
    for command in ("classify", "left"):
        code, said, told = run(command, str(tree), "--workspace", str(tmp_path / "w"))
        assert code == ExitCode.DONE, told
        assert "drivers/own.h:1" in said.partition("not seen as a call")[2]


def test_help_and_version() -> None:
    done = program("--help")
    assert done.returncode == 0
    for name in ("doctor", "scan", "pair", "classify", "rewrite", "commit", "build", "series"):
        assert name in done.stdout
    assert program("--version").stdout.startswith("gup-migrate 0.")
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_help_does_not_load_what_it_does_not_need() -> None:
    """What makes --help slow is imports; their number does not depend on the machine's load."""
    code = (
        "import sys; from migrate.cli import main; main.invoke(['--help']); "
        "print(sorted({m.split('.')[0] for m in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=True,
    )
    for heavy in ("git", "tree_sitter", "jinja2", "cattrs", "rich", "sqlite3"):
        assert f"'{heavy}'" not in done.stderr


@pytest.mark.parametrize("stubborn", [False, True], ids=["child ends", "child ignores SIGTERM"])
def test_an_interrupt_ends_everything(tmp_path: Path, stubborn: bool) -> None:
    """A spatch that hangs in a worker thread, with a child of its own, stands for any program.

    How long it takes to the end is measured by bench/faults.py.
    """
    tree = kernel(tmp_path / "linux")
    (tree / "a.c").write_text("long f(void)\n{\n\treturn get_user_pages(0, 1);\n}\n")
    git(tree, "add", "a.c")
    git(tree, "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qm", "call")
    tools = tmp_path / "bin"
    tools.mkdir()
    mark = tmp_path / "started"
    (tools / "spatch").write_text(
        '#!/bin/sh\n[ "$1" = --version ] && exec echo spatch version 1.1.1\n'
        + ("trap '' TERM\n" if stubborn else "")
        + f"sleep 900 &\necho $$ $! > {mark}\nwait\nsleep 900\n"
    )
    (tools / "spatch").chmod(0o755)
    child = subprocess.Popen(
        [sys.executable, "-m", "migrate", "scan", str(tree), "-j", "2"],
        env=os.environ
        | {"PYTHONPATH": str(ROOT), "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not (mark.exists() and mark.read_text().endswith("\n")):
        assert time.monotonic() < deadline and child.poll() is None
        time.sleep(0.05)
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=120)
    assert child.returncode == ExitCode.INTERRUPTED
    assert f"go on with: gup-migrate scan {tree} -j 2" in err
    assert "Traceback" not in err
    for number in mark.read_text().split():
        assert _gone(int(number)), "no child is left behind"


def _gone(pid: int) -> bool:
    """Ended, if perhaps not yet collected by whoever adopted it."""
    for _ in range(600):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


def test_colour_is_off_for_pipes_and_no_color() -> None:
    done = program("status", "/nonexistent", env={"FORCE_COLOR": "1", "NO_COLOR": "1"})
    assert done.returncode == ExitCode.REFUSED
    assert "\x1b" not in done.stderr
