"""The demo network, its proxy and its score, each in isolation."""

import ssl
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection, HTTPSConnection
from itertools import combinations
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from newscrawl.aggregator.article import read_article
from newscrawl.aggregator.listing import read_listing
from newscrawl.aggregator.rss import read_feed
from newscrawl.demo.article_faults import EFFECTS, ArticleFault
from newscrawl.demo.network import DemoNetwork, build
from newscrawl.demo.outlets import EDITIONS, OUTLETS
from newscrawl.demo.proxy import DemoProxy, Reply
from newscrawl.demo.revisions import Change
from newscrawl.demo.score import shingles
from newscrawl.demo.systems import SYSTEMS
from newscrawl.demo.truth import Truth
from newscrawl.errors import PageError
from newscrawl.text.html import decode, parse

NETWORK = build(seed=1)
TRUTHS = list(NETWORK.truth.values())


def get(network: DemoNetwork, url: str, visits: int = 1) -> Reply:
    answers = [network.reply("GET", url, {}) for _ in range(visits)]
    return answers[-1]


def by_fault(fault: ArticleFault) -> list[Truth]:
    found = [truth for truth in TRUTHS if truth.fault is fault]
    # Outlets that are gone, closed to robots or hidden behind scripts have that fault instead.
    return [t for t in found if t.source.status == EFFECTS[fault].status] or found


# --- The network ---------------------------------------------------------------------------------


def test_size() -> None:
    assert len(TRUTHS) >= 400
    assert len(OUTLETS) >= 20
    assert len({outlet.system for outlet in OUTLETS}) >= 6
    editions = Counter(aggregator for aggregator, _ in EDITIONS)
    assert len(editions) >= 3
    assert set(editions.values()) == {2}
    assert all(outlet.host.endswith(".example") for outlet in OUTLETS)


def test_every_fault_of_the_demo_occurs() -> None:
    assert {truth.fault for truth in TRUTHS} == {None, *ArticleFault}
    assert Counter(truth.source.status for truth in TRUTHS)["ok"] >= 300


def test_equal_seeds_make_equal_pages() -> None:
    again, other = build(seed=1), build(seed=2)
    for truth in TRUTHS[::25]:
        assert again.truth[truth.id] == truth
        assert get(again, truth.url, 2) == get(build(seed=1), truth.url, 2)
    assert set(other.truth) != set(NETWORK.truth)


def test_articles_are_different() -> None:
    unique = [t for t in TRUTHS if t.duplicate_of is None]
    bodies = [shingles(truth.source.text) for truth in unique if truth.source.language == "fr"]
    shared = [
        (one & other).total() / min(one.total(), other.total())
        for one, other in combinations(bodies[::3], 2)
    ]
    assert max(shared) < 0.35
    assert sum(shared) / len(shared) < 0.12


def test_duplicates_point_to_the_first_with_the_same_text() -> None:
    duplicates = [truth for truth in TRUTHS if truth.duplicate_of]
    assert len(duplicates) >= 20
    same = 0
    for truth in duplicates:
        first = NETWORK.truth[truth.duplicate_of or ""]
        assert first.duplicate_of is None
        assert first.source.published < truth.source.published
        assert first.copy.title == truth.copy.title
        assert set(truth.copy.paragraphs) & set(first.copy.paragraphs)
        same += first.copy.text == truth.copy.text
    assert 0 < same < len(duplicates)


def test_outlets_revise_articles_after_they_were_copied() -> None:
    revised = [(truth, truth.revision) for truth in TRUTHS if truth.revision]
    assert {revision.change for _, revision in revised} == set(Change)
    for truth, revision in revised:
        copied, current = revision.copied, revision.current
        copy = "\n".join((truth.copy.title, truth.copy.byline or "", truth.copy.text))
        source = "\n".join((truth.source.title, ", ".join(truth.source.authors), truth.source.text))
        if copied and revision.change is not Change.AUTHOR:
            assert copied in copy
            assert copied not in source
        if current:
            assert current in source
            assert current not in copy


