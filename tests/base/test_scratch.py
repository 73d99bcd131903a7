# SPDX-License-Identifier: GPL-2.0-only
"""Temporary folders: gone after use, and after a kill with the next use."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path

import pytest

from migrate.base.errors import Refusal
from migrate.base.files import scratch
from migrate.base.programs import process


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(scratch, "_PLACES", ())
    return folder


def hold(place: Path) -> int:
    """A process that has a scratch folder; its number."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with scratch.scratch("x") as folder:
            (folder / "file").touch()
            os.write(writing, b"x")
            signal.pause()
        os._exit(1)
    os.read(reading, 1)
    os.close(reading)
    os.close(writing)
    assert list(place.iterdir())
    return child


def kill(child: int) -> None:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def test_a_folder_is_empty_and_gone_after_the_block(place: Path) -> None:
    with scratch.scratch("x") as folder:
        assert folder.parents[1] == place and list(folder.iterdir()) == []
        (folder / "deep").mkdir()
    assert list(place.iterdir()) == []


def test_what_a_killed_process_left_is_removed_by_the_next(place: Path) -> None:
    kill(hold(place))
    (left,) = place.iterdir()
    with scratch.scratch("y"):
        assert not left.exists()
    assert list(place.iterdir()) == []


def test_that_of_a_process_at_work_is_left_alone(place: Path) -> None:
    child = hold(place)
    (there,) = place.iterdir()
    with scratch.scratch("y"):
        assert (there / "files/file").exists()
    assert list(place.iterdir()) == [there]
    kill(child)


def test_a_link_of_our_name_is_not_followed(place: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/file").touch()
    (place / "gup-migrate-scratch-link").symlink_to(tmp_path / "mine")
    with scratch.scratch("x"):
        pass
    assert (tmp_path / "mine/file").exists()


def test_it_is_never_the_current_folder(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python would take that when there is no other; it may be the checkout."""
    place.rmdir()
    monkeypatch.chdir(place.parent)
    with pytest.raises(Refusal) as refused, scratch.scratch("x"):
        pass
    assert str(place) in refused.value.what and "TMPDIR" in refused.value.next_step
    assert list(place.parent.iterdir()) == []


def test_a_place_that_is_not_usable_is_passed_over(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scratch, "_PLACES", (str(place),))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "missing"))
    with scratch.scratch("x") as folder:
        assert folder.parents[1] == place


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("gup-migrate-demo.x1y2z3", {"series": b"mine"}),
        ("gup-migrate-scratch-out", {"series": b"mine"}),
        ("gup-migrate-scratch-out", {"owner": b"it is mine\n", "series": b"mine"}),
        ("gup-migrate-scratch-out", {"files": b""}),
    ],
)
def test_what_has_not_our_mark_is_a_users(
    place: Path, name: str, content: dict[str, bytes]
) -> None:
    (place / name).mkdir()
    for file, text in content.items():
        (place / name / file).write_bytes(text)
    with scratch.scratch("x"):
        pass
    assert {path.name: path.read_bytes() for path in (place / name).iterdir()} == content


def test_what_was_left_before_it_had_a_mark_is_removed(place: Path) -> None:
    (place / "gup-migrate-scratch-1/files").mkdir(parents=True)
    (place / "gup-migrate-scratch-2").mkdir()
    with scratch.scratch("x"):
        assert len(list(place.iterdir())) == 1


def test_inside_a_folder_everything_is_in_there(place: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    with scratch.inside(own):
        assert process.clean_environment()["TMPDIR"] == tempfile.gettempdir() == str(own)
        with scratch.scratch("x") as folder:
            assert folder.parent == own
    assert scratch.current() is None
    assert process.clean_environment()["TMPDIR"] == str(place)
    assert {path.name for path in own.iterdir()} <= {".distcc", ".rustup"}
    assert list(place.iterdir()) == []
