# SPDX-License-Identifier: GPL-2.0-only
"""`python -m scripts.report_schema`: write docs/report.schema.json from the dataclasses."""

from __future__ import annotations

import inspect
import json
from dataclasses import fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from migrate.delivery.report.model import SCHEMA, Report

TARGET = Path(__file__).resolve().parents[1] / "docs" / "report.schema.json"
_PLAIN = {str: "string", int: "integer", bool: "boolean", float: "number"}


def schema() -> str:
    """The JSON schema of report.json, as text; every object is closed and every key required."""
    definitions: dict[str, Any] = {}
    top = _reference(Report, definitions)
    definitions[Report.__name__]["properties"]["schema"] = {"const": SCHEMA}
    whole = {
        "$comment": "Written by scripts/report_schema.py.",
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "report.json of gup-migrate",
        **top,
        "$defs": dict(sorted(definitions.items())),
    }
    return json.dumps(whole, indent=1) + "\n"


def _reference(kind: type[Any], definitions: dict[str, Any]) -> dict[str, Any]:
    if kind.__name__ not in definitions:
        definitions[kind.__name__] = {}
        hints = get_type_hints(kind)
        names = [field.name for field in fields(kind)]
        definitions[kind.__name__] = {
            "description": inspect.cleandoc(kind.__doc__ or ""),
            "type": "object",
            "properties": {name: _of(hints[name], definitions) for name in names},
            "required": names,
            "additionalProperties": False,
        }
        if (kind.__doc__ or "").startswith(f"{kind.__name__}("):
            del definitions[kind.__name__]["description"]  # what dataclasses write by themselves
    return {"$ref": f"#/$defs/{kind.__name__}"}


def _of(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    if get_origin(kind) is tuple:
        return {"type": "array", "items": _of(get_args(kind)[0], definitions)}
    if get_origin(kind) is Literal:
        return {"enum": list(get_args(kind))}
    if type(None) in get_args(kind):
        (inner,) = (_of(k, definitions) for k in get_args(kind) if k is not type(None))
        return {"anyOf": [inner, {"type": "null"}]}
    if is_dataclass(kind) and isinstance(kind, type):
        return _reference(kind, definitions)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return {"enum": [str(value) for value in kind]}
    return {"type": _PLAIN[kind]}


if __name__ == "__main__":
    TARGET.write_text(schema(), encoding="utf-8")
