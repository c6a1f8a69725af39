"""Describe an export in Croissant metadata (MLCommons, version 1.0)."""

from collections.abc import Iterable, Iterator
from typing import Any

from newscrawl.aggregator.sites import SITES
from newscrawl.export.card import citation_line
from newscrawl.export.facts import Facts
from newscrawl.export.package import LICENCE_NOTE
from newscrawl.export.record_fields import Field, flat
from newscrawl.export.target import WrittenFile

CROISSANT = "croissant.json"
"""File of the metadata."""

_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_TYPES = {
    "string": "sc:Text",
    "integer": "sc:Integer",
    "number": "sc:Float",
    "boolean": "sc:Boolean",
}
_CC0 = "https://creativecommons.org/publicdomain/zero/1.0/"


def croissant(facts: Facts) -> dict[str, Any]:
    """Return the content of ``croissant.json``; without objects and lists of objects."""
    fields = list(_columns(facts.chosen.fields()))
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": "newscrawl-export",
        "description": facts.title,
        "identifier": facts.corpus,
        "version": f"{facts.created:%Y.%m.%d}",
        "datePublished": f"{facts.created:%Y-%m-%d}",
        "dateCreated": f"{facts.created:%Y-%m-%d}",
        "inLanguage": sorted(filter(None, facts.languages)),
        "keywords": ["news", "press", *facts.sites],
        "license": LICENCE_NOTE if facts.chosen.texts else _CC0,
        "url": SITES[facts.sites[0]].url() if facts.sites[0] in SITES else "https://example.org/",
        "creator": {"@type": "sc:Organization", "name": "newscrawl"},
        "citeAs": citation_line(facts),
        "distribution": [_file(facts, file) for file in facts.files],
        "recordSet": [_record_set(file, fields, facts) for file in facts.files],
    }


def _columns(fields: Iterable[Field]) -> Iterator[Field]:
    """Yield the columns that every tool can extract: top-level scalars of a record."""
    for path, field in flat(fields):
        if len(path) == 1 and field.kind in _TYPES:
            yield field


def _file(facts: Facts, file: WrittenFile) -> dict[str, Any]:
    # Croissant's only name for JSON Lines.
    kinds = {"jsonl": "application/jsonlines", "parquet": "application/x-parquet"}
    return {
        "@type": "cr:FileObject",
        "@id": file.path,
        "name": file.path,
        "contentUrl": file.path,
        "contentSize": f"{file.bytes} B",
        "encodingFormat": kinds.get(facts.chosen.format, facts.chosen.mediatype),
        "sha256": file.sha256,
    }


def _record_set(file: WrittenFile, fields: Iterable[Field], facts: Facts) -> dict[str, Any]:
    name = file.path.removesuffix(facts.chosen.suffix)
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": f"{file.records} rows",
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{name}/{field.name}",
                "name": f"{name}/{field.name}",
                "description": field.description,
                "dataType": "sc:Date" if field.format == "date" else _TYPES[field.kind],
                "source": {
                    "fileObject": {"@id": file.path},
                    "extract": {"column": field.name},
                },
            }
            for field in fields
        ],
    }