@pytest.mark.parametrize("truth", TRUTHS[::7], ids=lambda truth: truth.id)
def test_copies_read_as_their_truth(truth: Truth) -> None:
    answer = get(NETWORK, truth.url, visits=2)
    if not truth.exported:
        with pytest.raises(PageError):
            read_article(answer.body, truth.url)
        return
    page = read_article(answer.body, truth.url)
    copy = truth.copy
    assert (page.title, page.text) == (copy.title, copy.text)
    assert page.published
    assert page.published.when.date() == copy.published
    assert (page.byline, page.source_link) == (copy.byline, copy.link)
    assert (page.outlet_name, page.truncated) == (truth.outlet_name, copy.truncated)
    assert 1 < len(page.headlines) <= 40


@pytest.mark.parametrize("system", SYSTEMS)
def test_pages_of_every_system(system: str) -> None:
    truth = next(
        t
        for t in TRUTHS
        if t.source.system == system and t.fault is None and t.source.status in _READ
    )
    answer = get(NETWORK, truth.copy.link or "")
    assert answer.status == 200
    assert 15_000 < len(answer.body) < 130_000
    text = parse(decode(answer.body, answer.headers["Content-Type"])).html or ""
    last = truth.copy.paragraphs[-1].rpartition(" ")[2]
    assert last in text
    for author in truth.source.authors:
        assert author in text


_READ = ("ok", "unreadable")


def test_encodings() -> None:
    for outlet in OUTLETS:
        if outlet.charset == "utf-8":
            continue
        truth = next(t for t in TRUTHS if outlet.slug in t.id and t.fault is None)
        answer = get(NETWORK, truth.copy.link or "")
        with pytest.raises(UnicodeDecodeError):
            answer.body.decode("utf-8")
        declared = outlet.charset in answer.headers["Content-Type"]
        assert declared == (outlet.declared == "header")
        assert (outlet.charset.encode() in answer.body) == (outlet.declared == "meta")


def test_redesign_has_both_layouts() -> None:
    for outlet in OUTLETS:
        if outlet.redesign:
            systems = [t.source.system for t in TRUTHS if f"/{outlet.slug}/" in t.id]
            assert Counter(systems)[outlet.system] >= 20
            assert Counter(systems)[outlet.redesign] >= 20


@pytest.mark.parametrize(
    ("fault", "statuses"),
    [
        (ArticleFault.GONE_404, [404, 404]),
        (ArticleFault.GONE_410, [410, 410]),
        (ArticleFault.MOVED_HOME, [302, 302]),
        (ArticleFault.MOVED_PAGE, [301, 301]),
        (ArticleFault.TO_HTTPS, [301, 301]),
        (ArticleFault.FORBIDDEN, [403, 403]),
        (ArticleFault.THROTTLED, [429, 200]),
        (ArticleFault.HICCUP, [500, 200]),
        (ArticleFault.DOWN, [503, 503]),
        (ArticleFault.SOFT_404, [200, 200]),
    ],
)
def test_faults_of_sources(fault: ArticleFault, statuses: list[int]) -> None:
    network = build(seed=1)
    link = by_fault(fault)[0].copy.link or ""
    answers = [network.reply("GET", link, {}) for _ in statuses]
    assert [answer.status for answer in answers] == statuses
    if fault is ArticleFault.THROTTLED:
        assert answers[0].headers["Retry-After"] == "1"
    if fault in (ArticleFault.MOVED_PAGE, ArticleFault.TO_HTTPS):
        assert get(network, answers[0].headers["Location"]).status == 200
    if fault is ArticleFault.MOVED_HOME:
        front = get(network, answers[0].headers["Location"])
        assert front.status == 200
        assert urlsplit(answers[0].headers["Location"]).path == "/"


def test_faults_of_connections_and_contents() -> None:
    def first(fault: ArticleFault) -> Reply:
        return get(NETWORK, by_fault(fault)[0].copy.link or "")

    assert first(ArticleFault.DEAD_DOMAIN).action == "refuse"
    assert first(ArticleFault.DROPPED).action == "drop"
    assert first(ArticleFault.SLOW).delay >= 1
    assert first(ArticleFault.PDF).headers["Content-Type"] == "application/pdf"
    assert first(ArticleFault.IMAGE).headers["Content-Type"] == "image/jpeg"
    assert len(first(ArticleFault.HUGE).body) > 10_000_000
    paywalled = by_fault(ArticleFault.PAYWALL)[0]
    assert paywalled.copy.paragraphs[-1][-30:].encode() not in first(ArticleFault.PAYWALL).body
    other = by_fault(ArticleFault.OTHER_STORY)[0]
    assert other.copy.paragraphs[1][:40].encode() not in first(ArticleFault.OTHER_STORY).body


