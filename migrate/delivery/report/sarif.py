# SPDX-License-Identifier: GPL-2.0-only
"""An audit as SARIF 2.1.0, the format in which code hosts and editors read findings."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any
from urllib.parse import quote

from migrate import __version__
from migrate.analysis.audit.model import DESCRIPTIONS, LEVELS, AuditRule, Finding
from migrate.analysis.audit.run import Audit
from migrate.analysis.model import Place
from migrate.delivery.report.code import decode_lines
from migrate.kernel.tree import Tree

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_ROOT = "SRCROOT"


def sarif(tree: Tree, audit: Audit) -> dict[str, Any]:
    """One log with one run: every rule, and a result for each finding.

    Paths are relative to the top of the kernel; lines and columns count from 1, columns in
    characters. The fingerprint of a finding does not depend on line numbers.
    """
    driver = {
        "name": "gup-migrate",
        "version": __version__,
        "rules": [_rule(rule) for rule in AuditRule],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The top of the kernel."}}},
        "results": _results(tree, audit),
        "properties": {"commit": audit.commit, "kernelVersion": audit.kernel_version},
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: AuditRule) -> dict[str, Any]:
    return {
        "id": rule.value,
        "shortDescription": {"text": DESCRIPTIONS[rule]},
        "defaultConfiguration": {"level": LEVELS[rule].value},
    }


def _results(tree: Tree, audit: Audit) -> list[dict[str, Any]]:
    order = list(AuditRule)
    seen: Counter[str] = Counter()
    results = []
    for finding in audit.findings:
        basis = "\0".join((finding.rule, finding.place.path, finding.function, finding.text))
        seen[basis] += 1
        digest = hashlib.sha256(f"{basis}\0{seen[basis]}".encode()).hexdigest()[:32]
        results.append(_result(tree, finding, order.index(finding.rule), digest))
    return results


def _result(tree: Tree, finding: Finding, index: int, digest: str) -> dict[str, Any]:
    here = _location(tree, finding.place)
    if finding.function:
        here["logicalLocations"] = [{"name": finding.function, "kind": "function"}]
    related = []
    for number, evidence in enumerate(finding.evidence, 1):
        place = _location(tree, evidence.place)
        related.append({"id": number, **place, "message": {"text": evidence.kind}})
    return {
        "ruleId": finding.rule.value,
        "ruleIndex": index,
        "level": finding.level.value,
        "message": {"text": finding.message},
        "locations": [here],
        "relatedLocations": related,
        "partialFingerprints": {"gupMigrate/v1": digest},
    }


def _location(tree: Tree, place: Place) -> dict[str, Any]:
    lines = decode_lines(tree.read(place.path) or b"")
    region: dict[str, Any] = {"startLine": place.line}
    if 1 <= place.line <= len(lines):
        line = lines[place.line - 1]
        before = line.encode("utf-8", "replace")[: place.column].decode("utf-8", "ignore")
        region["startColumn"] = len(before) + 1
        region["snippet"] = {"text": line}
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(place.path), "uriBaseId": _ROOT},
            "region": region,
        }
    }
