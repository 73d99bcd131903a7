# SPDX-License-Identifier: GPL-2.0-only
"""Contracts from the command line: what is missing, what is refused, and where an answer shows."""

from __future__ import annotations

import json
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from migrate.analysis.contract import Contract, ContractKind, Does
from migrate.base.errors import ExitCode, Refusal
from migrate.cli import main as cli
from migrate.cli.facts import questions
from migrate.cli.facts.questions import Facts, Questions
from tests.cli.asked import Asked

Run = Callable[..., tuple[int, str, str]]

CODE = """// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>
#include <linux/module.h>

int stash_stage(struct page **pages, int n);

int stash_read(unsigned long start)
{
	struct page *pages[1];
	int got = get_user_pages_fast(start, 1, FOLL_WRITE, pages);

	if (got != 1)
		return -EFAULT;
	stash_stage(pages, got);
	put_page(pages[0]);
	return 0;
}
"""
WHERE = "drivers/misc/stash/stash.c"
ASKED = "What does stash_stage() do with its argument 1?"
ENTRY = """[[contract]]
function = "stash_stage"
argument = 1
does = "borrows"
why = "The firmware is done with them when it answers."
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The least of a kernel, with one driver."""
    skeleton = Path(__file__).parents[2] / "kernel-fixtures" / "shapes" / "skeleton"
    root = tmp_path / "linux"
    for path in sorted(skeleton.rglob("*")):
        if path.is_file():
            copy = root / path.relative_to(skeleton)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    (root / "Makefile").write_text("VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 0\n")
    (root / "MAINTAINERS").write_text("THE REST\nM:\tA B <a@example.org>\nF:\t*\nF:\t*/\n")
    (root / WHERE).parent.mkdir(parents=True)
    (root / WHERE).write_text(CODE)
    name = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "-A", "-f"], [*name, "commit", "-qm", "import"]):
        subprocess.run(["git", "-C", str(root), *words], check=True, capture_output=True)
    return root


@pytest.fixture
def run(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """A command on a tree, its output and what it says; a refusal is one line."""
    assert home

    def call(name: str, *arguments: str) -> tuple[int, str, str]:
        words = [name, *arguments, "--workspace", str(tmp_path / "w"), "--jobs", "1"]
        try:
            code = cli.invoke(words)
        except Refusal as refusal:
            code = ExitCode.REFUSED
            capsys.readouterr()
            return code, "", str(refusal)
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def test_from_a_gap_to_what_is_stated(run: Run, tree: Path, tmp_path: Path) -> None:
    code, out, _ = run("gaps", str(tree), "--json")
    assert code == ExitCode.DONE
    (entry,) = json.loads(out)["contracts"]
    assert (entry["question"], entry["alone"]) == (ASKED, [f"{WHERE}:stash_read"])
    _, out, _ = run("gaps", str(tree), "--toml")
    (blank,) = tomllib.loads(out)["contract"]
    assert blank == {"function": "stash_stage", "argument": 1, "does": "?", "why": ""}
    _, out, err = run("gaps", str(tree))
    assert ASKED in out and f"{tmp_path / 'w'}.contracts.toml" in err
    stated = tmp_path / "w.contracts.toml"
    stated.write_text(ENTRY)
    _, out, err = run("explain", WHERE, str(tree))
    assert "contracts: 1, from" in err
    assert "pin (CASE 5)" in out and "confidence medium" in out
    assert (
        "note: stated, not proved: stash_stage() is done with its argument 1 when it returns: The"
        " firmware is done with them when it answers." in out
    )
    code, out, _ = run("gaps", str(tree), "--json")
    assert json.loads(out) == {"blocked": [], "contracts": []}
    stated.unlink()
    _, out, _ = run("explain", WHERE, str(tree))
    assert "manual: " in out and "stated" not in out


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        (ENTRY.replace("stash_stage", "stash_stages"), "Contract 1: the tree has no function"),
        (ENTRY.replace("borrows", "?"), "there is no effect '?'"),
        (
            f"{ENTRY}\n[[contract]]\nmacro = 'X'\nset = true\nwhy = 'y'\n",
            "Contract 2: the tree has no condition on X",
        ),
    ],
)
def test_what_is_refused(run: Run, tree: Path, tmp_path: Path, entry: str, line: str) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(entry)
    code, _, err = run("pair", str(tree), "--contracts", str(mine))
    assert code == ExitCode.REFUSED and line in err
    (tmp_path / "w.contracts.toml").write_text(entry)
    _, _, err = run("pair", str(tree))
    assert str(tmp_path / "w.contracts.toml") in err, "nobody named the file"
    assert run("pair", str(tree), "--contracts", "/dev/null")[0] == ExitCode.DONE


def test_two_formats_at_once(run: Run, tree: Path) -> None:
    assert "--json and --toml exclude each other" in run("gaps", str(tree), "--json", "--toml")[2]


def answered(contract: Contract, *answers: str) -> tuple[bool, list[Contract], str]:
    """Whether there is more to ask, what was stated, and what was said."""
    stated: list[Contract] = []

    class Kept(Facts):
        def state(self, contract: Contract) -> None:
            if contract.why == "no":
                raise Refusal("The code says otherwise.", "Look.")
            stated.append(contract)

    class Job:
        tree = None

    console = Asked(*answers)
    facts = Kept(console, Job(), Path("c.toml"))  # type: ignore[arg-type]
    offer = questions.Offer(contract, "What?", None, None)
    more = Questions(facts, (offer,)).ask()
    assert not console.answers, "all of them were asked for"
    return more, stated, "\n".join(console.said)


ARGUMENT = Contract(0, ContractKind.ARGUMENT, "", function="f", argument=1)
NOTIFIER = Contract(0, ContractKind.NOTIFIER, "", notifier="a.c:f")


@pytest.mark.parametrize(
    ("contract", "answers", "fields"),
    [
        (ARGUMENT, ["r", "w"], {"does": Does.READS}),
        (ARGUMENT, ["", "x", "L", "", "w"], {"does": Does.LOOKS}),
        (ARGUMENT, ["k", " g() ", "w"], {"does": Does.KEEPS, "until": "g"}),
        (NOTIFIER, ["y", "w"], {}),
    ],
)
def test_an_answer_is_a_contract(
    contract: Contract, answers: list[str], fields: dict[str, object]
) -> None:
    more, (found,), _ = answered(contract, *answers)
    assert more and found.why == "w"
    assert {name: getattr(found, name) for name in fields} == fields


@pytest.mark.parametrize(
    ("contract", "answers", "more"),
    [
        (ARGUMENT, ["s"], True),
        (NOTIFIER, ["n"], True),
        (ARGUMENT, ["q"], False),
        (ARGUMENT, [], False),
        (ARGUMENT, ["k"], False),
        (NOTIFIER, ["y"], False),
        (NOTIFIER, ["y", "no"], True),
    ],
)
def test_no_answer_states_nothing(contract: Contract, answers: list[str], more: bool) -> None:
    found, stated, said = answered(contract, *answers)
    assert (found, stated) == (more, [])
    assert ("The code says otherwise. Look." in said) is ("no" in answers)
