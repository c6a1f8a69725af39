"""Simulate the demo network: map each request to the addressed server's response."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from random import Random
from typing import TypeVar
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from newscrawl.aggregator.sites import SITES
from newscrawl.aggregator.urls import Address, classify, parse_article_id
from newscrawl.demo import aggregator
from newscrawl.demo.article_faults import ArticleFault
from newscrawl.demo.articles import DemoArticle, Library
from newscrawl.demo.outlets import EDITIONS, OUTLETS, DemoOutlet, outlets_of
from newscrawl.demo.prose import StoryWriter, bank, seeded_random, write_story
from newscrawl.demo.proxy import Reply
from newscrawl.demo.systems import Frame, OutletPage, Teaser, labels
from newscrawl.demo.systems.app import PROGRAM, App
from newscrawl.demo.truth import Truth, copy_of, truth_of
from newscrawl.items import Edition

T = TypeVar("T")

_HUGE = 12 * 1024 * 1024
_FRONT = 30
"""Articles on front pages, in RSS feeds and in sidebars."""
_SEARCHED = 300
"""Articles of each outlet on section and author pages."""
_TICKER = (15, 40)
_PIXEL = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9")  # the start of a JPEG file
_QUOTING = 0.3
"""Share of comments that quote the article."""
_DIGITS = re.compile(r"\d+")


class DemoNetwork:
    """The demo's aggregator sites and outlets as a function from request to response.

    Pages are generated on request; equal seeds give equal pages. The only state is the number of
    requests for each URL, which transient faults depend on.
    """

    def __init__(self, seed: int, scale: float, *, browser: bool) -> None:
        self.library = Library(seed, scale)
        self.truth: Mapping[str, Truth] = _Truths(self.library, browser=browser)
        """Ground truth of each article, by the record's identifier."""
        self._visits: Counter[str] = Counter()
        self._hosts = {outlet.host: outlet for outlet in OUTLETS if outlet.fate != "closed"}
        self._frame = lru_cache(maxsize=len(OUTLETS))(self._make_frame)
        self._newest = lru_cache(maxsize=128)(self._find_newest)
        self._by_author = lru_cache(maxsize=16)(self._index_authors)

    def reply(self, method: str, url: str, headers: Mapping[str, str]) -> Reply:  # noqa: ARG002
        """Return the response to a request; has the signature ``proxy.ReplyFunction``."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        outlet = self._hosts.get(host)
        site = _SITE_HOSTS.get(host)
        if outlet is None and site is None:
            return Reply(action="refuse")
        if method == "CONNECT":
            return Reply()
        if method not in ("GET", "HEAD"):
            return _plain(405, "method not allowed")
        self._visits[url] += 1
        first = self._visits[url] == 1
        if outlet:
            return self._outlet_page(outlet, parts, first)
        if host.startswith("images2."):
            return Reply(200, {"Content-Type": "image/jpeg"}, _PIXEL)
        canonical = f"www.{SITES[site or ''].host}"
        if parts.scheme != "https" or host != canonical:
            return _redirect(parts._replace(scheme="https", netloc=canonical).geturl(), 301)
        return self._aggregator_page(url, parts, first)

    # --- The aggregator --------------------------------------------------------------------------

    def _aggregator_page(self, url: str, parts: SplitResult, first: bool) -> Reply:
        if parts.path == "/robots.txt":
            return _plain(200, "User-agent: *\nDisallow: /search\n")
        address = classify(url)
        if address is None or (address.site.name, address.edition) not in EDITIONS:
            return _plain(404, "no such page")
        page = int(parse_qs(parts.query).get("page", ["1"])[0])
        match address.kind:
            case "article":
                return self._copy(address, first)
            case "feed":
                return self._feed(address)
            case "home":
                found: Sequence[DemoArticle] = self._newest(address.site.name, address.edition)
            case "outlet":
                return self._outlet_listing(address, parts.path, page)
            case "section":
                found = [a for a in self._recent(address) if a.copied.rubric == address.name]
            case "author":
                name = " ".join(address.name.split())
                found = self._by_author(address.site.name, address.edition).get(name, [])
            case _:
                return _plain(404, "no such page")
        pages = 1 if address.kind == "home" else -(-len(found) // aggregator.PAGE_SIZE)
        shown = found if address.kind == "home" else _on_page(found, page)
        return self._listing(address, parts.path, shown, page, pages)

    def _copy(self, address: Address, first: bool) -> Reply:
        article = self._addressed(address)
        if article is None or article.fault is ArticleFault.COPY_404:
            return _plain(404, "no such article")
        if article.fault is ArticleFault.COPY_HICCUP and first:
            return _plain(500, "internal error")
        around = (article.index + step for step in (-3, -2, -1, 1, 2, 3))
        related = [
            self.library.article(article.outlet, index)
            for index in around
            if 0 <= index < self.library.count(article.outlet)
        ]
        ticker = self._ticker(address, article.number)
        return _html(aggregator.article_page(article, ticker, related))

    def _addressed(self, address: Address) -> DemoArticle | None:
        """Return the article of an aggregator URL."""
        for outlet in outlets_of(address.site.name, address.edition):
            if outlet.slug == address.name:
                return self.library.find(outlet, int(address.number))
        return None

    def _outlet_listing(self, address: Address, path: str, page: int) -> Reply:
        for outlet in outlets_of(address.site.name, address.edition):
            if outlet.slug == address.name:
                count = self.library.count(outlet)
                newest_first = range(count - 1, -1, -1)
                shown = [self.library.article(outlet, i) for i in _on_page(newest_first, page)]
                pages = -(-count // aggregator.PAGE_SIZE)
                return self._listing(address, path, shown, page, pages)
        return _plain(404, "no such outlet")

    def _listing(
        self, address: Address, path: str, shown: Sequence[DemoArticle], page: int, pages: int
    ) -> Reply:
        ticker = self._ticker(address, page)
        name, edition = address.site.name, address.edition
        return _html(
            aggregator.listing_page(name, edition, path, shown, ticker, page=page, pages=pages)
        )

    def _feed(self, address: Address) -> Reply:
        found = self._newest(address.site.name, address.edition, address.name)
        if not found:
            return _plain(404, "no such feed")
        body = aggregator.feed(address.site.name, address.edition, found).encode()
        return Reply(200, {"Content-Type": "application/rss+xml; charset=utf-8"}, body)

    def _ticker(self, address: Address, seed: int) -> list[DemoArticle]:
        """Return current headlines of all editions of the site, some of them repeated."""
        rng = seeded_random(self.library.seed, address.site.name, seed)
        pool = [
            article
            for name, edition in EDITIONS
            if name == address.site.name
            for article in self._newest(name, edition)
        ]
        return rng.choices(pool, k=rng.randint(*_TICKER))

    def _find_newest(self, name: str, edition: Edition, slug: str = "") -> list[DemoArticle]:
        """Return the newest articles of an edition, or of one outlet in it."""
        outlets = [o for o in outlets_of(name, edition) if slug in ("", o.slug)]
        articles = (a for outlet in outlets for a in islice(self._backwards(outlet), _FRONT))
        return sorted(articles, key=lambda a: a.published, reverse=True)[:_FRONT]

    def _recent(self, address: Address) -> Iterator[DemoArticle]:
        """Yield the articles on an edition's section and author pages, newest first."""
        articles = [
            article
            for outlet in outlets_of(address.site.name, address.edition)
            for article in islice(self._backwards(outlet), _SEARCHED)
        ]
        return iter(sorted(articles, key=lambda a: a.published, reverse=True))

    def _backwards(self, outlet: DemoOutlet) -> Iterator[DemoArticle]:
        for index in range(self.library.count(outlet) - 1, -1, -1):
            yield self.library.article(outlet, index)

    def _index_authors(self, name: str, edition: Edition) -> dict[str, list[DemoArticle]]:
        """Return the articles of an edition by printed author line."""
        address = Address(SITES[name], edition, "author")
        index: defaultdict[str, list[DemoArticle]] = defaultdict(list)
        for article in self._recent(address):
            if byline := copy_of(article).byline:
                index[byline].append(article)
        return dict(index)

    # --- The outlets -----------------------------------------------------------------------------

    def _outlet_page(self, outlet: DemoOutlet, parts: SplitResult, first: bool) -> Reply:
        if parts.path == "/robots.txt":
            return _plain(200, _robots(outlet))
        if parts.path == App.scripts:
            return Reply(200, {"Content-Type": "text/javascript"}, PROGRAM.encode())
        if parts.path.startswith("/media/"):
            return Reply(200, {"Content-Type": "image/jpeg"}, _PIXEL)
        if parts.scheme != "https":
            return _redirect(parts._replace(scheme="https").geturl(), 301)
        article = self._at(outlet, parts)
        if article is None:
            frame = self._frame(outlet)
            system = self.library.article(outlet, self.library.count(outlet) - 1).system
            if parts.path == "/" and not parts.query:
                return _outlet_html(outlet, system.front(frame))
            return _outlet_html(outlet, system.notice(frame, frame.labels.not_found), 404)
        if parts.query.startswith("p="):
            return _redirect(article.url, 301)
        if parts.path.startswith("/files/"):
            return _file(parts.path)
        return self._source(article, first)

    def _at(self, outlet: DemoOutlet, parts: SplitResult) -> DemoArticle | None:
        """Return the article at an outlet's URL."""
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        for digits in reversed(_DIGITS.findall(unquote(target))):
            article = self.library.find(outlet, int(digits))
            if article and (
                unquote(target) == unquote(article.system.path(article))
                or target == f"/?p={article.number}"
                or parts.path.startswith(f"/files/{article.number}.")
            ):
                return article
        return None

    def _source(self, article: DemoArticle, first: bool) -> Reply:
        """Return the outlet's response for an article, with its fault."""
        outlet, frame = article.outlet, self._frame(article.outlet)
        missing = article.system.notice(frame, frame.labels.not_found)
        match article.fault:
            case ArticleFault.GONE_404 | ArticleFault.GONE_410:
                status = 404 if article.fault is ArticleFault.GONE_404 else 410
                return _outlet_html(outlet, missing, status)
            case ArticleFault.SOFT_404:
                return _outlet_html(outlet, missing)
            case ArticleFault.MOVED_HOME:
                return _redirect(f"https://{outlet.host}/", 302)
            case ArticleFault.FORBIDDEN:
                return _plain(403, "forbidden")
            case ArticleFault.THROTTLED if first:
                return _plain(429, "too many requests", {"Retry-After": "1"})
            case ArticleFault.HICCUP if first:
                return _plain(500, "internal error")
            case ArticleFault.DOWN:
                return _plain(503, "unavailable")
            case ArticleFault.DROPPED:
                return Reply(action="drop")
            case ArticleFault.HUGE:
                return Reply(200, {"Content-Type": "text/html"}, b"<p>" + b" " * _HUGE)
        html = article.system.article(self._page(article))
        delay = 1.5 if article.fault is ArticleFault.SLOW else 0.0
        return _outlet_html(outlet, html, delay=delay)

    def _page(self, article: DemoArticle) -> OutletPage:
        rng = seeded_random(self.library.seed, article.key.id, "page")
        outlet = article.outlet
        if article.fault is ArticleFault.OTHER_STORY:
            other = write_story(outlet.edition, outlet.site.country, rng)
            article = replace(article, story=other)
        paywalled = article.fault is ArticleFault.PAYWALL
        near = [article.index + step for step in (-2, -1, 1) if article.index + step >= 0]
        related = [i for i in near if i < self.library.count(outlet)]
        return OutletPage(
            frame=self._frame(outlet),
            article=article,
            blocks=article.story.blocks[:2] if paywalled else article.story.blocks,
            paywalled=paywalled,
            related=tuple(_teaser(self.library.article(outlet, i)) for i in related),
            comments=tuple(_comments(article, rng)),
        )

    def _make_frame(self, outlet: DemoOutlet) -> Frame:
        newest = self._newest(outlet.aggregator, outlet.edition, outlet.slug)
        return Frame(
            outlet=outlet,
            labels=labels(outlet.edition, outlet.site.country),
            latest=tuple(map(_teaser, newest)),
        )


