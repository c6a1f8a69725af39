"""What every system's pages have in common: the parts of a page and small pieces of HTML."""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Any, ClassVar

from newscrawl.demo.outlets import DemoOutlet
from newscrawl.demo.prose import Block, dice
from newscrawl.demo.systems.labels import Labels
from newscrawl.items import Precision

if TYPE_CHECKING:
    from newscrawl.demo.articles import DemoArticle


@dataclass(frozen=True, slots=True)
class Teaser:
    """Another article, as pages point to it."""

    title: str
    """Headline."""
    url: str
    """Where it stands."""
    excerpt: str
    """Its first words."""
    published: datetime
    """Its date."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around any page of an outlet."""

    outlet: DemoOutlet
    """Whose page it is."""
    labels: Labels
    """The words in its language."""
    latest: tuple[Teaser, ...]
    """Newest articles, for side columns."""


@dataclass(frozen=True, slots=True)
class Page:
    """What a system makes an article's page of."""

    frame: Frame
    """What stands around it."""
    article: "DemoArticle"
    """The article."""
    blocks: Sequence[Block]
    """As much of its body as is shown."""
    paywalled: bool
    """Whether an offer takes the place of the rest."""
    related: tuple[Teaser, ...]
    """Other articles that the body itself points to."""
    comments: tuple[str, ...]
    """What readers wrote under it."""


class System(ABC):
    """A content management system: the URLs and pages that it makes."""

    name: ClassVar[str]
    """What outlets call it."""
    precision: ClassVar[Precision] = "second"
    """How exact the dates on its pages are."""
    prints_tags: ClassVar[bool] = True
    """Whether its pages carry keywords."""
    hidden: ClassVar[bool] = False
    """Whether a page shows its text only after its scripts have run."""

    def modified(self, article: "DemoArticle") -> datetime | None:  # noqa: ARG002
        """When an article's page says that it was last changed."""
        return None

    @abstractmethod
    def path(self, article: "DemoArticle") -> str:
        """Path and query of an article's page."""

    @abstractmethod
    def document(self, frame: Frame, title: str, head: str, main: str) -> str:
        """A whole page around its main part."""

    @abstractmethod
    def head(self, page: Page) -> str:
        """What an article's page declares in its head."""

    @abstractmethod
    def main(self, page: Page) -> str:
        """The main part of an article's page."""

    def article(self, page: Page) -> str:
        """An article's page."""
        return self.document(page.frame, page.article.story.title, self.head(page), self.main(page))

    def front(self, frame: Frame) -> str:
        """The outlet's front page."""
        main = '<div class="front">' + teasers(frame.latest, "h2") + "</div>"
        return self.document(frame, frame.labels.home, "", main)

    def notice(self, frame: Frame, text: str) -> str:
        """A page that says one thing."""
        return self.document(frame, text.partition(".")[0], "", f"<h1>{text}</h1>")


def by(page: Page) -> str:
    """The author line, with the word before it."""
    return f"{page.frame.labels.written_by} {names(page)}"


def names(page: Page) -> str:
    """The authors, joined as a newspaper prints them."""
    joint = {"fr": " et ", "en": " and ", "ar": " و"}[page.frame.outlet.edition]
    return escape(joint.join(page.article.story.authors))


def people(page: Page) -> list[dict[str, str]]:
    """The authors, as schema.org has them."""
    return [{"@type": "Person", "name": name} for name in page.article.story.authors]


def body(
    blocks: Iterable[Block],
    heading: str = "<h2>{}</h2>",
    paragraph: str = "<p>{}</p>",
    after: Mapping[int, str] | None = None,
) -> str:
    """Blocks as HTML; ``after`` puts furniture behind the paragraph of that number, from 1."""
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
    """A list of other articles."""
    return "\n".join(
        f'<div class="item"><{heading}><a href="{escape(item.url)}">{escape(item.title)}</a>'
        f'</{heading}><span class="when">{item.published:%d/%m/%Y}</span>'
        + (f"<p>{escape(item.excerpt)}</p>" if excerpt else "")
        + "</div>"
        for item in items
    )


