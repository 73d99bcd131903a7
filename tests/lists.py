# SPDX-License-Identifier: GPL-2.0-only
"""A mail server and a real public-inbox, both on loopback, for tests of what goes out."""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

LOOPBACK = "127.0.0.1"


@dataclass
class Arrived:
    """One mail as the server got it: the envelope, and the text byte for byte."""

    sender: str
    recipients: tuple[str, ...]
    data: bytes


@dataclass
class Server:
    """What arrived so far; `port` is where it listens."""

    port: int
    mails: list[Arrived] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.mails.append(Arrived(envelope.mail_from, tuple(envelope.rcpt_tos), envelope.content))
        return "250 OK"


@contextmanager
def mail_server() -> Iterator[Server]:
    """A server that takes every mail and keeps it."""
    server = Server(_free_port())
    controller = Controller(server, hostname=LOOPBACK, port=server.port)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


@dataclass(frozen=True)
class Inbox:
    """A list archive of which `home` is the home folder, and the port of its web server."""

    home: Path
    name: str
    address: str
    port: int

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}/{self.name}"

    def deliver(self, mail: bytes) -> None:
        """Hand `mail` over as a mail server would."""
        subprocess.run(
            ["public-inbox-mda", "--no-precheck"],
            input=mail,
            env=_environment(self.home) | {"ORIGINAL_RECIPIENT": self.address},
            check=True,
            capture_output=True,
            timeout=60,
        )

    @contextmanager
    def served(self) -> Iterator[None]:
        """Its web server, which only shows an archive that has mails when it starts."""
        server = subprocess.Popen(
            ["public-inbox-httpd", "-l", f"{LOOPBACK}:{self.port}", "-W0"],
            env=_environment(self.home),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_for(self.url, server)
            yield
        finally:
            server.terminate()
            server.wait(20)


def make_inbox(folder: Path) -> Inbox:
    """An empty public-inbox, all of it below `folder`."""
    home = folder / "inbox-home"
    home.mkdir()
    port = _free_port()
    inbox = Inbox(home, "patches", "patches@example.org", port)
    subprocess.run(
        ["public-inbox-init", "-V2", inbox.name, str(folder / "inbox"), inbox.url, inbox.address],
        env=_environment(home),
        check=True,
        capture_output=True,
        timeout=60,
    )
    with (home / ".public-inbox" / "config").open("a") as file:
        # Or it looks for a spam filter.
        file.write("[publicinboxmda]\n\tspamcheck = none\n")
    return inbox


def _environment(home: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "XDG_", "PERL"))}
    return kept | {"HOME": str(home), "PI_CONFIG": str(home / ".public-inbox" / "config")}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(100):
        assert server.poll() is None, "public-inbox-httpd ended"
        with suppress(OSError), urllib.request.urlopen(f"{url}/", timeout=5):
            return
        time.sleep(0.1)
    raise AssertionError(f"nobody answers at {url}")
