from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from newscrawl.items import Copy, Image, Source
from newscrawl.loaders import CopyLoader, SourceLoader
from newscrawl.text.dates import Moment

RABAT = ZoneInfo("Africa/Casablanca")
PAGE = "https://phare.example/fr/12"


def loaded(loader: type[CopyLoader | SourceLoader], field: str, value: object) -> Any:
    filled = loader(zone=RABAT, base_url=PAGE)
    filled.add_value(field, value)
    return getattr(filled.load_item(), field)


@pytest.mark.parametrize("loader", [CopyLoader, SourceLoader])
@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("title", " L&amp;#39;&eacute;t&eacute;\u00a0\n à Fès ", "L'été à Fès"),
        ("title", ["\u200b", " ", "Titre"], "Titre"),
        ("title", "", None),
        ("text", "Un.\n\n\nDeux\u00a0: trois.", "Un.\n\nDeux : trois."),
        ("published", "29 - 03 - 2024", "2024-03-29T00:00:00+00:00"),
        ("published", "27 شتنبر 2023 14:30", "2023-09-27T14:30:00+01:00"),
        ("published", 1711707072, "2024-03-29T10:11:12+00:00"),
        ("published", datetime(2024, 5, 1, 12, tzinfo=UTC), "2024-05-01T13:00:00+01:00"),
        ("published", datetime(2024, 5, 1, 12), "2024-05-01T12:00:00+01:00"),  # noqa: DTZ001
        ("published", Moment(datetime(2024, 5, 1, tzinfo=UTC), "day"), "2024-05-01T00:00:00+00:00"),
        ("published", ["bientôt", "29/03/2024"], "2024-03-29T00:00:00+00:00"),
        ("published", "31/02/2024", None),
        ("images", "../a b.jpg", [Image("https://phare.example/a%20b.jpg")]),
        (
            "images",
            Image("/a.jpg", " Vue de F&egrave;s ", "\u00a0"),
            [Image("https://phare.example/a.jpg", "Vue de Fès", None)],
        ),
        ("images", ["/a.jpg", Image("/a.jpg", "encore"), "data:image/gif;base64,R0"], [
            Image("https://phare.example/a.jpg")
        ]),
    ],
)  # fmt: skip
def test_both_copies(
    loader: type[CopyLoader | SourceLoader], field: str, value: object, expected: object
) -> None:
    assert loaded(loader, field, value) == expected


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("authors", ["Par Amina Alaoui et AFP", "Amina Alaoui"], ["Amina Alaoui", "AFP"]),
        ("authors", "بقلم:", []),
        ("section", " Politique &amp; société ", "Politique & société"),
        ("tags", ["Maroc", " ", "Rabat", "Maroc "], ["Maroc", "Rabat"]),
        ("canonical", "/fr/12?a=1&amp;b=2", "https://phare.example/fr/12?a=1&b=2"),
        ("canonical", "javascript:", None),
        ("modified", "2024-05-01T12:00:00Z", "2024-05-01T13:00:00+01:00"),
        ("redirects", ["https://a.example/", "https://a.example/"], ["https://a.example/"] * 2),
        ("http", 200, 200),
    ],
)
def test_the_source(field: str, value: object, expected: object) -> None:
    assert loaded(SourceLoader, field, value) == expected


def test_the_byline_stays_as_printed() -> None:
    assert loaded(CopyLoader, "byline", " Par  Amina Alaoui ") == "Par Amina Alaoui"


@pytest.mark.parametrize(("loader", "record"), [(CopyLoader, Copy), (SourceLoader, Source)])
def test_an_empty_loader_gives_an_empty_record(
    loader: type[CopyLoader | SourceLoader], record: type[Copy | Source]
) -> None:
    assert loader(zone=RABAT, base_url=PAGE).load_item() == record()


def test_item_fields_are_kept() -> None:
    given = Source(link="https://a.example/", status="ok")
    filled = SourceLoader(item=given, zone=RABAT, base_url=PAGE)
    filled.add_value("title", "Titre")
    assert filled.load_item() == Source(link="https://a.example/", status="ok", title="Titre")
