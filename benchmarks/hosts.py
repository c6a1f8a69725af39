"""Cost of hosts in trouble for the others: three slow and three dead ones among twenty.

    python -m benchmarks.hosts [--articles 400] [--pace 0.2] [--scrapys-queue]

Two crawls of the same articles run concurrently, so that they are equally affected by machine load:
in one, all outlets are healthy; in the other, six are not. The numbers of pages requested from the
fourteen others are compared over time. Everything is faster than on the real network, where
``--pace``, the seconds between two requests to a host, is 1: a slow host takes 15 times as long for
a page, and a dead one is given up after 30 times as long. On a busy machine a slower pace keeps the
processor from becoming the limit. ``--scrapys-queue`` shows the same with Scrapy's own queue and
number of requests. Exits 1 if more than 10 % are lost.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

from newscrawl.demo.prose import seeded_random, write_story
from newscrawl.demo.proxy import DemoProxy, Reply

HOSTS, SLOW, DEAD = 20, 3, 3
MOST_LOST = 0.1
HTML = {"Content-Type": "text/html; charset=utf-8"}
BASE = "https://www.maghress.com/fr/outlet"
SETTINGS = {"AUTOTHROTTLE_ENABLED": 0, "MONITORS": 0, "LOG_LEVEL": "ERROR"}
PACES = {"DOWNLOAD_DELAY": 1, "DOWNLOAD_TIMEOUT": 30, "RETRY_BACKOFF": 2, "HOST_REST": 600}
"""Settings in multiples of the pace."""
SCRAPYS = {
    "SCHEDULER_PRIORITY_QUEUE": "scrapy.pqueues.DownloaderAwarePriorityQueue",
    "CONCURRENT_REQUESTS": 16,
    "HOST_FAILURES": 0,
}


class Servers:
    """An aggregator and its outlets; the first six may be in trouble."""

    def __init__(self, articles: int, pace: float, *, troubled: bool) -> None:
        self.pace = pace
        self.troubled = troubled
        stories = [
            write_story("fr", "MA", seeded_random("hosts", number)) for number in range(HOSTS)
        ]
        self.texts = [[block.text for block in story.blocks] for story in stories]
        self.urls = [f"{BASE}{n % HOSTS}/{n}" for n in range(1, articles + 1)]

    def reply(self, method: str, url: str, headers: Mapping[str, str]) -> Reply:  # noqa: ARG002
        """Return the proxy's response."""
        parts = urlsplit(url)
        if method == "CONNECT":
            return Reply()
        if parts.path == "/robots.txt":
            return Reply(404, HTML, b"404", delay=self.delay(url))
        number = int(parts.path.rpartition("/")[2])
        text = "<br>".join(self.texts[number % HOSTS])
        if parts.hostname == "www.maghress.com":
            link = f"https://outlet{number % HOSTS}.example/{number}"
            page = (
                f'<html><body><h1><span class="articletitle">Titre {number}</span></h1>'
                f'<span class="articlenewspaper">Publié dans Outlet le 29 - 03 - 2024</span><br>'
                f'<span class="articlecontent">{text}</span><br>'
                f"<a href='{link}'>Cliquez ici</a> pour lire l'article depuis sa source."
            )
            return Reply(200, HTML, page.encode())
        page = f"<html><body><h1>Titre {number}</h1><article><p>{text}</article></body></html>"
        return Reply(200, HTML, page.encode(), delay=self.delay(url))

    def delay(self, url: str) -> float:
        """Seconds until an answer; a dead host's comes too late."""
        if not self.troubled or not 0 <= outlet(url) < SLOW + DEAD:
            return 0.2 * self.pace
        return (15 if outlet(url) < SLOW else 600) * self.pace


def outlet(url: str) -> int:
    """Number of the outlet that a URL belongs to; -1 is the aggregator."""
    name = (urlsplit(url).hostname or "").split(".")[0].removeprefix("outlet")
    return int(name) if name.isdecimal() else -1


def start(
    proxy: DemoProxy, servers: Servers, data: Path, more: Mapping[str, object]
) -> subprocess.Popen[bytes]:
    """Begin a crawl."""
    listed = data / "urls.txt"
    listed.write_text("\n".join(servers.urls))
    paces = {name: times * servers.pace for name, times in PACES.items()}
    options = [f"--set={name}={value}" for name, value in {**SETTINGS, **paces, **more}.items()]
    return subprocess.Popen(
        [sys.executable, "-m", "scrapy", "crawl", "maghress", "-a", f"urls={listed}", *options],
        env=os.environ | proxy.environment() | {"NEWSCRAWL_DATA": str(data)},
        stderr=subprocess.DEVNULL,
    )


def speed(proxy: DemoProxy) -> float:
    """Pages a second that the hosts without trouble were asked for."""
    times = sorted(
        request.at
        for request in proxy.requests
        if request.method == "GET"
        and outlet(request.url) >= SLOW + DEAD
        and not request.url.endswith("/robots.txt")
    )
    return (len(times) - 1) / (times[-1] - times[0])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, default=400)
    parser.add_argument("--pace", type=float, default=0.2)
    parser.add_argument("--scrapys-queue", action="store_true")
    chosen = parser.parse_args()
    more = SCRAPYS if chosen.scrapys_queue else {}
    with ExitStack() as stack:
        proxies, runs = [], []
        for troubled in (False, True):
            servers = Servers(chosen.articles, chosen.pace, troubled=troubled)
            proxy = stack.enter_context(DemoProxy(servers.reply))
            data = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            proxies.append(proxy)
            runs.append(start(proxy, servers, data, more))
        for run in runs:
            run.wait()
        well, beside = map(speed, proxies)
    lost = 1 - beside / well
    print(f"Pages/s of the fourteen: {well:.2f} if all are well, {beside:.2f} if six are not.")
    print(f"Lost: {lost:.1%}")
    sys.exit(lost > MOST_LOST)


if __name__ == "__main__":
    main()
