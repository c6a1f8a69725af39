"""Extract one outlet page into a ``SourcePage``: body, title, dates, authors and others."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, tzinfo

from selectolax.lexbor import LexborHTMLParser

from newscrawl.errors import UnreadableHtmlError
from newscrawl.extraction import fields
from newscrawl.extraction.alignment import Reference, agreement_of
from newscrawl.extraction.blocks import Page, walk
from newscrawl.extraction.bodies import TEACHES, Body, choose_body, note_bodies, top_of
from newscrawl.extraction.fields import CopyLike
from newscrawl.extraction.flags import RUBRIC
from newscrawl.extraction.metadata import Metadata, read_metadata
from newscrawl.extraction.paywall import announces_paywall
from newscrawl.extraction.rules import RuleBook
from newscrawl.extraction.rules.induction import lesson_of
from newscrawl.extraction.rules.paths import first_node
from newscrawl.extraction.source_page import SourcePage
from newscrawl.extraction.trace import is_tracing
from newscrawl.text.bylines import split_bylines
from newscrawl.text.cleaning import clean
from newscrawl.text.dates import Moment
from newscrawl.text.html import as_utf8, parse
from newscrawl.text.usage_directives import of_metas

AGREES = 0.5
"""Agreement in text from which a page is the copy's article."""

_SHORT_BODY = 1500
_SHORT_NOTICE = 300
_SHORT_LINE = 80
_TELLING_BEGIN = 60
_FEW_ABOVE = 3
"""Maximum number of blocks above a headline in the part with the headline and its section."""


def extract(
    html: str | bytes,
    url: str,
    copy: CopyLike | None = None,
    rules: RuleBook | None = None,
    *,
    zone: tzinfo | None = None,
    content_type: str | None = None,
) -> SourcePage:
    """Extract an article from an outlet's page.

    Args:
        html: The page, as received or decoded.
        url: URL of the page, the base of relative URLs.
        copy: Any object with the article's ``.title`` and ``.text``, complete or in part;
            ``.published`` is used if it exists.
        rules: Rules learned so far. A trusted rule extracts the page without guidance; new rules
            are learned from a page whose copy agrees.
        zone: The outlet's time zone. Without one, dates keep their own offset, else UTC.
        content_type: The HTTP header, for bytes.

    Returns:
        The extracted fields, any of which may be empty.

    Raises:
        UnreadableHtmlError: the page is empty, binary or not HTML, or would take excessive time or
            memory (see ``newscrawl.text.html.parse``). No other exception is raised.
    """
    page = as_utf8(html, content_type) if isinstance(html, bytes) else html.encode(errors="ignore")
    if b"<" not in page:
        raise UnreadableHtmlError("the page holds no tag")
    tree = parse(page)
    metadata = read_metadata(tree, url)
    reference = Reference(copy.text) if copy is not None and copy.text else None
    if is_tracing():
        note_bodies(tree, url, page, metadata, reference, rules)
    found, blocks = choose_body(tree, url, page, metadata, reference, rules)
    return _source_page(tree, url, metadata, found, blocks, copy, reference, zone, rules)


def _source_page(
    tree: LexborHTMLParser,
    url: str,
    metadata: Metadata,
    found: Body | None,
    page: Page | None,
    copy: CopyLike | None,
    reference: Reference | None,
    zone: tzinfo | None,
    rules: RuleBook | None,
) -> SourcePage:
    rule = found.learned if found else None
    around = _around(page, found) if page else []
    headline = _at(tree, rule.title) if rule else None
    if page:
        near = [page.blocks[index].text for index in around]
        rubrics: Iterable[str] = _rubrics(page, around)
        headings = [b.text for b in page.blocks if page.elements[b.element].tag == "h1"]
    else:
        paths = (rule.date, rule.authors) if rule else ()
        near = [text for path in paths if (text := _at(tree, path))]
        rubrics = [_at(tree, rule.section) or ""] if rule else []
        headings = [] if headline else [node.text() for node in metadata.headings[:4]]
    copied = _moment(getattr(copy, "published", None), zone)
    printed = fields.Printed(
        metadata,
        lambda: [*near, *(_further(page, found, around) if page else ())],
        lambda: _names_of(page, around) if page else {},
    )
    moment = fields.published(metadata, printed, zone, copied)
    names = fields.SiteNames(metadata, url)
    rubric = fields.section(metadata, rubrics, names)
    people = fields.authors(metadata, tree, near, names, rubric)
    if page is None and found and (moment is None or not people):
        # The outlet prints them where no path applies: search around the body.
        near = _texts_around(tree, found.text)
        printed = fields.Printed(metadata, lambda: near)
        moment = moment or fields.published(metadata, printed, zone, copied)
        people = people or fields.authors(metadata, tree, near, names, rubric)
    changed = fields.modified(metadata, printed, zone)
    if rule and rule.source == "override":
        # An override takes precedence over the page's metadata.
        if date := _at(tree, rule.date):
            moment = fields.read_moment(date, zone) or moment
        if byline := _at(tree, rule.authors):
            people = split_bylines(byline) or people
    headline = headline or fields.title(metadata, headings, names, copy.title if copy else None)
    result = SourcePage(
        title=headline,
        text=(found and found.text) or None,
        lead=fields.lead(metadata, headline, names),
        authors=people,
        published=moment.when if moment else None,
        published_precision=moment.precision if moment else None,
        modified=changed.when if changed else None,
        section=rubric,
        tags=fields.tags(metadata, tree, names),
        images=fields.images(metadata),
        canonical=metadata.canonical,
        language=fields.language(metadata, found.text if found else ""),
        rule=found.rule if found else None,
        directives=of_metas(metadata.metas),
        paywalled=metadata.paywalled or (page is not None and _says_paywall(page, found)),
    )
    if copy is not None:
        result.agreement = agreement_of(
            reference, result.text, copy.title, result.title, copied, result.published
        )
    if rules is not None and found:
        _teach(rules, tree, url, found, result, moment, around)
    return result


