"""What is true of the demo's articles: what a perfect crawl would export of each."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from newscrawl.demo.articles import DemoArticle, Library
from newscrawl.demo.troubles import EFFECTS, Trouble
from newscrawl.items import Precision, Status

CUT_MARK = "(...)"
"""How the aggregator ends a copy that it cut."""

_STUBS = {
    "fr": f"Retrouvez la suite de cet article dans {CUT_MARK}",
    "ar": f"التفاصيل تقرؤونها في {CUT_MARK}",
    "en": f"Read the rest of this story in {CUT_MARK}",
}
_JOINTS = {"fr": " et ", "ar": " و", "en": " and "}


@dataclass(frozen=True, slots=True)
class CopyTruth:
    """The aggregator's copy."""

    title: str
    """Title as printed."""
    paragraphs: tuple[str, ...]
    """Its text, line by line."""
    published: date
    """The printed date."""
    byline: str | None
    """The author line as printed."""
    truncated: bool
    """Whether it ends in the mark of a cut."""
    link: str | None
    """The source link."""
    images: tuple[str, ...]
    """URLs of its pictures."""

    @property
    def text(self) -> str:
        """The text as the record has it."""
        return "\n\n".join(self.paragraphs)


@dataclass(frozen=True, slots=True)
class SourceTruth:
    """The outlet's page; of one that is not ``ok``, only the status can be read."""

    status: Status
    """What became of the link."""
    system: str
    """Which system made the page."""
    title: str
    """Headline."""
    text: str
    """Standfirst and body; paragraphs are parted by one blank line."""
    published: datetime
    """When it was published."""
    precision: Precision
    """How exactly the page says so."""
    modified: datetime | None
    """When the page says it was changed."""
    authors: tuple[str, ...]
    """Who wrote it."""
    section: str
    """Rubric."""
    tags: tuple[str, ...]
    """Keywords the page carries."""
    language: str
    """ISO 639-1 code."""


@dataclass(frozen=True, slots=True)
class Truth:
    """One article."""

    id: str
    """The record's identifier."""
    url: str
    """Canonical URL of the aggregator's page."""
    outlet_name: str
    """The outlet's name as printed."""
    exported: bool
    """Whether its copy can be read at all, so that there must be a record."""
    trouble: Trouble | None
    """What is wrong with it."""
    duplicate_of: str | None
    """Identifier of the first article with the same text."""
    copy: CopyTruth
    """The aggregator's side."""
    source: SourceTruth
    """The outlet's side."""


def copy_of(article: DemoArticle) -> CopyTruth:
    """The aggregator's copy of an article."""
    story, trouble = article.story, article.trouble
    title, lines = story.title, story.lines
    if trouble is Trouble.CUT:
        lines = lines[: max(2, len(lines) // 2)]
        lines[-1] = f"{lines[-1][: len(lines[-1]) * 2 // 3].rpartition(' ')[0]} {CUT_MARK}"
    elif trouble is Trouble.STUB:
        lines = [_STUBS[article.outlet.edition]]
    elif trouble is Trouble.MOJIBAKE:
        title, *lines = map(_damaged, (title, *lines))
    site = article.outlet.site
    picture = f"https://images2.{site.host}/{article.outlet.slug}/{article.number}"
    return CopyTruth(
        title=title,
        paragraphs=tuple(lines),
        published=article.published.date() + timedelta(days=trouble is Trouble.LATE),
        byline=None
        if article.number % 4 == 0
        else _JOINTS[article.outlet.edition].join(story.authors),
        truncated=lines[-1].endswith(CUT_MARK),
        link=article.link,
        images=(picture,) if article.number % 2 else (),
    )


def _damaged(text: str) -> str:
    """Text of which every letter outside ASCII was lost to a wrong encoding."""
    return "".join(c if c.isascii() else "\N{REPLACEMENT CHARACTER}" for c in text)


_READ = ("ok", "mismatch", "paywalled")
"""What a page has to be read for to be known."""


def truth_of(article: DemoArticle, library: Library, *, browser: bool) -> Truth:
    """All that is true of an article, to readers who have a browser or have none."""
    story, system, status = article.story, article.system, article.status
    if system.hidden and not browser and status in _READ:
        status = "unreachable"
    first = library.first_of(article)
    return Truth(
        id=article.key.id,
        url=article.key.url,
        outlet_name=article.outlet.name,
        exported=article.trouble is None or EFFECTS[article.trouble].exported,
        trouble=article.trouble,
        duplicate_of=first.key.id if first else None,
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
