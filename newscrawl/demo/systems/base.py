"""Base class of the content management systems, and helpers that generate HTML."""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Any, ClassVar

from newscrawl.demo.outlets import DemoOutlet
from newscrawl.demo.prose import StoryBlock, seeded_random
from newscrawl.demo.systems.labels import Labels
from newscrawl.items import Precision

if TYPE_CHECKING:
    from newscrawl.demo.articles import DemoArticle


@dataclass(frozen=True, slots=True)
class Teaser:
    """Teaser of another article on a page."""

    title: str
    """Headline."""
    url: str
    """URL."""
    excerpt: str
    """First words."""
    published: datetime
    """Date."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Parts that all pages of an outlet share: labels, menu and latest articles."""

    outlet: DemoOutlet
    """Outlet."""
    labels: Labels
    """Labels in its language."""
    latest: tuple[Teaser, ...]
    """Newest articles, for sidebars."""


@dataclass(frozen=True, slots=True)
class OutletPage:
    """Content of an outlet's article page: article, related articles, comments."""

    frame: Frame
    """Page furniture."""
    article: "DemoArticle"
    """The article."""
    blocks: Sequence[StoryBlock]
    """Visible part of the body."""
    paywalled: bool
    """Whether a paywall replaces the rest."""
    related: tuple[Teaser, ...]
    """Articles linked within the body."""
    comments: tuple[str, ...]
    """Reader comments."""


class System(ABC):
    """Base class of content management systems: URLs and pages of an outlet."""

    name: ClassVar[str]
    """Name, as in ``DemoOutlet.system``."""
    precision: ClassVar[Precision] = "second"
    """Precision of the dates on its pages."""
    prints_tags: ClassVar[bool] = True
    """Whether its pages declare keywords."""
    hidden: ClassVar[bool] = False
    """Whether its pages need scripts to show the text."""

    def modified(self, article: "DemoArticle") -> datetime | None:  # noqa: ARG002
        """Return the last change that an article's page declares."""
        return None

    @abstractmethod
    def path(self, article: "DemoArticle") -> str:
        """Return path and query of an article's page."""

    @abstractmethod
    def document(self, frame: Frame, title: str, head: str, main: str) -> str:
        """Return a whole page around its main part."""

    @abstractmethod
    def head(self, page: OutletPage) -> str:
        """Return the metadata in the head of an article's page."""

    @abstractmethod
    def main(self, page: OutletPage) -> str:
        """Return the main part of an article's page."""

    def article(self, page: OutletPage) -> str:
        """Return an article's page."""
        return self.document(page.frame, page.article.story.title, self.head(page), self.main(page))

    def front(self, frame: Frame) -> str:
        """Return the outlet's front page."""
        main = '<div class="front">' + teasers(frame.latest, "h2") + "</div>"
        return self.document(frame, frame.labels.home, "", main)

    def notice(self, frame: Frame, text: str) -> str:
        """Return a page with a single message."""
        return self.document(frame, text.partition(".")[0], "", f"<h1>{text}</h1>")


def by(page: OutletPage) -> str:
    """Return the byline with its label."""
    return f"{page.frame.labels.written_by} {names(page)}"


def names(page: OutletPage) -> str:
    """Return the authors joined as newspapers print them."""
    joint = {"fr": " et ", "en": " and ", "ar": " و"}[page.frame.outlet.edition]
    return escape(joint.join(page.article.story.authors))


def people(page: OutletPage) -> list[dict[str, str]]:
    """Return the authors as schema.org objects."""
    return [{"@type": "Person", "name": name} for name in page.article.story.authors]


def body(
    blocks: Iterable[StoryBlock],
    heading: str = "<h2>{}</h2>",
    paragraph: str = "<p>{}</p>",
    after: Mapping[int, str] | None = None,
) -> str:
    """Return blocks as HTML; ``after`` inserts furniture after a paragraph, counted from 1."""
    quote = f"<blockquote>{paragraph}</blockquote>"
    shapes = {"paragraph": paragraph, "heading": heading, "quote": quote, "item": "<li>{}</li>"}
    parts: list[str] = []
    paragraphs = 0
    for block in blocks:
        html = shapes[block.kind].format(escape(block.text, quote=False))
        if block.kind == "item":
            html = f"<ul>{html}</ul>"
        parts.append(html)
        if block.kind == "paragraph":
            paragraphs += 1
            parts.append((after or {}).get(paragraphs, ""))
    return "\n".join(filter(None, parts)).replace("</ul>\n<ul>", "\n")


def teasers(items: Iterable[Teaser], heading: str = "h3", excerpt: bool = True) -> str:
    """Return a list of other articles."""
    return "\n".join(
        f'<div class="item"><{heading}><a href="{escape(item.url)}">{escape(item.title)}</a>'
        f'</{heading}><span class="when">{item.published:%d/%m/%Y}</span>'
        + (f"<p>{escape(item.excerpt)}</p>" if excerpt else "")
        + "</div>"
        for item in items
    )


