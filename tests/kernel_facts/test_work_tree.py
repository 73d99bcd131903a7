# SPDX-License-Identifier: GPL-2.0-only
"""A checked-out file stands for a blob only where it is that blob to the byte."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from migrate.kernel import work_tree
from migrate.kernel.work_tree import read_checked_out

TEXT = b"int one;\n"
SHA1 = hashlib.sha1(b"blob %d\0" % len(TEXT) + TEXT).hexdigest()
SHA256 = hashlib.sha256(b"blob %d\0" % len(TEXT) + TEXT).hexdigest()


@pytest.mark.parametrize("identity", [SHA1, SHA256])
def test_what_hashes_to_the_blob_is_read(tmp_path: Path, identity: str) -> None:
    (tmp_path / "one.c").write_bytes(TEXT)
    assert read_checked_out(tmp_path, "one.c", identity) == TEXT


@pytest.mark.parametrize("text", [b"", TEXT + b"\n", TEXT.replace(b"\n", b"\r\n"), b"int two;\n"])
def test_what_was_changed_is_not(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "one.c").write_bytes(text)
    assert read_checked_out(tmp_path, "one.c", SHA1) is None


def test_what_is_no_file_is_not(tmp_path: Path) -> None:
    (tmp_path / "one.c").write_bytes(TEXT)
    (tmp_path / "link.c").symlink_to("one.c")
    os.mkfifo(tmp_path / "pipe.c")
    for name in ("gone.c", "link.c", "pipe.c", ".", "one.c/x", "a\0b"):
        assert read_checked_out(tmp_path, name, SHA1) is None


def test_what_is_too_large_is_left_to_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "one.c").write_bytes(TEXT)
    monkeypatch.setattr(work_tree, "_MOST", len(TEXT) - 1)
    assert read_checked_out(tmp_path, "one.c", SHA1) is None


def test_any_name_of_a_file_will_do(tmp_path: Path) -> None:
    name = b"\xff \xc3\xa4.c"
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))).write_bytes(TEXT)
    assert read_checked_out(tmp_path, name.decode("utf-8", "surrogateescape"), SHA1) == TEXT
