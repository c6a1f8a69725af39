"""What several fields ask: the site's names, the declared section, and where an element stands."""

import re
from html import unescape

from selectolax.lexbor import LexborNode

from newscrawl.extraction.metadata import Metadata
from newscrawl.text import clean, fold
from newscrawl.urls import registered_domain


class SiteNames:
    """What a site calls itself, for telling its name from titles and authors."""

    def __init__(self, metadata: Metadata, url: str) -> None:
        names = [*metadata.publishers(), *metadata.metas.get("twitter:site", ())]
        if rubric := declared_section(metadata):
            names.append(rubric)
        if domain := registered_domain(url):
            names += [domain, domain.split(".")[0], f"www.{domain}"]
        self._folded = {folded_line(name).lstrip("@") for name in names}
        self._plain = {_NO_LETTER.sub("", name) for name in self._folded}

    def exactly(self, folded: str) -> bool:
        """Tell whether a folded line is one of the names."""
        return folded in self._folded

    def include(self, text: str) -> bool:
        """Tell whether a text is one of the names or stands in one."""
        plain = _NO_LETTER.sub("", folded_line(text))
        return plain in self._plain or (
            len(plain) >= 4 and any(plain in name for name in self._plain)
        )


_NO_LETTER = re.compile(r"[\W_]+")


def folded_line(text: str) -> str:
    """Fold a text for comparison, its white space to single spaces."""
    return " ".join(fold(text).split())


def declared_section(metadata: Metadata) -> str | None:
    """Give the section that the page declares."""
    value = metadata.text("articleSection") or metadata.meta(
        "article:section", "section", "parsely-section", "og:section", "dc.subject"
    )
    return clean(unescape(value)) or None if value else None


def class_of(node: LexborNode) -> str:
    """Give an element's classes in lower case."""
    return (node.attributes.get("class") or "").lower()


_ELSEWHERE = re.compile(r"cloud|nuage|side-?bar|widget|menu|related|popular|trend")


def stands_elsewhere(node: LexborNode) -> bool:
    """Tell whether a link stands in a part of the page that is not the article's."""
    for _ in range(6):
        parent = node.parent
        if parent is None:
            break
        node = parent
        if node.tag in ("nav", "aside") or _ELSEWHERE.search(class_of(node)):
            return True
    return False
