"""Extract the article's section and keywords."""

import re
from collections.abc import Iterable
from itertools import islice

from selectolax.lexbor import LexborHTMLParser

from newscrawl.extraction.fields.authors import BY
from newscrawl.extraction.fields.names import (
    SiteNames,
    containing,
    declared_section,
    folded_line,
    stands_elsewhere,
)
from newscrawl.extraction.fields.printed_dates import DIGITS
from newscrawl.extraction.metadata import Metadata
from newscrawl.extraction.trace import chose, each, note
from newscrawl.text.cleaning import clean, plain

_LONGEST_SECTION = 40


_MOST_LINKS = 100
"""Links of a page that are searched for tags."""


def section(metadata: Metadata, printed: Iterable[str], names: SiteNames) -> str | None:
    """Choose the section: the declared one, or the first printed one that can be a section."""
    declared = declared_section(metadata)
    if declared and names.publish(declared):
        declared = None
    note("section", "declared", declared)
    printed = each("section", "printed", printed)
    chose("section", "declared" if declared else "the first printed text that can be a section")
    if declared:
        return declared
    for text in printed:
        if 2 <= len(text) <= _LONGEST_SECTION and not (
            BY.match(text) or DIGITS.search(text) or names.include(text)
        ):
            return text
    return None


# The first selector with results is used.
_TAG_LINKS = 'a[rel~="tag"]'
_TAG_LISTS = containing("class", ("tags", "mots", "keyword"))
_TAG_CLASS = re.compile("tags|mots|keyword")
_LONGEST_TAG = 40
_MOST_TAGS = 15
"""Maximum number of an article's printed tags; longer lists are the site's."""


def tags(metadata: Metadata, tree: LexborHTMLParser, names: SiteNames) -> list[str]:
    """Return the keywords: the declared ones, or those printed with the article.

    The site's name, the title and duplicates are dropped.
    """
    found: list[str] = []
    value = metadata.article.get("keywords")
    if isinstance(value, list):
        named = [item.get("name") if isinstance(item, dict) else item for item in value]
        found = [item for item in named if isinstance(item, str)]
    elif isinstance(value, str):
        found = [value]
    note("tags", "JSON-LD keywords", ", ".join(found))
    shared = metadata.metas.get("article:tag", [])
    note("tags", "meta article:tag", ", ".join(shared))
    value = metadata.meta("news_keywords", "keywords")
    note("tags", "meta keywords", value)
    found = found or shared or ([value] if value else [])
    if len(found) == 1:
        found = _BETWEEN_TAGS.split(plain(found[0][:_LONGEST_LIST]))
    chose("tags", "the first declared, or the links printed with the article")
    titles = (metadata.text("headline"), metadata.meta("og:title"))
    others = {folded_line(plain(title)) for title in titles if title}
    head = folded_line(metadata.head or "")
    kept: dict[str, str] = {}
    for tag in (plain(raw).strip("#\"' ") for raw in found[:200]):
        folded = folded_line(tag)
        is_title = folded in others or (len(folded) > _LONGEST_TAG and head.startswith(folded))
        if folded and not is_title and not names.exactly(folded):
            kept.setdefault(folded, tag)
    return list(kept.values()) or list(dict.fromkeys(_printed_tags(tree)))


_BETWEEN_TAGS = re.compile(r"[,;|،؛]")
_LONGEST_LIST = 20_000
"""Maximum characters of a list of tags."""


def _printed_tags(tree: LexborHTMLParser) -> list[str]:
    marked = tree.css(f"{_TAG_LINKS}, {_TAG_LISTS}")
    lists = [node for node in marked if _TAG_CLASS.search(node.attributes.get("class") or "")]
    links = (
        [n for n in marked if "tag" in (n.attributes.get("rel") or "").split()][:_MOST_LINKS],
        # Lists may be nested; only a few are searched.
        islice((link for part in lists[:_MOST_TAGS] for link in part.css("a")), _MOST_LINKS),
    )
    for nodes in links:
        found = [
            text
            for node in nodes
            if 2 <= len(text := clean(node.text())) <= _LONGEST_TAG
            and "category" not in (node.attributes.get("rel") or "")
            and not stands_elsewhere(node)
        ]
        if found:
            return found if len(set(found)) <= _MOST_TAGS else []
    return []