class _Truths(Mapping[str, Truth]):
    """Mapping from article ids to their ground truth, computed on demand."""

    def __init__(self, library: Library, *, browser: bool) -> None:
        self._library = library
        self._browser = browser

    def __getitem__(self, identifier: str) -> Truth:
        try:
            key = parse_article_id(identifier)
        except ValueError:
            raise KeyError(identifier) from None
        for outlet in outlets_of(key.aggregator, key.edition):
            if outlet.slug == key.outlet:
                article = self._library.find(outlet, int(key.number))
                if article and article.key == key:
                    return truth_of(article, self._library, browser=self._browser)
        raise KeyError(identifier)

    def __iter__(self) -> Iterator[str]:
        for outlet in OUTLETS:
            for index in range(self._library.count(outlet)):
                yield self._library.article(outlet, index).key.id

    def __len__(self) -> int:
        return sum(map(self._library.count, OUTLETS))


def build(seed: int = 1, scale: float = 1.0, *, browser: bool = True) -> DemoNetwork:
    """Create a demo network.

    Args:
        seed: equal seeds give equal networks.
        scale: factor for the number of articles; 1 gives about 490.
        browser: whether the crawl has a browser; determines the truth of pages that need one.

    Raises:
        ValueError: an outlet would have no articles.
    """
    if min(outlet.articles for outlet in OUTLETS) * scale < 1:
        raise ValueError(f"scale {scale} leaves no articles")
    return DemoNetwork(seed, scale, browser=browser)


