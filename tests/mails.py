# SPDX-License-Identifier: GPL-2.0-only
"""Series on their way: sent with send.sh to a server, read back, compared."""

from __future__ import annotations

import email
import email.policy
import os
import shutil
import subprocess
from email.message import EmailMessage
from pathlib import Path

from tests.lists import LOOPBACK, Arrived, Server


def send(folder: Path, server: Server, scratch: Path) -> list[Arrived]:
    """Send a copy of the series in `folder` to `server`; what arrived, in order."""
    copy = scratch / folder.name
    shutil.copytree(folder, copy)
    before = len(server.mails)
    done = subprocess.run(
        [
            *("sh", "send.sh", "--really-send", "--confirm=never"),
            *(f"--smtp-server={LOOPBACK}", f"--smtp-server-port={server.port}"),
        ],
        cwd=copy,
        env=os.environ | {"HOME": str(scratch)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (copy / "SENT").exists()
    return server.mails[before:]


def named(folder: Path) -> dict[str, tuple[list[str], list[str]]]:
    """To: and Cc: of each mail by its file name, as recipients.txt has them."""
    found: dict[str, tuple[list[str], list[str]]] = {}
    for block in (folder / "recipients.txt").read_text().split("\n\n")[1:]:
        name, *lines = block.strip("\n").split("\n")
        pairs = [line.strip().split(": ", 1) for line in lines]
        boxes = [(label, rest.split("  ")[0]) for label, rest in pairs]
        plain = [(label, box.rpartition("<")[2].rstrip(">")) for label, box in boxes]
        found[name] = (
            [box for label, box in plain if label == "To"],
            [box for label, box in plain if label == "Cc"],
        )
    return found


def check_arrived(folder: Path, arrived: list[Arrived]) -> None:
    """Every mail of `folder` arrived once, whole, at exactly those who are named for it."""
    files = sorted(folder.glob("*.patch"))
    assert len(arrived) == len(files)
    people = named(folder)
    cover = parsed(files[0].read_bytes())["Message-ID"]
    for path, mail in zip(files, arrived, strict=True):
        wanted, got = parsed(path.read_bytes()), parsed(mail.data)
        to, cc = people[path.name]
        assert list(mail.recipients) == [*to, *cc]
        for header in ("From", "Subject", "Message-ID", "To", "Cc", "In-Reply-To"):
            assert got[header] == wanted[header], (path, header)
        assert got["In-Reply-To"] == (None if path == files[0] else cover)
        assert len(got.get_all("Message-ID")) == 1 and got["Bcc"] is None
        assert body(got) == body(wanted), path


def parsed(data: bytes) -> EmailMessage:
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def body(message: EmailMessage) -> bytes:
    """The decoded body; a server may leave other line ends and one more at the end."""
    data = message.get_payload(decode=True)
    assert isinstance(data, bytes)
    return data.replace(b"\r\n", b"\n").rstrip(b"\n")
