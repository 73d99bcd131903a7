# SPDX-License-Identifier: GPL-2.0-only
"""What has to hold for every file of the project."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
# In two halves, so that REUSE does not read them as the licence of this file.
LICENCE = "SPDX-License-" + "Identifier: GPL-2.0-only"
LICENSED = "SPDX-License-" + "Identifier"
SOURCE_SUFFIXES = {".py", ".c", ".h", ".cocci", ".sh", ".pl", ".md", ".toml", ".rst", ".mk"}

# Written in two halves, so that this file does not name what no file may name.
FOREIGN = {
    "a folder of one machine": ["/wo" + "rk/", "/tmp/" + "k/", "/tmp/" + "venv", "/ro" + "ot/"],
    "a folder outside of the project": ["../" + "shared", ".lib" + "rary", "/opt/" + "wheels"],
    "the host of a registry": [
        *("pypi" + ".org", "python" + "hosted", "deb.debian" + ".org", "registry." + "npmjs"),
        *("index-" + "url", "extra-" + "index", "find-" + "links", "trusted-" + "host"),
    ],
}
# The script that makes the lock file has to name what it leaves out.
NAMES_OPTIONS = {"scripts/lock.sh"}


def git(*args: str) -> list[str]:
    done = subprocess.run(["git", "-C", str(PROJECT), *args], check=True, capture_output=True)
    return [name for name in done.stdout.decode().split("\0") if name]


@cache
def tracked() -> tuple[str, ...]:
    """Every file that is in git and still there."""
    return tuple(name for name in git("ls-files", "-z") if (PROJECT / name).is_file())


def text_of(name: str) -> str:
    return (PROJECT / name).read_bytes().decode("utf-8", "replace")


def glob_expression(pattern: str) -> re.Pattern[str]:
    """A REUSE.toml path as an expression: ** crosses folders, * does not."""
    parts = re.split(r"(\*\*/|\*\*|\*)", pattern)
    special = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*"}
    return re.compile("".join(special.get(part, re.escape(part)) for part in parts))


@cache
def covered_elsewhere() -> tuple[re.Pattern[str], ...]:
    reuse = tomllib.loads(text_of("REUSE.toml"))
    paths = [path for entry in reuse["annotations"] if LICENSED in entry for path in entry["path"]]
    return tuple(glob_expression(path) for path in paths)


def is_data(name: str) -> bool:
    return any(pattern.fullmatch(name) for pattern in covered_elsewhere())


def rules() -> list[str]:
    return [name for name in tracked() if name.endswith(".cocci") and not is_data(name)]


def test_every_file_says_its_licence() -> None:
    silent = [
        name
        for name in tracked()
        if not name.startswith(("LICENSES/", "kernel-fixtures/mini/MAINTAINERS"))
        and not is_data(name)
        and LICENCE not in "\n".join(text_of(name).splitlines()[:5])
    ]
    assert silent == []


def test_source_files_say_it_themselves() -> None:
    excused = [n for n in tracked() if is_data(n) and Path(n).suffix in SOURCE_SUFFIXES]
    assert [n for n in excused if "/data/" not in n] == []


def test_others_read_the_licences_alike() -> None:
    """REUSE, which looks at every file and at REUSE.toml; distributions ask for it."""
    done = subprocess.run(
        [sys.executable, "-m", "reuse", "--root", str(PROJECT), "lint", "--quiet"],
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [sys.executable, "-m", "reuse", "--root", str(PROJECT), "lint", "--lines"]
    assert done.returncode == 0, subprocess.run(lines, capture_output=True, text=True).stdout


def test_the_licence_is_there() -> None:
    assert "GNU GENERAL PUBLIC LICENSE" in text_of("LICENSES/GPL-2.0-only.txt")


@pytest.mark.parametrize("what", FOREIGN)
def test_nothing_of_this_machine_is_in_a_file(what: str) -> None:
    # Not behind a word: PATH/work/ in a text is no folder of a machine.
    words = re.compile("|".join(rf"(?<![\w>}}]){re.escape(word)}" for word in FOREIGN[what]))
    found = {name: words.findall(text_of(name)) for name in tracked() if name not in NAMES_OPTIONS}
    assert {name: matches for name, matches in found.items() if matches} == {}


def header_of(text: str) -> list[str]:
    lines = []
    for line in text.splitlines():
        if not line.startswith("//"):
            break
        lines.append(line)
    return lines


def faults_of_rule(text: str) -> list[str]:
    """What a semantic patch lacks of the header that the kernel's own ones have."""
    lines = header_of(text)
    head = "\n".join(lines)
    wanted = {
        "SPDX in the first line": lines[:1] == [f"// {LICENCE}"],
        "/// with the purpose": lines[1:2] != [] and lines[1].startswith("/// "),
        "// Confidence:": re.search(r"^// Confidence: (High|Moderate|Low)$", head, re.M),
        "// Options:": re.search(r"^// Options: \S", head, re.M),
        "// Comments:": re.search(r"^// Comments: \S", head, re.M),
        "virtual modes": re.search(r"^virtual \w", text, re.M),
    }
    return [what for what, there in wanted.items() if not there]


