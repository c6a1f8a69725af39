"""A small web at real URLs for one test, and real crawls through it."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from newscrawl.demo.proxy import DemoProxy, Reply
from tests.preloaded import SCRAPY, run

HTML = {"Content-Type": "text/html; charset=utf-8"}
XML = {"Content-Type": "application/rss+xml; charset=utf-8"}

# Printed lines of the three editions: published-in and source-link.
WORDING = {
    "fr": (
        "Publié dans {outlet} le {date}",
        "<a href='{link}'>Cliquez ici</a> pour lire l'article depuis sa source.",
    ),
    "ar": (
        "نشر في {outlet} يوم {date}",
        "انقر <a href='{link}'>هنا</a> لقراءة الخبر من مصدره.",
    ),
    "en": (
        "Published in {outlet} on {date}",
        "Click <a href='{link}'>here</a> to read the story from its source.",
    ),
}


def aggregator_page(
    title: str,
    paragraphs: list[str],
    *,
    edition: str = "fr",
    outlet: str = "Le Courrier du Souss",
    date: str = "29 - 03 - 2024",
    link: str | None = "https://www.courrierdusouss.example/article/1",
    ticker: tuple[tuple[str, str], ...] = (),
) -> Reply:
    """Return an article page as the network renders it."""
    published, source = WORDING[edition]
    headlines = "&nbsp;&nbsp;&nbsp;&nbsp;".join(f'<a href="{url}">{t}</a>' for t, url in ticker)
    line = source.format(link=link) if link else ""
    return Reply(
        headers=HTML,
        body=f"""<!DOCTYPE html><html><head><meta charset="utf-8">
        <title>{title}</title></head><body><div id="ticker">{headlines}</div>
        <h1><span class="articletitle">{title}</span></h1>
        <span class="articlenewspaper">{published.format(outlet=outlet, date=date)}</span><br>
        <span class="articlecontent">{"<br>".join(paragraphs)}</span><br>{line}
        </body></html>""".encode(),
    )


def outlet_page(title: str, paragraphs: list[str], *, published: str, author: str) -> Reply:
    """Return an outlet's page with the usual metadata and boilerplate."""
    data = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": title,
        "datePublished": published,
        "author": {"@type": "Person", "name": author},
        "articleSection": "Économie",
    }
    text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return Reply(
        headers=HTML,
        body=f"""<!DOCTYPE html><html lang="fr"><head><title>{title} - Le Courrier</title>
        <script type="application/ld+json">{json.dumps(data)}</script></head><body>
        <nav><a href="/">Accueil</a> <a href="/politique">Politique</a></nav>
        <article><h1>{title}</h1><div class="entry-content">{text}</div></article>
        <aside><h3>Lire aussi</h3><a href="/2">Un autre sujet du jour</a></aside>
        <footer>Tous droits réservés</footer></body></html>""".encode(),
    )


@dataclass
class Web:
    """Pages by URL; every other URL is a 404."""

    pages: dict[str, Reply] = field(default_factory=dict)
    direct: str = ""
    """Comma-separated hosts that are requested without the proxy: servers of the test."""
    seconds_ahead: int = 0
    """How far the clock of a crawl is ahead. A list of URLs is begun anew in another second only
    than that in which its last run has ended."""

    def reply(self, method: str, url: str, headers: Mapping[str, str]) -> Reply:  # noqa: ARG002
        """Return the response to a request."""
        if method == "CONNECT":
            return self.pages.get(f"host {urlsplit(url).hostname}", Reply())
        return self.pages.get(url, Reply(404, HTML, b"<html><body>404</body></html>"))


@dataclass
class Outcome:
    """Exit code, output and files of a crawl."""

    code: int
    stderr: str
    data: Path
    requests: list[str]

    def lines(self, kind: str) -> list[dict[str, Any]]:
        """Return the objects of all files of a kind, in order."""
        files = sorted((self.data / kind).rglob("*.jsonl"))
        return [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]

    @property
    def report(self) -> dict[str, Any]:
        """Return the last run report."""
        found: dict[str, Any] = json.loads(
            max((self.data / "runs").glob("*.json"), key=lambda p: p.stat().st_mtime_ns).read_text()
        )
        return found


FAST = {
    "DOWNLOAD_DELAY": "0",
    "AUTOTHROTTLE_ENABLED": "0",
    "CONCURRENT_REQUESTS_PER_DOMAIN": "8",
    "DOWNLOAD_TIMEOUT": "5",
    "RETRY_TIMES": "1",
    "RETRY_BACKOFF": "0",
}


def command(spider: str, settings: dict[str, str], arguments: Mapping[str, Any]) -> list[str]:
    """Return the command line of a crawl."""
    options = [f"--set={name}={value}" for name, value in (FAST | settings).items()]
    options += [part for name, value in arguments.items() for part in ("-a", f"{name}={value}")]
    return [*SCRAPY, "crawl", spider, *options]


def environment(proxy: DemoProxy, data: Path) -> dict[str, str]:
    """Return the environment that a user would set."""
    return os.environ | proxy.environment() | {"NEWSCRAWL_DATA": str(data)}


def crawl(
    web: Web,
    data: Path,
    spider: str = "maghress",
    *,
    settings: dict[str, str] | None = None,
    **arguments: str,
) -> Outcome:
    """Run ``scrapy crawl`` in a process of its own until it ends."""
    with DemoProxy(web.reply) as proxy:
        done = run(
            command(spider, settings or {}, arguments),
            env=environment(proxy, data) | {"no_proxy": web.direct, "NO_PROXY": web.direct},
            days=web.seconds_ahead / 86400,
        )
        requests = [r.url for r in proxy.requests if r.method != "CONNECT"]
    return Outcome(done.returncode, done.stderr, data, requests)
