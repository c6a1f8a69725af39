"""Judge whether a page is the linked article, by comparing it with the copy.

The thresholds were chosen on real pages; ``docs/extraction.md`` has the numbers. The agreement in
text between pages and their own copies is 0.8 and more, between pages and copies of other stories,
even of the same outlet, 0.06 and less.
"""

import re
from typing import NamedTuple

from newscrawl.extraction.alignment import WHOLE
from newscrawl.extraction.extractor import AGREES
from newscrawl.extraction.fields import CopyLike
from newscrawl.extraction.source_page import SourcePage
from newscrawl.items import Status
from newscrawl.text.cleaning import words
from newscrawl.text.urls import is_front_page

DOUBTFUL = 0.1
"""Agreement in text below which no title can make a page the copy's article."""

SAME_TITLE = 0.6
"""Agreement in title that decides if the text is doubtful or the copy has none."""

ONE_TITLE = 0.9
"""Agreement in title that decides if a short copy is worded differently."""

_SHORT_COPY = 40
_FEW_WORDS = 8
_SHELL_WORDS = 25
"""Minimum words of another article; a page with fewer is the shell of an application."""

_STUB = 1500
_GONE = re.compile(
    r"\b404\b|not found|no longer available|(?:page|article|contenu) (?:introuvable|inexistant|"
    r"non trouv[ée]e?)|n['’]existe (?:pas|plus)|غير موجود|لم يتم العثور|لا توجد صفحة|"
    r"seite nicht gefunden",
    re.IGNORECASE,
)
_PARKED = re.compile(
    r"domain (?:name )?(?:is |may be )?for sale|buy this domain|domaine est [àa] vendre|"
    r"parked (?:free|domain)|النطاق للبيع",
    re.IGNORECASE,
)


class Verdict(NamedTuple):
    """Source status of an extracted page, with the reason."""

    status: Status
    """``ok``, ``moved``, ``mismatch``, ``paywalled`` or ``unreadable``."""
    reason: str | None
    """Short reason why it is not ``ok``."""


def judge(
    page: SourcePage, copy: CopyLike | None, url: str, final_url: str | None = None
) -> Verdict:
    """Judge an extracted page.

    Args:
        page: Result of ``extract`` with the same copy.
        copy: Title and text of the article, if known.
        url: The link that was followed.
        final_url: URL of the response.
    """
    if final_url and is_front_page(final_url) and not is_front_page(url):
        return Verdict("moved", "the link leads to a front page")
    if not page.text:
        if page.paywalled:
            return Verdict("paywalled", "the page says that it is not free to read")
        return Verdict("unreadable", "no article text was found")
    verdict = _compare(page, copy) if copy is not None else None
    if verdict is None or verdict.status == "mismatch":
        return _own_word(page) or verdict or Verdict("ok", None)
    return verdict


def _own_word(page: SourcePage) -> Verdict | None:
    """Return the verdict that a short page states itself; ``None`` without one."""
    text = page.text or ""
    if len(text) >= _STUB:
        return None
    title = page.agreement.title
    if page.paywalled and (title is None or title >= SAME_TITLE):
        return Verdict("paywalled", "the page says that it is not free to read")
    said = f"{page.title or ''}\n{text}"
    if _PARKED.search(said):
        return Verdict("mismatch", "the domain is parked")
    if _GONE.search(said[:400]):
        return Verdict("mismatch", "the page says that the article is gone")
    if page.agreement.text is not None and _says_less(text, _SHELL_WORDS):
        return Verdict("unreadable", "the page holds next to no text without a browser")
    return None


def _compare(page: SourcePage, copy: CopyLike) -> Verdict | None:
    """Judge by the copy; ``None`` if the copy is too short."""
    title, text = page.agreement.title, page.agreement.text
    contained = page.agreement.contained or 0.0
    if text is None or _says_less(copy.text or "", _FEW_WORDS):
        if title is None:
            return None
        if title >= SAME_TITLE:
            return None if page.paywalled else Verdict("ok", None)
        return Verdict("mismatch", f"titles agree by {title:.2f} only")
    if contained >= WHOLE:
        return Verdict("ok", None)
    same = text >= AGREES or (text >= DOUBTFUL and (title or 0.0) >= SAME_TITLE)
    if not same:
        if (title or 0.0) >= ONE_TITLE and _says_less(copy.text or "", _SHORT_COPY):
            return None
        return Verdict("mismatch", f"texts agree by {text:.2f} only")
    if page.paywalled:
        return Verdict("paywalled", "the page says that it is not free to read")
    return Verdict("ok", None)


def _says_less(text: str, count: int) -> bool:
    """Return whether a text has fewer words; only the beginning of a long one is counted."""
    return len(words(text[: 20 * count])) <= count and len(words(text)) < count
