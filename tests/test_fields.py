"""One declaration per field: all that is derived from it, tested with an added field."""

import dataclasses
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any
from zlib import crc32

import jsonschema_rs
import msgspec
import pytest

from newscrawl.articles.schema import SCHEMAS, build
from newscrawl.articles.validation import record_faults
from newscrawl.export.feeds import Feed, FeedReader
from newscrawl.export.survival import Checks
from newscrawl.items import Article, Use, marked
from newscrawl.operations.comparison import compare
from newscrawl.pipelines.versions import COMPARED, changes, fingerprints
from newscrawl.report.feeds import count_feeds
from tests.support import article, scrapy


@dataclass(slots=True)
class Extended(Article):
    """A record with one more field."""

    region: Annotated[str | None, Use.ADDED, Use.COMPARED, Use.COUNTED] = None
    """Region that the article is about."""


FIELDS = [field.name for field in dataclasses.fields(Article)]
FROZEN = "721e03093885a2b9e77a05218076654b67690c1602fa2825054ba008eac0137b"
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
        *("title", "text", "lead", "authors", "section", "tags", "images", "published"),
        *("modified", "language", "origin", "outlet.name", "copy.title", "copy.text"),
        *("copy.truncated", "source.link", "source.status"),
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


def test_an_added_field_is_optional_on_reading_and_described() -> None:
    schema = build(Extended)
    region = schema["$defs"]["Extended"]["properties"]["region"]
    assert region["description"] == "Region that the article is about."
    validator = jsonschema_rs.validator_for(schema, validate_formats=True)
    assert validator.is_valid(msgspec.to_builtins(extended(region="Souss")))
    assert validator.is_valid(msgspec.to_builtins(article()))
    assert not validator.is_valid(msgspec.to_builtins(extended()) | {"region": 7})


def test_readers_fill_in_an_added_field() -> None:
    read = msgspec.json.decode(msgspec.json.encode(article()), type=Extended)
    assert read == extended()


def of_version_1(**changed: Any) -> dict[str, Any]:
    record: dict[str, Any] = msgspec.to_builtins(article(schema=1))
    for path in marked(Use.ADDED):
        holder, _, name = path.rpartition(".")
        del (record[holder] if holder else record)[name]
    return record | changed


def test_a_record_is_judged_by_its_own_version() -> None:
    assert record_faults(of_version_1()) == []
    assert record_faults(of_version_1(region="Souss")) != []
    (fault,) = record_faults(of_version_1(schema=3))
    assert fault == "schema: version 3 is unknown; known are 1, 2"


def test_the_schema_of_version_1_is_frozen() -> None:
    text = (SCHEMAS / "article-1.schema.json").read_bytes()
    assert (
        sha256(text).hexdigest()
        == "721e03093885a2b9e77a05218076654b67690c1602fa2825054ba008eac0137b"
    )


def test_feeds_of_both_versions_are_validated_exported_and_compared(tmp_path: Path) -> None:
    old, new, both = (tmp_path / f"{name}.jsonl" for name in ("old", "new", "both"))
    old.write_bytes(msgspec.json.encode(of_version_1()) + b"\n")
    new.write_bytes(msgspec.json.encode(article()) + b"\n")
    second = msgspec.json.encode(article(version=2, changed=["title"]))
    both.write_bytes(old.read_bytes() + second + b"\n")
    code, told = scrapy("validate", both, data=tmp_path)
    assert code == 0, told
    code, told = scrapy("export", "--format", "csv", "-o", tmp_path / "out", old, data=tmp_path)
    assert code == 0, told
    assert compare(new, [old]).different == 0
    assert count_feeds(FeedReader([Feed(old)], tmp_path), Checks(())).articles == 1