def test_there_are_rules() -> None:
    assert len(rules()) >= 3


def test_every_rule_has_the_kernels_header() -> None:
    assert {name: faults for name in rules() if (faults := faults_of_rule(text_of(name)))} == {}


def test_a_rule_without_a_header_is_seen() -> None:
    assert len(faults_of_rule("@@\n@@\n- a\n+ b\n")) == 6


def drivers() -> list[str]:
    lines = text_of("tests/data/known-drivers.txt").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_no_rule_names_a_driver() -> None:
    names = re.compile(rf"\b({'|'.join(map(re.escape, drivers()))})(_\w+)?\b")
    found = {
        name: sorted({match[0] for match in names.finditer(text_of(name))})
        for name in tracked()
        if name.startswith(("migrate/", "cocci/"))
    }
    assert {name: matches for name, matches in found.items() if matches} == {}


def test_no_rule_names_a_file_of_a_driver() -> None:
    path = re.compile(r"\b(?:drivers|net|arch|sound|fs|virt|security)/[\w/.-]+\.[ch]\b")
    found = {
        name: path.findall(text_of(name))
        for name in tracked()
        if name.startswith(("migrate/", "cocci/"))
    }
    # What make says of a file is what a remedy is known by; it does nothing to that file.
    found.pop("migrate/kernel/kbuild/data/remedies.toml")
    assert {name: paths for name, paths in found.items() if paths} == {}


def test_the_list_of_drivers_has_those_of_the_miniature_kernel() -> None:
    rows = text_of("tests/fixtures_mini/verdicts.csv").splitlines()[1:]
    functions = {r.split(",")[1] for r in rows if r.startswith(("drivers/", "net/"))}
    assert functions <= set(drivers())


def requirements(file: str = "requirements.txt") -> dict[str, int]:
    """The packages of the lock file, with the number of their hashes."""
    found: dict[str, int] = {}
    name = ""
    for line in text_of(file).splitlines():
        if match := re.fullmatch(r"([A-Za-z0-9_.-]+)==\S+ \\", line):
            name = match[1].lower()
            found[name] = 0
        elif re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?", line):
            found[name] += 1
        else:
            assert re.fullmatch(r"\s*#.*|", line), f"not a pinned package: {line}"
    return found


def test_the_lock_file_pins_with_hashes_and_names_no_place() -> None:
    for file in ("requirements.txt", "requirements-fuzz.txt"):
        locked = requirements(file)
        assert locked
        assert [name for name, hashes in locked.items() if not hashes] == []
        assert "://" not in text_of(file)


def test_the_lock_file_has_every_dependency() -> None:
    data = tomllib.loads(text_of("pyproject.toml"))["project"]
    wanted = [*data["dependencies"], *data["optional-dependencies"]["dev"]]
    names = {re.split(r"[<>=!~ ;\[]", line)[0].lower().replace("_", "-") for line in wanted}
    assert names <= set(requirements())
    fuzz = set(data["optional-dependencies"]["fuzz"])
    assert fuzz == set(requirements("requirements-fuzz.txt"))


def test_every_dependency_has_its_reason() -> None:
    data = tomllib.loads(text_of("pyproject.toml"))["project"]
    wanted = [*data["dependencies"], *data["optional-dependencies"]["dev"]]
    names = {re.split(r"[<>=!~ ;\[]", line)[0] for line in wanted}
    makefile = text_of("Makefile")
    packages = set(re.findall(r"[\w:/.-]+=([a-z0-9.+-]+)\b", makefile.split(".PHONY")[0]))
    documented = set(re.findall(r"^\| `([^`]+)` \| \S", text_of("docs/dependencies.md"), re.M))
    assert "coccinelle" in packages
    assert names | packages <= documented


def test_modules_stay_small() -> None:
    lines = {n: text_of(n).count("\n") for n in tracked() if re.match(r"migrate/.*\.py$", n)}
    assert {name: count for name, count in lines.items() if count > 500} == {}
