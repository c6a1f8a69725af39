"""Extract an outlet's page, judge it by the copy, and complete the record; runs in a worker."""

import logging
from zoneinfo import ZoneInfo

from newscrawl.aggregator.sites import Site
from newscrawl.articles import merge
from newscrawl.errors import NotHtmlError, UnreadableHtmlError
from newscrawl.extraction import RuleBook, SourcePage, extract, judge
from newscrawl.items import Article
from newscrawl.loaders import SourceLoader

logger = logging.getLogger(__name__)

_FINAL = ("text", "published_precision", "language", "rule")
"""Fields that need no normalisation; the text is long, and already clean."""
_NORMALISED = tuple(name for name in merge.SOURCE_FIELDS if name not in _FINAL)


def read_source(
    article: Article,
    body: bytes,
    url: str,
    site: Site,
    content_type: str | None,
    rules: RuleBook | None = None,
) -> bool:
    """Extract the outlet's page, and complete the record with the best of both versions.

    Returns:
        Whether the page could be parsed.
    """
    zone = ZoneInfo(site.zone)
    try:
        page = extract(body, url, article.copy, rules, zone=zone, content_type=content_type)
    except UnreadableHtmlError as error:
        binary = isinstance(error, NotHtmlError)
        merge.without_source(article, "not_html" if binary else "unreadable", str(error))
        return False
    except MemoryError:
        raise
    except Exception as error:
        # A bug on an unforeseen page must not lose the record; it is logged as an error.
        logger.exception("%s: %s could not be read", article.id, url)
        merge.without_source(article, "unreadable", f"{type(error).__name__}: {error}"[:200])
        return False
    verdict = judge(page, article.copy, article.source.link or url, url)
    _load_source(article, page, url, zone)
    article.source.directives += page.directives
    article.agreement = page.agreement
    merge.without_source(article, verdict.status, verdict.reason)
    return True


def _load_source(article: Article, page: SourcePage, url: str, zone: ZoneInfo) -> None:
    """Normalise the fields of the outlet's page into the record."""
    loader = SourceLoader(zone=zone, base_url=url)
    for name in _NORMALISED:
        if value := getattr(page, name):
            loader.add_value(name, value)
    source = loader.load_item()
    for name in _NORMALISED:
        setattr(article.source, name, getattr(source, name))
    for name in _FINAL:
        setattr(article.source, name, getattr(page, name))
    article.lead = page.lead
