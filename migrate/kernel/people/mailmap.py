# SPDX-License-Identifier: GPL-2.0-only
"""Names and addresses as the kernel's files write them, and the .mailmap that corrects them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAMED = re.compile(r"([^<]+)<(.+@.*)>")
_BRACKETED = re.compile(r"\s*<(.+@\S*)>")
_BARE = re.compile(r"(.+@\S*)")
_NAME_ONLY = re.compile(r"([^<]+)<([^>]+)>\Z")
_ADDRESS_ONLY = re.compile(r"<([^>]+)>\s*<([^>]+)>\Z")
_BOTH = re.compile(r"(.+)<([^>]+)>\s*<([^>]+)>\Z")
_LONGEST_LINE = 500
_EVERYTHING = re.compile(r"(.+)<([^>]+)>\s*(.+)\s*<([^>]+)>\Z")


@dataclass(frozen=True, order=True)
class Mailbox:
    """A name without quotes, "" when there is none, and an address."""

    name: str
    address: str


def parse_mailbox(text: str) -> Mailbox:
    """Parse `Name <address>` or a bare address; the address is "" if `text` has none."""
    name = address = ""
    if found := _NAMED.match(text):
        name, address = found[1], found[2]
    elif found := _BRACKETED.match(text) or _BARE.match(text):
        address = found[1]
    return Mailbox(_unquote(name), address.strip())


def _unquote(name: str) -> str:
    """`name` without quotes around it and without backslashes before quotes inside."""
    name = name.strip()
    name = name.removeprefix('"').removesuffix('"')
    return name.replace('\\"', '"').strip()


@dataclass(frozen=True)
class Mailmap:
    """`names` and `addresses` are keyed by address, or by the whole mailbox if it has a name."""

    names: dict[Mailbox, str]
    addresses: dict[Mailbox, str]

    def apply(self, mailbox: Mailbox) -> Mailbox:
        """`mailbox` with the name and the address that .mailmap gives it."""
        for key in (mailbox, Mailbox("", mailbox.address)):
            if key in self.names or key in self.addresses:
                return Mailbox(
                    self.names.get(key, mailbox.name), self.addresses.get(key, mailbox.address)
                )
        return mailbox


def parse_mailmap(text: bytes) -> Mailmap:
    """Parse .mailmap; a line that has none of its four forms is ignored."""
    names: dict[Mailbox, str] = {}
    addresses: dict[Mailbox, str] = {}
    for raw in text.decode("utf-8", "replace").split("\n"):
        line = raw.partition("#")[0].strip()
        if len(line) > _LONGEST_LINE or line.count("<") > 2 or line.count(">") > 2:
            continue
        if found := _NAME_ONLY.match(line):
            real = parse_mailbox(line)
            names[Mailbox("", real.address)] = real.name
        elif found := _ADDRESS_ONLY.match(line):
            addresses[Mailbox("", found[2])] = found[1]
        elif found := _BOTH.match(line):
            names[Mailbox("", found[3])] = _unquote(found[1])
            addresses[Mailbox("", found[3])] = found[2]
        elif found := _EVERYTHING.match(line):
            wrong = Mailbox(_unquote(found[3]), found[4])
            names[wrong] = _unquote(found[1])
            addresses[wrong] = found[2]
    return Mailmap(names, addresses)
