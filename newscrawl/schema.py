"""The JSON Schema and the documentation of the record, derived from ``newscrawl.items``."""

import ast
import dataclasses
import inspect
import json
from importlib import resources
from typing import Any

import msgspec

from newscrawl import items

REQUIRED = ("title", "text", "published", "published_precision")
"""Fields of the article that may be null while it is read, but not once it is exported."""

SCHEMA_FILE = resources.files("newscrawl") / "schemas" / "article.schema.json"
"""The schema as shipped; made by ``scrapy schema --write``."""


def build() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of one line of the feed."""
    schema: dict[str, Any] = msgspec.json.schema(items.Article)
    docs = _docs()
    for name, definition in schema["$defs"].items():
        definition["required"] = list(definition["properties"])
        definition["additionalProperties"] = False
        for field, spec in definition["properties"].items():
            spec.pop("default", None)
            spec["description"] = docs[name][field]
    article = schema["$defs"]["Article"]["properties"]
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


def shipped() -> dict[str, Any]:
    """The schema that the package carries."""
    schema: dict[str, Any] = json.loads(SCHEMA_FILE.read_text("utf-8"))
    return schema


def dump(schema: dict[str, Any]) -> str:
    """A schema as text, as it stands in the file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def markdown() -> str:
    """The text of ``docs/record.md``."""
    docs = _docs()
    lines = [
        "# The record",
        "",
        "One article is one line of JSON (UTF-8). Fields stand in this order; absent values are",
        "`null` or `[]`, never missing. The JSON Schema is printed by `scrapy schema`.",
        "",
        "This page is made from the docstrings of `newscrawl/items.py` by `make docs`.",
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
            _summary(cls),
            "",
            "| field | type | meaning |",
            "|---|---|---|",
        ]
        for field in dataclasses.fields(cls):
            kind = _kind(schema[name]["properties"][field.name])
            lines.append(f"| `{field.name}` | {kind} | {docs[name][field.name]} |")
    return "\n".join(lines) + "\n"


def _classes() -> list[type]:
    """The record's classes, the article first, then in the order of their definition."""
    found = [cls for cls in vars(items).values() if dataclasses.is_dataclass(cls)]
    return sorted(
        (cls for cls in found if isinstance(cls, type)), key=lambda c: c is not items.Article
    )


def _summary(cls: type) -> str:
    return (cls.__doc__ or "").strip()


def _docs() -> dict[str, dict[str, str]]:
    """Docstrings of the fields, by class: the string that follows each of them."""
    module = ast.parse(inspect.getsource(items))
    found: dict[str, dict[str, str]] = {}
    for cls in module.body:
        if isinstance(cls, ast.ClassDef):
            found[cls.name] = {
                field.target.id: " ".join(doc.value.value.split())
                for field, doc in zip(cls.body, cls.body[1:], strict=False)
                if isinstance(field, ast.AnnAssign)
                and isinstance(field.target, ast.Name)
                and isinstance(doc, ast.Expr)
                and isinstance(doc.value, ast.Constant)
                and isinstance(doc.value.value, str)
            }
    return found


def _kind(spec: dict[str, Any]) -> str:
    """A field's type in a few words."""
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
