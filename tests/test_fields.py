"""A field is declared once: what is derived from its declaration, tried with an added field."""

import dataclasses
from dataclasses import dataclass
from typing import Annotated
from zlib import crc32

import msgspec
import pytest

from newscrawl.items import Article, Use, marked
from newscrawl.pipelines.versions import COMPARED, changes, fingerprints
from tests.test_schema import article


@dataclass(slots=True)
class Extended(Article):
    """A record with one more field."""

    region: Annotated[str | None, Use.COMPARED, Use.COUNTED] = None
    """Region that the article is about."""


FIELDS = [field.name for field in dataclasses.fields(Article)]
EXTENDED = marked(Use.COMPARED, Extended)


def extended(**changed: str) -> Extended:
    record = article()
    values = {name: getattr(record, name) for name in FIELDS}
    return Extended(**values | changed)


def test_an_added_field_is_compared_and_counted_by_its_declaration() -> None:
    assert set(EXTENDED) - set(COMPARED) == {"region"}
    added = set(marked(Use.COUNTED, Extended)) - set(marked(Use.COUNTED))
    assert added == {"region"}


def test_an_added_field_is_no_change_of_a_record_written_before_it() -> None:
    before = fingerprints(article())
    assert changes(before, fingerprints(extended(region="Souss"), EXTENDED), EXTENDED) == []


def test_an_added_field_is_compared_once_both_records_have_it() -> None:
    before = fingerprints(extended(region="Souss"), EXTENDED)
    after = fingerprints(extended(region="Rif", title="Un autre titre"), EXTENDED)
    assert changes(before, after, EXTENDED) == ["title", "region"]


def test_fingerprints_without_names_are_understood() -> None:
    order = [
        "title",
        "text",
        "lead",
        "authors",
        "section",
        "tags",
        "images",
        "published",
        "modified",
        "language",
        "origin",
        "outlet.name",
        "copy.title",
        "copy.text",
        "copy.truncated",
        "source.link",
        "source.status",
    ]
    record = msgspec.to_builtins(article(tags=["pêche"]))
    values = [
        record[outer][inner] if inner else record[outer]
        for outer, _, inner in (name.partition(".") for name in order)
    ]
    stored = b"".join(crc32(msgspec.json.encode(value)).to_bytes(4, "little") for value in values)
    assert changes(stored, fingerprints(article(tags=["pêche"]))) == []
    assert changes(stored, fingerprints(article(tags=[], lead="Un résumé."))) == ["lead", "tags"]


@pytest.mark.parametrize("name", COMPARED)
def test_each_compared_field_has_a_key_of_its_own(name: str) -> None:
    record = article()
    holder, _, field = name.rpartition(".")
    changed = msgspec.convert(msgspec.to_builtins(record), Article)
    setattr(getattr(changed, holder) if holder else changed, field, "something else")
    assert changes(fingerprints(record), fingerprints(changed)) == [name]


def test_marks_name_fields_of_the_record() -> None:
    assert {"copy.text", "source.status", "outlet.name"} <= set(COMPARED)
    assert set(marked(Use.COUNTED)) <= set(FIELDS)
