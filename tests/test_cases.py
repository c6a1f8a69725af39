"""Small pages, each with one kind of trouble, and the values that are right: ``tests/cases``.

A case is a folder with ``page.html`` and ``case.json``: ``why`` it is there, ``expected`` values by
field, and perhaps the page's ``url``, ``zone`` and ``copy``. ``{body}`` in a page stands for the
paragraphs of an article.
"""

import json
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from newscrawl.extraction import extract
from tests.extraction.pages import paragraphs

CASES = sorted(path.parent for path in (Path(__file__).parent / "cases").glob("*/case.json"))
URL = "https://www.phare-atlas.example/2024/05/le-marche.html"


def value(page: Any, field: str) -> Any:
    found = getattr(page, field)
    if isinstance(found, datetime):
        return found.isoformat()
    if field == "images":
        return [[image.url, image.caption, image.credit] for image in found]
    return found


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_case(folder: Path) -> None:
    case = json.loads((folder / "case.json").read_text("utf-8"))
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs(1))
    html = (folder / "page.html").read_text("utf-8").replace("{body}", body)
    copy = SimpleNamespace(**case["copy"]) if "copy" in case else None
    zone = ZoneInfo(case.get("zone", "Africa/Casablanca"))
    page = extract(html, case.get("url", URL), copy, zone=zone)
    assert {field: value(page, field) for field in case["expected"]} == case["expected"]
