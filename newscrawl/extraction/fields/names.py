"""Helpers of several fields: site names, declared section, position of elements."""

import re
from collections.abc import Iterable

from selectolax.lexbor import LexborNode

from newscrawl.extraction.metadata import Metadata
from newscrawl.text.cleaning import cached_if_short, fold, plain, words
from newscrawl.text.html import LONGEST_LABEL
from newscrawl.text.urls import registered_domain

_LONGEST_NAME = 200
"""Characters of a name that are compared."""


class SiteNames:
    """Names of a site, to distinguish them from titles and authors."""

    def __init__(self, metadata: Metadata, url: str) -> None:
        names = [*metadata.publishers, *metadata.metas.get("twitter:site", ())]
        own = {folded_line(name) for name in names}
        if (rubric := declared_section(metadata)) and folded_line(rubric) not in own:
            names.append(rubric)
        if domain := registered_domain(url):
            names += [domain, domain.split(".")[0], f"www.{domain}"]
        self._folded = {folded_line(name[:_LONGEST_NAME]).lstrip("@") for name in names}
        self._publishers = {_letters(name) for name in own}
        self._plain = {_letters(name) for name in self._folded}
        self._domain = _letters(domain.split(".")[0]) if domain else ""

    def exactly(self, folded: str) -> bool:
        """Return whether a folded line is one of the names."""
        return folded in self._folded or _letters(folded) in self._plain

    def publish(self, text: str) -> bool:
        """Return whether a text is a name of the publisher, not a section's."""
        return _letters(folded_line(text)) in self._publishers

    def include(self, text: str) -> bool:
        """Return whether a text is one of the names or part of one."""
        letters = _letters(folded_line(text))
        if letters in self._plain or (
            len(letters) >= 4 and any(letters in name for name in self._plain)
        ):
            return True
        # "La Gazette du Souss" is gazette-souss.example.
        telling = "".join(word for word in words(text[:100]) if word not in _SMALL_WORDS)
        return len(telling) >= 4 and telling == self._domain


_SMALL_WORDS = frozenset(
    ("la", "le", "les", "l", "du", "de", "des", "d", "et", "the", "of", "and", "el", "al")
)
# Articles under these words are on the front page or in no section.
_NO_SECTION = re.compile(
    r"(?:(?:les\s)?actualites?\s)?(?:a\sla\s)?une|featured(?:\s\w+)?|home(?:\s?page)?|accueil|hero|top"
    r"|uncategori[sz]ed|non\sclasse[se]*|non\sclassifi\w+(?:\(e\))?|sans\scategorie|autres?|other"
    r"|(?:main\s|home\s)?slide(?:r|show)?|(?:top|breaking|latest|trending)(?:\s(?:news|stories|now))?"
    r"|headlines?|(?:en\s)?vedettes?|manchettes?|flash(?:[\s-]infos?)?|main|default|article|post"
    r"|dernieres?\s(?:minutes?|heures?|nouvelles|infos?|actualites)|general"
    r"|(?:ال)?صفحه\sال(?:رييسيه|اولي)|ال?رييسيه|غير\sمصنف(?:ه)?|(?:ال)?مميزه?|اهم\sال?اخبار|الواجهه"
    r"|(?:اخبار\s)?عاجله?|اخر\sال?اخبار|السلايدر?|بدون\sتصنيف"
)
_NO_LETTER = re.compile(r"[\W_]+")


@cached_if_short
def folded_line(text: str) -> str:
    """Fold a text for comparison, with white space collapsed to single spaces."""
    return " ".join(fold(text).split())


@cached_if_short
def _letters(folded: str) -> str:
    """Return the letters and digits of a folded line."""
    return _NO_LETTER.sub("", folded)


def containing(attribute: str, parts: Iterable[str]) -> str:
    """Return a selector of the elements whose attribute contains one of some texts.

    Nested, the selectors are compared only with elements that have the attribute.
    """
    selectors = (f'[{attribute}*="{part}"]' for part in parts)
    return f"[{attribute}]:is({', '.join(selectors)})"


def unspaced(text: str) -> str:
    """Return a text without white space, for comparison."""
    return "".join(text.split())


def declared_section(metadata: Metadata) -> str | None:
    """Return the section that the page declares."""
    declared = metadata.article.get("articleSection")
    values = list(declared) if isinstance(declared, list) else [declared]
    for name in ("article:section", "section", "parsely-section", "og:section", "dc.subject"):
        values += metadata.metas.get(name, [])
    for value in values:
        if isinstance(value, dict):
            value = value.get("@value") or value.get("name")
        text = plain(value) if isinstance(value, str) else ""
        parts = _BETWEEN_SECTIONS.split(text)
        named = [part for part in parts if part and not _NO_SECTION.fullmatch(folded_line(part))]
        # A section's name may contain a comma: only lists with the front page are split.
        if named:
            return text if len(named) == len(parts) else named[0]
    return None


_BETWEEN_SECTIONS = re.compile(r"(?:(?<!\s)\s++)?[,;|،؛>]\s*+")


def class_of(node: LexborNode) -> str:
    """Return an element's classes in lower case."""
    return (node.attributes.get("class") or "")[:LONGEST_LABEL].lower()


_ELSEWHERE = re.compile(r"cloud|nuage|side-?bar|widget|menu|related|popular|trend")


def stands_elsewhere(node: LexborNode) -> bool:
    """Return whether a link is outside of the article."""
    for _ in range(6):
        parent = node.parent
        if parent is None:
            break
        node = parent
        if node.tag in ("nav", "aside") or _ELSEWHERE.search(class_of(node)):
            return True
    return False
