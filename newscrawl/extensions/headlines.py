"""Extension that stores the headlines of the aggregator's ticker."""

from time import monotonic

import msgspec
from scrapy import signals
from scrapy.crawler import Crawler

from newscrawl.errors import StoreError
from newscrawl.extensions.signals import headlines_seen
from newscrawl.fetching.shutdown import stop
from newscrawl.items import Headline
from newscrawl.state.run import Run, now
from newscrawl.state.run_reports import replace

_SAVE_SECONDS = 60
"""Seconds between two writes: the most that a killed run loses."""


class Headlines:
    """Extension that writes distinct headlines with the times of first and last appearance."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._run = Run.of(crawler)
        self._seen: dict[tuple[str, str | None], Headline] = {}
        self._saved = monotonic()
        crawler.signals.connect(self.headlines_seen, headlines_seen)
        crawler.signals.connect(self.spider_closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Headlines":
        """Create the component for a crawler."""
        return cls(crawler)

    def headlines_seen(self, headlines: list[tuple[str, str | None]]) -> None:
        """Record the headlines of one page."""
        time = now()
        for seen in headlines:
            headline = self._seen.get(seen)
            if headline is None:
                title, url = seen
                headline = self._seen[seen] = Headline(title, url, first_seen=time)
            headline.last_seen = time
        if monotonic() - self._saved > _SAVE_SECONDS:
            self._save()

    def spider_closed(self) -> None:
        """Write the remaining headlines."""
        self._save()

    def _save(self) -> None:
        """Rewrite the whole file: ``last_seen`` of any line may have changed."""
        if self._seen:
            path = self._run.files["headlines"] = self._run.path("headlines")
            lines = (msgspec.json.encode(line).decode() for line in self._seen.values())
            try:
                replace(path, "".join(f"{line}\n" for line in lines))
            except StoreError as error:
                stop(self._crawler, error)
        self._saved = monotonic()
