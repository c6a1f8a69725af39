"""Recognise the aggregator's own sentences around an article, in three languages.

They are matched loosely: spaces of any kind, missing or doubled; either apostrophe; any dash;
Arabic-Indic digits; tashkeel and variants of alef; accents lost to a wrong encoding; optional colon
or full stop. The exact wording of the French lines and the Arabic source line is known from pages;
the other Arabic and English ones are from memory, hence matched even more loosely.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from functools import cache, lru_cache, partial
from itertools import islice, product

from newscrawl.text.cleaning import clean, fold
from newscrawl.text.dates import Moment, parse_date

# White space and invisible characters may be present or missing between any two words.
_BLANK = r"\s\xad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
_GAP = f"[{_BLANK}]*"
_LOOSE = {
    " ": _GAP,
    "'": f"['’‘`´ʼ]?{_GAP}",
    "é": "(?:[eé\N{REPLACEMENT CHARACTER}]\u0301?|Ã©)",
    "à": "(?:[aà\N{REPLACEMENT CHARACTER}]\u0300?|Ã\xa0)",
    **dict.fromkeys("اأإآ", "[اأإآٱ]"),
    **dict.fromkeys("ةه", "[ةه]"),
    **dict.fromkeys("يى", "[يىی]"),
}
_TASHKEEL = "[\u0640\u064b-\u0652\u0670]*"


def _loose(*phrases: str) -> str:
    """Return a pattern for any of some phrases, each with its spellings."""
    return "(?:" + "|".join("".join(map(_letter, phrase)) for phrase in phrases) + ")"


def _letter(char: str) -> str:
    pattern = _LOOSE.get(char, re.escape(char))
    return pattern + _TASHKEEL if "\u0620" <= char <= "\u064a" else pattern


def _folded(alternatives: str) -> str:
    """Return a pattern for folded text, from one alternative per line."""
    return "|".join(fold(line.strip()) for line in alternatives.strip().splitlines())


def _later(pattern: str, flags: re.RegexFlag = re.NOFLAG) -> Callable[[], re.Pattern[str]]:
    """Return a pattern that is compiled on first use: many are large, and few runs need all."""
    return cache(partial(re.compile, pattern, flags))


_LONGEST_NOTICE = 250
"""Maximum characters of a line that is only a notice of the aggregator."""


# --- Publié dans L'opinion le 29 - 03 - 2024 ------------------------------------------------------
# These patterns are for cleaned text, in which gaps are single spaces.

_DAY, _MONTH, _YEAR = r"\d{1,2}", r"\d{1,2}", r"\d{4}"
_DASH = " ?[-‐‑‒–—―−﹣－/.] ?"
_DATE = (
    rf"(?P<date>(?P<day>{_DAY}){_DASH}(?P<month>{_MONTH}){_DASH}(?P<year>{_YEAR})"
    rf"|(?P<iso_year>{_YEAR}){_DASH}(?P<iso_month>{_MONTH}){_DASH}(?P<iso_day>{_DAY})"
    rf"|{_DAY}\D{{2,24}}{_YEAR}|[^\W\d_]{{3,12}} ?{_DAY},? ?{_YEAR})(?!\d)"
)
_WORDS = (
    (_loose("publié dans", "publiée dans", "publié sur", "publié par"), _loose("le", "du")),
    (_loose("نشر في", "نشرت في", "نشر ب"), _loose("يوم", "بتاريخ")),
    (_loose("published in", "published on", "published by"), _loose("on", "dated")),
)
# The word before the date: separate, joined to the outlet's name, or missing.
_PUBLISHED = [
    _later(
        rf"{begin} ?:? ?(?P<outlet>.{{0,120}}?) ?[,،:|]? ?{form.format(on)} ?:? ?"
        rf"(?:[^\W\d_]{{3,12}} ?[,،]? ?)?{_DATE}",
        re.IGNORECASE,
    )
    for form in (r"(?<![^\W\d_]){}", "{}", "")
    for begin, on in _WORDS
]
_BEGIN = _later("|".join(begin for begin, _ in _WORDS), re.IGNORECASE)
_MOST_BEGINS = 3
"""Most places of a line where a published-in line is tried; each takes half a millisecond."""
_BEGINS_PUBLISHED = _later(
    _GAP + "(?:" + "|".join(begin for begin, _ in _WORDS) + ")", re.IGNORECASE
)
_ANY_DATE = _later(_DATE)
_LONGEST_PUBLISHED = 400
# Insignificant text that may be next to it.
_REST = re.compile("[ .,،|:•·–—-]*(?:(?:par|by|de|بقلم)[ .,،|:•·–—-]*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Published:
    """Outlet and date parsed from a "published in … on …" line."""

    outlet: str
    """The outlet's name as printed; empty if missing."""
    moment: Moment | None
    """The printed date; ``None`` if it is invalid."""
    before: str
    """Text before it in the line."""
    after: str
    """Text after it in the line."""

    @property
    def alone(self) -> bool:
        """Whether the line has no other text."""
        return not self.before and not self.after


