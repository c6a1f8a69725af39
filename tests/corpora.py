"""Records of the demo network without a crawl: its pages, parsed and merged in this process."""

from functools import cache
from typing import Any

import msgspec

from newscrawl.aggregator.article import read_article
from newscrawl.aggregator.sites import SITES
from newscrawl.articles.merge import from_copy, without_source
from newscrawl.articles.source_pages import read_source
from newscrawl.demo.network import DemoNetwork, build
from newscrawl.demo.proxy import Reply
from newscrawl.demo.truth import Truth
from newscrawl.items import Article

NETWORK = build(seed=1, browser=False)
WHEN = "2026-01-01T00:00:00+00:00"
_HTML = "text/html"


@cache
def demo_records() -> tuple[tuple[Article, Truth], ...]:
    """Every record that a crawl of the demo network exports, with its truth."""
    return tuple(
        (_record(truth), truth) for _, truth in sorted(NETWORK.truth.items()) if truth.exported
    )


def demo_feed() -> bytes:
    """These records as a feed."""
    return b"".join(msgspec.json.encode(record) + b"\n" for record, _ in demo_records())


def _record(truth: Truth) -> Article:
    answer = _get(NETWORK, truth.url)
    page = read_article(answer.body, truth.url, answer.headers["Content-Type"])
    site = SITES[truth.id.partition(":")[0]]
    record = from_copy(page, site, WHEN, fetched=WHEN, sha256="0" * 64)
    record.crawl.exported = WHEN
    link = record.source.link
    answer = _get(NETWORK, link) if link and truth.source.status != "refused" else Reply(404)
    status: Any = truth.source.status
    if (
        answer.action != "respond"
        or answer.status != 200
        or status in ("moved", "not_html", "too_large")
    ):
        without_source(record, status, "as in the truth")
    else:
        read_source(record, answer.body, link or "", site, answer.headers["Content-Type"])
    return record


def _get(network: DemoNetwork, url: str) -> Reply:
    """Last response to a URL: some pages fail at first, others redirect."""
    for _ in range(8):
        answer = network.reply("GET", url, {})
        if "Location" in answer.headers:
            url = answer.headers["Location"]
        elif answer.status not in (429, 500, 503):
            break
    return answer
