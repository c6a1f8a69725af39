"""Lets an article that was read again into the feed only if it has changed."""

from operator import attrgetter
from struct import Struct
from zlib import crc32

import msgspec
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from newscrawl.items import Article
from newscrawl.revisit import Revisits
from newscrawl.run import Run

COMPARED = (
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
)
"""What makes a new version; the order is that of the stored fingerprints, so append only."""

_SIZE = 4
_prints = Struct(f"<{len(COMPARED)}I")
_compared = attrgetter(*COMPARED)
_encode = msgspec.json.Encoder().encode


class UnchangedRecordError(DropItem):
    """An article that was read again says what it said before.

    Raised by ``VersionsPipeline``, after the ledger has been told; nothing is lost by the drop.
    """

    settled = True


class VersionsPipeline:
    """Numbers the versions of a record and names what changed."""

    def __init__(self, crawler: Crawler) -> None:
        self._run = Run.of(crawler)
        self._revisits = Revisits(crawler.settings)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "VersionsPipeline":
        """Built by Scrapy."""
        return cls(crawler)

    def process_item(self, item: Article) -> Article:
        """Pass on what is new.

        Raises:
            UnchangedRecordError: the last version says the same.
        """
        version, before, reads = self._run.ledger.articles.last_export(item.id)
        if before:
            prints = fingerprints(item)
            if before == prints:
                state, due = self._revisits.after(item, reads)
                self._run.ledger.articles.settle(item.id, state, due=due)
                raise UnchangedRecordError("unchanged", log_level="DEBUG")
            pairs = zip(_parts(before), _parts(prints), COMPARED, strict=False)
            item.changed = [name for old, new, name in pairs if old != new]
        item.version = version + 1
        return item


def fingerprints(item: Article) -> bytes:
    """Four bytes for each compared field."""
    return _prints.pack(*map(crc32, map(_encode, _compared(item))))


def _parts(prints: bytes) -> list[bytes]:
    return [prints[at : at + _SIZE] for at in range(0, len(prints), _SIZE)]