def links(items: Iterable[Teaser]) -> str:
    """Return other articles as a plain list of links."""
    return "".join(
        f'<li><a href="{escape(item.url)}">{escape(item.title)}</a></li>' for item in items
    )


def menu(frame: Frame, item: str = '<li><a href="{url}">{name}</a></li>') -> str:
    """Return the sections as navigation entries."""
    entries = [("/", frame.labels.home)]
    entries += [(f"/section/{n}", name) for n, name in enumerate(frame.labels.menu, 1)]
    return "".join(item.format(url=url, name=name) for url, name in entries)


def share(frame: Frame, url: str) -> str:
    """Return a bar of share links."""
    places = ("Facebook", "X", "WhatsApp", "LinkedIn", "Email")
    return "".join(
        f'<li><a class="share-{place.lower()}" rel="nofollow noopener" target="_blank" '
        f'href="https://share.example/{place.lower()}?u={escape(url)}">'
        f"{frame.labels.share} {place}</a></li>"
        for place in places
    )


def newsletter(frame: Frame) -> str:
    """Return a newsletter box."""
    words = frame.labels
    return (
        f'<form action="/newsletter" method="post"><strong>{words.newsletter}</strong>'
        f'<p>{words.newsletter_text}</p><input type="email" name="email" '
        f'placeholder="{words.comment_form[1]}"><button>{words.subscribe}</button></form>'
    )


def comment_form(frame: Frame) -> str:
    """Return the comment form."""
    name, mail, text, send = frame.labels.comment_form
    return (
        f'<form action="/comment" method="post"><label>{name}</label><input name="author">'
        f'<label>{mail}</label><input name="email"><label>{text}</label>'
        f'<textarea name="comment"></textarea><button>{send}</button></form>'
    )


def cookies(frame: Frame) -> str:
    """Return the consent banner."""
    words = frame.labels
    return (
        f'<div id="cookie-notice" role="dialog"><p>{words.cookies}</p>'
        f"<button>{words.accept}</button></div>"
    )


def meta(**properties: str | None) -> str:
    """Return ``meta`` elements; ``__`` in a name means a colon."""
    return "\n".join(
        f'<meta property="{name.replace("__", ":")}" content="{escape(value)}">'
        for name, value in properties.items()
        if value is not None
    )


def declaration(frame: Frame) -> str:
    """Return the charset declaration, if the page has one."""
    if frame.outlet.declared != "meta":
        return ""
    charset = frame.outlet.charset
    return f'<meta http-equiv="Content-Type" content="text/html; charset={charset}">'


def open_graph(page: OutletPage) -> str:
    """Return the usual Open Graph metadata of an article."""
    article = page.article
    return meta(
        og__type="article",
        og__site_name=page.frame.outlet.name,
        og__title=article.story.title,
        og__description=excerpt(article.story.lead),
        og__url=article.url,
        og__image=article.picture,
    )


def canonical(page: OutletPage) -> str:
    """Return the canonical link."""
    return f'<link rel="canonical" href="{escape(page.article.url)}">'


def json_ld(data: Mapping[str, Any]) -> str:
    """Return a JSON-LD script."""
    text = json.dumps(data, ensure_ascii=False).replace("</", "<\\/")
    return f'<script type="application/ld+json">{text}</script>'


def excerpt(text: str, length: int = 140) -> str:
    """Return the beginning of a text."""
    return text if len(text) <= length else text[:length].rpartition(" ")[0] + " ..."


@lru_cache(maxsize=64)
def style(name: str, kilobytes: int) -> str:
    """Return an inline style sheet, the same for every page of an outlet."""
    rng = seeded_random(name)
    rules: list[str] = []
    size = 0
    while size < kilobytes * 1024:
        rule = (
            f".{rng.choice(_PARTS)}-{rng.choice(_PARTS)}{rng.randint(1, 99)}"
            f"{{margin:{rng.randint(0, 40)}px {rng.randint(0, 40)}px;"
            f"font-size:{rng.randint(10, 36)}px;color:#{rng.randrange(16**6):06x}}}"
        )
        rules.append(rule)
        size += len(rule) + 1
    return "<style>" + "\n".join(rules) + "</style>"


_PARTS = ("header", "menu", "post", "grid", "widget", "title", "meta", "thumb", "block", "footer")


@lru_cache(maxsize=64)
def script(name: str, kilobytes: int) -> str:
    """Return inline scripts, as of advertising and analytics."""
    rng = seeded_random(name)
    lines = [
        f'window.dataQueue.push({{id:"{rng.randrange(16**12):012x}",slot:"/{rng.randint(1, 10**8)}/'
        f'{rng.choice(_PARTS)}",sizes:[[{rng.randint(120, 970)},{rng.randint(50, 600)}]]}});'
        for _ in range(kilobytes * 1024 // 95)
    ]
    return "<script>window.dataQueue=[];\n" + "\n".join(lines) + "</script>"
