"""Scheduler queue that limits the requests in progress per host."""

from collections import Counter
from typing import Any

from scrapy.http import Request
from scrapy.pqueues import DownloaderAwarePriorityQueue

from newscrawl.fetching.hosts import Hosts


class HostQueue(DownloaderAwarePriorityQueue):
    """Priority queue that returns a request only if its host has a free slot, round-robin.

    Scrapy's own queue returns everything it holds. Requests to slow and dead hosts then fill the
    downloader and block those to other hosts. A request to the site itself also
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
        """Return the next request; ``None`` if there is none, or every host is busy."""
        if not self.pqueues:
            return None
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
            self.pqueues[host] = queue  # round-robin
        else:
            queue.close()
        self._note(host, -1)
        return request

    def push(self, request: Request) -> None:
        """Enqueue a request."""
        super().push(request)
        assert self.crawler.engine
        self._note(self.crawler.engine.downloader.get_slot_key(request), 1)

    def _note(self, host: str, number: int) -> None:
        """Adjust the number of a host's queued requests."""
        self._queued[host] += number
        if not self._is_own(host):
            self._sources += number

    def _is_own(self, host: str) -> bool:
        """Whether a host is the site's, not an outlet's."""
        if host not in self._own:
            domains = getattr(self.crawler.spider, "allowed_domains", ())
            self._own[host] = any(f".{host}".endswith(f".{domain}") for domain in domains)
        return self._own[host]
