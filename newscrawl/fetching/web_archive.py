"""Find web archive snapshots of lost pages, by the Wayback Machine's protocol (CDX).

Snapshots are listed by a CDX server (github.com/internetarchive/wayback, directory
``wayback-cdx-server``; pywb's and Arquivo.pt's are compatible). ``id_`` after a timestamp requests
the page as it was received, without the archive's own additions.
"""

import logging
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

import msgspec
from scrapy.settings import BaseSettings

from newscrawl.items import Article
from newscrawl.text.usage_directives import objection

logger = logging.getLogger(__name__)

_LISTED = 20
"""Number of snapshots requested: the nearest ones, where the server can sort them."""

_LONGEST_LIST = 256 * 1024
"""Bytes of a list that is parsed; ``_LISTED`` long URLs take less."""

_TIMESTAMP = re.compile(r"\d{14}")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One snapshot of a page in the web archive: its URL and time."""

    url: str
    """URL of the snapshot's original bytes."""
    original: str
    """URL of the archived page."""
    taken: str
    """Time of capture, ISO 8601 in UTC."""


class WebArchive:
    """Snapshot query for a lost source, and choice of the nearest snapshot."""

    def __init__(self, settings: BaseSettings) -> None:
        self.base = (settings["WEB_ARCHIVE"] or "").rstrip("/")
        """Base URL of the archive; empty if it is disabled."""
        self._statuses = frozenset(settings.getlist("WEB_ARCHIVE_STATUSES"))
        self._exclude = settings.getbool("EXCLUDE_NOAI_HOSTS")

    def index_url(self, article: Article) -> str | None:
        """Return the URL of a source's snapshot index; ``None`` if the archive is not used."""
        source = article.source
        if not self.base or source.link is None or source.status not in self._statuses:
            return None
        if self._exclude and objection(source.directives):
            return None
        query = {"url": source.link, "output": "json", "fl": "timestamp,original,statuscode"}
        query |= {"filter": "statuscode:200", "limit": str(_LISTED)}
        if published := article.copy.published:
            query |= {"sort": "closest", "closest": re.sub(r"\D", "", published[:10]) + "120000"}
        return f"{self.base}/cdx/search/cdx?{urlencode(query)}"

    def nearest(self, article: Article, listing: bytes) -> Snapshot | None:
        """Return the snapshot nearest to the article's date; ``None`` without any.

        Args:
            article: The record.
            listing: The archive's response to ``index_url``.
        """
        try:
            rows = msgspec.json.decode(listing[:_LONGEST_LIST], type=list[list[str]])
        except msgspec.DecodeError as error:
            logger.info("%s: %s sent no list of snapshots: %s", article.id, self.base, error)
            return None
        found = [row for row in rows if len(row) >= 2 and _TIMESTAMP.fullmatch(row[0])]
        if not found:
            return None
        wanted = _publication_time(article.copy.published)
        timestamp, original, *_ = min(found, key=lambda row: abs(_taken(row[0]) - wanted))
        url = f"{self.base}/web/{timestamp}id_/{original}"
        return Snapshot(url, original, _taken(timestamp).isoformat())


def _taken(timestamp: str) -> datetime:
    """Parse a 14-digit timestamp; an invalid one becomes the latest possible."""
    try:
        return datetime.strptime(timestamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return datetime.max.replace(tzinfo=UTC)


def _publication_time(published: str | None) -> datetime:
    return datetime.fromisoformat(published) if published else datetime.min.replace(tzinfo=UTC)
