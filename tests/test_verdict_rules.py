# SPDX-License-Identifier: GPL-2.0-only
"""docs/verdict-rules.md says what the rules are."""

from __future__ import annotations

from migrate.analysis.verdicts.rules import RULES
from scripts.verdict_rules import CASES, TARGET, document


def test_the_document_is_that_of_the_rules() -> None:
    """If not: python -m scripts.verdict_rules"""
    assert TARGET.read_text(encoding="utf-8") == document()


def test_every_rule_and_every_case_is_found() -> None:
    text = document()
    for number, rule in enumerate(RULES, 1):
        assert f"| {number} | `{rule.name}` |" in text
        assert set(rule.cases) <= set(CASES)
    for case in CASES:
        assert any(case in rule.cases for rule in RULES), case
