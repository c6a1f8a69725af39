"""Sites, crawls and records that several test modules use."""

import dataclasses
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from newscrawl.demo.proxy import Reply
from newscrawl.items import Article, Copy, Outlet, Source
from tests.preloaded import SCRAPY, run
from tests.web import HTML, Outcome, Web, aggregator_page, command, outlet_page

TITLE = "Souss : la récolte d'arganes dépasse les prévisions"
TEXT = [
    (
        "La récolte d'arganes a dépassé cette année les prévisions des coopératives du Souss, "
        "selon un bilan présenté jeudi à Taroudant devant une centaine de producteurs."
    ),
    (
        "Le président de la fédération locale, Brahim Oumoussa, a salué une saison « généreuse "
        "après trois années sèches » et a annoncé l'ouverture de deux pressoirs avant l'été."
    ),
    (
        "Les prix payés aux cueilleuses ont augmenté d'un dixième, une hausse jugée encore modeste "
        "par les associations de la région, qui demandent un tarif minimal garanti."
    ),
]
URL = "https://www.maghress.com/fr/courrier/101"
LINK = "https://www.courrierdusouss.example/article/1"
SOURCE = outlet_page(TITLE, TEXT, published="2024-03-29T10:15:00+00:00", author="Salma Idrissi")
BASE = "https://www.maghress.com/fr/courrier"


PATIENT = {
    "MONITORS": "0",  # they would tell of so much trouble
    "CONCURRENT_REQUESTS_PER_DOMAIN": "1",
    "RETRY_TIMES": "2",
    "RETRY_BACKOFF": "0.4",
    "SOURCE_RETRY_HOURS": "0",
}


def web(source: Reply = SOURCE) -> Web:
    """Return a web with one article whose source responds as given."""
    return Web({URL: aggregator_page(TITLE, TEXT), LINK: source})


def listing(numbers: range, *, following: str = "") -> Reply:
    """Return a page of an outlet's listing."""
    rows = "".join(
        f'<div><a href="/fr/courrier/{n}">Titre de l\'article numéro {n}</a><br>'
        f"Début de l'article (...)</div>"
        for n in numbers
    )
    return Reply(
        200,
        HTML,
        f"<html><head>{following}</head><body><h1>Courrier</h1>{rows}</body></html>".encode(),
    )


def walked(first: int, last: int, per_page: int) -> Web:
    """Return an outlet with numbered articles, newest first, a day older on each page."""
    small = Web()
    pages = [range(n, max(n - per_page, first - 1), -1) for n in range(last, first - 1, -per_page)]
    for index, numbers in enumerate(pages):
        url = "https://www.maghress.com/fr/courrier" + (f"?page={index}" if index else "")
        following = f'<link rel="next" href="/fr/courrier?page={index + 1}">'
        small.pages[url] = listing(numbers, following=following if index + 1 < len(pages) else "")
        for number in numbers:
            small.pages[f"https://www.maghress.com/fr/courrier/{number}"] = aggregator_page(
                f"{TITLE} ({number})", TEXT, date=f"{28 - index:02} - 02 - 2024", link=None
            )
    return small


class Troubled(Web):
    """Outlets with articles of their own, and the first responses of each host."""

    def __init__(self, articles: Mapping[str, int]) -> None:
        super().__init__()
        self.first: dict[str, list[Reply]] = {}
        self.always: dict[str, Reply] = {}
        self.asked: dict[str, list[float]] = defaultdict(list)
        number = 0
        for host, count in articles.items():
            for _ in range(count):
                number += 1
                link = f"https://{host}/article/{number}"
                self.pages[f"{BASE}/{number}"] = aggregator_page(TITLE, TEXT, link=link)
                self.pages[link] = SOURCE
        self.urls = ",".join(f"{BASE}/{n}" for n in range(1, number + 1))

    def robots(self, host: str, *lines: str) -> None:
        text = "\n".join(("User-agent: *", *lines)).encode()
        self.pages[f"https://{host}/robots.txt"] = Reply(200, {"Content-Type": "text/plain"}, text)

    def reply(self, method: str, url: str, headers: Mapping[str, str]) -> Reply:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if method == "CONNECT" or parts.path == "/robots.txt":
            return super().reply(method, url, headers)
        self.asked[host].append(time.monotonic())
        if self.first.get(host):
            return self.first[host].pop(0)
        return self.always.get(host) or super().reply(method, url, headers)

    def gaps(self, host: str) -> list[float]:
        return [after - before for before, after in pairwise(self.asked[host])]


def sources(outcome: Outcome, host: str) -> list[tuple[str, str | None]]:
    """Return status and reason of each record of a host, by number of the article."""
    records = sorted(outcome.lines("feeds"), key=lambda record: int(record["id"].split("/")[-1]))
    return [
        (record["source"]["status"], record["source"]["reason"])
        for record in records
        if urlsplit(record["source"]["link"]).hostname == host
    ]


def scrapy(*arguments: str | Path, data: Path, **more: str) -> tuple[int, str]:
    """Return exit code and output of a command."""
    done = run([*SCRAPY, *arguments], env=os.environ | {"NEWSCRAWL_DATA": str(data)} | more)
    return done.returncode, done.stdout + done.stderr


def article(**changes: Any) -> Article:
    """Return a valid record, except for the changes."""
    record = Article(
        id="maghress:fr/lopinion/36897",
        aggregator="maghress",
        country="MA",
        edition="fr",
        url="https://www.maghress.com/fr/lopinion/36897",
        outlet=Outlet(slug="lopinion", name="L'Opinion"),
        title="Un titre",
        text="Une phrase.",
        published="2024-03-29T00:00:00+00:00",
        published_precision="day",
        copy=Copy(title="Un titre"),
        source=Source(status="no_link"),
    )
    return dataclasses.replace(record, **changes)


def offline(data: Path) -> dict[str, str]:
    """Return an environment in which every request fails: the proxy is a closed port."""
    closed = dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:9")
    return os.environ | closed | {"NEWSCRAWL_DATA": str(data)}


def replay(
    archive: Path, data: Path, more: Mapping[str, str] | None = None, /, **arguments: str
) -> Outcome:
    settings = {"REPLAY": str(archive), "DOWNLOAD_DELAY": "20", **(more or {})}
    done = run(command("maghress", settings, arguments), env=offline(data))
    return Outcome(done.returncode, done.stderr, data, [])


def reextract(archive: Path, output: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return run([*SCRAPY, "reextract", archive, "-o", output, *options], env=offline(output.parent))


def zstd_compress(data: bytes) -> bytes:
    """Compress with Zstandard, which is in the standard library since Python 3.14."""
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    compressed: bytes = zstd.compress(data)
    return compressed
