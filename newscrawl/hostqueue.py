"""The scheduler's queue: each host has few requests under way, so none holds up the others."""

from collections import Counter

from scrapy.http import Request
from scrapy.pqueues import DownloaderAwarePriorityQueue

from newscrawl.hosts import Hosts


class HostQueue(DownloaderAwarePriorityQueue):
    """Gives out a request only if its host has a place free, and hosts take turns.

    Scrapy's own queue gives out all it has. Requests to slow and dead hosts then fill the
    downloader, and those to other hosts are not even looked at. A request to the site itself also
    waits while ``SOURCES_AHEAD`` sources do, so that memory stays flat however slow the outlets.
    """

    def pop(self) -> Request | None:
        """The next request whose turn it is; ``None`` if every host is busy."""
        assert self.crawler.engine
        downloader = self.crawler.engine.downloader
        settings = self.crawler.settings
        # An archive is never busy.
        places = settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN")
        if settings.get("REPLAY"):
            places = settings.getint("CONCURRENT_REQUESTS")
        busy = Counter(downloader.get_slot_key(request) for request in downloader.active)
        own = [host for host in self.pqueues if self._is_own(host)]
        sources = len(self) - sum(len(self.pqueues[host]) for host in own)
        ahead = settings.getint("SOURCES_AHEAD")
        free = [
            host
            for host in self.pqueues
            if busy[host] < places and (sources < ahead or host not in own)
        ]
        if not free:
            return None
        host = min(free, key=lambda name: busy[name])
        queue = self.pqueues.pop(host)
        request = queue.pop()
        if len(queue):
            self.pqueues[host] = queue  # at the end: it has had its turn
        else:
            queue.close()
        Hosts.of(self.crawler).queued[host] -= 1
        return request

    def push(self, request: Request) -> None:
        """Take a request in."""
        super().push(request)
        assert self.crawler.engine
        host = self.crawler.engine.downloader.get_slot_key(request)
        Hosts.of(self.crawler).queued[host] += 1

    def _is_own(self, host: str) -> bool:
        """Whether a host is the site's, not an outlet's."""
        domains = getattr(self.crawler.spider, "allowed_domains", ())
        return any(f".{host}".endswith(f".{domain}") for domain in domains)