def begins_published(line: str) -> bool:
    """Return whether a line can be the beginning of a published-in line."""
    return _BEGINS_PUBLISHED().match(line) is not None


def find_published(line: str, zone: tzinfo) -> Published | None:
    """Find a published-in line within a line of text.

    >>> from zoneinfo import ZoneInfo
    >>> found = find_published("Publié  dans L’opinion le : 29 – 03-2024.", ZoneInfo("UTC"))
    >>> found.outlet, found.moment.iso(), found.alone
    ('L’opinion', '2024-03-29T00:00:00+00:00', True)
    >>> find_published("نشر في كش24 يوم ١٦ - ١٢ - ٢٠٢٢", ZoneInfo("UTC")).moment.when.day
    16
    """
    line = clean(line)[:_LONGEST_PUBLISHED]
    starts = [match.start() for match in islice(_BEGIN().finditer(line), _MOST_BEGINS)]
    for pattern, start in product(_PUBLISHED, starts):
        if match := pattern().match(line, start):
            before, after = line[: match.start()], line[match.end() :]
            return Published(
                match["outlet"].strip(" :،,|"),
                _moment(match, zone),
                "" if _REST.fullmatch(before) else before.strip(),
                "" if _REST.fullmatch(after) else after.strip(),
            )
    return None


def split_date(line: str, zone: tzinfo) -> tuple[Moment | None, str]:
    """Return the first date in a line, and the rest of the line.

    >>> from zoneinfo import ZoneInfo
    >>> split_date("L'opinion | 29 - 03 - 2024", ZoneInfo("UTC"))[1]
    "L'opinion"
    """
    line = clean(line)
    match = _ANY_DATE().search(line)
    if match is None:
        return None, line
    rest = f"{line[: match.start()]} {line[match.end() :]}"
    return _moment(match, zone), clean(rest).strip(" |•·،,:–—-")


def _moment(match: re.Match[str], zone: tzinfo) -> Moment | None:
    year, month, day = match.group("year", "month", "day")
    if year is None:
        year, month, day = match.group("iso_year", "iso_month", "iso_day")
    if year is None:
        return parse_date(match["date"], zone)
    # The aggregator's order is day first, so no other is tried.
    return _day(f"{int(year):04}-{int(month):02}-{int(day):02}", zone)


@lru_cache(maxsize=256)  # cached, as articles of one day are parsed one after the other
def _day(printed: str, zone: tzinfo) -> Moment | None:
    return parse_date(printed, zone)


# --- Cliquez ici pour lire l'article depuis sa source. --------------------------------------------

_QUOTE = rf"[{_BLANK}\"«»“”'‘’<>\[\]()]*"


def _sentence(*words: str) -> str:
    """Return a pattern for a sentence; words that begin with a question mark are optional."""
    first, *rest = words
    return first + "".join(
        f"(?:{_QUOTE}{word[1:]})?" if word.startswith("?") else _QUOTE + word for word in rest
    )


