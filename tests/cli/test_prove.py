# SPDX-License-Identifier: GPL-2.0-only
"""`prove` on the miniature kernel, which no machine can boot: kernels are built in name only, and
a QEMU that is a script looks into the scratch copy for what such a kernel would show."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from migrate.base.errors import ExitCode, Refusal
from migrate.cli import main as cli
from migrate.delivery.compile.folder import Config
from migrate.delivery.compile.model import Recipe
from migrate.delivery.proof import controls, trial
from migrate.delivery.proof import prove as proving
from migrate.delivery.proof.machine import boot as booting
from migrate.delivery.proof.machine import guest
from migrate.delivery.proof.machine.emulated import emulated_machines
from migrate.delivery.proof.machine.exercises import Exercise
from migrate.delivery.proof.scratch.kernel import Kernels, NotBuilt
from migrate.kernel.kbuild.toolchains import find_toolchain, known_architecture

# One worker runs them all: the workspace is shared between the tests.
pytestmark = pytest.mark.xdist_group("prove")

HOST = known_architecture("x86_64")
CONFIGURATION = Kernels.configuration
X86 = emulated_machines()[0]
FILE = "drivers/char/tally/tally_main.c"
GROUP = f"{FILE}:tally_store"
QEMU = """\
#!/usr/bin/env python3
import os, re, sys
root = os.environ["SCRATCH"]
lines = open(root + "/FILE").read().splitlines()
kernel = re.search('KERNEL "(.*)"', open(root + "/mm/gup_prove.c").read())[1]
def calls(name):
    return [n for n, line in enumerate(lines, 1) if re.search(rf"\\b{name}\\(", line)]
taken, given = calls("vaddr_pin_pages_fast")[0], calls("put_user_pages?")
say = lambda *words: print("gup-prove:", *words)
say("begin 6.1.0-mini")
for name in ["plain", "short", "fail"]:
    say("pass", name)
    say("start tally")
    say("end tally 0.1 " + os.environ.get("TALLY", "done"))
    rows = [f"ACQUIRE FILE {taken} 3 3"]
    if given:
        rows += [f"RELEASE FILE {given[0]} 3 3", f"PAIR FILE {taken} FILE {given[0]} 3 0"]
    if not given or "CLUMSY" in os.environ:
        rows += [f"HELD FILE {taken} 3"]
    if "STRANGE" in os.environ:
        rows += [f"PAIR FILE {taken} mm/swap.c 9 1 0"]
    rows += ["KERNEL " + kernel, "SUM 0 0"]
    open(root + "/../arguments", "w").write(" ".join(sys.argv))
    say("table", name)
    for row in rows:
        say("|", row)
    say("over", name, len(rows), "tainted 0")
say("finished")
""".replace("FILE", FILE)


@pytest.fixture(scope="module")
def converted(mini_source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The miniature kernel, which the tests only read, with a workspace beside it."""
    tree = tmp_path_factory.mktemp("prove") / "linux"
    shutil.copytree(mini_source, tree)
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    for args in (("init", "-q"), ("add", "-A", "-f"), (*who, "commit", "-qm", "import")):
        subprocess.run(["git", "-C", str(tree), *args], check=True, capture_output=True)
    return tree


