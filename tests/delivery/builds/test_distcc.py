# SPDX-License-Identifier: GPL-2.0-only
"""Building through two real distccd on loopback: their logs say who did the work."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from migrate.delivery.model import BuildStatus
from tests.delivery.builds.test_branch import World

pytestmark = pytest.mark.skipif(
    not (shutil.which("distcc") and shutil.which("distccd")),
    reason="distcc is not installed (Debian: distcc)",
)
SOURCES = (
    "drivers/block/slate/slate_drv.c",
    "drivers/misc/chute/chute_dma.c",
    "drivers/misc/keel/keel_region.c",
    "drivers/virt/ferry/ferry_queue.c",
    "drivers/virt/hatch/hatch_ioctl.c",
    "mm/swap.c",
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(folder: Path, number: int) -> Iterator[tuple[int, Path]]:
    """A distccd with one job; its port and its log."""
    port = free_port()
    log = folder / f"distccd-{number}.log"
    log.touch(mode=0o666)
    log.chmod(0o666)
    with (folder / f"distccd-{number}.out").open("wb") as output:
        daemon = subprocess.Popen(
            [
                *("distccd", "--daemon", "--no-detach", "--enable-tcp-insecure"),
                *("--listen", "127.0.0.1", "--port", str(port), "--allow", "127.0.0.1"),
                *("--jobs", "1", "--log-file", str(log), "--log-level", "info"),
                *(("--user", "nobody") if os.getuid() == 0 else ()),
            ],
            stdout=output,
            stderr=output,
            env=os.environ | {"TMPDIR": "/tmp"},
            start_new_session=True,
        )
    try:
        _wait_for(port, log)
        yield port, log
    finally:
        daemon.terminate()
        daemon.wait(10)


def _wait_for(port: int, log: Path) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail(f"distccd did not start: {log.read_text()}")


def counted(logs: list[Path]) -> list[int]:
    """How often each server says that it compiled; it says so behind its answer."""
    for _ in range(100):
        done = [log.read_text().count("COMPILE_OK") for log in logs]
        if sum(done) >= len(SOURCES):
            break
        time.sleep(0.1)
    return done


def test_two_servers_do_the_work(
    world_with_commits: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The servers' own user has to reach their logs.
    for folder in (tmp_path, *tmp_path.parents):
        if folder.owner() == tmp_path.owner() and folder != Path("/tmp"):
            folder.chmod(folder.stat().st_mode | 0o011)
    with ExitStack() as stack:
        servers = [stack.enter_context(server(tmp_path, number)) for number in range(2)]
        hosts = " ".join(f"127.0.0.1:{port}/1" for port, _ in servers)
        monkeypatch.setenv("DISTCC_HOSTS", hosts)
        (tmp_path / "distcc").mkdir()
        monkeypatch.setenv("DISTCC_DIR", str(tmp_path / "distcc"))
        monkeypatch.setenv("DISTCC_FALLBACK", "0")
        report = world_with_commits.build(compiler_launcher="distcc", jobs=2)
        assert {o.status for o in report.objects} == {BuildStatus.BUILT}
        done = counted([log for _, log in servers])
    assert sum(done) >= len(SOURCES), done
    assert all(done), f"one server had nothing to do: {done}"


@pytest.fixture
def world_with_commits(mini: Path, tmp_path: Path) -> World:
    world = World(mini, tmp_path / "room")
    for path in SOURCES:
        world.change(path, "int harmless;\n")
    return world
