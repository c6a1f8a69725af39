"""Endless listings and budgets: the run, or a host's part in it, ends and nothing is lost."""

import gzip
import random
import sys
import time
import zlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import brotli
import pytest
from scrapy.http import HtmlResponse, Request, Response
from scrapy.utils.test import get_crawler

from newscrawl.demo.proxy import Reply
from newscrawl.errors import DecompressedTooLargeError
from newscrawl.middlewares.compression import CompressionMiddleware
from newscrawl.middlewares.refresh import RefreshMiddleware
from newscrawl.settings import DOWNLOAD_MAXSIZE
from tests.support import BASE, PATIENT, TEXT, TITLE, Troubled, listing, sources
from tests.web import HTML, Web, aggregator_page, crawl

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

WALK = {"outlets": "courrier", "editions": "fr"}


class Calendar(Web):
    """Listing with a next page for every page, each URL with a session id."""

    def __init__(self, *, fresh: bool) -> None:
        super().__init__()
        self.fresh = fresh
        self.turned = 0

    def reply(self, method: str, url: str, headers: Mapping[str, str]) -> Reply:
        parts = urlsplit(url)
        if method == "GET" and parts.path == "/fr/courrier":
            self.turned += 1
            page = int(parse_qs(parts.query).get("page", ["0"])[0])
            first = 1000 - 2 * page if self.fresh else 1000
            following = f"/fr/courrier?page={page + 1}&PHPSESSID={self.turned}"
            shown = listing(
                range(first, first - 2, -1), following=f'<link rel="next" href="{following}">'
            )
            # The same article under as many URLs as there are sessions.
            body = shown.body.replace(b'">Titre', f'?PHPSESSID={self.turned}">Titre'.encode())
            return Reply(200, HTML, body)
        if method == "GET" and parts.path.startswith("/fr/courrier/"):
            return aggregator_page(f"{TITLE} {parts.path}", TEXT, link=None)
        return super().reply(method, url, headers)


@pytest.mark.parametrize(("fresh", "turned", "articles"), [(True, 7, 14), (False, 2, 2)])
def test_an_endless_listing_is_abandoned(
    tmp_path: Path, *, fresh: bool, turned: int, articles: int
) -> None:
    calendar = Calendar(fresh=fresh)
    outcome = crawl(calendar, tmp_path, settings={"LISTING_MAX_PAGES": "7"}, **WALK)
    assert outcome.code == 0, outcome.stderr
    assert calendar.turned == turned
    assert ("stopped after 7 pages" in outcome.stderr) is fresh
    assert len({record["id"] for record in outcome.lines("feeds")}) == articles
    assert len([url for url in outcome.requests if "/fr/courrier/" in url]) == articles


@pytest.mark.parametrize(
    ("budget", "least", "most"),
    [({"HOST_MAX_ERRORS": "2"}, 2, 2), ({"HOST_MAX_SECONDS": "5"}, 2, 3)],
    ids=["errors", "seconds"],
)
def test_a_host_gets_no_more_requests_than_its_budget(
    tmp_path: Path, budget: dict[str, str], least: int, most: int
) -> None:
    small = Troubled({"spent.example": 6, "other.example": 6})
    (name,) = budget
    failing = name == "HOST_MAX_ERRORS"
    slow = Reply(404, HTML, b"<p>", delay=2)
    small.always["spent.example"] = Reply(500, HTML, b"<p>") if failing else slow
    patient = {"RETRY_TIMES": "0", "HOST_FAILURES": "0", "DOWNLOAD_TIMEOUT": "30"}
    settings = PATIENT | budget | patient
    outcome = crawl(small, tmp_path, settings=settings, urls=small.urls)
    assert outcome.code == 0, outcome.stderr
    assert least <= len(small.asked["spent.example"]) <= most
    spent = [reason for _, reason in sources(outcome, "spent.example")]
    assert spent.count(f"over budget: {name}") == 6 - len(small.asked["spent.example"])
    assert sources(outcome, "other.example") == [("ok", None)] * 6


class Faulty:
    """Spider middleware that fails at one article's page."""

    async def process_spider_output(
        self, response: Response, result: AsyncIterator[Any]
    ) -> AsyncIterator[Any]:
        """Pass results on."""
        if response.url == f"{BASE}/20":
            raise ValueError("a fault of the program")
        async for each in result:
            yield each


@pytest.mark.parametrize(
    ("budget", "reason"),
    [
        ({"CLOSESPIDER_PAGECOUNT": "12"}, "closespider_pagecount"),
        ({"CLOSESPIDER_TIMEOUT": "6"}, "closespider_timeout"),
        ({"CLOSESPIDER_ERRORCOUNT": "1"}, "closespider_errorcount"),
    ],
    ids=["pages", "seconds", "errors"],
)
def test_articles_beyond_a_spent_budget_are_left_to_the_next_run(
    tmp_path: Path, budget: dict[str, str], reason: str
) -> None:
    small = Troubled({"outlet.example": 30})
    small.pages[BASE] = listing(range(30, 0, -1))
    more = {"DOWNLOAD_DELAY": "0.5"} if "CLOSESPIDER_TIMEOUT" in budget else {}
    if "CLOSESPIDER_ERRORCOUNT" in budget:
        more["SPIDER_MIDDLEWARES"] = '{"tests.test_bounds.Faulty": 100}'
    first = crawl(small, tmp_path, settings=PATIENT | budget | more, **WALK).report
    assert (first["state"], first["reason"]) == ("interrupted", reason)
    assert first["left"] > 0
    outcome = crawl(small, tmp_path, settings=PATIENT, **WALK)
    assert outcome.code == 0, outcome.stderr
    assert len(outcome.lines("feeds")) == 30
    assert len({record["id"] for record in outcome.lines("feeds")}) == 30


