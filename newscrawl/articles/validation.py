"""Validate records by the JSON Schema, and by rules that a schema cannot express."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import jsonschema_rs
import msgspec

from newscrawl.articles.schema import shipped
from newscrawl.items import SCHEMA_VERSION, SCHEMA_VERSIONS, Article

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Earlier dates are wrong: no outlet of the network was online before."""

_CLOCK_SKEW = timedelta(hours=26)
"""A day in the easternmost time zone starts this long before it does in the westernmost."""


def faults(article: Article, *, now: datetime | None = None) -> list[str]:
    """Return all reasons why a record may not be exported, each with the field.

    Dates after ``now``, by default the current time, are in the future.
    """
    return record_faults(msgspec.to_builtins(article), now=now)


def record_faults(record: dict[str, Any], *, now: datetime | None = None) -> list[str]:
    """Return the faults of a record that was parsed from JSON."""
    return schema_faults(record) + _date_faults(record.get("published"), now)


def schema_faults(record: dict[str, Any]) -> list[str]:
    """Return violations of the schema by a record parsed from JSON, judged by its own version."""
    version = record.get("schema")
    if type(version) is not int:
        version = SCHEMA_VERSION  # which reports that error
    elif version not in SCHEMA_VERSIONS:
        return [f"schema: version {version} is unknown; known are {known_versions()}"]
    return [
        f"{'.'.join(map(str, error.instance_path)) or 'record'}: {error.message[:300]}"
        for error in _validator(version).iter_errors(record)
    ]


def known_versions() -> str:
    """Return the supported schema versions as text, for messages."""
    return ", ".join(map(str, SCHEMA_VERSIONS))


def _date_faults(published: object, now: datetime | None) -> list[str]:
    if not isinstance(published, str):
        return []  # reported by the schema
    try:
        when = datetime.fromisoformat(published)
    except ValueError:
        return []  # reported by the schema
    if when.tzinfo is None:
        return [f"published: {published} has no offset"]
    if when < EARLIEST:
        return [f"published: {published} is before 1990"]
    if when > (now or datetime.now(UTC)) + _CLOCK_SKEW:
        return [f"published: {published} is in the future"]
    return []


def valid_from(article: Article) -> str | None:
    """Return when a record whose date is in the future becomes valid (ISO 8601, UTC).

    ``None`` if it has no date or one in the past. If this machine's clock is behind, the record is
    valid as soon as the clock is right.
    """
    try:
        when = datetime.fromisoformat(article.published or "")
        due = when.astimezone(UTC) - _CLOCK_SKEW
    except (ValueError, OverflowError):
        return None
    return due.isoformat(timespec="seconds") if due > datetime.now(UTC) else None


@cache
def _validator(version: int) -> Any:
    return jsonschema_rs.validator_for(shipped(version), validate_formats=True)
