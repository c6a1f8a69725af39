"""Records of two data directories, comparable."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from newscrawl.export import find_feeds
from newscrawl.state.compression import open_unpacked

# No request may time out because the machine is slow.
SETTINGS = {
    "FEED_BATCH": "4",
    "MONITORS": "0",
    "CONCURRENT_REQUESTS_PER_DOMAIN": "4",
    "DOWNLOAD_TIMEOUT": "90",
}

FIXED = ("schema", "aggregator", "country", "edition", "url", "outlet", "copy", "version")
FETCHED = ("link", "url", "redirects", "http", "directives", "via", "snapshot", "sha256")


@dataclass(frozen=True)
class WrittenFile:
    """A record of a feed, without what depends on the run or on the order of pages."""

    id: str
    """Identifier of the article."""
    record: str
    """The record as JSON, without the rule that extracted its source."""
    fixed: str
    """What no rule extracts: the article, its outlet, the copy, and how the source was fetched."""
    rule: str | None
    """The rule that extracted its source."""

    def __eq__(self, other: object) -> bool:
        """Compare; what a learned rule extracts depends on whether the run knew it already."""
        assert isinstance(other, WrittenFile)
        if self.rule != other.rule and "#" in f"{self.rule}{other.rule}":
            return (self.id, self.fixed) == (other.id, other.fixed)
        return (self.id, self.record) == (other.id, other.record)


def written(record: Mapping[str, Any]) -> WrittenFile:
    """Return a record without the fields that ``docs/crawling.md`` says may differ."""
    outlet, copy, source = ({**record[name]} for name in ("outlet", "copy", "source"))
    kept = {**record, "outlet": outlet, "copy": copy, "source": source}
    del kept["crawl"], kept["duplicate_of"], copy["fetched"], source["fetched"]
    rule = source.pop("rule")
    if source["link"] is None:
        del outlet["domain"]  # the one known by then
    fixed = {name: kept[name] for name in FIXED}
    fixed["source"] = {name: source[name] for name in FETCHED}
    return WrittenFile(record["id"], json.dumps(kept), json.dumps(fixed), rule)


def lines(data: Path) -> Iterator[dict[str, Any]]:
    """Yield the records of all feeds; damaged lines raise."""
    for feed in find_feeds(data):
        with open_unpacked(feed.path) as opened:
            yield from map(json.loads, opened)


def records(data: Path) -> list[WrittenFile]:
    """Records of all feeds, ordered by their ids."""
    return sorted(map(written, lines(data)), key=lambda line: line.id)
