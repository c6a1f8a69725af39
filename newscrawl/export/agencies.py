"""Detect the news agency that an article is from, by byline, dateline or last line.

An agency that the text only cites ("a indiqué à l'AFP", "نقلت وكالة رويترز") is not its author.
"""

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import NamedTuple

from newscrawl.items import Article
from newscrawl.text.cleaning import fold

VARIOUS = "various"
"""Code for "Agences", "وكالات": dispatches of unnamed agencies."""

_NAMES: dict[str, tuple[str, str]] = {
    # Code: names in Latin script, case-sensitive; names in Arabic script. Separated by bars.
    "AFP": ("AFP|Agence France[- ]Presse", "ا ف ب|وكاله (?:الانباء الفرنسيه|فرانس برس)|فرانس برس"),
    "MAP": ("MAP|Maghreb Arabe Presse", "و م ع|وكاله المغرب العربي للانباء"),
    "APS": ("APS|Algérie Presse Service", "واج|وا ج|وكاله الانباء الجزائريه"),
    "TAP": ("TAP|Tunis Afrique Presse", "وات|وكاله تونس افريقيا للانباء"),
    "MENA": ("MENA|Middle East News Agency", "ا ش ا|وكاله انباء الشرق الاوسط"),
    "SPA": ("SPA|Saudi Press Agency", "واس|وكاله الانباء السعوديه"),
    "SUNA": ("SUNA|Sudan News Agency", "سونا|وكاله السودان للانباء|وكاله الانباء السودانيه"),
    "SABA": ("SABA|Saba|Yemen News Agency", "سبا|وكاله الانباء اليمنيه|وكاله سبا"),
    "Reuters": ("Reuters|REUTERS", "رويترز"),
    "AP": ("AP|Associated Press", "ا ب|ا سوشيتد برس|اسوشيتد برس|اسوشييتد برس"),
    "dpa": ("dpa|DPA", "د ب ا|وكاله الانباء الالمانيه"),
    "EFE": ("EFE", "ا ف ي|ايفي|وكاله الانباء الاسبانيه"),
    "ANSA": ("ANSA|Ansa", "انسا|وكاله الانباء الايطاليه"),
    "Xinhua": ("Xinhua|XINHUA|Chine nouvelle", "شينخوا"),
    "Anadolu": ("AA|Anadolu(?: Agency| Ajansı)?|Agence Anadolu", "الاناضول"),
    "Sputnik": ("Sputnik", "سبوتنيك"),
    "TASS": ("TASS|Tass", "تاس"),
    "IRNA": ("IRNA", "ارنا"),
    "QNA": ("QNA", "قنا|وكاله الانباء القطريه"),
    "WAM": ("WAM", "وام|وكاله انباء الامارات"),
    "KUNA": ("KUNA", "كونا|وكاله الانباء الكويتيه"),
    "BNA": ("BNA", "بنا|وكاله انباء البحرين"),
    "Petra": ("Petra", "بترا|وكاله الانباء الاردنيه"),
    "SANA": ("SANA", "سانا"),
    "WAFA": ("WAFA", "وفا|وكاله الانباء الفلسطينيه"),
    "INA": ("INA", "واع|وكاله الانباء العراقيه"),
    "LANA": ("LANA", "وال|وكاله الانباء الليبيه"),
    "AMI": ("AMI", "و م ا|الوكاله الموريتانيه للانباء"),
    "NNA": ("NNA|ANI", "الوكاله الوطنيه للاعلام"),
    "PANA": ("PANA|Panapress", ""),
    VARIOUS: (
        "Agences|Agence|agences|agence|AGENCES|Agencies|agencies|AGENCIES",
        "وكالات|الوكالات",
    ),
}

_LINKS = r"(?i:et|and|avec|with|\+|&|,|/|-|–|—|و|مع|،)"
_SOURCE = (
    r"(?i:source|sources|المصدر|مصدر|نقلا عن|عن|d'apres|par|by|from|avec|with|©|\(c\)|copyright)"
)

_WORD = re.compile(r"\w+")
_ARABIC = re.compile("[\u0621-\u064a]")

_LONGEST_BYLINE = 200
"""Characters of a byline that are compared."""

_DATELINE = 110
"""Characters of a text within which its dateline ends."""

_LAST_LINE = 60
"""Characters of a last line that may be a signature."""


