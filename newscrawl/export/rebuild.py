"""Read a list of article identifiers to rebuild a corpus, and report missing articles."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from newscrawl.aggregator.urls import classify
from newscrawl.errors import ExportError
from newscrawl.export.selection import Identified

MISSING = "missing.csv"
"""File of the articles that are not as listed, each with the reason."""

MISSING_URLS = "missing-urls.txt"
"""File of the URLs of missing articles, for ``scrapy crawl SITE -a urls=FILE``."""

_COLUMNS = ("id", "url", "text_sha256")


@dataclass(frozen=True, slots=True)
class Gap:
    """A listed article that the feeds lack or have with another text."""

    id: str
    """Its identifier."""
    url: str
    """The aggregator's page."""
    reason: Literal["missing", "changed"]
    """``missing`` from the feeds, or ``changed``: there with another text."""


def read_identifiers(path: Path) -> dict[str, Identified]:
    """Return the articles of a list that ``scrapy export --identifiers`` wrote.

    Raises:
        ExportError: it cannot be read, or is no such list.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            absent = [name for name in _COLUMNS if name not in (rows.fieldnames or ())]
            if absent:
                raise ExportError(
                    f"{path} is not a list of identifiers: it has no column {', '.join(absent)}; "
                    "scrapy export --identifiers writes one"
                )
            listed = {row["id"]: Identified(row["url"], row["text_sha256"]) for row in rows}
    except (OSError, ValueError, csv.Error) as error:
        raise ExportError(f"{path} cannot be read: {error}") from error
    for article, known in listed.items():
        if classify(known.url or "") is None:
            raise ExportError(f"{path}: {article}: {known.url!r} is not a URL of the network")
    return listed


def gaps(listed: Mapping[str, Identified], found: Mapping[str, bool]) -> Iterator[Gap]:
    """Yield the listed articles that are missing or changed, in the order of the list.

    Args:
        listed: the list.
        found: the articles that the feeds have, and whether their text is the listed one.
    """
    for article, known in listed.items():
        if article not in found:
            yield Gap(article, known.url, "missing")
        elif not found[article]:
            yield Gap(article, known.url, "changed")


def gap_files(found: list[Gap]) -> dict[str, str]:
    """Return the content of the files that list the gaps, by name."""
    table = io.StringIO()
    rows = csv.writer(table)
    rows.writerow(("id", "url", "reason"))
    rows.writerows((gap.id, gap.url, gap.reason) for gap in found)
    urls = "".join(f"{gap.url}\n" for gap in found if gap.reason == "missing")
    return {MISSING: table.getvalue(), MISSING_URLS: urls}
