# SPDX-License-Identifier: GPL-2.0-only
"""Which compilers suit which kernel."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.kernel.kbuild import compilers
from migrate.kernel.kbuild.compilers import nearest, release_name, suited


@pytest.mark.parametrize(
    ("version", "release", "gcc", "clang"),
    [
        ((5, 3, 0), "bookworm", ("9", "gcc-11"), "clang-13"),
        ((6, 1, 0), "bookworm", ("12", "gcc-12"), "clang-15"),
        ((6, 12, 0), "trixie", ("14", "gcc-14"), "clang-19"),
        ((4, 9, 0), "trixie", ("6", "gcc-12"), ""),
        ((7, 2, 0), "bookworm", ("15", "gcc-12"), "clang-19"),
    ],
)
def test_the_nearest_of_a_release(
    version: tuple[int, ...], release: str, gcc: tuple[str, str], clang: str
) -> None:
    first, *second = suited(version, release)
    assert (first.kind, first.then, first.packages[0]) == ("gcc", *gcc)
    assert [(s.kind, s.packages[0]) for s in second] == ([("clang", clang)] if clang else [])


def test_what_is_too_old_for_a_kernel_is_not_named() -> None:
    (_, clang) = suited((7, 2, 0), "bookworm")
    assert clang.least == "17.0.1" and clang.packages == ("clang-19",)
    assert suited((5, 3, 0), "nowhere")[0].packages == ()


def test_nearest_is_by_the_time_of_the_kernel() -> None:
    assert nearest((5, 3, 0), ["gcc-14", "gcc-4", "gcc-10", "gcc-8"])[:2] == ["gcc-8", "gcc-10"]
    assert nearest((), ["gcc-14", "gcc-4"]) == ["gcc-4", "gcc-14"]


def test_the_name_of_the_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "os-release"
    monkeypatch.setattr(compilers, "_RELEASE", file)
    assert release_name() == ""
    file.write_text('ID=debian\nVERSION_CODENAME="bookworm"\n')
    assert release_name() == "bookworm"
