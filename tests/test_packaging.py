# SPDX-License-Identifier: GPL-2.0-only
"""What `pip install .` and `pipx install .` give: the wheel, in an environment of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
import typer

from migrate import __version__
from migrate.cli.main import app
from scripts.man_page import man_page
from tests.test_house_rules import PROJECT, tracked

# One worker does it all: what is built is shared between the tests.
pytestmark = pytest.mark.xdist_group("packaging")


def call(*command: str | Path, **env: str) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        env=os.environ | env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that comes out of the source distribution, made from what is in git."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    for name in tracked():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes((PROJECT / name).read_bytes())
        (source / name).chmod((PROJECT / name).stat().st_mode)
    call(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, source)
    (made,) = out.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with the wheel in it; what it depends on is that of the tests."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python)
    call(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel)
    # Only the folder itself: a .pth in it would bring the checkout along.
    packages = sysconfig.get_path("purelib")
    where = call(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    (Path(where) / "dependencies.pth").write_text(f"{packages}\n")
    return folder


def gup_migrate(installed: Path, *arguments: str | Path) -> str:
    """The program, from a place where no checkout is."""
    return call(
        "env", "-C", installed, "-u", "PYTHONPATH", installed / "bin" / "gup-migrate", *arguments
    )


def test_the_program_says_its_version(installed: Path) -> None:
    assert gup_migrate(installed, "--version") == f"gup-migrate {__version__}\n"


def test_it_is_the_wheel_that_runs(installed: Path) -> None:
    code = "import migrate.base.data as d; print(d.__file__, d.data_folder('cocci'))"
    for path in call("env", "-C", installed, installed / "bin/python", "-c", code).split():
        assert path.startswith(str(installed)), path


def test_it_scans_a_kernel(installed: Path, mini: Path, tmp_path: Path) -> None:
    """With the semantic patches of the wheel, and both profiles."""
    place = (mini, "--workspace", tmp_path / "workspace")
    found = json.loads(gup_migrate(installed, "scan", *place, "--json"))
    assert len(found["acquires"]) > 20
    for profile in ("vaddr-pin", "pin-user-pages"):
        status = json.loads(gup_migrate(installed, "status", *place, "-p", profile, "--json"))
        assert status["stages"]["scan"] == "done"


def test_everything_of_the_package_is_in_the_wheel(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    wanted = {name for name in tracked() if name.startswith("migrate/")}
    wanted |= {f"migrate/data/{name}" for name in tracked() if name.startswith("cocci/")}
    assert wanted <= inside
    assert "migrate/py.typed" in wanted
    top = {name.split("/")[0] for name in inside}
    assert {name for name in top if not name.startswith("gup_migrate-")} == {"migrate"}


def test_the_wheel_names_licence_and_pythons(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (name,) = (n for n in archive.namelist() if n.endswith("/METADATA"))
    metadata = archive.read(name).decode()
    assert "License-Expression: GPL-2.0-only\n" in metadata
    assert "Requires-Python: >=3.11\n" in metadata
    assert [n for n in archive.namelist() if n.endswith("GPL-2.0-only.txt")]


def test_the_manual_page_comes_along(installed: Path) -> None:
    assert (installed / "share/man/man1/gup-migrate.1").read_text() == man_page()


def test_the_manual_page_has_every_command_and_option() -> None:
    page = man_page().replace("\\-", "-")
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert len(commands) > 10
    for name, command in commands.items():
        part = page.split(f".SS gup-migrate {name}")[1].split("\n.SS ")[0].split("\n.SH ")[0]
        for parameter in command.params:
            for spelled in (*parameter.opts, *parameter.secondary_opts):
                if spelled.startswith("-"):
                    assert re.search(rf"^\.B (.* )?{re.escape(spelled)}\b", part, re.M), spelled
            assert " ".join((parameter.help or "").split()) in part


def test_no_text_of_the_manual_page_is_a_request() -> None:
    known = (".TH ", ".SH ", ".SS ", ".B ", ".TP", '.\\"')
    for line in man_page().splitlines():
        assert line.startswith(known) or not line.startswith((".", "'")), line


def test_the_build_needs_what_it_says() -> None:
    """A build in an environment of its own has the packages of [build-system], and no others."""
    data = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    names = {re.split(r"[<>=]", line)[0] for line in data["build-system"]["requires"]}
    code = (
        "import sys; before = set(sys.modules); import scripts.man_page; "
        "print(*{m.split('.')[0] for m in set(sys.modules) - before})"
    )
    loaded = set(call(sys.executable, "-c", code, PYTHONPATH=str(PROJECT)).split())
    ours = {"migrate", "scripts"}
    foreign = loaded - ours - set(sys.stdlib_module_names)
    needed_by_typer = {"typing_extensions", "click", "shellingham", "annotated_doc"}
    assert {name for name in foreign if not name.startswith("_")} <= names | needed_by_typer
