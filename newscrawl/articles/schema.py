"""Derive the record's JSON Schema and its documentation from ``newscrawl.items``.

Each schema version is a file; earlier versions are frozen, so that their records stay valid. A
field added to the current version is marked ``Use.ADDED``, so that records without it stay valid.
The version changes when a field is removed or changes its meaning.
"""

import ast
import dataclasses
import inspect
import json
from importlib import resources
from typing import Any

import msgspec

from newscrawl import items

REQUIRED = ("title", "text", "published", "published_precision")
"""Fields that may be null while an article is processed, but not in an exported record."""

SCHEMAS = resources.files("newscrawl.articles") / "schemas"
"""Directory of the shipped schemas."""

SCHEMA_FILE = SCHEMAS / "article.schema.json"
"""Schema of the current version; written by ``scrapy schema --write``."""


def build(record: type[items.Article] = items.Article) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of one line of the feed."""
    schema: dict[str, Any] = msgspec.json.schema(record)
    for name, definition in schema["$defs"].items():
        cls: type = record if name == record.__name__ else getattr(items, name)
        docs, added = field_docs(cls), items.marked(items.Use.ADDED, cls)
        definition["required"] = [key for key in definition["properties"] if key not in added]
        definition["additionalProperties"] = False
        for field, spec in definition["properties"].items():
            spec.pop("default", None)
            spec["description"] = docs[field]
    article = schema["$defs"][record.__name__]["properties"]
    for field in REQUIRED:
        description = article[field]["description"]
        (kind,) = [kind for kind in article[field]["anyOf"] if kind.get("type") != "null"]
        article[field] = {**kind, "description": description}
    article["schema"]["const"] = items.SCHEMA_VERSION
    outlet = schema["$defs"]["Outlet"]["properties"]
    for field in ("slug", "name"):
        outlet[field]["minLength"] = 1
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "newscrawl article",
        **schema,
    }


def shipped(version: int = items.SCHEMA_VERSION) -> dict[str, Any]:
    """Return the shipped schema of a version."""
    present = version == items.SCHEMA_VERSION
    file = SCHEMA_FILE if present else SCHEMAS / f"article-{version}.schema.json"
    schema: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return schema


def dump(schema: dict[str, Any]) -> str:
    """Return a schema serialised as its file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def markdown() -> str:
    """Return the text of ``docs/record.md``."""
    lines = [
        "# The record",
        "",
        "One article is one line of JSON (UTF-8). Fields are written in this order; absent values",
        "are `null` or `[]`, never missing. `scrapy schema` prints the JSON Schema.",
        "",
        f"New records follow version {items.SCHEMA_VERSION} of the schema (`schema`). A field",
        "may be added to a version and is optional on reading; the version changes when a field is",
        "removed or changes meaning. `scrapy validate` checks each record against its own version;",
        f"versions {' and '.join(map(str, items.SCHEMA_VERSIONS))} are read.",
        "",
        "This page is generated from the docstrings of `newscrawl/items.py` by `make docs`.",
    ]
    schema = build()["$defs"]
    for cls in _classes():
        name = cls.__name__
        if name not in schema:
            continue
        lines += [
            "",
            f"## {name}",
            "",
            (cls.__doc__ or "").strip(),
            "",
            "| field | type | meaning |",
            "|---|---|---|",
        ]
        for field, meaning in field_docs(cls).items():
            lines.append(f"| `{field}` | {_kind(schema[name]['properties'][field])} | {meaning} |")
    return "\n".join(lines) + "\n"


def _classes() -> list[type]:
    """Return the record's classes, ``Article`` first, then in order of definition."""
    found = [cls for cls in vars(items).values() if dataclasses.is_dataclass(cls)]
    return sorted(
        (cls for cls in found if isinstance(cls, type)), key=lambda c: c is not items.Article
    )


def field_docs(cls: type) -> dict[str, str]:
    """Return the docstrings of a dataclass's fields: the string after each of them."""
    found: dict[str, str] = {}
    for base in filter(dataclasses.is_dataclass, reversed(cls.__mro__)):
        (definition,) = ast.parse(inspect.getsource(base)).body
        assert isinstance(definition, ast.ClassDef)
        found |= {
            field.target.id: " ".join(doc.value.value.split())
            for field, doc in zip(definition.body, definition.body[1:], strict=False)
            if isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(doc, ast.Expr)
            and isinstance(doc.value, ast.Constant)
            and isinstance(doc.value.value, str)
        }
    return found


def _kind(spec: dict[str, Any]) -> str:
    """Return a short description of a field's type."""
    if "$ref" in spec:
        name = spec["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in spec:
        return " or ".join(_kind(option) for option in spec["anyOf"])
    if "enum" in spec:
        return ", ".join(f"`{value}`" for value in spec["enum"])
    if spec["type"] == "array":
        return f"list of {_kind(spec['items'])}"
    return str(spec.get("format") or spec["type"])
