# SPDX-License-Identifier: GPL-2.0-only
"""Findings of an audit that are mended, before and after to the byte, and those that are not.

A case is a file of data/fixes: lines that begin with # say what it is of, the rest is a diff with
all of its context. `rule` is what the audit finds; with `left` nothing may be mended, for that
reason, and the code stays as it is.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from migrate.analysis.audit.model import Finding
from migrate.analysis.audit.run import audit
from migrate.analysis.pairing.pair import pair
from migrate.kernel.signatures import GUP_NAMES, PIN_NAMES
from migrate.rewrite.fixes.engine import Mended, fix_name, mend
from tests.analysis.memory import SKELETON, MemoryTree, scan_of, tree_of
from tests.regressions.corpus import side

FOLDER = Path(__file__).parent / "data" / "fixes"
CASES = sorted(path.stem for path in FOLDER.glob("*.diff"))
PATH = "drivers/demo/demo.c"
OF_4_14 = "release_pages(struct page **pages, int nr, bool cold)"


def read(case: str) -> tuple[dict[str, str], str, str]:
    """The fields of a case, and its code before and after."""
    text = (FOLDER / f"{case}.diff").read_text(encoding="utf-8")
    fields = dict(re.findall(r"^# (\w+): (.+)$", text, re.M))
    code = [line for line in text.splitlines() if not line.startswith("#")]
    return fields, *("\n".join(side(code, sign)) for sign in "-+")


def audited(code: str, headers: dict[str, str] | None = None) -> tuple[MemoryTree, list[Finding]]:
    tree = tree_of({PATH: code, **(headers or {})})
    found = scan_of(tree, names=(*GUP_NAMES, *PIN_NAMES))
    result = audit(tree, found, pair(tree, found))
    return tree, [*result.findings, *result.suggestions]


def mended(code: str, rule: str, besides: dict[str, str] | None = None) -> Mended:
    tree, findings = audited(code)
    chosen = [finding for finding in findings if finding.rule == rule]
    assert chosen, [str(finding.rule) for finding in findings]
    return mend(tree, chosen, lambda _: "DEMO", besides=besides)


@pytest.mark.parametrize("case", CASES)
def test_a_finding_is_mended_or_left(case: str) -> None:
    fields, before, after = read(case)
    found = mended(before, fields["rule"])
    if "left" in fields:
        assert before == after
        assert {item.reason for item in found.unmended} == {fields["left"]}
        assert not found.changes
        return
    (change,) = found.changes
    (fix,) = change.fixes
    assert not found.unmended and not change.files
    assert [file.after.decode() for file in fix.files] == [after]
    assert fix.summary and fix.body.endswith(".")


@pytest.mark.parametrize("case", [c for c in CASES if "left" not in read(c)[0]])
def test_nothing_of_the_rule_is_found_afterwards(case: str) -> None:
    fields, _, after = read(case)
    assert fields["rule"] not in {finding.rule for finding in audited(after)[1]}


def test_a_release_with_other_arguments_is_not_added() -> None:
    """Up to 4.14, release_pages() wants to know whether the pages are cold."""
    _, before, _ = read("left-behind-array")
    code = before.replace("unpin_user_pages", "release_pages").replace("pin_user", "get_user")
    header = "include/linux/mm.h"
    now = (SKELETON / header).read_text(encoding="utf-8")
    then = now.replace("release_pages(struct page **pages, int nr)", OF_4_14)
    for text, reasons in ((now, []), (then, ["release_pages() has other arguments in this tree"])):
        tree, findings = audited(code, {header: text})
        found = mend(tree, [f for f in findings if f.rule == "left-behind"], lambda _: "DEMO")
        assert [item.reason for item in found.unmended] == reasons


def test_a_fix_that_does_not_build_is_not_made_again() -> None:
    fields, before, _ = read("pinned-and-put")
    name = fix_name(PATH, audited(before)[1][0].rule)
    found = mended(before, fields["rule"], besides={name: "it does not build"})
    assert not found.changes
    assert [item.reason for item in found.unmended] == ["it does not build"]


def test_fixes_of_one_file_follow_on_each_other_and_bugs_come_first() -> None:
    _, pinned, _ = read("pinned-and-put")
    _, dirty, _ = read("dirtied-unlocked")
    tree, findings = audited(f"{pinned}\n{dirty}")
    changes = mend(tree, findings, lambda _: "DEMO").changes
    first, second = (fix for change in changes for fix in change.fixes)
    assert (first.rule, second.rule) == ("pinned-and-put", "dirtied-unlocked")
    assert second.files[0].before == first.files[0].after


def test_what_only_moves_the_bug_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """The audit of the result has the last word."""
    monkeypatch.setattr("migrate.rewrite.fixes.releases._ONE_PAGE", {True: "put_page"})
    fields, before, _ = read("freed-pin")
    found = mended(before, fields["rule"])
    assert not found.changes
    reasons = [item.reason for item in found.unmended]
    assert reasons == ["the audit of the result says: pinned-and-put is found in demo_map() then"]
