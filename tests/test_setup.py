# SPDX-License-Identifier: GPL-2.0-only
"""The scripts behind make and CI, on a machine that the tests make up."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Callable, Sequence
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.hidden import path_without

BORROWED = (
    "ls",
    "mkdir",
    "sh",
    "bash",
    "env",
    "cat",
    "rm",
    "mktemp",
    "dirname",
    "tee",
    "grep",
    "tail",
)


class Machine:
    """A PATH with a few programs only, and a log of what the made-up ones were called with."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.log = folder / "log"
        self.log.touch()
        for name in BORROWED:
            (self.bin / name).symlink_to(str(shutil.which(name)))

    def program(self, name: str, script: str = "") -> None:
        """Put a shell script there that logs its name and arguments first."""
        path = self.bin / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >> {self.log}\n{script}\n')
        path.chmod(0o755)

    def run(self, *args: str) -> subprocess.CompletedProcess[str]:
        env = {"PATH": str(self.bin), "PYTHON": "python3", "HOME": os.environ["HOME"]}
        return subprocess.run(
            args, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )

    def called(self, name: str) -> list[str]:
        return [line for line in self.log.read_text().splitlines() if line.split()[0] == name]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path)
    made.program("id", "echo 0")
    made.program("apt-get")
    made.program("python3", "exit 1")
    return made


@pytest.fixture
def need(project: Path) -> str:
    return str(project / "scripts/need.sh")


def test_what_is_there_is_not_installed(machine: Machine, need: str) -> None:
    machine.program("spatch")
    machine.program("python3")
    wild = f"{machine.log.parent}/l?g*=log"
    done = machine.run(need, "spatch=coccinelle", wild, "import:venv=python3-venv")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert machine.called("apt-get") == []


def test_only_what_is_missing_is_installed(machine: Machine, need: str) -> None:
    machine.program("gcc")
    done = machine.run(
        need,
        *("gcc=gcc", "spatch=coccinelle", "/no/*/such.h=libfoo-dev", "import:venv=python3-venv"),
        "spgrep=coccinelle",
    )
    assert done.returncode == 0
    assert done.stdout == "Installing packages: coccinelle libfoo-dev python3-venv\n"
    assert machine.called("apt-get") == [
        "apt-get -q update",
        "apt-get -q install -y --no-install-recommends coccinelle libfoo-dev python3-venv",
    ]


def test_sudo_is_used_by_others_than_root(machine: Machine, need: str) -> None:
    machine.program("id", "echo 1000")
    machine.program("sudo", '[ "$1" = -n ] || exec "$@"')
    assert machine.run(need, "spatch=coccinelle").returncode == 0
    assert len(machine.called("apt-get")) == 2


@pytest.mark.parametrize("sudo", [None, "exit 1"])
def test_without_root_there_is_one_line_that_says_what_to_type(
    machine: Machine, need: str, sudo: str | None
) -> None:
    machine.program("id", "echo 1000")
    if sudo:
        machine.program("sudo", sudo)
    done = machine.run(need, "spatch=coccinelle", "bc=bc")
    assert done.returncode == 1
    assert done.stderr == "Missing packages; as root, type: apt-get install coccinelle bc\n"
    assert machine.called("apt-get") == []


@pytest.fixture
def fedora(machine: Machine) -> Machine:
    """A machine with dnf and without apt."""
    (machine.bin / "apt-get").unlink()
    machine.program("dnf")
    return machine


def test_dnf_is_asked_by_fedoras_names(fedora: Machine, need: str) -> None:
    done = fedora.run(
        need, "spatch=coccinelle", "/no/libelf.h=libelf-dev", "/no/so=libpython3.13", "no=distcc"
    )
    assert (done.returncode, done.stderr) == (0, "")
    wanted = "coccinelle elfutils-libelf-devel python3-libs distcc distcc-server"
    assert done.stdout == f"Installing packages: {wanted}\n"
    assert fedora.called("dnf") == [f"dnf install -q -y --setopt=install_weak_deps=False {wanted}"]


