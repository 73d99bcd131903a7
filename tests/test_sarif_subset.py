# SPDX-License-Identifier: GPL-2.0-only
"""The check of SARIF sees what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import jsonschema
import pytest

from migrate.analysis.audit.model import AuditRule, Finding
from migrate.analysis.audit.run import Audit
from migrate.analysis.model import Evidence, Place
from migrate.delivery.report.sarif import sarif
from tests import sarif_subset
from tests.analysis.memory import tree_of


def log() -> dict[str, Any]:
    """An audit with a finding on the second line of a file with odd characters in its name."""
    path = "drivers/a b/ä.c"
    place = Place(path, 2, 1)
    evidence = (Evidence(Place(path, 1, 0), "acquired", "int a;"),)
    found = Finding(place, "f", AuditRule.TWICE, "It is wrong.", "int b;", evidence)
    tree = tree_of({path: "int a;\n\tint b;\n"}, skeleton=False)
    return sarif(tree, Audit("c" * 40, "6.1.0", 1, (found,)))


def test_what_the_tool_writes_is_right() -> None:
    sarif_subset.check(log())


def result(made: Any) -> Any:
    return made["runs"][0]["results"][0]


def where(made: Any) -> Any:
    return result(made)["locations"][0]["physicalLocation"]


@pytest.mark.parametrize(
    "break_it",
    [
        lambda made: made.update(version="2.0.0"),
        lambda made: made.pop("runs"),
        lambda made: made["runs"][0].pop("tool"),
        lambda made: made["runs"][0].update(more=1),
        lambda made: result(made).update(level="fatal"),
        lambda made: result(made).pop("message"),
        lambda made: result(made).update(locations=[]),
        lambda made: result(made).update(ruleIndex=0),
        lambda made: where(made)["region"].update(startLine=0),
        lambda made: where(made)["artifactLocation"].update(uri="/drivers/a.c"),
        lambda made: where(made)["artifactLocation"].update(uri="drivers/a b.c"),
        lambda made: where(made)["artifactLocation"].update(uriBaseId="NONE"),
        lambda made: result(made)["relatedLocations"].append(result(made)["relatedLocations"][0]),
    ],
)
def test_what_is_wrong_is_seen(break_it: Callable[[Any], Any]) -> None:
    made = deepcopy(log())
    break_it(made)
    with pytest.raises((AssertionError, jsonschema.ValidationError)):
        sarif_subset.check(made)