_SITE_HOSTS = {
    f"{prefix}{SITES[name].host}": name
    for name, _ in EDITIONS
    for prefix in ("", "www.", "images2.")
}


def _on_page(items: Sequence[T], page: int) -> Sequence[T]:
    """Return the items on one listing page; pages count from 1."""
    return items[(page - 1) * aggregator.PAGE_SIZE : page * aggregator.PAGE_SIZE]


def _plain(status: int, text: str, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(status, {"Content-Type": "text/plain", **(headers or {})}, f"{text}\n".encode())


def _redirect(url: str, status: int) -> Reply:
    return Reply(status, {"Location": url, "Content-Type": "text/html"}, b"<p>moved</p>")


def _html(html: str) -> Reply:
    return Reply(200, {"Content-Type": "text/html; charset=utf-8"}, html.encode())


def _outlet_html(outlet: DemoOutlet, html: str, status: int = 200, *, delay: float = 0.0) -> Reply:
    """Return a page in its outlet's encoding, which the header may omit."""
    declared = f"; charset={outlet.charset}" if outlet.declared == "header" else ""
    body = html.encode(outlet.charset, "xmlcharrefreplace")
    return Reply(status, {"Content-Type": f"text/html{declared}"}, body, delay=delay)


def _file(path: str) -> Reply:
    """Return a response that is not HTML."""
    if path.endswith(".pdf"):
        return Reply(200, {"Content-Type": "application/pdf"}, b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    return Reply(200, {"Content-Type": "image/jpeg"}, _PIXEL)


def _robots(outlet: DemoOutlet) -> str:
    rules = ["User-agent: *", "Disallow: /" if outlet.fate == "denied" else "Disallow: /admin/"]
    if outlet.crawl_delay:
        rules.append(f"Crawl-delay: {outlet.crawl_delay}")
    return "\n".join(rules)


def _teaser(article: DemoArticle) -> Teaser:
    story = article.story
    return Teaser(story.title, article.url, story.lead, article.published)


def _comments(article: DemoArticle, rng: Random) -> Iterator[str]:
    """Yield up to four reader comments; some quote the article."""
    writer = StoryWriter(bank(article.outlet.edition), article.outlet.site.country, rng)
    for text in rng.sample(writer.bank.comments, rng.randint(0, 4)):
        quoted = rng.choice(article.story.blocks).text if rng.random() < _QUOTING else ""
        yield f"{quoted} {writer.write(text)}".strip()