_SOURCE = _later(
    "(?:"
    + "|".join(
        (
            _sentence(
                _loose("cliquez", "cliquer"),
                "?" + _loose("ici", "sur ce lien"),
                _loose("pour lire", "pour voir", "pour consulter"),
                _loose("l'article", "l'information", "l'info", "article"),
                _loose("depuis", "dans", "sur", "de", "à"),
                _loose("sa source", "la source", "source"),
            ),
            _sentence(
                _loose("انقر", "انقروا", "نقر", "اضغط", "إضغط"),
                "?" + _loose("هنا", "على هذا الرابط", "على الرابط"),
                _loose("لقراءة", "لمطالعة", "لتصفح"),
                _loose("الخبر", "المقال", "الموضوع"),
                _loose("من", "في", "على"),
                _loose("مصدرها", "مصدره", "المصدر"),
            ),
            _sentence(
                _loose("click"),
                "?" + _loose("here", "on this link", "this link"),
                _loose("to read", "to view"),
                "?" + _loose("the full", "the"),
                _loose("story", "article", "news", "item"),
                _loose("from", "at", "on", "in"),
                _loose("its original", "the original", "its", "the"),
                _loose("source"),
            ),
        )
    )
    + rf")(?:{_GAP}[.!:。]+)?{_GAP}",
    re.IGNORECASE,
)
# A part of each first word, which is found much faster and occurs in few lines.
_MAY_BE_SOURCE = re.compile(f"[cCنض](?:(?<=[cC])[lL][iI]|(?<=ن){_TASHKEEL}ق|(?<=ض){_TASHKEEL}غ)")
_BEGINS_SOURCE = _later(
    _GAP + _loose("cliquez", "cliquer", "انقر", "نقر", "اضغط", "إضغط", "click"), re.IGNORECASE
)


def begins_source(line: str) -> bool:
    """Return whether a line can be the beginning of a source-link line."""
    return _BEGINS_SOURCE().match(line) is not None


def find_source(line: str) -> tuple[int, int] | None:
    """Return the position of the source-link phrase in a line of text.

    >>> find_source("Fin. Cliquez  ici pour lire l’article depuis sa source")
    (5, 54)
    """
    mark = (
        "صدر" if len(line) > _LONGEST_NOTICE else "ص"
    )  # in a notice, there may be tashkeel between them
    if mark not in line and "ource" not in line.lower():
        return None  # faster than the pattern
    match = _SOURCE().search(line) if _MAY_BE_SOURCE.search(line) else None
    return match.span() if match else None


# --- Merci d'avoir signalé! -----------------------------------------------------------------------

_IMAGE_REPORT = _later(
    _GAP
    + "(?:"
    + "|".join(
        (
            _loose("merci d'avoir signalé"),
            _loose("cette image sera automatiquement bloqué"),
            _loose("شكرا على الإبلاغ", "شكرا على التبليغ", "شكرا لإبلاغك", "شكرا لتبليغك"),
            _loose("سيتم", "سوف يتم", "ستحجب")
            + _loose(" حجب", " حظر", " منع", " إخفاء", " إزالة", "")
            + _loose(" هذه الصورة", " الصورة")
            + ".{0,20}"
            + _loose("تلقائي", "آلي"),
            _loose("thank you for reporting", "thanks for reporting"),
            _loose("this image will be automatically", "this image will automatically be"),
        )
    )
    + ")",
    re.IGNORECASE,
)


def is_image_report(line: str) -> bool:
    """Return whether a line is the notice to readers who reported a picture.

    >>> is_image_report("Merci d'avoir signalé!")
    True
    """
    return len(line) <= _LONGEST_NOTICE and _IMAGE_REPORT().match(line) is not None


# --- End of a copy --------------------------------------------------------------------------------

