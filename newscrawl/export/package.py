"""Describe an export as a Frictionless Data Package (``datapackage.json``)."""

import dataclasses
import platform
from collections.abc import Iterable
from typing import Any

from newscrawl import __version__
from newscrawl.aggregator.sites import SITES
from newscrawl.export.coverage import COVERAGE, day_fields, outlet_fields
from newscrawl.export.facts import Facts
from newscrawl.export.record_fields import Field, descriptor
from newscrawl.export.target import WrittenFile
from newscrawl.items import SCHEMA_VERSION

TABLE_SCHEMA = "tableschema.json"
"""File of the fields, if many files share them or the data is not a table to Frictionless."""

LICENCE_NOTE = (
    "No open licence: the articles belong to their publishers and authors. Keep them to "
    "research that your law permits, and publish counts, models and identifiers, not texts."
)

_PROFILES = "https://datapackage.org/profiles/2.0"
_LICENCE = {"name": "other-closed", "title": LICENCE_NOTE}
_OPEN_LICENCE = {
    "name": "CC0-1.0",
    "path": "https://creativecommons.org/publicdomain/zero/1.0/",
    "title": "Identifiers, hashes and counts",
}


def table_schema(fields: Iterable[Field]) -> dict[str, Any]:
    """Return fields as a Frictionless Table Schema."""
    return {
        "$schema": f"{_PROFILES}/tableschema.json",
        "fields": [descriptor(field) for field in fields],
        "missingValues": [""],
    }


def data_package(facts: Facts, others: list[str]) -> dict[str, Any]:
    """Return the content of ``datapackage.json``.

    Args:
        facts: the export.
        others: names of its other descriptions.
    """
    chosen = facts.chosen
    counts = {
        key: value for key, value in dataclasses.asdict(facts.counts).items() if key != "damages"
    }
    return {
        "$schema": f"{_PROFILES}/datapackage.json",
        "name": "newscrawl-export",
        "id": facts.corpus,
        "version": f"{facts.created:%Y.%m.%d}",
        "title": facts.title,
        "description": (
            "Articles of news outlets as found by way of their aggregators, "
            + ("every version of each" if facts.selection.all_versions else "the latest of each")
            + ", in order of newspaper, time of publication and identifier."
        ),
        "keywords": ["news", "press", *facts.sites, *filter(None, facts.languages)],
        "created": facts.created.isoformat(),
        "licenses": [_LICENCE if chosen.texts else _OPEN_LICENCE],
        "sources": [
            {"title": site, "path": SITES[site].url()} if site in SITES else {"title": site}
            for site in facts.sites
        ],
        "newscrawl": {
            "command": facts.command,
            "format": facts.format,
            "filters": facts.filters,
            "versions": {
                "newscrawl": __version__,
                "record": SCHEMA_VERSION,
                "python": platform.python_version(),
            },
            "counts": {
                "feeds": facts.feeds,
                **counts,
                "editions": facts.editions,
                "newspapers": facts.newspapers,
                "languages": facts.languages,
                "origin": facts.origin,
                "status": facts.status,
                "trust": facts.trust,
                "agencies": facts.agencies,
                "clusters": facts.clusters and facts.clusters[0],
                "gaps": facts.gaps,
            },
            "damages": [str(damage) for damage in facts.counts.damages],
            "published": {"first": facts.first, "last": facts.last},
            "hashed_bylines": facts.hashed_bylines,
            "files": [file.path for file in (*facts.files, *facts.tables)] + others,
        },
        "resources": [
            *(_resource(facts, file) for file in facts.files),
            *(_coverage(facts, file) for file in facts.tables),
        ],
    }


def is_shared(facts: Facts) -> bool:
    """Return whether the fields are described in a separate file."""
    return len(facts.files) > 1 or not facts.chosen.is_table


def _resource(facts: Facts, file: WrittenFile) -> dict[str, Any]:
    """Describe a data file."""
    chosen = facts.chosen
    kind = {
        "type": "table" if chosen.is_table else "file",
        "format": chosen.format,
        "mediatype": chosen.mediatype,
    }
    resource = _file(facts, file, chosen.suffix) | kind
    if chosen.is_table:
        resource["schema"] = TABLE_SCHEMA if is_shared(facts) else table_schema(chosen.fields())
    return resource


def _coverage(facts: Facts, file: WrittenFile) -> dict[str, Any]:
    """Describe a table of coverage."""
    fields = day_fields() if file.path == COVERAGE else outlet_fields()
    kind = {"type": "table", "format": "csv", "mediatype": "text/csv"}
    return _file(facts, file, ".csv") | kind | {"schema": table_schema(fields)}


def _file(facts: Facts, file: WrittenFile, suffix: str) -> dict[str, Any]:
    with_bom = facts.bom and suffix == ".csv"
    return {
        "name": file.path.removesuffix(suffix).lower(),
        "path": file.path,
        "encoding": "utf-8-sig" if with_bom else "utf-8",
        "bytes": file.bytes,
        "hash": f"sha256:{file.sha256}",
        "records": file.records,
    }
