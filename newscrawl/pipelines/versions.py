"""Detect changed articles: number the versions and drop unchanged records."""

import logging
from collections.abc import Iterable
from functools import cache
from operator import attrgetter
from struct import Struct
from typing import NoReturn
from zlib import crc32

import msgspec
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from newscrawl.articles import merge
from newscrawl.articles.recrawl import RecrawlPolicy, is_transient
from newscrawl.errors import StorageError
from newscrawl.items import Article, Use, marked
from newscrawl.state.jsonl import exported_record
from newscrawl.state.run import Run, now
from newscrawl.text.usage_directives import objection

logger = logging.getLogger(__name__)

COMPARED = marked(Use.COMPARED)
"""Fields in which a difference makes a new version."""

_FIRST_FORM = (
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
"""Fields of fingerprints that were stored without names, in order; never changed."""

_KEYED = b"\x01"
"""First byte of fingerprints with keys: their length is odd, that of the first form even."""

_print = Struct("<HI")
_first_print = Struct("<I")
_encode = msgspec.json.Encoder().encode


class UnchangedRecordError(DropItem):
    """An article that was fetched again has not changed.

    Raised by ``VersionsPipeline`` once the ledger is updated; nothing is lost by the drop.
    """

    settled = True


class VersionsPipeline:
    """Pipeline that fills ``version`` and ``changed``; drops the record of an unchanged article."""

    def __init__(self, crawler: Crawler) -> None:
        self._run = Run.of(crawler)
        self._recrawl = RecrawlPolicy(crawler.settings)
        self._storage_away = False
        """Whether object storage could not be reached; the crawl does not wait for it again."""
        self._exclude = crawler.settings.getbool("EXCLUDE_NOAI_HOSTS")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "VersionsPipeline":
        """Create the pipeline from a crawler."""
        return cls(crawler)

    def process_item(self, item: Article) -> Article:
        """Number the version and list what changed.

        Raises:
            UnchangedRecordError: nothing changed since the last version.
        """
        articles = self._run.ledger.articles
        version, before = articles.last_export(item.id)
        if before and item.source.status != "ok" and _has_source(before):
            self._keep_source(item)
        if before:
            prints = fingerprints(item)
            item.changed = changes(before, prints)
            if not item.changed:
                articles.note_prints(item.id, prints)
                self._leave(item)
        item.version = version + 1
        return item

    def _keep_source(self, item: Article) -> None:
        """Keep the source's fields of an earlier version if the source is lost.

        While the failure may be transient, or if the earlier version cannot be read, that version
        remains the latest.

        Raises:
            UnchangedRecordError: it remains the latest.
        """
        if self._exclude and objection(item.source.directives):
            return
        articles = self._run.ledger.articles
        if is_transient(item.source):
            state, _ = self._recrawl.after(item, articles.last_outcome(item.id))
            if state == "waiting":
                self._leave(item)
        try:
            earlier = None if self._storage_away else exported_record(self._run, item.id)
        except StorageError as error:
            logger.warning("%s", error)
            self._storage_away, earlier = True, None
        if earlier is None:
            logger.warning(
                "%s: its source is lost now; the earlier version, which cannot be read, is kept",
                item.id,
            )
            self._leave(item)
        else:
            merge.keep_source(item, earlier, now())

    def _leave(self, item: Article) -> NoReturn:
        """Settle an article whose latest version is still valid."""
        articles = self._run.ledger.articles
        state, due = self._recrawl.after(item, articles.last_outcome(item.id))
        articles.settle(item.id, state, due=due)
        raise UnchangedRecordError("unchanged", log_level="DEBUG")


def fingerprints(item: Article, names: Iterable[str] = COMPARED) -> bytes:
    """Return a key of the name and a checksum of the value for each compared field."""
    return _KEYED + b"".join(
        _print.pack(_key(name), crc32(_encode(attrgetter(name)(item)))) for name in names
    )


def changes(before: bytes, after: bytes, names: Iterable[str] = COMPARED) -> list[str]:
    """Return the fields that differ, as far as both fingerprints have them.

    A field that was not compared when the earlier record was written does not count.
    """
    old, new = _by_key(before), _by_key(after)
    return [
        name for name in names if (key := _key(name)) in old and key in new and old[key] != new[key]
    ]


def _has_source(prints: bytes) -> bool:
    """Whether the text of the record with these fingerprints is that of its source."""
    return _by_key(prints).get(_key("origin")) == crc32(_encode("source"))


@cache
def _key(name: str) -> int:
    return crc32(name.encode()) & 0xFFFF


def _by_key(prints: bytes) -> dict[int, int]:
    if len(prints) % 2:
        return dict(_print.iter_unpack(prints[len(_KEYED) :]))
    values = (value for (value,) in _first_print.iter_unpack(prints))
    return dict(zip(map(_key, _FIRST_FORM), values, strict=False))
