"""One outlet page to one ``SourcePage``: candidates for each field, and the choice among them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Literal

from selectolax.lexbor import LexborHTMLParser

from newscrawl.errors import UnreadableHtmlError
from newscrawl.extraction import fields
from newscrawl.extraction.body import Body, guided, standfirst, unguided
from newscrawl.extraction.embedded import embedded_html
from newscrawl.extraction.fields import CopyLike
from newscrawl.extraction.general import general_text
from newscrawl.extraction.guided import Reference, agreement_of
from newscrawl.extraction.metadata import Metadata, read_metadata
from newscrawl.extraction.page import Page, walk
from newscrawl.html import decode, parse
from newscrawl.items import Agreement, Image
from newscrawl.text import clean, clean_text
from newscrawl.urls import absolute


@dataclass(slots=True)
class SourcePage:
    """An outlet's page, as read."""

    title: str | None = None
    """The headline, without the site's name."""
    text: str | None = None
    """The body: plain, paragraphs parted by one blank line."""
    lead: str | None = None
    """Standfirst or summary the page declares."""
    authors: list[str] = field(default_factory=list)
    """People and desks as printed."""
    published: datetime | None = None
    """First publication, with its offset."""
    published_precision: Literal["day", "second"] | None = None
    """How exact ``published`` is."""
    modified: datetime | None = None
    """Last change the page declares."""
    section: str | None = None
    """The outlet's rubric."""
    tags: list[str] = field(default_factory=list)
    """Keywords the page declares."""
    images: list[Image] = field(default_factory=list)
    """Pictures of the article."""
    canonical: str | None = None
    """The page's own canonical URL."""
    language: str | None = None
    """ISO 639 code the page declares or its text shows."""
    rule: str | None = None
    """How the body was found."""
    agreement: Agreement = field(default_factory=Agreement)
    """How far the page says what the copy says; all ``None`` without a copy."""


def extract(
    html: str | bytes,
    url: str,
    copy: CopyLike | None = None,
    rules: object | None = None,
    *,
    zone: tzinfo | None = None,
    content_type: str | None = None,
) -> SourcePage:
    """Read an article's page.

    Raises:
        UnreadableHtmlError: the page is empty, binary, no HTML, or absurdly nested.
    """
    text = decode(html, content_type) if isinstance(html, bytes) else html
    tree = parse(text)
    root = tree.body
    if root is None:
        raise UnreadableHtmlError("the page has no body")
    metadata = read_metadata(tree)
    reference = Reference(copy.text) if copy is not None and copy.text else None
    page = walk(root)
    page, body, rule, written = _body(page, metadata, reference, text, tree)
    headings = [b.text for b in page.blocks if page.elements[b.element].tag == "h1"]
    near = _near(page, body)
    copied = _moment(getattr(copy, "published", None), zone)
    moment = fields.published(metadata, tree, near, zone, copied)
    changed = fields.modified(metadata, zone)
    description = metadata.meta("og:description", "description", "twitter:description")
    found = SourcePage(
        title=fields.title(metadata, tree, headings, url, copy.title if copy else None),
        text=written,
        lead=clean(description) if description else None,
        authors=fields.authors(metadata, tree, near, url),
        published=moment.when if moment else None,
        published_precision=moment.precision if moment else None,
        modified=changed.when if changed else None,
        section=fields.section(metadata),
        tags=fields.tags(metadata),
        images=fields.images(metadata, url),
        canonical=absolute(metadata.canonical, url) if metadata.canonical else None,
        language=fields.language(metadata),
        rule=rule,
    )
    if copy is not None:
        found.agreement = agreement_of(
            reference, found.text, copy.title, found.title, copied, found.published
        )
    return found


def _moment(value: object, zone: tzinfo | None) -> datetime | None:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=zone or UTC)
    if isinstance(value, str) and (moment := fields.read_moment(value, zone)):
        return moment.when
    return None


def _body(
    page: Page, metadata: Metadata, reference: Reference | None, html: str, tree: LexborHTMLParser
) -> tuple[Page, Body | None, str | None, str | None]:
    """Choose the body; give the page it stands in, its name and its text."""
    if reference and (body := guided(page, reference)):
        return page, body, "guided", _text_of(page, body)
    description = metadata.meta("og:description", "description", "twitter:description")
    declared = metadata.text("articleBody")
    stated = Reference(declared) if declared and len(declared) > 400 else None
    if stated and (body := guided(page, stated)):
        body.blocks = standfirst(page, body, description) + body.blocks
        return page, body, "json-ld", _text_of(page, body)
    if body := unguided(page):
        body.blocks = standfirst(page, body, description) + body.blocks
        return page, body, "prose", _text_of(page, body)
    if hidden := embedded_html(tree):
        inner = walk(parse(hidden).root)
        if reference and (body := guided(inner, reference)):
            return inner, body, "guided", _text_of(inner, body)
        if body := unguided(inner):
            return inner, body, "embedded", _text_of(inner, body)
    if text := general_text(html):
        return page, None, "general", clean_text(text)
    if declared:
        return page, None, "json-ld", clean_text(declared)
    return page, None, None, None


def _near(page: Page, body: Body | None) -> list[str]:
    """List the texts around the body, nearest first; above it come before below it."""
    texts = [block.text for block in page.blocks]
    if body is None:
        return texts[:40]
    first, last = min(body.blocks), max(body.blocks)
    return (
        texts[max(0, first - 25) : first][::-1] + texts[first : first + 2] + texts[last : last + 10]
    )


def _text_of(page: Page, body: Body) -> str | None:
    return clean_text("\n".join(page.blocks[index].text for index in body.blocks)) or None