def test_faults_of_copies() -> None:
    for truth in by_fault(ArticleFault.CUT):
        assert truth.copy.truncated
        assert len(truth.copy.text) < len(truth.source.text)
    assert all(
        t.copy.truncated and len(t.copy.paragraphs) == 1 for t in by_fault(ArticleFault.STUB)
    )
    assert all("\ufffd" in t.copy.text for t in by_fault(ArticleFault.MOJIBAKE))
    assert all(t.copy.link is None for t in by_fault(ArticleFault.NO_LINK))
    late = by_fault(ArticleFault.LATE)[0]
    assert (late.copy.published - late.source.published.date()).days == 1


def test_robots() -> None:
    for outlet in OUTLETS:
        answer = get(NETWORK, f"https://{outlet.host}/robots.txt")
        if outlet.fate == "closed":
            assert answer.action == "refuse"
            continue
        rules = answer.body.decode().splitlines()
        assert ("Disallow: /" in rules) == (outlet.fate == "denied")
        assert any(rule.startswith("Crawl-delay") for rule in rules) == bool(outlet.crawl_delay)


@pytest.mark.parametrize("outlet", OUTLETS, ids=lambda outlet: outlet.slug)
def test_listings_lead_to_all_articles(outlet: Any) -> None:
    prefix = "" if outlet.edition == "ar" else f"/{outlet.edition}"
    waiting = [f"https://www.{outlet.aggregator}.com{prefix}/{outlet.slug}"]
    done: set[str] = set()
    found: list[str] = []
    while waiting:
        url = waiting.pop(0)
        if url not in done:
            done.add(url)
            listing = read_listing(get(NETWORK, url).body, url)
            found += [entry.key.id for entry in listing.entries]
            waiting += listing.next_pages
    assert set(found) == {t.id for t in TRUTHS if f"/{outlet.slug}/" in t.id}


@pytest.mark.parametrize(("aggregator", "edition"), EDITIONS)
def test_home_feed_section_and_author_pages(aggregator: str, edition: str) -> None:
    home = f"https://www.{aggregator}.com" + ("" if edition == "ar" else f"/{edition}")
    feed = read_feed(get(NETWORK, f"{home}/rss").body, f"{home}/rss")
    assert len(feed) >= 20
    assert all(entry.published and entry.published.precision == "second" for entry in feed)
    page = get(NETWORK, home if edition != "ar" else f"{home}/")
    assert len(read_listing(page.body, home).entries) >= 20
    sports = f"{home}/sports"
    assert read_listing(get(NETWORK, sports).body, sports).entries
    truth = next(t for t in TRUTHS if f"{aggregator}:{edition}/" in t.id and t.copy.byline)
    article = read_article(get(NETWORK, truth.url, 2).body, truth.url)
    body = get(NETWORK, truth.url).body.decode()
    link = next(part for part in body.split('"') if "/author/" in part)
    keys = [entry.key.id for entry in read_listing(get(NETWORK, link).body, link).entries]
    assert truth.id in keys
    assert article.byline == truth.copy.byline


def test_apex_and_http_redirect_to_the_canonical_host() -> None:
    answer = get(NETWORK, "http://maghress.com/fr?page=2")
    assert answer.headers["Location"] == "https://www.maghress.com/fr?page=2"


def test_unknown_hosts_and_pages() -> None:
    assert get(NETWORK, "https://elsewhere.example/").action == "refuse"
    assert get(NETWORK, "https://www.sauress.com/").action == "refuse"
    assert get(NETWORK, "https://www.maghress.com/nobody").status == 404
    assert get(NETWORK, "https://www.maghress.com/fr/lecourrierdusouss/7").status == 404
    assert get(NETWORK, "https://www.lecourrierdusouss.example/nothing").status == 404
    assert NETWORK.reply("POST", "https://www.maghress.com/", {}).status == 405
    with pytest.raises(KeyError):
        NETWORK.truth["no such id"]


def test_a_scaled_demo_generates_pages_on_demand() -> None:
    began = time.monotonic()
    network = build(seed=3, scale=100)
    assert len(network.truth) > 40_000
    identifier = next(iter(network.truth))
    assert get(network, network.truth[identifier].url).status in (200, 404, 500)
    assert time.monotonic() - began < 5
    with pytest.raises(ValueError, match="no articles"):
        build(scale=0.001)