def agency(article: Article) -> str | None:
    """Return the agency that an article is a dispatch of, ``None`` if none is named as its source.

    If several are named, the first one.
    """
    copy, source = article.copy, article.source
    lines = (*article.authors, *source.authors, copy.byline or "")
    texts = [text for text in (article.text, copy.text) if text]
    return (
        _first(_byline_pattern, (line[:_LONGEST_BYLINE] for line in lines))
        or _first(_dateline_pattern, (text[:_DATELINE] for text in texts))
        or _first(_signature_pattern, map(_last_line, texts))
    )


def _last_line(text: str) -> str:
    return text.rstrip().rpartition("\n")[2][-_LAST_LINE:]


def _first(pattern: Callable[[str], re.Pattern[str]], lines: Iterable[str]) -> str | None:
    return next((code for line in dict.fromkeys(lines) if (code := _named(pattern, line))), None)


@cache
def _byline_pattern(names: str) -> re.Pattern[str]:
    """An author's line: the agency alone, or joined to a person or to the outlet."""
    edge = rf"(?:^|$|[()\[\]|:.;]|\s{_LINKS}\s|[/,+&،-])"
    return re.compile(rf"(?:{edge}|^\s*{_SOURCE}\s*:?)\s*(?:l'|وكاله )?(?P<name>{names})\s*{edge}")


@cache
def _dateline_pattern(names: str) -> re.Pattern[str]:
    """The beginning of a text: ``RABAT, 3 mars (MAP) -``, ``القاهرة - أ ش أ:``."""
    place = r"[^.!?؟:;()«»\"]{0,60}?"
    before = rf"^\s*(?:{place}[(\[/–—|-]|{place},)?\s*"
    return re.compile(
        rf"{before}(?P<name>{names})\s*"
        rf"(?:[)\]]\s*[-–—:.]*|\s[-–—]\s?|[-–—]\s|:|/|\s*[,،]\s*\d|\s*\n)"
    )


@cache
def _signature_pattern(names: str) -> re.Pattern[str]:
    """The end of a text: ``(AFP)``, ``Source : APS``, ``و.م.ع``."""
    pair = rf"(?P<name>{names})(?:\s*{_LINKS}\s*[\w. ]{{2,20}})?"
    return re.compile(
        rf"(?:^[\s*–—-]*(?:{_SOURCE}\s*:?\s*)?|[(\[]\s*(?:{_SOURCE}\s*:?\s*)?(?:\w+\s*{_LINKS}\s*)?"
        rf"|(?:[.!?؟»\"]|{_SOURCE}\s*:)\s*[/–—-]?\s*)(?:l'|وكاله )?{pair}\s*[)\].]*\s*$"
    )


def _named(pattern: Callable[[str], re.Pattern[str]], line: str) -> str | None:
    """Return the code of the first name that a pattern finds in a line."""
    latin, arabic = _names()
    scripts = [(*latin, line)]
    if _ARABIC.search(line):
        scripts.append((*arabic, fold(line)))
    places = [
        (match.start("name"), match["name"], codes)
        for names, beginnings, codes, text in scripts
        # Most lines name no agency.
        if not beginnings.isdisjoint(_WORD.findall(text))
        and (match := pattern(names).search(_spaced(text)))
    ]
    if not places:
        return None
    _, name, codes = min(places, key=lambda place: place[0])
    return next(code for form, code in codes if re.fullmatch(form, name))


class _Script(NamedTuple):
    """Agency names in one script (Latin or Arabic), as a pattern and with their codes."""

    names: str
    """Alternatives of all names, as a pattern."""
    beginnings: frozenset[str]
    """First words of the names."""
    codes: list[tuple[str, str]]
    """Patterns of one agency's names, each with its code."""


@cache
def _names() -> tuple[_Script, _Script]:
    """Return the names in Latin and in Arabic script."""
    scripts = []
    for script in (0, 1):
        codes = [
            (f"(?:{fold(forms[script]) if script else forms[script]})", code)
            for code, forms in _NAMES.items()
            if forms[script]
        ]
        every = "|".join(form for form, _ in codes)
        beginnings = frozenset(
            word for form in every.split("|") for word in _WORD.findall(form)[:1]
        )
        scripts.append(_Script(rf"(?<!\w)(?:{every})(?!\w)", beginnings, codes))
    return scripts[0], scripts[1]


_DOTS = re.compile(r"(?<=\b[^\W\d_])\s*[.٫]\s*(?=[^\W\d_]\b)|(?<=\b[^\W\d_])\.(?=\s|$|[)\]:])")


def _spaced(text: str) -> str:
    """Write acronyms with spaces instead of dots: ``و.م.ع`` as ``و م ع``."""
    return _DOTS.sub(" ", text).replace("  ", " ")