def test_what_fedora_does_not_have_is_said_in_one_line(fedora: Machine, need: str) -> None:
    done = fedora.run(need, "spatch=coccinelle", "/no/such=linux-source-6.1")
    assert done.returncode == 1 and fedora.called("dnf") == []
    assert done.stderr.splitlines() == [
        "Missing, and Fedora has no package of it that is known here: linux-source-6.1"
    ]


def test_without_root_fedoras_names_are_in_the_line(fedora: Machine, need: str) -> None:
    fedora.program("id", "echo 1000")
    done = fedora.run(need, "/no/ssl.h=libssl-dev")
    assert done.stderr == "Missing packages; as root, type: dnf install openssl-devel\n"


def test_a_failed_dnf_shows_why(fedora: Machine, need: str) -> None:
    fedora.program("dnf", "echo no room; exit 1")
    done = fedora.run(need, "bc=bc")
    assert done.returncode == 1
    assert done.stderr == "no room\ndnf did not install: bc\n"


def test_every_package_of_make_has_a_name_in_fedora(project: Path) -> None:
    """Python reads the same file as the script, and both know all that make and doctor name."""
    head = (project / "Makefile").read_text().split(".PHONY")[0]
    named = set(re.findall(r"[\w:/.-]+=([a-z0-9.+-]+)\b", head))
    text = (project / "migrate/base/data/packages.toml").read_text()
    known = tomllib.loads(text)["dnf"]
    assert {"coccinelle", "libelf-dev"} <= named
    assert {n for n in named if not any(fnmatch(n, key) for key in known)} == set()
    lines = re.findall(r'^"([^" ]+)" = "([^"]*)"$', text, re.M)
    assert dict(lines) == known, "a line that the script cannot read"


def test_without_apt_the_packages_are_named(machine: Machine, need: str) -> None:
    (machine.bin / "apt-get").unlink()
    done = machine.run(need, "spatch=coccinelle")
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "coccinelle" in done.stderr


def test_a_failed_installation_shows_why(machine: Machine, need: str) -> None:
    machine.program("apt-get", '[ "$1" = update ] || { echo "E: no room"; exit 100; }')
    done = machine.run(need, "spatch=coccinelle")
    assert done.returncode == 1
    assert "E: no room" in done.stderr
    assert done.stderr.splitlines()[-1] == "apt-get did not install: coccinelle"


HELD = """\
E: Could not get lock /var/lib/apt/lists/lock. It is held by process 4711 (unattended-upgr)
E: Unable to lock directory /var/lib/apt/lists/"""


def test_another_apt_is_waited_for_and_said_so_once(machine: Machine, need: str) -> None:
    """As on every machine that was just made: it brings itself up to date first."""
    machine.program("sleep")
    # Each of the two is locked out twice, then not any more.
    machine.program(
        "apt-get", f'[ $(grep -c "$2" {machine.log}) = 3 ] && exit; echo "{HELD}"; false'
    )
    done = machine.run(need, "spatch=coccinelle")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "Installing packages: coccinelle",
        "Waiting for another apt to end, ten minutes at most: process 4711 (unattended-upgr)",
    ]
    assert [line.split()[2] for line in machine.called("apt-get")] == 3 * ["update"] + 3 * [
        "install"
    ]
    assert machine.called("sleep") == 4 * ["sleep 10"]


def test_an_apt_that_never_ends_is_given_up_on(machine: Machine, need: str) -> None:
    machine.program("sleep")
    machine.program("apt-get", f'echo "{HELD}"; exit 100')
    done = machine.run(need, "spatch=coccinelle")
    assert done.returncode == 1 and len(machine.called("sleep")) == 60
    assert HELD in done.stderr
    assert done.stderr.splitlines()[-1] == "apt-get did not install: coccinelle"


