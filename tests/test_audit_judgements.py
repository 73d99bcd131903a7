# SPDX-License-Identifier: GPL-2.0-only
"""docs/audit-6.1.md says what was judged."""

from __future__ import annotations

from migrate.analysis.audit.model import AuditRule
from scripts.audit_judgements import TARGET, document, read


def test_the_document_is_that_of_the_judgements() -> None:
    """If not: python -m scripts.audit_judgements"""
    assert TARGET.read_text(encoding="utf-8") == document()


def test_every_judgement_is_about_a_rule_that_there_is() -> None:
    _, found = read()
    assert found
    assert len(set(found)) == len(found)
    for judgement in found:
        assert judgement.rule in set(AuditRule)
        assert judgement.why.endswith(".")
