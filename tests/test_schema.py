"""One definition of the record: schema, documentation and validation follow the dataclasses."""

import dataclasses
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from newscrawl import items
from newscrawl.articles import schema
from newscrawl.articles.validation import faults
from newscrawl.items import Article, Outlet, Source
from tests import preloaded
from tests.support import article

ROOT = Path(__file__).parent.parent


def test_the_shipped_schema_and_docs_are_those_of_the_code() -> None:
    assert schema.shipped() == schema.build(), "run: make docs"
    assert (ROOT / "docs/record.md").read_text("utf-8") == schema.markdown(), "run: make docs"


def test_the_schema_is_one() -> None:
    assert jsonschema_rs.meta.is_valid(schema.shipped())


def test_schema_prints_the_json_schema() -> None:
    printed = preloaded.run([*preloaded.SCRAPY, "schema"], cwd=ROOT, check=True)
    assert json.loads(printed.stdout) == schema.shipped()


def test_every_field_has_its_meaning_in_the_schema() -> None:
    for name, definition in schema.shipped()["$defs"].items():
        fields = [field.name for field in dataclasses.fields(getattr(items, name))]
        assert list(definition["properties"]) == fields
        assert all(spec["description"] for spec in definition["properties"].values())


def test_a_valid_record_passes_validation() -> None:
    assert faults(article()) == []


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no title": ({"title": None}, "title"),
    "empty title": ({"title": ""}, "title"),
    "no text": ({"text": None}, "text"),
    "no date": ({"published": None, "published_precision": None}, "published"),
    "date without offset": ({"published": "2024-03-29T00:00:00"}, "published"),
    "no date at all": ({"published": "29 mars"}, "published"),
    "future": ({"published": "2031-01-01T00:00:00+00:00"}, "is in the future"),
    "before the web": ({"published": "1989-12-31T00:00:00+00:00"}, "before 1990"),
    "relative URL": ({"url": "/fr/lopinion/36897"}, "url"),
    "another scheme": ({"url": "ftp://www.maghress.com/1"}, "url"),
    "id": ({"id": "36897"}, "id"),
    "nameless outlet": ({"outlet": Outlet(slug="lopinion")}, "outlet.name"),
    "status": ({"source": Source(status="fine")}, "source.status"),  # type: ignore[arg-type]
    "share": ({"agreement": items.Agreement(text=1.5)}, "agreement.text"),
    "flag": ({"flags": ["odd"]}, "flags.0"),
    "image": ({"images": [items.Image(url="x.jpg")]}, "images.0.url"),
}


@pytest.mark.parametrize("name", WRONG)
def test_each_fault_is_named_with_its_field(name: str) -> None:
    changes, told = WRONG[name]
    (fault, *_) = faults(article(**changes), now=datetime(2030, 1, 1, tzinfo=UTC))
    assert told in fault


def test_all_faults_are_named_at_once() -> None:
    assert len(faults(article(title=None, text=None, url="x"))) == 3


def test_fields_are_in_order_and_complete() -> None:
    line = json.loads(msgspec.json.encode(article()))
    assert list(line) == [field.name for field in dataclasses.fields(Article)]
    assert line["lead"] is None
    assert line["tags"] == []
