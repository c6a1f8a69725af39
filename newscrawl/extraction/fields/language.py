"""The language of the article."""

import re

from newscrawl.extraction.metadata import Metadata
from newscrawl.extraction.trace import chose, note
from newscrawl.text.language import count_in, detect_language


def language(metadata: Metadata, text: str) -> str | None:
    """Give the language the page declares, as an ISO 639 code, unless its script says otherwise.

    Pages of one template often declare another edition's language; a wrong script is cheap to
    notice, and only then, or without any declaration, the text itself is asked.
    """
    sample = text[:2000]
    declared = {
        "<html lang>": metadata.html_language,
        "JSON-LD inLanguage": metadata.text("inLanguage"),
        "meta": metadata.meta("og:locale", "content-language", "language"),
    }
    for name, value in declared.items():
        note("language", name, value)
    for name, value in declared.items():
        if value and (match := re.match(r"[a-zA-Z]{2,3}(?=$|[-_\s])", value.strip())):
            code = match[0].lower()
            if code in _UNKNOWN:
                continue
            if (code in _ARABIC_SCRIPT) == (count_in(_ARABIC, sample) > len(sample) / 3):
                chose("language", f"declared by {name}, and the script does not contradict")
                return code
    chose("language", "detected from the text")
    return detect_language(sample) if sample else None


_UNKNOWN = frozenset(("und", "zxx", "mul", "mis", "xx", "nul"))
_ARABIC = re.compile("[\u0600-\u06ff]+")
_ARABIC_SCRIPT = frozenset(("ar", "ara", "fa", "fas", "ur", "urd", "ps", "ckb", "ug", "sd"))