def links(items: Iterable[Teaser]) -> str:
    """Other articles as a plain list of links."""
    return "".join(
        f'<li><a href="{escape(item.url)}">{escape(item.title)}</a></li>' for item in items
    )


def menu(frame: Frame, item: str = '<li><a href="{url}">{name}</a></li>') -> str:
    """The sections, as entries of a navigation."""
    entries = [("/", frame.labels.home)]
    entries += [(f"/section/{n}", name) for n, name in enumerate(frame.labels.menu, 1)]
    return "".join(item.format(url=url, name=name) for url, name in entries)


def share(frame: Frame, url: str) -> str:
    """A bar of share links."""
    places = ("Facebook", "X", "WhatsApp", "LinkedIn", "Email")
    return "".join(
        f'<li><a class="share-{place.lower()}" rel="nofollow noopener" target="_blank" '
        f'href="https://share.example/{place.lower()}?u={escape(url)}">'
        f"{frame.labels.share} {place}</a></li>"
        for place in places
    )


def newsletter(frame: Frame) -> str:
    """A box that asks for an address."""
    words = frame.labels
    return (
        f'<form action="/newsletter" method="post"><strong>{words.newsletter}</strong>'
        f'<p>{words.newsletter_text}</p><input type="email" name="email" '
        f'placeholder="{words.comment_form[1]}"><button>{words.subscribe}</button></form>'
    )


def comment_form(frame: Frame) -> str:
    """The fields under an article."""
    name, mail, text, send = frame.labels.comment_form
    return (
        f'<form action="/comment" method="post"><label>{name}</label><input name="author">'
        f'<label>{mail}</label><input name="email"><label>{text}</label>'
        f'<textarea name="comment"></textarea><button>{send}</button></form>'
    )


def cookies(frame: Frame) -> str:
    """The consent banner."""
    words = frame.labels
    return (
        f'<div id="cookie-notice" role="dialog"><p>{words.cookies}</p>'
        f"<button>{words.accept}</button></div>"
    )


def meta(**properties: str | None) -> str:
    """``meta`` elements; in names, ``__`` stands for a colon."""
    return "\n".join(
        f'<meta property="{name.replace("__", ":")}" content="{escape(value)}">'
        for name, value in properties.items()
        if value is not None
    )


def declaration(frame: Frame) -> str:
    """The encoding, where the page itself names it."""
    if frame.outlet.declared != "meta":
        return ""
    charset = frame.outlet.charset
    return f'<meta http-equiv="Content-Type" content="text/html; charset={charset}">'


def open_graph(page: Page) -> str:
    """The usual Open Graph declarations of an article."""
    article = page.article
    return meta(
        og__type="article",
        og__site_name=page.frame.outlet.name,
        og__title=article.story.title,
        og__description=excerpt(article.story.lead),
        og__url=article.url,
        og__image=article.picture,
    )


def canonical(page: Page) -> str:
    """The canonical link."""
    return f'<link rel="canonical" href="{escape(page.article.url)}">'


def json_ld(data: Mapping[str, Any]) -> str:
    """A JSON-LD script."""
    text = json.dumps(data, ensure_ascii=False).replace("</", "<\\/")
    return f'<script type="application/ld+json">{text}</script>'


def excerpt(text: str, length: int = 140) -> str:
    """The beginning of a text."""
    return text if len(text) <= length else text[:length].rpartition(" ")[0] + " ..."


@lru_cache(maxsize=64)
def style(name: str, kilobytes: int) -> str:
    """An inline style sheet such as themes carry: the same for every page of an outlet."""
    rng = dice(name)
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
    """Inline scripts such as advertising and statistics bring along."""
    rng = dice(name)
    lines = [
        f'window.dataQueue.push({{id:"{rng.randrange(16**12):012x}",slot:"/{rng.randint(1, 10**8)}/'
        f'{rng.choice(_PARTS)}",sizes:[[{rng.randint(120, 970)},{rng.randint(50, 600)}]]}});'
        for _ in range(kilobytes * 1024 // 95)
    ]
    return "<script>window.dataQueue=[];\n" + "\n".join(lines) + "</script>"
