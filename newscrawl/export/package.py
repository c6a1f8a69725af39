"""The description that every export carries: a Data Package of the Frictionless standard."""

import dataclasses
import platform
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from newscrawl import __version__
from newscrawl.aggregator.sites import SITES
from newscrawl.export.formats import Format
from newscrawl.export.record_fields import descriptor
from newscrawl.export.selection import Counts, Index, Selection
from newscrawl.export.target import Written
from newscrawl.items import SCHEMA_VERSION

TABLE_SCHEMA = "tableschema.json"
"""File of the fields where many files share them."""

_PROFILES = "https://datapackage.org/profiles/2.0"
_LICENCE = {
    "name": "other-closed",
    "title": (
        "No open licence: the articles belong to their publishers and authors. Keep them to "
        "research that your law permits, and publish figures, models and identifiers, not texts."
    ),
}


def table_schema(chosen: Format) -> dict[str, Any]:
    """The fields of every record, as a Frictionless Table Schema."""
    return {
        "$schema": f"{_PROFILES}/tableschema.json",
        "fields": [descriptor(field) for field in chosen.fields()],
    }


def describe(
    *,
    files: Sequence[Written],
    chosen: Format,
    name: str,
    selection: Selection,
    index: Index,
    counts: Counts,
    feeds: int,
    command: str,
) -> dict[str, Any]:
    """The content of ``datapackage.json``.

    Args:
        files: the data files, in order.
        chosen: their format.
        name: what that format is called.
        selection: what was asked for.
        index: knows what was found of that.
        counts: what became of the lines.
        feeds: number of feeds read.
        command: how to make the export again.
    """
    newspapers = index.tally("newspaper")
    editions: Counter[str] = Counter()
    for newspaper, records in newspapers.items():
        editions[newspaper.rpartition("/")[0]] += records
    sites = list(dict.fromkeys(edition.partition("/")[0] for edition in editions))
    first, last = index.days()
    shared = len(files) > 1
    return {
        "$schema": f"{_PROFILES}/datapackage.json",
        "name": "newscrawl-export",
        "title": f"{counts.exported} news articles of {', '.join(sites)}, {first} to {last}",
        "description": (
            "Articles of news outlets as found by way of their aggregators, the latest version of "
            "each, in order of newspaper, moment of publication and identifier."
        ),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "licenses": [_LICENCE],
        "sources": [
            {"title": site, "path": SITES[site].url()} if site in SITES else {"title": site}
            for site in sites
        ],
        "newscrawl": {
            "command": command,
            "format": name,
            "filters": _filters(selection),
            "versions": {
                "newscrawl": __version__,
                "record": SCHEMA_VERSION,
                "python": platform.python_version(),
            },
            "counts": {
                "feeds": feeds,
                **{
                    key: value
                    for key, value in dataclasses.asdict(counts).items()
                    if key != "damages"
                },
                "editions": dict(editions),
                "newspapers": newspapers,
                "origin": index.tally("origin"),
                "status": index.tally("status"),
            },
            "damages": [str(damage) for damage in counts.damages],
            "published": {"first": first, "last": last},
            "files": [file.path for file in files] + ([TABLE_SCHEMA] if shared else []),
        },
        "resources": [
            {
                "name": file.path.removesuffix(chosen.suffix).lower(),
                "path": file.path,
                "type": "table",
                "format": chosen.format,
                "mediatype": chosen.mediatype,
                "encoding": "utf-8",
                "bytes": file.bytes,
                "hash": f"sha256:{file.sha256}",
                "records": file.records,
                "schema": TABLE_SCHEMA if shared else table_schema(chosen),
            }
            for file in files
        ],
    }


def _filters(selection: Selection) -> dict[str, Any]:
    """What was asked for, as JSON; nothing of what was not."""
    everything = dataclasses.asdict(Selection())
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in dataclasses.asdict(selection).items()
        if value != everything[name]
    }
