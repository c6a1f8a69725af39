"""Keeps the headlines that the aggregator's ticker showed during a run."""

from time import monotonic

import msgspec
from scrapy import signals
from scrapy.crawler import Crawler

from newscrawl.items import Headline
from newscrawl.run import Run, now
from newscrawl.signals import headlines_seen

_SAVE_SECONDS = 60
"""A killed run loses at most this much of what it saw; the ticker shows it again anyway."""


class Headlines:
    """Writes each distinct headline with when it was first and last seen."""

    def __init__(self, crawler: Crawler) -> None:
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
        for title, url in headlines:
            headline = self._seen.setdefault(
                (title, url), Headline(title=title, url=url, first_seen=moment)
            )
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
            part = path.with_suffix(".part")
            with part.open("wb") as file:
                file.writelines(msgspec.json.encode(line) + b"\n" for line in self._seen.values())
            part.replace(path)
        self._saved = monotonic()
