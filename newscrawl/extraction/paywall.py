"""Recognise notices that the rest of an article is for subscribers."""

import re

_PAYWALL = re.compile(
    r"r[ée]serv[ée]e?s? (?:aux|[àa] nos|exclusivement aux) abonn[ée]|"
    r"abonnez-vous pour (?:lire|acc[ée]der)|(?:article|contenu) (?:r[ée]serv[ée]|payant)|"
    r"il vous reste [\d.,]+ ?%|pour lire la suite[^.]{0,40}abonn|"
    r"subscri(?:be|bers?)[^.]{0,30}(?:to (?:continue|read|unlock)|only)|reserved for subscribers|"
    r"للمشتركين فقط|(?:المقال|المحتوى|الموضوع) (?:مخصص|خاص|متاح|حصري) للمشتركين|"
    r"يتوجب عليك الا?شتراك|يتوجب عليك الإشتراك|اشترك لقراءة|ل(?:متابع|مواصل)ة القراءة|"
    r"مقال مؤرشف",
    re.IGNORECASE,
)

# One of these is in every notice, in folded case; they are faster to search for.
_STEMS = (
    *("abonn", "payant", "serv", "il vous reste", "subscri"),
    *("شتر", "القراءة", "مؤرشف"),
)


def announces_paywall(text: str) -> bool:
    """Return whether a text says that the article is for subscribers.

    >>> announces_paywall("Cet article est réservé aux abonnés"), announces_paywall("Les abonnés")
    (True, False)
    >>> announces_paywall("هذا المقال مخصص للمشتركين."), announces_paywall("عرض خاص للمشتركين")
    (True, False)
    """
    folded = text.casefold()
    return any(map(folded.__contains__, _STEMS)) and _PAYWALL.search(text) is not None
