"""Records of two data directories, comparable."""

import json
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
class Written:
    """A record of a feed, without what depends on the run or on the order of pages."""

    id: str
    record: str
    """The record as JSON, without the rule that its source was read by."""
    fixed: str
    """What no rule extracts: the article, its outlet, the copy, and how the source was fetched."""
    rule: str | None

    def __eq__(self, other: object) -> bool:
        """Compare; what a learned rule extracts depends on whether the run knew it already."""
        assert isinstance(other, Written)
        if self.rule != other.rule and "#" in f"{self.rule}{other.rule}":
            return (self.id, self.fixed) == (other.id, other.fixed)
        return (self.id, self.record) == (other.id, other.record)


def records(data: Path) -> list[Written]:
    """Records of all feeds, ordered by their ids."""
    found = []
    for feed in find_feeds(data):
        with open_unpacked(feed.path) as lines:
            for line in lines:
                record: dict[str, Any] = json.loads(line)
                del record["crawl"], record["copy"]["fetched"], record["source"]["fetched"]
                del record["duplicate_of"]
                rule = record["source"].pop("rule")
                if record["source"]["link"] is None:
                    del record["outlet"]["domain"]  # the one known by then
                fixed = {name: record[name] for name in FIXED}
                fixed["source"] = {name: record["source"][name] for name in FETCHED}
                found.append(Written(record["id"], json.dumps(record), json.dumps(fixed), rule))
    return sorted(found, key=lambda line: line.id)
