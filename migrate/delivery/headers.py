# SPDX-License-Identifier: GPL-2.0-only
"""Mail headers with text from MAINTAINERS, git or file names, safely encoded.

RFC 5322 and RFC 2047: every value becomes exactly one header, folded, in ASCII.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from email.charset import QP, Charset
from email.header import Header

from migrate.kernel.people.mailmap import Mailbox

_LINE = 76
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u0080-\u009f\u2028\u2029]+")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\Z")
_UTF8 = Charset("utf-8")
_UTF8.header_encoding = QP
_MAX_ADDRESS = 254
"""Characters, RFC 5321."""


def is_address(text: str) -> bool:
    """Whether `text` is an address that can be put into a header as it is."""
    return len(text) <= _MAX_ADDRESS and _ADDRESS.match(text) is not None


def mailbox_text(mailbox: Mailbox) -> str:
    """`Name <address>` for a header, with the name encoded or quoted if needed.

    The address has to satisfy :func:`is_address`; raises ValueError otherwise.
    """
    if not is_address(mailbox.address):
        raise ValueError(f"not an address: {mailbox.address!r}")
    name = _one_line(mailbox.name)
    if not name:
        return mailbox.address
    if not _is_plain(name):
        name = _encoded(name, "To")
    elif not _ATOMS.match(name):
        name = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    last = name.rpartition("\n")[2]
    fold = "\n " if len(last) + len(mailbox.address) + 4 > _LINE else " "
    return f"{name}{fold}<{mailbox.address}>"


def address_header(name: str, mailboxes: Sequence[Mailbox]) -> str:
    """A header with one mailbox per line, "" if there are none; ends without a newline."""
    if not mailboxes:
        return ""
    return f"{name}: " + ",\n ".join(mailbox_text(mailbox) for mailbox in mailboxes)


def text_header(name: str, value: str) -> str:
    """A header of free text."""
    text = _one_line(value)
    if _is_plain(text):
        return _folded(f"{name}: {text}")
    words = text.split(" ")
    plain = next(n for n, word in enumerate(words) if not _is_plain(word))
    head = " ".join((f"{name}:", *words[:plain]))
    return f"{_folded(head)} {_encoded(' '.join(words[plain:]), head[-_LINE // 2 :])}"


def _is_plain(text: str) -> bool:
    """Whether `text` can be used as it is, and is not mistaken for an encoded word."""
    return text.isascii() and "=?" not in text


def _encoded(text: str, after: str) -> str:
    """`text` as encoded words that stay readable, split so that the first line fits after
    `after`."""
    return Header(text, _UTF8, maxlinelen=_LINE, header_name=after).encode(linesep="\n")


def _one_line(text: str) -> str:
    safe = text.encode("utf-8", "replace").decode("utf-8")
    return " ".join(_CONTROL.sub(" ", safe).split())


def _folded(line: str) -> str:
    lines = [""]
    for word in line.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > _LINE and lines[-1].strip():
            lines.append(" " + word)
        else:
            lines[-1] += (" " if lines[-1] else "") + word
    return "\n".join(lines)
