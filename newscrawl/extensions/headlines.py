"""Keeps the headlines that the aggregator's ticker showed during a run."""

from time import monotonic

import msgspec
from scrapy import signals
from scrapy.crawler import Crawler

from newscrawl.errors import StoreError
from newscrawl.items import Headline
from newscrawl.run import Run, now
from newscrawl.runlog import replace
from newscrawl.signals import headlines_seen
from newscrawl.stopping import stop

_SAVE_SECONDS = 60
"""A killed run loses at most this much of what it saw; the ticker shows it again anyway."""


class Headlines:
    """Writes each distinct headline with when it was first and last seen."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._run = Run.of(crawler)
        self._seen: dict[tuple[str, str | None], Headline] = {}
        self._saved = monotonic()
        crawler.signals.connect(self.headlines_seen, headlines_seen)
        crawler.signals.connect(self.spider_closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Headlines":
        """Built by Scrapy."""
        return cls(crawler)

    def headlines_seen(self, headlines: list[tuple[str, str | None]]) -> None:
        """Note the headlines of one page."""
        moment = now()
        for seen in headlines:
            headline = self._seen.get(seen)
            if headline is None:
                title, url = seen
                headline = self._seen[seen] = Headline(title, url, first_seen=moment)
            headline.last_seen = moment
        if monotonic() - self._saved > _SAVE_SECONDS:
            self._save()

    def spider_closed(self) -> None:
        """Write what was seen."""
        self._save()

    def _save(self) -> None:
        """Replace the file as a whole: ``last_seen`` of any line may have changed."""
        if self._seen:
            path = self._run.files["headlines"] = self._run.path("headlines")
            lines = (msgspec.json.encode(line).decode() for line in self._seen.values())
            try:
                replace(path, "".join(f"{line}\n" for line in lines))
            except StoreError as error:
                stop(self._crawler, error)
        self._saved = monotonic()