def _teach(
    rules: RuleBook,
    tree: LexborHTMLParser,
    url: str,
    found: Body,
    result: SourcePage,
    moment: Moment | None,
    around: list[int],
) -> None:
    agreement = result.agreement.text
    if found.learned:
        rules.confirm(found.learned, agreement if (agreement or 0) >= AGREES else None)
        return
    if found.rule != "guided" or not found.page or agreement is None or agreement < TEACHES:
        return
    blocks = found.page.blocks
    date = byline = rubric = None
    for index in around:
        text = blocks[index].text
        if len(text) > 120:
            continue
        if rubric is None and text == result.section:
            rubric = index
        if date is None and moment and fields.says_date(text, moment):
            date = index
        if byline is None and result.authors and all(name in text for name in result.authors):
            byline = index
    lesson = lesson_of(found.page, found.blocks, tree, result.title, date, byline, rubric)
    rules.observe(url, tree, lesson, agreement)


def _names_of(page: Page, around: list[int]) -> dict[str, str]:
    """Return the classes of the elements of short texts with dates and of those around them."""
    named = {}
    for index in around:
        block = page.blocks[index]
        if len(block.text) < _SHORT_LINE and fields.DIGITS.search(block.text):
            part = page.elements[block.element]
            named[block.text] = f"{part.label} {page.elements[part.parent].label}"
    return named


def _rubrics(page: Page, around: list[int]) -> Iterator[str]:
    """Yield the texts around the body that may name its section, by name and above a headline."""
    blocks, elements = page.blocks, page.elements
    above = []
    for index in around:
        block = blocks[index]
        part = elements[block.element]
        if (part.flags | elements[part.parent].flags) & RUBRIC:
            yield block.text
        elif part.tag == "h1" and index and _heads(page, index - 1, index):
            above.append(blocks[index - 1].text)
    yield from above


def _heads(page: Page, link: int, headline: int) -> bool:
    """Return whether a block is a link next to the headline, such as a section label."""
    blocks, elements = page.blocks, page.elements
    if blocks[link].linked < len(blocks[link].text):
        return False
    around = blocks[headline].element
    while around and not page.inside(blocks[link].element, around):
        around = elements[around].parent
    # The last link of a menu may precede a headline as well, but not alone.
    first = max(0, headline - _FEW_ABOVE)
    return bool(around) and (first == 0 or not page.inside(blocks[first - 1].element, around))


def _texts_around(tree: LexborHTMLParser, body: str) -> list[str]:
    """Return the texts around a body that a rule extracted, nearest first."""
    page = walk(top_of(tree))
    begin = clean(body[:_TELLING_BEGIN])
    blocks = [i for i, block in enumerate(page.blocks) if clean(block.text).startswith(begin)]
    found = Body("", body, page, blocks) if blocks else None
    return [page.blocks[index].text for index in _around(page, found)]


def _around(page: Page, found: Body | None) -> list[int]:
    """Return the blocks around the body, nearest first; those above it precede those below."""
    count = len(page.blocks)
    if found is None or found.page is not page:
        return list(range(min(40, count)))
    first, last = min(found.blocks), max(found.blocks)
    begin = range(first, min(first + 2, count))
    end = range(max(first, last - 2), min(last + 10, count))
    return [*range(first - 1, max(-1, first - 26), -1), *begin, *end]


_AROUND_HEADLINE, _BELOW_BEGIN, _FAR_BELOW = 4, 8, 25


def _further(page: Page, found: Body | None, around: list[int]) -> list[str]:
    """Return further texts that may contain a date if the nearest ones do not.

    They are around headlines, between standfirst and body, and further below it.
    """
    if found is None or found.page is not page:
        return []
    count = len(page.blocks)
    first, last = min(found.blocks), max(found.blocks)
    body = {*found.blocks, *around}
    places = [*range(first, min(first + _BELOW_BEGIN, last))]
    for index in range(last):
        if page.elements[page.blocks[index].element].tag == "h1":
            places += range(max(0, index - _AROUND_HEADLINE), index + _AROUND_HEADLINE)
    places += range(last + 1, min(last + _FAR_BELOW, count))
    return [
        page.blocks[index].text
        for index in dict.fromkeys(places)
        if index not in body and index < count and len(page.blocks[index].text) < _SHORT_NOTICE
    ]


def _says_paywall(page: Page, found: Body | None) -> bool:
    """Return whether a page with little text says that the rest is for subscribers."""
    if found and len(found.text) > _SHORT_BODY:
        return False
    texts = {block.text for block in page.blocks if len(block.text) < _SHORT_NOTICE}
    return any(map(announces_paywall, texts))


def _at(tree: LexborHTMLParser, path: str | None) -> str | None:
    node = first_node(tree, path) if path else None
    return (clean(node.text()) or None) if node else None


def _moment(value: object, zone: tzinfo | None) -> datetime | None:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=zone or UTC)
    if isinstance(value, str) and (moment := fields.read_moment(value, zone)):
        return moment.when
    return None