def test_a_program_can_be_hidden_from_the_tests(tmp_path: Path) -> None:
    """That is how CI tests on a machine with ccache what holds on one without it."""
    for name in ("a", "b", "scratch"):
        (tmp_path / name).mkdir()
    for name in ("a/one", "b/one", "b/two"):
        (tmp_path / name).write_text("#!/bin/sh\necho $0\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "b/gcc").symlink_to(tmp_path / "b/two")
    path = path_without("two", f"{tmp_path}/a:{tmp_path}/b", tmp_path / "scratch")
    assert shutil.which("one", path=path) == f"{tmp_path}/a/one"
    assert shutil.which("two", path=path) is shutil.which("gcc", path=path) is None
    assert path.split(":")[0] == f"{tmp_path}/a"
    (tmp_path / "a/one").unlink()
    assert shutil.which("one", path=path) == f"{tmp_path}/scratch/1/one"


@pytest.mark.skipif("WITHOUT" not in os.environ, reason="nothing is hidden, as it is by .ci/run")
def test_what_is_hidden_is_not_found() -> None:
    assert shutil.which(os.environ["WITHOUT"]) is None


CLOSING = "=================== 12 passed, 1 skipped in 3.45s ===================="


PARTS = ("test", "ccache-test", "browser-test", "kernel-test", "boot-test", "other-release-test")


@pytest.mark.parametrize("failing", ["", *PARTS])
def test_ci_runs_all_parts_and_fails_when_one_does(
    machine: Machine, project: Path, failing: str
) -> None:
    seen = machine.log.with_suffix(".seen")
    told = 'echo "$1:$EMAIL$GIT_DIR$XDG_CONFIG_HOME:$WITHOUT:$(ls -A "$HOME")"'
    machine.program("make", f'{told} >> {seen}; echo "{CLOSING}"; [ "$1" != "{failing}" ]')
    mine = ("EMAIL=me@example.org", "GIT_DIR=/mine", "XDG_CONFIG_HOME=/mine")
    done = machine.run("env", *mine, str(project / ".ci/run"))
    assert seen.read_text().splitlines() == [
        f"{part}::{'ccache' if part == 'test' else ''}:" for part in PARTS
    ], "nothing of whoever runs it reaches a test"
    assert done.returncode == (1 if failing else 0)
    assert machine.called("make") == [f"make {part}" for part in PARTS]
    end = re.sub(r"after \d+ s", "after N s", done.stdout).splitlines()[-2 * len(PARTS) :]
    verdicts = {part: "FAILED" if part == failing else "passed" for part in PARTS}
    assert end == [
        line for part in PARTS for line in (CLOSING, f"make {part}: {verdicts[part]} after N s")
    ]


def test_ci_says_what_was_skipped_and_why(machine: Machine, project: Path) -> None:
    machine.program("make", 'case $1 in other*) echo "Skipped: no root here" ;; esac')
    done = machine.run(str(project / ".ci/run"))
    assert done.returncode == 0
    why, verdict = done.stdout.splitlines()[-2:]
    assert why == "Skipped: no root here"
    assert verdict.startswith("make other-release-test: skipped after ")


@pytest.fixture
def other(machine: Machine, tmp_path: Path, project: Path) -> Callable[..., str]:
    """`other(RELEASE=...)`: the last line of other_release.sh, with a log beside the machine's."""
    for name in ("unshare", "debootstrap", "chroot"):
        machine.program(name)
    machine.program("apt-get", "echo file:/mirror")
    for name in ("mkdir", "flock", "find", "head", "touch", "rm", "install", "git", "tar"):
        if not (machine.bin / name).exists():
            (machine.bin / name).symlink_to(str(shutil.which(name)))

    def run(**variables: str) -> str:
        settings = {"XDG_CACHE_HOME": f"{tmp_path}/cache", "RELEASE": "sarge"} | variables
        words = [f"{key}={value}" for key, value in settings.items()]
        done = machine.run("env", *words, str(project / "scripts/other_release.sh"), "true")
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.splitlines()[-1]

    return run


def test_the_other_release_needs_root(machine: Machine, other: Callable[..., str]) -> None:
    machine.program("id", "echo 1000")
    assert other() == "Skipped: only root can make a folder with sarge in it"


def test_the_other_release_needs_mounts(machine: Machine, other: Callable[..., str]) -> None:
    machine.program("unshare", "exit 1")
    assert other() == "Skipped: no mounts of our own are possible here"


def test_the_other_release_needs_a_mirror(machine: Machine, other: Callable[..., str]) -> None:
    machine.program("apt-get")
    assert other() == "Skipped: apt has no mirror of Debian here"


def test_half_of_another_release_is_not_taken_for_it(
    machine: Machine, other: Callable[..., str], tmp_path: Path
) -> None:
    """Without a network, say; the next run begins anew."""
    machine.program("debootstrap", 'mkdir -p "$3"; echo "E: no network"; exit 1')
    for _ in range(2):
        assert other().startswith(
            "Skipped: debootstrap of sarge failed; the rest of its log is in "
        )
    log = tmp_path / "cache/gup-migrate/releases/log"
    assert log.read_text() == "E: no network\n"
    folder = f"{tmp_path}/cache/gup-migrate/releases/sarge"
    assert machine.called("debootstrap") == 2 * [
        f"debootstrap --variant=minbase sarge {folder} file:/mirror"
    ]


@pytest.fixture
def kernels(machine: Machine, tmp_path: Path, project: Path) -> Callable[..., str]:
    """`kernels(offered, ...)`: the answer where apt offers these, one line of its own for each."""
    for name in ("sed", "sort", "uniq", "tr"):
        (machine.bin / name).symlink_to(str(shutil.which(name)))
    (tmp_path / "src").mkdir()

    def ask(*offered: str, args: Sequence[str] = (), code: int = 0, **variables: str) -> str:
        lines = [f"linux-source-{v} - Linux kernel source for version {v}" for v in offered]
        machine.program("apt-cache", "\n".join(f"echo '{line}'" for line in lines))
        words = [f"{key}={value}" for key, value in variables.items()]
        script = str(project / "scripts/kernels.sh")
        done = machine.run("env", f"SOURCES={tmp_path}/src", *words, script, *args)
        assert done.returncode == code
        return done.stdout + done.stderr

    return ask


def test_kernels_are_the_oldest_and_the_newest_of_the_release(
    kernels: Callable[..., str], tmp_path: Path
) -> None:
    assert kernels("6.12", "6.1") == "6.1 6.12\n"
    assert kernels("7.2", "6.12", "7.3", "6.12-extra") == "6.12 7.3\n"
    assert kernels("6.12", "6.1", KERNELS="6.9") == "6.9\n"
    (tmp_path / "src/linux-source-5.10.tar.xz").touch()
    assert kernels("6.12", "6.1") == "5.10 6.12\n"
    where = f"{tmp_path}/src/linux-source"
    assert kernels("6.12", args=["--needs"]).split() == [
        f"{where}-5.10.tar.xz=linux-source-5.10",
        f"{where}-6.12.tar.xz=linux-source-6.12",
    ]


def test_one_kernel_alone_says_how_to_have_two(kernels: Callable[..., str]) -> None:
    said = kernels("6.12").splitlines()
    assert said[0] == "6.12" and "backports" in said[1] and len(said) == 2


def test_without_any_kernel_there_is_one_line(kernels: Callable[..., str]) -> None:
    said = kernels(code=1)
    assert said == "apt has no linux-source-X.Y of Debian here; on Debian: apt-get update\n"


@pytest.mark.parametrize(
    "script", ["need.sh", "kernels.sh", "other_release.sh", "venv.sh", "demo.sh", "lock.sh"]
)
def test_scripts_are_executable_and_parse(project: Path, script: str) -> None:
    path = project / "scripts" / script
    assert os.access(path, os.X_OK)
    assert subprocess.run(["sh", "-n", str(path)]).returncode == 0
