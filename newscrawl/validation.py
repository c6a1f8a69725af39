"""What is wrong with a record: the schema's word, and what a schema cannot say."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import jsonschema_rs
import msgspec

from newscrawl.items import Article
from newscrawl.schema import shipped

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""No outlet of the network was online before; an earlier date was misread."""

_CLOCK_SKEW = timedelta(hours=26)
"""A day printed in the easternmost zone may begin this long before it does in the western one."""


def faults(article: Article, *, now: datetime | None = None) -> list[str]:
    """Every reason why a record may not be exported, each naming the field; empty if it may.

    ``now`` is the moment that "the future" is measured from, the present if not given.
    """
    return record_faults(msgspec.to_builtins(article), now=now)


def record_faults(record: dict[str, Any], *, now: datetime | None = None) -> list[str]:
    """The same of a record as read from JSON."""
    return schema_faults(record) + _date_faults(record.get("published"), now)


def schema_faults(record: dict[str, Any]) -> list[str]:
    """Where a record, as read from JSON, breaks the schema."""
    return [
        f"{'.'.join(map(str, error.instance_path)) or 'record'}: {error.message[:300]}"
        for error in _validator().iter_errors(record)
    ]


def _date_faults(published: object, now: datetime | None) -> list[str]:
    if not isinstance(published, str):
        return []  # the schema has said so
    try:
        when = datetime.fromisoformat(published)
    except ValueError:
        return []  # the schema has said so
    if when.tzinfo is None:
        return [f"published: {published} has no offset"]
    if when < EARLIEST:
        return [f"published: {published} is before 1990"]
    if when > (now or datetime.now(UTC)) + _CLOCK_SKEW:
        return [f"published: {published} is in the future"]
    return []


@cache
def _validator() -> Any:
    return jsonschema_rs.validator_for(shipped(), validate_formats=True)