@pytest.fixture
def machine(converted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """That kernel without a proof, and all that pretends to boot it; what was built is in the file
    `built` beside it."""
    place = converted.parent / "workspace"
    for left in (converted.parent / "built", place / "profiles/vaddr-pin/proof.json"):
        left.unlink(missing_ok=True)
    monkeypatch.setenv("SCRATCH", str(place / "proof/source"))
    program = tmp_path / "bin" / X86.emulator
    program.parent.mkdir()
    program.write_text(QEMU)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    code = tmp_path / "tally.c"
    code.write_text('#include "exercise.h"\nint exercise_tally(void) { return done(); }\n')
    tally = Exercise("tally", "it counts", (FILE,), (), 5, "", code)
    monkeypatch.setattr(trial, "exercises", lambda: (tally,))
    monkeypatch.setattr(booting, "_KVM", tmp_path / "no-kvm")
    monkeypatch.setattr(Kernels, "configuration", lambda *_: Config("", {}))

    def build(kernels: Kernels, recipe: Recipe, commit: str, what: str) -> Path:
        kernels.source.switch(commit)
        kasan = " with KASAN" if ("KASAN", "y") in recipe.wishes else ""
        with (converted.parent / "built").open("a") as file:
            file.write(f"{what}{kasan}\n")
        (kernels.place / "bzImage").parent.mkdir(exist_ok=True)
        (kernels.place / "bzImage").touch()
        return kernels.place / "bzImage"

    monkeypatch.setattr(Kernels, "build", build)
    return converted


def prove(tree: Path, *options: str) -> int:
    place = str(tree.parent / "workspace")
    return cli.invoke(["prove", str(tree), "--workspace", place, "-j", "1", *options])


def built(tree: Path) -> list[str]:
    return (tree.parent / "built").read_text().splitlines()


def of_the_group(text: str) -> dict[str, object]:
    (found,) = (g for g in json.loads(text)["groups"] if g["group"] == GROUP)
    return dict(found)


def test_a_group_is_proved_and_its_controls_are_caught(
    machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert prove(machine, "--json") == ExitCode.DONE
    group = of_the_group(capsys.readouterr().out)
    assert group["outcome"] == "proved" and group["missed"] == []
    (pair,) = group["pairs"]  # type: ignore[misc]
    text = (machine / FILE).read_text().splitlines()
    assert "get_user_pages_fast(" in text[pair["acquire"]["line"] - 1]
    assert "put_page(" in text[pair["release"]["line"] - 1]
    controls = [(c["spoiling"], c["outcome"]) for c in group["controls"]]  # type: ignore[attr-defined]
    assert controls == [("turned back", "caught"), ("dropped", "caught")]
    assert built(machine) == ["the kernel", "control 1 of 2", "control 2 of 2"]
    # What is stored is shown without building anything.
    assert prove(machine) == ExitCode.DONE
    told = capsys.readouterr().out
    assert "proved 3" in told and GROUP in told and "3 times" in told
    assert "no exercise for" in told
    assert len(built(machine)) == 3
    # The report and the letters have it, too.
    assert cli.invoke(
        ["series", str(machine), "--workspace", str(machine.parent / "workspace")]
    ) in (0, 3)
    out = machine.parent / "workspace/profiles/vaddr-pin/out"
    report = json.loads((out / "report.json").read_text())
    assert {r["proof"] for r in report["rows"] if r["path"] == FILE} == {"proved"}
    (entry,) = (g for g in report["groups"] if g["name"] == GROUP)
    assert entry["run"]["pairs"][0]["count"] == 3
    assert report["machine"] == "Linux 6.1.0-mini, QEMU, x86_64, interpreted"
    letters = "".join(p.read_text() for p in out.rglob("0*.patch"))
    assert "Booted (Linux 6.1.0-mini" in letters and "3 times" in letters


def test_the_folder_that_an_exercise_shares_is_one_of_the_workspace(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tally,) = trial.exercises()
    shares = replace(tally, hardware=("-fsdev", "local,path={share}"))
    monkeypatch.setattr(trial, "exercises", lambda: (shares,))
    assert prove(machine, "--no-controls") == ExitCode.DONE
    place = Path(os.environ["SCRATCH"]).parent
    assert f"-fsdev local,path={place}/share " in (place / "arguments").read_text()
    assert (place / "share").is_dir()


def test_without_controls_one_kernel_is_built(
    machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert prove(machine, "--no-controls", "--json") == ExitCode.DONE
    assert of_the_group(capsys.readouterr().out)["controls"] == []
    assert built(machine) == ["the kernel"]


@pytest.mark.parametrize(
    ("variable", "value", "outcome", "code"),
    [
        ("CLUMSY", "1", "held", ExitCode.PARTIAL),
        ("STRANGE", "1", "outside the group", ExitCode.PARTIAL),
        ("TALLY", "lacking no /dev/tally", "proved", ExitCode.DONE),
    ],
)
def test_what_is_seen_decides_the_exit_code(
    machine: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    variable: str,
    value: str,
    outcome: str,
    code: ExitCode,
) -> None:
    monkeypatch.setenv(variable, value)
    assert prove(machine, "--no-controls", "--json") == code
    assert of_the_group(capsys.readouterr().out)["outcome"] == outcome


def test_a_control_that_nobody_notices_is_an_exit_code_of_its_own(
    machine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(controls, "spoil", lambda text, *_: (text, {}))
    assert prove(machine) == ExitCode.PARTIAL
    assert "turned back: missed" in capsys.readouterr().out


def test_no_qemu_is_one_line(
    machine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nobody = replace(X86, emulator="qemu-of-nobody")
    monkeypatch.setattr(proving, "emulated_machines", lambda: (nobody,))
    assert prove(machine) == ExitCode.PARTIAL
    told = [line for line in capsys.readouterr().out.splitlines() if "proved" in line]
    assert len(told) == 1 and told[0].startswith(
        "Nothing is proved: qemu-of-nobody is not installed: "
    )
    # It is looked for again the next time.
    monkeypatch.undo()


@pytest.mark.parametrize(
    ("says", "line"),
    [
        ("echo [ 0.1] Kernel panic - not syncing: no init", "the kernel does not start: "),
        (
            "echo gup-prove: begin 6.1; sleep 60",
            "the guest ended before it had shown its pins, and was stopped after 0.8 s",
        ),
        ("echo qemu: no such machine; exit 1", "the kernel does not start: qemu: no such machine"),
    ],
)
def test_a_guest_that_does_not_get_there_is_one_line(
    machine: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    says: str,
    line: str,
) -> None:
    (tmp_path / "bin" / X86.emulator).write_text(f"#!/bin/sh\n{says}\n")
    monkeypatch.setattr(booting, "_START", 0.5)
    monkeypatch.setattr(booting, "_SLACK", 0.01)
    assert prove(machine) == ExitCode.PARTIAL
    told = [text for text in capsys.readouterr().out.splitlines() if "proved" in text]
    assert len(told) == 1 and told[0].startswith(f"Nothing is proved: {line}")


def test_no_static_library_is_one_line(
    machine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = "gcc has no static C library for the program of the guest: apt-get install libc6-dev"
    made = guest.NoGuest(said)
    monkeypatch.setattr(trial, "make_guest", lambda *_, **__: made)
    assert prove(machine) == ExitCode.PARTIAL
    assert f"Nothing is proved: {said}.\n" in capsys.readouterr().out


def test_a_machine_that_is_not_there_is_named_and_the_others_count(
    machine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tally,) = trial.exercises()
    nobody = replace(emulated_machines()[1], emulator="qemu-of-nobody")
    monkeypatch.setattr(proving, "emulated_machines", lambda: (X86, nobody))
    monkeypatch.setattr(trial, "exercises", lambda: (tally, replace(tally, arch="arm64")))
    monkeypatch.setattr(trial, "find_toolchain", lambda *_: find_toolchain(HOST))
    assert prove(machine, "--no-controls") == ExitCode.DONE
    told = capsys.readouterr().out
    assert "proved 3" in told and "Not run on arm64: qemu-of-nobody is not installed: " in told


def test_kasan_takes_a_kernel_of_its_own_and_is_the_more_thorough(
    machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert prove(machine, "--no-controls") == ExitCode.DONE
    assert prove(machine, "--no-controls", "--kasan") == ExitCode.DONE
    assert built(machine) == ["the kernel", "the kernel with KASAN"]
    assert "interpreted, KASAN" in capsys.readouterr().out
    # Who does not ask for it gets no less than that.
    assert prove(machine, "--no-controls") == ExitCode.DONE
    assert len(built(machine)) == 2


def test_an_exercise_can_be_left_out(machine: Path) -> None:
    assert prove(machine, "--no-controls", "--without", "p9") == ExitCode.DONE
    # That is less than all of them, and all of them are more than that.
    assert prove(machine, "--no-controls") == ExitCode.DONE
    assert prove(machine, "--no-controls", "--without", "p9") == ExitCode.DONE
    assert len(built(machine)) == 2
    with pytest.raises(Refusal) as refused:
        prove(machine, "--without", "nothing")
    assert str(refused.value).startswith("There is no exercise 'nothing'. There are exec, futex, ")


def test_a_kernel_that_does_not_build_is_one_line(
    machine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Kernels, "build", lambda *_: NotBuilt("the kernel does not build: so"))
    assert prove(machine) == ExitCode.PARTIAL
    assert "Nothing is proved: the kernel does not build: so.\n" in capsys.readouterr().out


def test_a_tree_without_the_configuration_says_so(
    machine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Kernels, "configuration", CONFIGURATION)
    assert prove(machine) == ExitCode.PARTIAL
    assert "Nothing is proved: " in (told := capsys.readouterr().out)
    assert "tinyconfig failed" in told


def test_a_profile_without_pins_is_refused(converted: Path, project: Path) -> None:
    with pytest.raises(Refusal, match="does not pin"):
        prove(converted, "--profile", str(project / "examples/page-lookup"), "--trust-profile")
