"""Detect the language of a text offline: by script and common words, else by a model.

The model is py3langid's: it takes half a second and 120 MB to load, which most runs avoid.
"""

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_SAMPLE = 600
"""Characters that are examined; 150 distinguish the languages of the region without error."""
_MORE = 2400
"""Characters that are searched for words if those do not suffice, as in one text of 8,000."""
_LEAST_CERTAINTY = 0.4
"""Minimum probability: of lines of 25 characters in 21 languages, the model gets 5 % wrong; with
this limit 1 %, and 12 % remain undetected."""

_LANGUAGES = (
    *("af", "am", "ar", "az", "be", "bg", "bn", "bs", "ca", "cs", "cy", "da", "de", "el", "en"),
    *("es", "et", "eu", "fa", "fi", "fr", "ga", "gl", "gu", "ha", "he", "hi", "hr", "hu", "hy"),
    *("id", "is", "it", "ja", "ka", "kab", "kk", "km", "kn", "ko", "ku", "ky", "lo", "lt", "lv"),
    *("mk", "ml", "mn", "mr", "ms", "mt", "my", "ne", "nl", "no", "om", "pa", "pl", "ps", "pt"),
    *("ro", "ru", "rw", "si", "sk", "sl", "so", "sq", "sr", "sv", "sw", "ta", "te", "th", "tl"),
    *("tr", "ug", "uk", "ur", "uz", "vi", "xh", "yo", "zh", "zu"),
)
"""Languages of the model that newspapers are written in. Without the others (dialects similar to a
major language, dead and constructed languages) short lines are detected better: 96 of 100 lines of
25 Spanish characters instead of 80."""


def _all(words: str) -> frozenset[str]:
    return frozenset(words.split())


_OWN_WORDS = {
    "fr": _all(
        "après aussi aux avant avec ce ces cet cette chez comme dans depuis deux dont du dès elle"
        " elles est et ils jusqu leur leurs lors malgré même nous ont où pour qui sans selon sont"
        " sous sur très une été être"
    ),
    "en": _all("and are by for from has have of that the this to was were which with"),
}
"""Common words that few other languages have, of the editions in Latin script."""
_OTHER_WORDS = {
    "fr": _all("au d de des en entre il l la le les mais n par pas plus qu que se ses son un à"),
    "en": _all("a an as at be in is it its on"),
}
"""Common words that other languages have as well."""
_COMMON_WORDS = {name: own | _OTHER_WORDS[name] for name, own in _OWN_WORDS.items()}
_ENOUGH = ((3, 0.25), (2, 0.3))
"""Minimum number of distinct words of a language's own, and minimum share of its common words. No
text in 64 other languages is taken for one of the two (translations of programs without English,
240 texts of 40 to 600 characters each)."""

_WORD = re.compile(r"\w+")
_LETTERS = re.compile(r"[^\W\d_]+")
_ENOUGH_LETTERS = re.compile(r"(?:[\W\d_]*+[^\W\d_]){20}")
_ARABIC = re.compile("[\u0620-\u064a\u066e-\u06d3\u06d5\u06fa-\u06fc\ufb50-\ufdfb\ufe70-\ufefc]+")
# Letters of Persian, Urdu, Pashto, Kurdish and Uyghur that Arabic words do not have.
_NOT_ARABIC = re.compile("[\u067e\u0686\u0698\u06af\u06a9\u06cc\u0671-\u0673\u0679-\u06d5]+")
_TIFINAGH = re.compile("[\u2d30-\u2d7f]+")


def _count_in(runs: re.Pattern[str], text: str) -> int:
    """Count the characters in runs of one script."""
    return len("".join(runs.findall(text)))


def detect_language(text: str) -> str | None:
    """Return the language of a text.

    Returns:
        The ISO 639-1 code; ``zgh`` for Tifinagh script and ``kab`` for Kabyle, which have none;
        ``None`` for a text that is too short or in no known language.

    >>> detect_language("الحكومة تعلن عن إجراءات جديدة لدعم الفلاحين")
    'ar'
    >>> detect_language("Le conseil de gouvernement se réunit jeudi à Rabat")
    'fr'
    >>> detect_language("OK 2024") is None
    True
    """
    sample = text[:_SAMPLE]
    if not _ENOUGH_LETTERS.match(sample):
        return None
    arabic, tifinagh = _count_in(_ARABIC, sample), _count_in(_TIFINAGH, sample)
    if arabic or tifinagh:
        letters = _count_in(_LETTERS, sample)
        if 2 * arabic > letters and 100 * _count_in(_NOT_ARABIC, sample) < 2 * arabic:
            return "ar"
        if 2 * tifinagh > letters:
            return "zgh"
    if told := _told_by_words(sample) or _told_by_words(text[:_MORE]):
        return told
    language, certainty = _identifier().classify(sample)
    return str(language) if certainty >= _LEAST_CERTAINTY else None


def language_by_words(text: str) -> str | None:
    """Return French or English if a text is certainly in it, else ``None``; fast.

    >>> language_by_words("Le conseil de gouvernement se réunit ce jeudi pour la loi sur les ports")
    'fr'
    """
    return _told_by_words(text[:_SAMPLE])


def _told_by_words(text: str) -> str | None:
    """Return the language whose common words a text has, if there is only one."""
    said = _WORD.findall(text.lower())
    distinct = set(said)
    told = [
        name for name, own in _OWN_WORDS.items() if _is_told_by(said, len(own & distinct), name)
    ]
    return told[0] if len(told) == 1 else None


def _is_told_by(said: list[str], own: int, language: str) -> bool:
    """Return whether words, with so many distinct ones of a language's own, are in it."""
    shares = [least for fewest, least in _ENOUGH if own >= fewest]
    if not shares:
        return False
    common = sum(map(_COMMON_WORDS[language].__contains__, said))
    return common >= min(shares) * len(said)


@cache
def _identifier() -> "LanguageIdentifier":
    """Return the model, loaded when first needed."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(_LANGUAGES)
    return identifier
