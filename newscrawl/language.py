"""The language of a text, found offline."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_SHORTEST = 20


def detect_language(text: str) -> str | None:
    """ISO 639-1 code of the language of a text; ``None`` when it is too short."""
    letters = sum(map(str.isalpha, text[:2000]))
    if letters < _SHORTEST:
        return None
    return str(_identifier().classify(text[:2000])[0])


@cache
def _identifier() -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
