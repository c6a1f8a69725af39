"""Ground truth of the demo's articles: the records of a perfect crawl."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from newscrawl.demo.article_faults import EFFECTS, ArticleFault
from newscrawl.demo.articles import DemoArticle, Library
from newscrawl.demo.revisions import Revision
from newscrawl.items import Precision, Status

CUT_MARK = "(...)"
"""Mark at the end of a truncated copy."""

_STUBS = {
    "fr": f"Retrouvez la suite de cet article dans {CUT_MARK}",
    "ar": f"التفاصيل تقرؤونها في {CUT_MARK}",
    "en": f"Read the rest of this story in {CUT_MARK}",
}
_JOINTS = {"fr": " et ", "ar": " و", "en": " and "}


@dataclass(frozen=True, slots=True)
class CopyTruth:
    """True fields of the aggregator's copy."""

    title: str
    """Title as printed."""
    paragraphs: tuple[str, ...]
    """Lines of the text."""
    published: date
    """Printed date."""
    byline: str | None
    """Author line as printed."""
    truncated: bool
    """Whether it ends in the truncation mark."""
    link: str | None
    """The source link."""
    images: tuple[str, ...]
    """URLs of its pictures."""

    @property
    def text(self) -> str:
        """Text as in the record."""
        return "\n\n".join(self.paragraphs)


@dataclass(frozen=True, slots=True)
class SourceTruth:
    """True fields of the outlet's page; only the status applies if it is not ``ok``."""

    status: Status
    """Outcome of following the link."""
    system: str
    """System that rendered the page."""
    title: str
    """Headline."""
    text: str
    """Standfirst and body; one blank line between paragraphs."""
    published: datetime
    """Publication time."""
    precision: Precision
    """Precision of the publication time on the page."""
    modified: datetime | None
    """Last change declared by the page."""
    authors: tuple[str, ...]
    """Authors."""
    section: str
    """Rubric."""
    tags: tuple[str, ...]
    """Keywords on the page."""
    language: str
    """ISO 639-1 code."""


@dataclass(frozen=True, slots=True)
class Truth:
    """True record of one article."""

    id: str
    """The record's identifier."""
    url: str
    """Canonical URL of the aggregator's page."""
    outlet_name: str
    """The outlet's name as printed."""
    exported: bool
    """Whether the copy can be parsed, so that a record is expected."""
    fault: ArticleFault | None
    """Fault of the article, if any."""
    duplicate_of: str | None
    """Identifier of the first article with the same text."""
    revision: Revision | None
    """Change by the outlet after the aggregator copied the article."""
    copy: CopyTruth
    """Truth of the copy."""
    source: SourceTruth
    """Truth of the source."""


def copy_of(article: DemoArticle) -> CopyTruth:
    """Return the aggregator's copy of an article."""
    story, fault = article.copied, article.fault
    title, lines = story.title, story.lines
    if fault is ArticleFault.CUT:
        lines = lines[: max(2, len(lines) // 2)]
        lines[-1] = f"{lines[-1][: len(lines[-1]) * 2 // 3].rpartition(' ')[0]} {CUT_MARK}"
    elif fault is ArticleFault.STUB:
        lines = [_STUBS[article.outlet.edition]]
    elif fault is ArticleFault.MOJIBAKE:
        title, *lines = map(_damaged, (title, *lines))
    site = article.outlet.site
    picture = f"https://images2.{site.host}/{article.outlet.slug}/{article.number}"
    return CopyTruth(
        title=title,
        paragraphs=tuple(lines),
        published=article.published.date() + timedelta(days=fault is ArticleFault.LATE),
        byline=None
        if article.number % 4 == 0
        else _JOINTS[article.outlet.edition].join(story.authors),
        truncated=lines[-1].endswith(CUT_MARK),
        link=article.link,
        images=(picture,) if article.number % 2 else (),
    )


def _damaged(text: str) -> str:
    """Return a text that lost all non-ASCII letters to a wrong encoding."""
    return "".join(c if c.isascii() else "\N{REPLACEMENT CHARACTER}" for c in text)


_READ = ("ok", "mismatch", "paywalled")
"""Statuses that depend on the content of the page."""


def truth_of(article: DemoArticle, library: Library, *, browser: bool) -> Truth:
    """Return the ground truth of an article for a crawl with or without a browser."""
    story, system, status = article.story, article.system, article.status
    if system.hidden and not browser and status in _READ:
        status = "unreachable"
    first = library.first_of(article)
    return Truth(
        id=article.key.id,
        url=article.key.url,
        outlet_name=article.outlet.name,
        exported=article.fault is None or EFFECTS[article.fault].exported,
        fault=article.fault,
        duplicate_of=first.key.id if first else None,
        revision=article.revision,
        copy=copy_of(article),
        source=SourceTruth(
            status=status,
            system=system.name,
            title=story.title,
            text="\n\n".join(story.lines),
            published=article.published,
            precision=system.precision,
            modified=system.modified(article),
            authors=story.authors,
            section=story.section,
            tags=story.tags if system.prints_tags else (),
            language=article.outlet.edition,
        ),
    )
