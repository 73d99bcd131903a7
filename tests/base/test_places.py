# SPDX-License-Identifier: GPL-2.0-only
"""What the system says no to becomes one line and what to do, whatever it is."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from migrate.base.errors import Refusal
from migrate.base.files import places
from migrate.base.files.places import using

PLACE = Path("/some/place")
EVERY = sorted(errno.errorcode)


def refused(error: OSError, how: str = "with --place DIR") -> Refusal:
    with pytest.raises(Refusal) as found, using(PLACE, "place", how):
        raise error
    return found.value


@pytest.mark.parametrize("number", [n for n in EVERY if n not in places._EXHAUSTED])
def test_every_error_in_a_place_is_a_refusal(number: int) -> None:
    refusal = refused(OSError(number, "x", str(PLACE / "deep/file")))
    assert str(PLACE) in refusal.what
    assert os.strerror(number).removesuffix(" on device") in refusal.what
    assert "--place DIR" in refusal.next_step
    assert "\n" not in refusal.what + refusal.next_step


@pytest.mark.parametrize("name", ["/some/place", "/some/place/x", "/some", "/"])
def test_a_place_is_what_is_in_it_and_the_way_to_it(name: str) -> None:
    assert "place" in refused(PermissionError(errno.EACCES, "x", name)).what


def test_the_second_file_of_an_error_counts_as_well() -> None:
    error = OSError(errno.EXDEV, "x", "/elsewhere", None, str(PLACE / "y"))
    assert "/elsewhere" in refused(error).what


@pytest.mark.parametrize("name", ["/other", "/some/place2", None, 3])
def test_what_is_elsewhere_is_not_about_the_place(name: object) -> None:
    with pytest.raises(FileNotFoundError), using(PLACE, "place", ""):
        raise FileNotFoundError(errno.ENOENT, "x", name)


def test_what_is_beside_it_can_be_a_part_of_it() -> None:
    beside = Path("/some/.place.new")
    with pytest.raises(Refusal), using(PLACE, "place", "", beside=[beside]):
        raise FileNotFoundError(errno.ENOENT, "x", str(beside / "file"))


@pytest.mark.parametrize("number", places._EXHAUSTED)
def test_what_there_is_no_more_of_is_no_fault_of_a_place(number: int) -> None:
    error = OSError(number, "x", str(PLACE))
    with pytest.raises(OSError, match=str(number)), using(PLACE, "place", ""):
        raise error
    told = places.no_bug(error)
    assert told is not None and str(PLACE) not in told.what and told.next_step


def test_without_another_place_none_is_proposed() -> None:
    for number in EVERY:
        if number not in places._EXHAUSTED:
            step = refused(OSError(number, "x", str(PLACE)), "").next_step
            assert step and "another" not in step and "  " not in step


def test_a_step_that_we_got_wrong_stays_a_bug() -> None:
    assert places.no_bug(FileNotFoundError(errno.ENOENT, "x", "/other")) is None
    assert places.no_bug(OSError(errno.EBADF, "x")) is None
    assert places.no_bug(RuntimeError("x")) is places.no_bug(ImportError("x")) is None
    assert places.no_bug(ModuleNotFoundError("x", name="migrate.x")) is None


@pytest.mark.parametrize(
    ("error", "what"),
    [
        (MemoryError(), "ran out of memory"),
        (ImportError("libx.so: failed to map segment from shared object"), "ran out of memory"),
        (ImportError("libx.so: cannot open: Too many open files"), "files at a time"),
        (RuntimeError("can't start new thread"), "more processes, or threads"),
        (ModuleNotFoundError("x", name="re2"), "The Python package re2 is missing"),
        (OSError(errno.ENOSPC, "x"), "No space left on the disk of the workspace"),
    ],
    ids=repr,
)
def test_what_python_says_in_its_own_ways(error: Exception, what: str) -> None:
    told = places.no_bug(error)
    assert told is not None and what in told.what


def test_a_full_disk_that_does_not_say_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = OSError(errno.ENOSPC, "x")
    with pytest.raises(OSError, match="x"), using(tmp_path, "place", ""):
        raise error
    monkeypatch.setattr(places, "_LITTLE", 1 << 80)
    with pytest.raises(Refusal) as found, using(tmp_path, "place", "with --place DIR"):
        raise error
    assert f"on the disk of {tmp_path}" in found.value.what
    assert "use another disk with --place DIR" in found.value.next_step


def test_a_path_is_made_absolute_without_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "loop").symlink_to("loop")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert places.meant(Path("~/x")) == tmp_path / "x"
    assert places.absolute(Path("~/x")) == tmp_path / "~/x"
    assert places.absolute(Path("loop")) == tmp_path / "loop"
    assert places.meant(Path("~nobody-of-that-name/x")) == tmp_path / "~nobody-of-that-name/x"
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(Refusal, match="current folder does not exist"):
        places.absolute(Path("x"))


@pytest.mark.parametrize("home", ["", "relative", "."])
def test_a_home_that_is_none(home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", home)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    with pytest.raises(Refusal, match="HOME is not an absolute path"):
        places.cache_folder()
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    assert places.cache_folder() == Path("/cache")
