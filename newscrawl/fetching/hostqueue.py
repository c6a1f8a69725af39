"""The scheduler's queue: each host has few requests under way, so none holds up the others."""

from collections import Counter
from typing import Any

from scrapy.http import Request
from scrapy.pqueues import DownloaderAwarePriorityQueue

from newscrawl.fetching.hosts import Hosts


class HostQueue(DownloaderAwarePriorityQueue):
    """Gives out a request only if its host has a place free, and hosts take turns.

    Scrapy's own queue gives out all it has. Requests to slow and dead hosts then fill the
    downloader, and those to other hosts are not even looked at. A request to the site itself also
    waits while ``SOURCES_AHEAD`` sources do, so that memory stays flat however slow the outlets.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        settings = self.crawler.settings
        # An archive is never busy.
        replayed = settings.get("REPLAY")
        of_host = "CONCURRENT_REQUESTS" if replayed else "CONCURRENT_REQUESTS_PER_DOMAIN"
        self._places = settings.getint(of_host)
        self._ahead = settings.getint("SOURCES_AHEAD")
        self._queued = Hosts.of(self.crawler).queued
        self._own: dict[str, bool] = {}
        self._sources = 0

    def pop(self) -> Request | None:
        """The next request whose turn it is; ``None`` if every host is busy."""
        assert self.crawler.engine
        downloader = self.crawler.engine.downloader
        busy = Counter(map(downloader.get_slot_key, downloader.active))
        own_too = self._sources < self._ahead
        free = (
            host
            for host in self.pqueues
            if busy[host] < self._places and (own_too or not self._is_own(host))
        )
        host = min(free, key=busy.__getitem__, default=None)
        if host is None:
            return None
        queue = self.pqueues.pop(host)
        request = queue.pop()
        if len(queue):
            self.pqueues[host] = queue  # at the end: it has had its turn
        else:
            queue.close()
        self._note(host, -1)
        return request

    def push(self, request: Request) -> None:
        """Take a request in."""
        super().push(request)
        assert self.crawler.engine
        self._note(self.crawler.engine.downloader.get_slot_key(request), 1)

    def _note(self, host: str, number: int) -> None:
        """Count a request in or out."""
        self._queued[host] += number
        if not self._is_own(host):
            self._sources += number

    def _is_own(self, host: str) -> bool:
        """Whether a host is the site's, not an outlet's."""
        if host not in self._own:
            domains = getattr(self.crawler.spider, "allowed_domains", ())
            self._own[host] = any(f".{host}".endswith(f".{domain}") for domain in domains)
        return self._own[host]
