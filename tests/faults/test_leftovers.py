# SPDX-License-Identifier: GPL-2.0-only
"""Nothing is made in HOME but the cache, and nothing stays among the machine's temporary files,
after any command; what a command that was killed leaves there is removed by the next."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import forked
from tests.end_to_end.world import World, make_few_callers, make_world

# One worker runs them all: the state is shared between the tests.
pytestmark = pytest.mark.xdist_group("leftovers")

ROOT = Path(__file__).resolve().parents[2]
CACHES = {".cache", ".cache/gup-migrate", ".cache/ccache"}

# As the real ones do: a folder in HOME is made before anything else, whatever is asked.
DISTCC = """\
#!/bin/sh
mkdir -p "${DISTCC_DIR:=$HOME/.distcc}/state" "${RUSTUP_HOME:=$HOME/.rustup}/tmp" || echo no folder
case $1 in
-j) echo 2 ;;
--version) echo distcc 3.4 ;;
*) exec "$@" ;;
esac
"""
COMMANDS = (
    *(("--help",), ("--version",), ("doctor",), ("doctor", "--json"), ("frobnicate",)),
    *(("status", "TREE"), ("scan", "TREE"), ("pair", "TREE"), ("classify", "TREE")),
    *(("explain", "drivers/block/slate/slate_drv.c", "TREE"), ("explain", "none", "TREE")),
    *(("audit", "TREE"), ("rewrite", "TREE"), ("commit", "TREE"), ("review", "TREE")),
    ("build", "TREE", "--compiler-launcher", "distcc"),
    ("run", "TREE", "--compiler-launcher", "distcc", "--no-tree-scripts"),
    *(("run", "TREE"), ("run", "TREE", "--workspace", "/proc/x"), ("status", "TREE")),
    *(("clean", "TREE"), ("clean", "TREE", "--all")),
)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A checkout, and an empty HOME and TMPDIR beside it."""
    world = make_world(tmp_path_factory.mktemp("leftovers"), ROOT)
    make_few_callers(world)
    for name in ("me", "tmp", "bin"):
        (world.home / name).mkdir()
    (world.home / "me/.gitconfig").write_text("[safe]\n\tdirectory = *\n")
    (world.home / "bin/distcc").write_text(DISTCC)
    (world.home / "bin/distcc").chmod(0o755)
    return world


def environment(machine: World) -> dict[str, str]:
    home = machine.home
    left_out = ("XDG_CACHE_HOME", "DISTCC_DIR", "RUSTUP_HOME", "CCACHE_DIR")
    kept = {k: v for k, v in machine.env.items() if k not in left_out}
    path = f"{home}/bin:{kept['PATH']}"
    return kept | {"HOME": f"{home}/me", "TMPDIR": f"{home}/tmp", "PATH": path}


def made_in_home(machine: World) -> set[str]:
    home = machine.home / "me"
    names = {path.relative_to(home).as_posix() for path in home.rglob("*")}
    return {n for n in names - {".gitconfig"} if not n.startswith((*(f"{c}/" for c in CACHES),))}


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_command_leaves_anything(machine: World, command: tuple[str, ...]) -> None:
    arguments = [str(machine.tree) if word == "TREE" else word for word in command]
    done = forked.run(arguments, environment(machine), machine.home)
    assert done.returncode in (0, 1, 2, 3), done.stderr
    assert "no folder" not in done.stdout + done.stderr
    assert made_in_home(machine) <= CACHES
    assert list((machine.home / "tmp").iterdir()) == []


@pytest.mark.parametrize(
    "command", [("doctor",), ("scan", "TREE", "--workspace", "ws")], ids=" ".join
)
def test_what_a_kill_leaves_is_removed_by_the_next(
    machine: World, command: tuple[str, ...]
) -> None:
    arguments = [str(machine.tree) if word == "TREE" else word for word in command]
    spatch, mark = machine.home / "bin/spatch", machine.home / "started"
    spatch.write_text(f"#!/bin/sh\necho x > ${{TMPDIR:?}}/mine\ntouch {mark}\nsleep 900\n")
    spatch.chmod(0o755)
    child = subprocess.Popen(
        [sys.executable, "-m", "migrate", *arguments],
        env=environment(machine),
        cwd=machine.home,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 60
        while not mark.exists():
            assert time.monotonic() < deadline and child.poll() is None
            time.sleep(0.05)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
        spatch.unlink()
        mark.unlink(missing_ok=True)
    left = [*(machine.home / "tmp").iterdir(), *(machine.home / "ws").glob("scratch/*")]
    assert left, "the test does not see what it is about"
    assert forked.run(arguments, environment(machine), machine.home).returncode == 0
    assert list((machine.home / "tmp").iterdir()) == []
    assert list((machine.home / "ws").glob("scratch/*")) == []
    assert made_in_home(machine) <= CACHES
