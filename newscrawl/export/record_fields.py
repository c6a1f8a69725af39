"""Derive the tree of exported fields (names, types, docs) from the record's dataclasses."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec

from newscrawl.articles.schema import field_docs, shipped
from newscrawl.export.columns import Columns
from newscrawl.export.differences import Difference
from newscrawl.export.survival import SourceLife


@dataclass(frozen=True, slots=True)
class Field:
    """An exported field: name, type, description and, if nested, its inner fields."""

    name: str
    """Its key."""
    kind: str
    """JSON type: ``string``, ``integer``, ``number``, ``boolean``, ``object`` or ``array``."""
    description: str = ""
    """Its meaning."""
    format: str = ""
    """Format of a string: ``date-time`` for a timestamp in ISO 8601, ``date`` for a day."""
    allowed: tuple[str, ...] = ()
    """All allowed values, if they are enumerated."""
    inner: tuple["Field", ...] = ()
    """Fields of an object; of an array, one that describes its elements."""


@cache
def record_fields() -> tuple[Field, ...]:
    """Return the fields of one line of a feed, in their order."""
    schema = shipped()
    return _properties(schema["$defs"]["Article"], schema["$defs"])


@cache
def fields_of(cls: type) -> tuple[Field, ...]:
    """Return the fields of a dataclass of columns, in their order."""
    schema = msgspec.json.schema(cls)["$defs"]
    for name, meaning in field_docs(cls).items():
        schema[cls.__name__]["properties"][name]["description"] = meaning
    return _properties(schema[cls.__name__], schema)


def corpus_fields() -> tuple[Field, ...]:
    """Return the fields of an exported record: its own, and the columns that the export adds."""
    return record_fields() + fields_of(Columns)


def difference_fields() -> tuple[Field, ...]:
    """Return the columns of a row of differences."""
    return fields_of(Difference)


def survival_fields() -> tuple[Field, ...]:
    """Return the columns of a row about an article's source over time."""
    return fields_of(SourceLife)


def _properties(definition: dict[str, Any], known: dict[str, Any]) -> tuple[Field, ...]:
    return tuple(_field(name, spec, known) for name, spec in definition["properties"].items())


def _field(name: str, spec: dict[str, Any], known: dict[str, Any]) -> Field:
    description = spec.get("description", "").replace("``", "`")
    for option in spec.get("anyOf", ()):
        if option.get("type") != "null":
            spec = option
    if "$ref" in spec:
        definition = known[spec["$ref"].rsplit("/", 1)[-1]]
        return Field(name, "object", description, inner=_properties(definition, known))
    if "enum" in spec:
        values = tuple(value for value in spec["enum"] if value is not None)
        return Field(name, "string", description, allowed=values)
    if spec["type"] == "array":
        return Field(name, "array", description, inner=(_field("", spec["items"], known),))
    return Field(name, spec["type"], description, spec.get("format", ""))


def flat(fields: Iterable[Field]) -> Iterator[tuple[tuple[str, ...], Field]]:
    """Yield every scalar or array field with its path: ``("source", "status")``."""
    for field in fields:
        if field.kind == "object":
            for path, inner in flat(field.inner):
                yield (field.name, *path), inner
        else:
            yield (field.name,), field


def descriptor(field: Field) -> dict[str, Any]:
    """Return a field as Frictionless Table Schema describes it.

    Parts of objects, which the standard does not cover, are described the same way in ``fields``.
    """
    described: dict[str, Any] = {
        "name": field.name,
        "type": {"date-time": "datetime", "date": "date"}.get(field.format, field.kind),
        "description": field.description,
    }
    if field.format == "date-time":
        described["format"] = "any"  # with an offset, which the default format does not have
    if field.allowed:
        described["constraints"] = {"enum": list(field.allowed)}
    nested = field.inner
    if field.kind == "array":
        nested = field.inner[0].inner
    if nested:
        described["fields"] = [descriptor(inner) for inner in nested]
    return described