# --- The proxy -----------------------------------------------------------------------------------


def echo(method: str, url: str, headers: Mapping[str, str]) -> Reply:
    host = urlsplit(url).hostname or ""
    if host.startswith("dead"):
        return Reply(action="refuse")
    if host.startswith("drop") and method != "CONNECT":
        return Reply(action="drop")
    if host.startswith("broken") and method != "CONNECT":
        raise RuntimeError("a fault of the answer function")
    delay = 0.3 if host.startswith("slow") and method != "CONNECT" else 0.0
    seen = f"{method} {url} {headers.get('x-test', '')}"
    return Reply(200, {"Content-Type": "text/plain", "X-Seen": "yes"}, seen.encode(), delay)


@pytest.fixture(scope="module")
def proxy() -> Iterator[DemoProxy]:
    with DemoProxy(echo) as running:
        yield running


def fetch(proxy: DemoProxy, url: str) -> tuple[int, str]:
    context = ssl.create_default_context(cafile=str(proxy.certificates))
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({"http": proxy.url, "https": proxy.url}),
        urllib.request.HTTPSHandler(context=context),
    )
    with opener.open(urllib.request.Request(url, headers={"X-Test": "hello"}), timeout=10) as got:  # noqa: S310
        return got.status, got.read().decode()


@pytest.mark.parametrize("url", ["http://www.any.example/a?b=1", "https://www.any.example/a?b=1"])
def test_proxy_responds_at_any_url(proxy: DemoProxy, url: str) -> None:
    assert fetch(proxy, url) == (200, f"GET {url} hello")
    assert proxy.requests[-1].url == url
    assert proxy.requests[-1].at == pytest.approx(time.time(), abs=10)


def test_proxy_keeps_connections_alive(proxy: DemoProxy) -> None:
    plain = HTTPConnection("127.0.0.1", proxy.port, timeout=10)
    context = ssl.create_default_context(cafile=str(proxy.certificates))
    tunnel = HTTPSConnection("127.0.0.1", proxy.port, timeout=10, context=context)
    tunnel.set_tunnel("www.alive.example", 443)
    before = len(proxy.requests)
    for number in range(3):
        plain.request("GET", f"http://www.alive.example/{number}")
        assert plain.getresponse().read() == f"GET http://www.alive.example/{number} ".encode()
        tunnel.request("GET", f"/{number}")
        assert tunnel.getresponse().read() == f"GET https://www.alive.example/{number} ".encode()
    plain.close()
    tunnel.close()
    assert [r.method for r in proxy.requests[before:]].count("CONNECT") == 1


def test_proxy_sends_no_body_to_head(proxy: DemoProxy) -> None:
    connection = HTTPConnection("127.0.0.1", proxy.port, timeout=10)
    for _ in range(2):
        connection.request("HEAD", "http://www.any.example/")
        response = connection.getresponse()
        assert response.headers["Content-Length"] != "0"
        assert response.read() == b""
    connection.close()


def test_proxy_refuses_hosts_that_do_not_exist(proxy: DemoProxy) -> None:
    with pytest.raises(urllib.error.HTTPError) as plain:
        fetch(proxy, "http://dead.example/")
    assert plain.value.code == 502
    with pytest.raises(urllib.error.URLError, match="502"):
        fetch(proxy, "https://dead.example/")


def test_proxy_drops_delays_and_survives_faults(proxy: DemoProxy) -> None:
    with pytest.raises(OSError, match="closed"):
        fetch(proxy, "http://drop.example/")
    began = time.monotonic()
    assert fetch(proxy, "https://slow.example/")[0] == 200
    assert time.monotonic() - began >= 0.3
    with pytest.raises(urllib.error.HTTPError) as broken:
        fetch(proxy, "https://broken.example/")
    assert broken.value.code == 500
    assert fetch(proxy, "http://still.example/")[0] == 200


def test_proxy_environment(proxy: DemoProxy) -> None:
    environment = proxy.environment()
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        assert environment[name] == proxy.url
    assert environment["no_proxy"] == environment["NO_PROXY"] == ""
    assert Path(environment["SSL_CERT_FILE"]).read_text().startswith("-----BEGIN CERTIFICATE")
