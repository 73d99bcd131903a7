# SPDX-License-Identifier: GPL-2.0-only
"""What SARIF 2.1.0 says about the objects that an audit is written as.

The official schema is not in this repository, whose texts are all its own. This is the subset of
the standard (OASIS, SARIF version 2.1.0, section 3) that the tool uses: which properties an object
has, which it must have, and what their values may be. Every object is closed, so that a property
that nobody compared with the standard fails.
"""

from __future__ import annotations

from typing import Any

import jsonschema

LEVEL = {"enum": ["none", "note", "warning", "error"]}
"""3.27.10, and 3.50.3 for rules."""


def _closed(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": required | (optional or {}),
        "required": list(required),
        "additionalProperties": False,
    }


MESSAGE = _closed({"text": {"type": "string", "minLength": 1}})
"""3.11: a plain text message; no placeholders are used."""

REGION = _closed(
    {"startLine": {"type": "integer", "minimum": 1}},
    {
        "startColumn": {"type": "integer", "minimum": 1},
        "snippet": _closed({"text": {"type": "string"}}),
    },
)
"""3.30: lines and columns count from 1."""

LOCATION = _closed(
    {
        "physicalLocation": _closed(
            {
                "artifactLocation": _closed(
                    {
                        "uri": {
                            "type": "string",
                            "pattern": r"^[A-Za-z0-9._~%-][A-Za-z0-9._~/%-]*$",
                        },
                        "uriBaseId": {"type": "string"},
                    }
                ),
                "region": REGION,
            }
        )
    },
    {
        "id": {"type": "integer", "minimum": 0},
        "message": MESSAGE,
        "logicalLocations": {
            "type": "array",
            "items": _closed({"name": {"type": "string"}, "kind": {"type": "string"}}),
        },
    },
)
"""3.28; the URI is a relative one (3.10.2)."""

RESULT = _closed(
    {
        "ruleId": {"type": "string"},
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": LEVEL,
        "message": MESSAGE,
        "locations": {"type": "array", "items": LOCATION, "minItems": 1, "maxItems": 1},
        "relatedLocations": {"type": "array", "items": LOCATION, "uniqueItems": True},
        "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
    }
)
"""3.27"""

RULE = _closed(
    {
        "id": {"type": "string"},
        "shortDescription": _closed({"text": {"type": "string", "pattern": r"\.$"}}),
        "defaultConfiguration": _closed({"level": LEVEL}),
    }
)
"""3.49 and 3.50"""

RUN = _closed(
    {
        "tool": _closed(
            {
                "driver": _closed(
                    {
                        "name": {"type": "string"},
                        "version": {"type": "string"},
                        "rules": {"type": "array", "items": RULE, "uniqueItems": True},
                    }
                )
            }
        ),
        "results": {"type": "array", "items": RESULT},
    },
    {
        "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
        "originalUriBaseIds": {
            "type": "object",
            "additionalProperties": _closed(
                {}, {"uri": {"type": "string", "pattern": "/$"}, "description": MESSAGE}
            ),
        },
        "properties": {"type": "object"},
    },
)
"""3.14"""

SCHEMA = _closed(
    {
        "$schema": {"type": "string"},
        "version": {"const": "2.1.0"},
        "runs": {"type": "array", "items": RUN},
    }
)
"""3.13"""


def check(log: Any) -> None:
    """Fails when `log` is not what the standard asks for, references between objects included."""
    jsonschema.Draft202012Validator(SCHEMA).validate(log)
    for run in log["runs"]:
        rules = run["tool"]["driver"]["rules"]
        assert len({rule["id"] for rule in rules}) == len(rules)
        for result in run["results"]:
            assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
            related = result["relatedLocations"]
            assert len({place["id"] for place in related}) == len(related)
            for place in (*result["locations"], *related):
                where = place["physicalLocation"]["artifactLocation"]
                assert where["uriBaseId"] in run["originalUriBaseIds"]