_CUT = re.compile(r"[(\[]\s*(?:\.{2,}|…)\s*[)\]][\s.»\"”]*\Z")
_STUB = _folded(
    r"""
    lire (?:la suite|l'intégralité|l'article complet)|(?:la )?suite (?:en|à la) page
    (?:la )?suite (?:dans|sur) (?:notre|nos|le site|l'édition)|abonnez-vous (?:pour|afin)
    (?:cet )?(?:article|contenu) (?:est )?(?:réservé|payant)
    (?:plus de )?détails (?:dans|en|sur) (?:notre|page|l'édition)
    (?:ال)?(?:تفاصيل|تتمة|بقية)(?: [^ ]+){0,3} (?:تقرؤونها|تقرأونها|تقرؤها|تجدونها|تطالعونها)
    (?:ال)?(?:تفاصيل|تتمة|بقية)(?: [^ ]+){0,3} (?:في عدد|بعدد|في العدد|على صفحات)
    (?:اقرأ|اقرؤوا|لقراءة|لمطالعة) (?:المزيد|التفاصيل|البقية|التتمة|النص الكامل|المقال كاملا)
    هذا المحتوى (?:خاص|مخصص|متاح|حصري)|للمشتركين فقط
    read (?:more|on|the full|the rest)|continue reading|full (?:story|article) (?:in|at|on)
    subscribe to (?:read|continue)|(?:for )?subscribers only
    """
)
_STUB_END = _later(rf"(?:\A|[.!?؟…:\"'-] *)(?:{_STUB}).{{0,60}}\Z", re.DOTALL)
_STUB_TAIL = 120


def is_truncated(text: str) -> bool:
    """Return whether a text ends in the aggregator's truncation mark.

    >>> is_truncated("Le projet prévoit (...)"), is_truncated("Il a dit (...) que non.")
    (True, False)
    """
    return _CUT.match(text, max(text.rfind("("), text.rfind("["))) is not None


def is_stub(text: str) -> bool:
    """Return whether a text ends in a sentence that refers the reader elsewhere for the rest.

    >>> is_stub("استقبل الوزير أمس وفدا. التفاصيل تقرؤونها في (...)")
    True
    >>> is_stub("Il sera absent pour la suite de la saison.")
    False
    """
    end = _CUT.sub("", text.rpartition("\n")[2])[-_STUB_TAIL:]
    return _STUB_END().search(fold(end)) is not None


_LABEL = _folded(
    r"""
    (?:votre |your )?(?:adresse (?:e-?mail|de messagerie|électronique)|e-?mail(?: address)?)
    courriel|nom(?: complet| et prénom)?|prénom|pseudo|votre nom|titre|sujet|site(?: web)?
    (?:votre )?(?:commentaire|message)s?|poster|envoyer|valider
    (?:your |full )?name|subject|title|website|url|(?:your )?comments?|submit|send|post(?: comment)?
    الاسم(?: الكامل)?|اسمك|عنوان البريد الإلكتروني|(?:البريد|بريدك)(?: الإلكتروني)?
    عنوان التعليق|نص التعليق|التعليق|تعليقك|العنوان|الموضوع|الموقع(?: الإلكتروني)?|إرسال|أرسل
    """
)
_BETWEEN = r"[\s:*|()،,-]*(?:\((?:requis|required|مطلوب)\))?[\s:*|،,-]*"
_ANY_LABEL = _later(_LABEL)
_LABELS = _later(rf"(?>(?:{_LABEL}){_BETWEEN})+")
_RUN_ON = _later(rf"(?<!\S)(?>(?:{_LABEL}){_BETWEEN}){{2,6}}\Z")
_LONGEST_FORM = 160
_MAIL = _later(_folded("mail|courriel|messagerie|électronique|البريد|بريدك"))
_FORM_HEADING = _later(
    _folded(
        r"""
        (?:laisse[rz]|ajoute[rz]) (?:un|votre) commentaire|commentez(?: cet article)?
        leave a (?:comment|reply)|add (?:a )?comment|post a comment
        أضف تعليقا?|اترك تعليقا?|اكتب تعليقا?|علق على الخبر|إضافة تعليق
        """
    )
)


