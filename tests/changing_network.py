"""A small network that changes: articles appear, change, vanish, fail and recover."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from newscrawl.aggregator.sites import SITES
from newscrawl.aggregator.urls import ArticleKey, feed_url, home_url, listing_url
from newscrawl.demo.proxy import Reply
from tests.web import HTML, XML, aggregator_page, outlet_page

NEWEST = 4
"""Articles on the front page and in RSS feeds."""

PER_PAGE = 3
"""Articles on a page of a listing."""

TODAY = date(2025, 3, 20)
"""Printed date of the newest articles."""

OUTLETS = ("courrier", "gazette")


@dataclass
class Piece:
    """An article of the network and what its servers send."""

    site: str
    outlet: str
    number: int
    day: date
    edits: int = 0
    """How often the aggregator's copy was changed."""
    source_edits: int = 0
    """How often the outlet's page was changed."""
    page: int = 200
    """HTTP status of the aggregator's page."""
    source: int = 200
    """HTTP status of the outlet's page."""
    listed: bool = True
    """Whether listings and feeds lead to it."""

    @property
    def key(self) -> ArticleKey:
        return ArticleKey(self.site, "fr", self.outlet, str(self.number))

    @property
    def link(self) -> str:
        return f"https://www.{self.outlet}-{self.site}.example/article/{self.number}"

    @property
    def title(self) -> str:
        return f"Souss : la récolte numéro {self.number} de {self.outlet}, état {self.edits}"

    @property
    def ending(self) -> str:
        """Last paragraph of the outlet's page, which the copy lacks."""
        return (
            f"La coopérative publiera le bilan {self.number} complet avec la version "
            f"{self.source_edits} de ses comptes, ont indiqué ses responsables à la presse locale."
        )

    def paragraphs(self) -> list[str]:
        return [
            (
                f"La récolte d'arganes numéro {self.number} a dépassé cette année les prévisions "
                "des coopératives du Souss, selon un bilan présenté devant une centaine "
                f"de producteurs réunis par {self.outlet}."
            ),
            (
                "Le président de la fédération locale a salué une saison généreuse après trois "
                f"années sèches et a annoncé l'ouverture de {self.number + 2} pressoirs."
            ),
        ]

    def copy_page(self) -> Reply:
        if self.page != 200:
            return Reply(self.page, HTML, b"<p>no page")
        printed = self.day.strftime("%d - %m - %Y")
        return aggregator_page(self.title, self.paragraphs(), date=printed, link=self.link)

    def source_page(self) -> Reply:
        if self.source != 200:
            return Reply(self.source, HTML, b"<p>no page")
        published = f"{self.day.isoformat()}T10:00:00+00:00"
        text = [*self.paragraphs(), self.ending]
        return outlet_page(self.title, text, published=published, author="Salma Idrissi")


@dataclass
class Network:
    """The sites' articles, and the requests of the current crawl."""

    pieces: dict[str, Piece] = field(default_factory=dict)
    """Articles by id, oldest first."""
    requests: list[str] = field(default_factory=list)
    """URLs requested in the present crawl."""
    on_request: Callable[[int], None] = lambda _: None
    """Called with the number of requests so far."""

    def publish(self, site: str, outlet: str, days_ago: int) -> Piece:
        """Add an article to an outlet."""
        number = 1 + max((p.number for p in self.pieces.values() if p.outlet == outlet), default=0)
        piece = Piece(site, outlet, number, TODAY - timedelta(days=days_ago))
        self.pieces[piece.key.id] = piece
        return piece

    def listed(self, site: str, outlet: str | None = None) -> list[Piece]:
        """Articles in a listing, newest first."""
        pieces = [p for p in self.pieces.values() if p.site == site and p.listed]
        return [p for p in reversed(pieces) if outlet in (None, p.outlet)]

    def reply(self, method: str, url: str, headers: Mapping[str, str]) -> Reply:
        """Response of the servers."""
        if method == "CONNECT":
            return Reply()
        self.requests.append(url)
        self.on_request(len(self.requests))
        for piece in self.pieces.values():
            if url == piece.key.url:
                return piece.copy_page()
            if url == piece.link:
                return piece.source_page()
        for name in ("maghress", "djazairess"):
            if answer := self._discovery_page(name, url, headers):
                return answer
        return Reply(404, HTML, b"<p>404")

    def _discovery_page(self, name: str, url: str, headers: Mapping[str, str]) -> Reply | None:
        site = SITES[name]
        for outlet in (None, *OUTLETS):
            pieces = self.listed(name, outlet)
            if url == feed_url(site, "fr", outlet):
                return _feed(pieces[:NEWEST], headers)
            start = listing_url(site, "fr", outlet) if outlet else home_url(site, "fr")
            base, _, page = url.partition("?page=")
            if base == start:
                at = PER_PAGE * int(page or 0)
                if outlet is None:
                    return _listing(pieces[:NEWEST], "")
                more = f"{start}?page={int(page or 0) + 1}" if at + PER_PAGE < len(pieces) else ""
                return _listing(pieces[at : at + PER_PAGE], more)
        return None


def _listing(pieces: list[Piece], following: str) -> Reply:
    link = f'<link rel="next" href="{following}">' if following else ""
    rows = "".join(f'<div><a href="{p.key.url}">{p.title}</a><br>Début (...)</div>' for p in pieces)
    outlets = "".join(f'<a href="/fr/{outlet}">{outlet}</a> ' for outlet in OUTLETS)
    page = f"<html><head>{link}</head><body><h1>Articles</h1>{rows}{outlets}</body></html>"
    return Reply(200, HTML, page.encode())


def _feed(pieces: list[Piece], headers: Mapping[str, str]) -> Reply:
    tag = '"' + "-".join(str(piece.number) for piece in pieces) + '"'
    if headers.get("if-none-match") == tag:
        return Reply(304, {"ETag": tag})
    items = "".join(
        f"<item><title>{p.title}</title><link>{p.key.url}</link></item>" for p in pieces
    )
    body = (
        f'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title>{items}</channel></rss>'
    )
    return Reply(200, {**XML, "ETag": tag}, body.encode())