# Run by Python before anything else: a name server that takes its time.
SLOW_NAMES = """
import socket, time

def told(name, look_up=socket.gethostbyname):
    time.sleep(6 * name.endswith("slow.example"))
    return "127.0.0.1" if name.endswith("slow.example") else look_up(name)

socket.gethostbyname = told
"""


def test_a_request_does_not_wait_for_dns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sitecustomize.py").write_text(SLOW_NAMES)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    link = "http://very.slow.example/1"
    small = Web({f"{BASE}/1": aggregator_page(TITLE, TEXT, link=link)}, direct="very.slow.example")
    outcome = crawl(
        small, tmp_path, settings={"DNS_TIMEOUT": "1", "RETRY_TIMES": "0"}, urls=f"{BASE}/1"
    )
    assert outcome.code == 0, outcome.stderr
    (record,) = outcome.lines("feeds")
    assert record["source"]["status"] == "unreachable", "in the end it would lead to the loopback"
    assert "not found" in record["source"]["reason"]


WORDS = [bytes(random.Random(n).choices(b"abcdefghijklmnop", k=7)) for n in range(5000)]
LARGE = b" ".join(random.Random(1).choices(WORDS, k=650_000))
PACKED = {
    "gzip": gzip.compress(LARGE),
    "deflate": zlib.compress(LARGE),
    "br": brotli.compress(LARGE, quality=3),
    "zstd": zstd.compress(LARGE),
    "gzip, gzip": gzip.compress(gzip.compress(LARGE), 1),
}


@pytest.mark.parametrize("encoding", PACKED)
def test_decompression_does_not_delay_other_responses(encoding: str) -> None:
    settings = {"DOWNLOAD_MAXSIZE": DOWNLOAD_MAXSIZE}
    middleware = CompressionMiddleware.from_crawler(get_crawler(settings_dict=settings))
    request = Request("https://a.example/")
    times = []
    for _ in range(5):
        headers = {"Content-Type": "text/html", "Content-Encoding": encoding}
        response = Response(request.url, headers=headers, body=PACKED[encoding])
        begin = time.process_time()
        unpacked = middleware.process_response(request, response)
        times.append(time.process_time() - begin)
        assert isinstance(unpacked, Response)
        assert unpacked.body == LARGE
    assert len(LARGE) > 0.98 * DOWNLOAD_MAXSIZE
    assert min(times) < 0.05


@pytest.mark.parametrize("charset", ["punycode", "zlib", "undefined", "unicode_escape", "utf-8"])
def test_a_refresh_is_found_without_decoding_the_page(charset: str) -> None:
    middleware = RefreshMiddleware.from_crawler(get_crawler(settings_dict={}))
    request = Request("https://a.example/")
    body = b'<head><meta http-equiv="refresh" content="0; url=/b">'
    body += b"x" * 2_000_000 + b"-" + b"a" * 2_000_000
    headers = {"Content-Type": f"text/html; charset={charset}"}
    begin = time.process_time()
    result = middleware.process_response(request, HtmlResponse(request.url, 200, headers, body))
    assert result.url == "https://a.example/b"
    assert time.process_time() - begin < 0.2


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(b"a") * 200_000),
        ("gzip", (gzip.compress(b"a") * 200_000)[:-3]),
        ("gzip, gzip", gzip.compress(gzip.compress(b"a") * 200_000)),
        ("gzip", b"\x1f\x8b\x08\x08" + bytes(6) + b"name" * 1_000_000),
        ("gzip", b"\x1f\x8b\x08\x0c" + bytes(6) + b"\x01\0\0" + b"name" * 1_000_000),
        ("zstd", zstd.compress(b"a") * 300_000),
        ("zstd", b"\x50\x2a\x4d\x18\0\0\0\0" * 600_000),
    ],
    ids=["members", "cut", "layers", "name", "extra", "frames", "skippable"],
)
def test_members_without_end_are_refused_at_once(encoding: str, body: bytes) -> None:
    settings = {"DOWNLOAD_MAXSIZE": DOWNLOAD_MAXSIZE}
    middleware = CompressionMiddleware.from_crawler(get_crawler(settings_dict=settings))
    request = Request("https://a.example/")
    response = Response(request.url, headers={"Content-Encoding": encoding}, body=body)
    begin = time.process_time()
    with pytest.raises(DecompressedTooLargeError):
        middleware.process_response(request, response)
    assert time.process_time() - begin < 0.1


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_several_members_are_one_body(encoding: str) -> None:
    pack = gzip.compress if encoding == "gzip" else zstd.compress
    middleware = CompressionMiddleware.from_crawler(get_crawler(settings_dict={}))
    request = Request("https://a.example/")
    body = b"".join(map(pack, (b"\x01un ", b"deux ", b"trois")))
    for sent in (body, body[:-6]):
        response = Response(request.url, headers={"Content-Encoding": encoding}, body=sent)
        result = middleware.process_response(request, response)
        assert isinstance(result, Response)
        assert result.body.startswith(b"\x01un deux ")