def drop_comment_form(paragraphs: list[str]) -> list[str]:
    """Return the paragraphs without the labels of the outlet's comment form at their end.

    A label counts only beside another one, one of them asking for an address, or under the form's
    heading; single words are left alone. Everything else that the outlet printed is the copy's
    text and stays, its own promotion included.

    >>> drop_comment_form(["Fin de l'article. Nom Adresse email"])
    ["Fin de l'article."]
    >>> drop_comment_form(["Fin.", "Laisser un commentaire", "Nom", "E-mail"])
    ['Fin.']
    """
    kept, form = list(paragraphs), []
    while kept and _is_form_line(kept[-1]):
        form.append(fold(kept.pop()))
    if not any(map(_FORM_HEADING().match, form)) and not _asks_for_address(" ".join(form)):
        kept = list(paragraphs)
    end = fold(kept[-1][-_LONGEST_FORM:]) if kept else ""
    match = _RUN_ON().search(end) if _MAIL().search(end) else None
    if match and _asks_for_address(match[0]):
        kept[-1] = kept[-1].rsplit(None, len(match[0].split()))[0]
    return kept


def _is_form_line(line: str) -> bool:
    if len(line) > _LONGEST_FORM:
        return False
    heading = _FORM_HEADING().match(fold(line))
    return bool(_LABELS().fullmatch(fold(line)) or (heading and len(line) < 2 * heading.end()))


def _asks_for_address(folded: str) -> bool:
    return len(_ANY_LABEL().findall(folded)) > 1 and _MAIL().search(folded) is not None


# --- Par X, and sentences below an article -------------------------------------------------------

_NAME = r"(?:[A-ZÀ-ÖØ-Þ][\w.'’-]*|d[e'’u]|des|el|al|ben|bin|et|and|&|la|le)"
_ARABIC_NAME = r"[^\s.:؛!؟]+(?:\s+[^\s.:؛!؟]+){0,5}"
_BYLINE = _later(
    rf"(?:Propos recueillis par|Written by|(?i:par|by))\s*:?\s+{_NAME}(?:[ ,]+{_NAME}){{0,7}}"
    rf"|(?:بقلم|تحرير|[إا]عداد)(?:\s*[:/-]\s*|\s+){_ARABIC_NAME}"
    rf"|(?:كتبت?|متابعة|حاورته?|حاوره)\s*[:/-]\s*{_ARABIC_NAME}"
)
_FOOT = _later(
    _folded(
        r"""
        articles? (?:similaires?|liés?|connexes?)|(?:à lire|lire|voir) aussi
        sur le même (?:sujet|thème)|related (?:articles?|stories|news)|(?:read|see) also
        (?:مواضيع|مقالات|أخبار) (?:ذات صلة|متعلقة|مشابهة)|اقرأ أيضا
        (?:©|copyright|tous droits|all rights|جميع الحقوق).*
        """
    )
)


def is_label(line: str) -> bool:
    """Return whether a line is only an author label without a name.

    >>> is_label(" | Par : ")
    True
    """
    return _REST.fullmatch(line) is not None


def is_byline(line: str) -> bool:
    """Return whether a line consists only of an author's name with its label.

    >>> is_byline("Par Ahmed El Idrissi"), is_byline("Par ailleurs, le ministre a dit non.")
    (True, False)
    """
    return len(line) < _LONGEST_NOTICE and _BYLINE().fullmatch(clean(line)) is not None


def ends_article(line: str) -> bool:
    """Return whether a line is the heading of links to other articles, or the foot of the page.

    >>> ends_article("Articles similaires :"), ends_article("© 2024 Tous droits réservés")
    (True, True)
    """
    return len(line) < _LONGEST_NOTICE and _FOOT().fullmatch(fold(line).strip(" :.\n")) is not None
