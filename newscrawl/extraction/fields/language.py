"""Determine the article's language from the page's declaration and the text."""

import re

from newscrawl.extraction.metadata import Metadata
from newscrawl.extraction.trace import chose, note
from newscrawl.text.language import detect_language, language_by_words


def language(metadata: Metadata, text: str) -> str | None:
    """Return the declared language, as an ISO 639 code, unless the text is surely in another.

    Templates often declare the language of another edition. A wrong script, and French or English
    declared as another language, are cheap to recognise; only then, or without a declaration, the
    language is detected.
    """
    sample = text[:2000]
    surely = language_by_words(sample)
    is_arabic = _arabic_letters(sample) > len(sample) / 3
    declared = {
        "<html lang>": metadata.html_language,
        "JSON-LD inLanguage": metadata.text("inLanguage"),
        "meta": metadata.meta("og:locale", "content-language", "language"),
    }
    for name, value in declared.items():
        note("language", name, value)
    for name, value in declared.items():
        if value and (match := re.match(r"[a-zA-Z]{2,3}(?=$|[-_\s])", value.strip())):
            code = _SHORT.get(match[0].lower(), match[0].lower())
            if code in _UNKNOWN or (surely and code != surely):
                continue
            if (code in _ARABIC_SCRIPT) == is_arabic:
                chose("language", f"declared by {name}, and the text does not contradict")
                return code
    chose("language", "detected from the text")
    return detect_language(sample) if sample else None


def _arabic_letters(text: str) -> int:
    """Count the characters of Unicode's Arabic block, U+0600 to U+06FF."""
    return text.encode("utf-16-le", "surrogatepass")[1::2].count(0x06)


_SHORT = {"fra": "fr", "fre": "fr", "eng": "en", "ara": "ar"}
_UNKNOWN = frozenset(("utf", "und", "zxx", "mul", "mis", "xx", "nul"))
_ARABIC_SCRIPT = frozenset(("ar", "ara", "fa", "fas", "ur", "urd", "ps", "ckb", "ug", "sd"))
