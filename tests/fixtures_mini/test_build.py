# SPDX-License-Identifier: GPL-2.0-only
"""The miniature kernel builds like a kernel, and fails when it is told to."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

TALLY = "drivers/char/tally/tally_main"
FRAMES = "mm/frame_list"
NOT_ON = {
    "x86": ("arch/arm64/", "arch/powerpc/", "arch/s390/"),
    "arm64": ("arch/x86/", "arch/powerpc/", "arch/s390/", "virt/"),
    "powerpc": ("arch/x86/", "arch/arm64/", "arch/s390/", "virt/"),
    "s390": ("arch/x86/", "arch/arm64/", "arch/powerpc/", "virt/"),
}


def make(tree: Path, out: Path, *goals: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """`make O=out goals`; `variables` in capitals go into the environment."""
    return subprocess.run(
        ["make", "-C", str(tree), f"O={out}", "ARCH=x86", *goals],
        env=os.environ | variables,
        capture_output=True,
        text=True,
    )


@pytest.fixture
def out(mini_source: Path, tmp_path: Path) -> Path:
    """A configured build folder of the fixture as it lies in the project."""
    folder = tmp_path / "out"
    assert make(mini_source, folder, "allmodconfig").returncode == 0
    return folder


@pytest.mark.parametrize("arch", NOT_ON)
def test_everything_builds_without_a_warning(mini_source: Path, tmp_path: Path, arch: str) -> None:
    config = make(mini_source, tmp_path, f"ARCH={arch}", "allmodconfig")
    built = make(mini_source, tmp_path, f"ARCH={arch}", "-j2", "W=1", "all")
    assert (config.returncode, built.returncode, built.stderr) == (0, 0, "")
    sources = {str(p.relative_to(mini_source)) for p in mini_source.rglob("*.c")}
    wanted = {s for s in sources if not s.startswith(NOT_ON[arch])}
    assert {s for s in wanted if not (tmp_path / s).with_suffix(".o").exists()} == set()


def test_the_source_tree_stays_clean(mini_source: Path, out: Path) -> None:
    before = sorted(mini_source.rglob("*"))
    assert make(mini_source, out, "prepare", "modules_prepare").returncode == 0
    assert make(mini_source, out, f"{TALLY}.o", "mm/").returncode == 0
    assert sorted(mini_source.rglob("*")) == before


def test_one_object_and_nothing_else_is_built(mini_source: Path, out: Path) -> None:
    done = make(mini_source, out, f"{TALLY}.o")
    assert f"  CC [M]  {TALLY}.o\n" in done.stdout
    assert [str(p.relative_to(out)) for p in out.rglob("*.o")] == [f"{TALLY}.o"]
    again = make(mini_source, out, f"{TALLY}.o")
    assert again.returncode == 0
    assert "CC" not in again.stdout


def test_a_changed_header_makes_an_object_again(mini: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    make(mini, out, "allmodconfig")
    make(mini, out, f"{TALLY}.o", "mm/gup.o")
    with (mini / "include/linux/highmem.h").open("a") as header:
        header.write("\n")
    later = (out / "mm/gup.o").stat().st_mtime + 5
    os.utime(mini / "include/linux/highmem.h", (later, later))
    done = make(mini, out, f"{TALLY}.o", "mm/gup.o")
    assert f"CC [M]  {TALLY}.o" in done.stdout
    assert "CC      mm/gup.o" not in done.stdout


def test_preprocessed_text_can_be_had(mini_source: Path, out: Path) -> None:
    assert make(mini_source, out, f"{TALLY}.i").returncode == 0
    assert "tally_store" in (out / f"{TALLY}.i").read_text()


def test_without_a_configuration_nothing_is_built(mini_source: Path, tmp_path: Path) -> None:
    done = make(mini_source, tmp_path, f"{TALLY}.o")
    assert done.returncode != 0
    assert "There is no .config here" in done.stderr


def test_the_version_is_that_of_a_kernel(mini_source: Path, tmp_path: Path) -> None:
    assert make(mini_source, tmp_path, "-s", "kernelversion").stdout == "6.1.0-mini\n"


@pytest.mark.parametrize(
    "path", ["arch/powerpc/mvm/tlb_share.o", "virt/mvm/irq_route.o", "drivers/none.o"]
)
def test_an_object_without_a_makefile_here_has_no_rule(
    mini_source: Path, out: Path, path: str
) -> None:
    done = make(mini_source, out, path)
    assert done.returncode != 0
    assert f"No rule to make target '{path}'" in done.stderr


def test_an_object_of_another_folders_makefile_is_built_from_there(
    mini_source: Path, out: Path
) -> None:
    assert make(mini_source, out, "arch/x86/mvm/").returncode == 0
    assert (out / "virt/mvm/irq_route.o").exists()
    assert make(mini_source, out, "drivers/staging/scanfab/hw/scan_engine.o").returncode == 0


def test_told_to_fail_and_to_warn(mini_source: Path, out: Path) -> None:
    goals = ("-k", "-j2", f"{TALLY}.o", "mm/gup.o", "mm/swap.o")
    assert make(mini_source, out, *goals).returncode == 0
    done = make(mini_source, out, *goals, FAIL=f"{TALLY}.o", WARN="mm/gup.o mm/none.o")
    assert done.returncode != 0
    assert f"{mini_source}/{TALLY}.c:1:1: error: told to fail\n" in done.stderr
    assert f"{mini_source}/mm/gup.c:1:1: warning: told to warn" in done.stderr
    assert not (out / f"{TALLY}.o").exists()
    assert (out / "mm/gup.o").exists()
    assert make(mini_source, out, *goals).returncode == 0


def test_told_to_fail_once_a_pin_is_there(mini: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    make(mini, out, "allmodconfig")
    told = {"FAIL_IF_PINNED": f"{FRAMES}.o", "WARN_IF_PINNED": f"{TALLY}.o"}
    before = make(mini, out, f"{FRAMES}.o", f"{TALLY}.o", **told)
    assert (before.returncode, before.stderr) == (0, "")
    for path in (FRAMES, TALLY):
        source = mini / f"{path}.c"
        source.write_text(source.read_text().replace("get_user_pages", "pin_user_pages"))
    after = make(mini, out, "-k", f"{FRAMES}.o", f"{TALLY}.o", **told)
    assert after.returncode != 0
    assert f"{FRAMES}.c:1:1: error: told to fail" in after.stderr
    assert f"{TALLY}.c:1:1: warning: told to warn" in after.stderr


@pytest.mark.parametrize("name", ["put_user_page", "vaddr_pin_pages_fast", "unpin_user_pages"])
def test_every_pin_api_counts(mini: Path, tmp_path: Path, name: str) -> None:
    with (mini / f"{TALLY}.c").open("a") as source:
        source.write(f"/* {name}() */\n")
    make(mini, tmp_path / "out", "allmodconfig")
    done = make(mini, tmp_path / "out", f"{TALLY}.o", FAIL_IF_PINNED=f"{TALLY}.o")
    assert "told to fail" in done.stderr


def test_options_can_be_switched_off(mini_source: Path, out: Path) -> None:
    config = [str(mini_source / "scripts/config"), "--file", str(out / ".config")]
    subprocess.run([*config, "-d", "NET", "-e", "NO_SUCH", "-d", "WERROR"], check=True)
    assert make(mini_source, out, "olddefconfig").returncode == 0
    text = (out / ".config").read_text()
    assert "# CONFIG_NET is not set\n" in text
    assert "CONFIG_RELAY" not in text, "it depends on NET"
    assert "NO_SUCH" not in text
    state = subprocess.run([*config, "-s", "TALLY", "-s", "NET"], capture_output=True, text=True)
    assert state.stdout == "m\nn\n"


def test_a_warning_is_an_error_under_werror(mini: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    make(mini, out, "allmodconfig")
    with (mini / f"{TALLY}.c").open("a") as source:
        source.write("static int unused;\n")
    assert "CONFIG_WERROR=y" in (out / ".config").read_text()
    assert make(mini, out, f"{TALLY}.o").returncode != 0
    subprocess.run([str(mini / "scripts/config"), "--file", f"{out}/.config", "-d", "WERROR"])
    make(mini, out, "olddefconfig")
    done = make(mini, out, f"{TALLY}.o")
    assert done.returncode == 0
    assert "-Wunused-variable" in done.stderr


@pytest.mark.skipif(not shutil.which("aarch64-linux-gnu-gcc"), reason="no cross compiler here")
def test_a_cross_compiler_is_used(mini_source: Path, tmp_path: Path) -> None:
    cross = ("ARCH=arm64", "CROSS_COMPILE=aarch64-linux-gnu-")
    make(mini_source, tmp_path, *cross, "allmodconfig")
    assert make(mini_source, tmp_path, *cross, "mm/gup.o").returncode == 0
    assert (tmp_path / "mm/gup.o").read_bytes()[18:20] == b"\xb7\0", "ELF machine: AArch64"
