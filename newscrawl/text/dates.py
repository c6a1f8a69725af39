"""Parse dates as newspapers, feeds and page metadata write them, strictly.

A pattern matches as a whole or not at all, and month names come from the table below, so that a
day is never mistaken for a month. Numeric dates are day first, as everywhere in the aggregators'
countries; month first is accepted only if day first is impossible (``12/31/2019``). Hijri dates,
relative ones ("il y a 2 heures") and those without a day or a year are ignored; in a line with a
Hijri and a Gregorian date, the Gregorian one is parsed.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Literal

from newscrawl.text.cleaning import fold

FIRST_YEAR, LAST_YEAR = 1900, 2100
"""Years outside this range are parsing errors."""

MONTHS: dict[str, tuple[str, ...]] = {
    # Arabic, by region; hamza, ta marbuta and ya have many spellings, which comparing folded forms
    # covers.
    "ar Egypt, Gulf, Sudan, Yemen": (
        "يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو", "يوليو", "أغسطس", "سبتمبر",
        "أكتوبر", "نوفمبر", "ديسمبر",
    ),
    "ar variants": (
        "ينائر", "فبرائر", "مارث", "أبريل", "مايه", "يونيه", "يوليه", "أغسطوس", "سيبتمبر",
        "أوكتوبر", "نوفنبر", "دسمبر",
    ),
    "ar Morocco": (
        "يناير", "فبراير", "مارس", "أبريل", "ماي", "يونيو", "يوليوز", "غشت", "شتنبر", "أكتوبر",
        "نونبر", "دجنبر",
    ),
    "ar Algeria, Tunisia": (
        "جانفي", "فيفري", "مارس", "أفريل", "ماي", "جوان", "جويلية", "أوت", "سبتمبر", "أكتوبر",
        "نوفمبر", "ديسمبر",
    ),
    "ar Levant, Iraq": (
        "كانون الثاني", "شباط", "آذار", "نيسان", "أيار", "حزيران", "تموز", "آب", "أيلول",
        "تشرين الأول", "تشرين الثاني", "كانون الأول",
    ),
    "fr": (
        "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre",
        "octobre", "novembre", "décembre",
    ),
    "en": (
        "january", "february", "march", "april", "may", "june", "july", "august", "september",
        "october", "november", "december",
    ),
    "de": (
        "januar", "februar", "märz", "april", "mai", "juni", "juli", "august", "september",
        "oktober", "november", "dezember",
    ),
    "de Austria": (
        "jänner", "feber", "märz", "april", "mai", "juni", "juli", "august", "september",
        "oktober", "november", "dezember",
    ),
    "es": (
        "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre",
        "octubre", "noviembre", "diciembre",
    ),
    "ca": (
        "gener", "febrer", "març", "abril", "maig", "juny", "juliol", "agost", "setembre",
        "octubre", "novembre", "desembre",
    ),
    "it": (
        "gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto",
        "settembre", "ottobre", "novembre", "dicembre",
    ),
    "pt": (
        "janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro",
        "outubro", "novembro", "dezembro",
    ),
    "nl": (
        "januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september",
        "oktober", "november", "december",
    ),
    "da, no": (
        "januar", "februar", "marts", "april", "maj", "juni", "juli", "august", "september",
        "oktober", "november", "desember",
    ),
    "sv": (
        "januari", "februari", "mars", "april", "maj", "juni", "juli", "augusti", "september",
        "oktober", "november", "december",
    ),
    "tr": (
        "ocak", "şubat", "mart", "nisan", "mayıs", "haziran", "temmuz", "ağustos", "eylül",
        "ekim", "kasım", "aralık",
    ),
    "ro": (
        "ianuarie", "februarie", "martie", "aprilie", "mai", "iunie", "iulie", "august",
        "septembrie", "octombrie", "noiembrie", "decembrie",
    ),
    "pl": (
        "stycznia", "lutego", "marca", "kwietnia", "maja", "czerwca", "lipca", "sierpnia",
        "września", "października", "listopada", "grudnia",
    ),
    "ru": (
        "января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября",
        "октября", "ноября", "декабря",
    ),
}  # fmt: skip
"""Names of the twelve months by language and region."""

_FURTHER_NAMES = {
    "mrt": 3,
    "mrz": 3,
    "setiembre": 9,
    "كانون ثاني": 1,
    "تشرين اول": 10,
    "تشرين ثاني": 11,
    "كانون اول": 12,
    "كانون 2": 1,
    "تشرين 1": 10,
    "تشرين 2": 11,
    "كانون 1": 12,
    "كانون ثان": 1,
    "تشرين ثان": 11,
    **dict.fromkeys(("كانون2", "ك2", "ك 2"), 1),
    **dict.fromkeys(("تشرين1", "ت1", "ت 1"), 10),
    **dict.fromkeys(("تشرين2", "ت2", "ت 2"), 11),
    **dict.fromkeys(("كانون1", "ك1", "ك 1"), 12),
    "شتمبر": 9,
}
"""Folded names that are neither above nor abbreviations of those above."""

ZONES = {
    **dict.fromkeys(("z", "ut", "utc", "gmt", "wet", "غرينتش", "جرينتش"), 0),
    **dict.fromkeys(("west", "bst", "cet"), 1),
    **dict.fromkeys(("cest", "eet"), 2),
    **dict.fromkeys(("eest", "msk", "ksa", "mecca", "makkah", "مكه المكرمه", "مكه"), 3),
    **dict.fromkeys(("السعوديه", "الرياض", "الكويت", "بغداد"), 3),
    **dict.fromkeys(("gst", "dubai", "الامارات", "ابوظبي"), 4),
    "ast": 3,  # Arabian, as used by outlets of the region, not Atlantic
    "edt": -4,
    **dict.fromkeys(("est", "cdt"), -5),
    **dict.fromkeys(("cst", "mdt"), -6),
    **dict.fromkeys(("mst", "pdt"), -7),
    "pst": -8,
}
"""UTC offsets in hours by zone name: of RFC 822, the Mediterranean and the Gulf."""

_MORNING = ("am", "a.m.", "ص", "صباحا", "فجرا")
_AFTERNOON = ("pm", "p.m.", "م", "مساء", "عصرا", "بعد الظهر")
_NOON, _NIGHT = ("ظهرا",), ("ليلا",)  # 11:05 and 1:05 at noon, 9:05 and 1:05 at night
_DAY_PARTS = (*_MORNING, *_AFTERNOON, *_NOON, *_NIGHT)
_CLOCK_WORDS = ("h", "heures", "heure", "uhr", "uur")
_LINKS = (  # words between a date and its time; م also stands for "of the Christian era"
    *(
        "الموافق",
        "a",
        "at",
        "t",
        "time",
        "heure",
        "um",
        "om",
        "kl",
        "klo",
        "alle",
        "ore",
        "ora",
        "las",
    ),
    *("as", "saat", "г", "в", "الساعه", "علي", "في", "عند", "تمام", "م"),
)


def _month_numbers() -> dict[str, int]:
    """Return folded month names, with unambiguous abbreviations except in Arabic."""
    numbers: dict[str, int] = {}
    beginnings: dict[str, set[int]] = {}
    for names in MONTHS.values():
        for number, name in enumerate(map(fold, names), start=1):
            numbers[name] = number
            for end in range(3, len(name) if name < "\u0590" else 0):
                beginnings.setdefault(name[:end], set()).add(number)
    short = {name: fits.pop() for name, fits in beginnings.items() if len(fits) == 1}
    return short | numbers | _FURTHER_NAMES


_MONTH_NUMBERS = _month_numbers()


def _either(names: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(names, key=len, reverse=True)))


# The patterns below match folded text: lower case, no accents, western digits, plain signs.
_YEAR = r"(?P<year>(?:19|20)\d\d|2100)(?![\d:])"
_DAY = r"(?P<day>\d\d?)(?!\d)"
_NUMBER = r"(?P<month>\d\d?)(?!\d)"
_NAME = (
    r"(?:(?:كانون|تشرين)\s(?:(?:ال)?(?:ثاني|اول)|ثان(?!\w))|(?:كانون|تشرين|ك|ت)\s?[12](?!\d)"
    r"|[^\W\d_]{2,})"
)
# A month's name, perhaps followed by its name in another region: "أيلول/سبتمبر", "مارس (آذار)".
_MONTH = rf"(?P<month>{_NAME})(?:\s?[/(-]\s?(?P<again>{_NAME})\)?)?"
_ORDINAL = r"(?:\s?er|st|nd|rd|th|o|°)?"
_GAP = r"[\s.,،/-]{0,4}"

_DATES = tuple(
    re.compile(form)
    for form in (
        # 2024-03-29, 2024/3/29, 2024. 3. 29, 2024年3月29日
        rf"(?<!\d){_YEAR}\s?[-/.年년]\s?{_NUMBER}\s?[-/.月월]\s?{_DAY}[日일]?",
        # 29/03/2024, 29 - 03 - 2024, 29.3.2024
        rf"(?<!\d){_DAY}\s?[-/.]\s?{_NUMBER}\s?[-/.]\s?{_YEAR}",
        # 29.03.24, 29/3/24; with hyphens, the year would be ambiguous
        rf"(?<![\d./]){_DAY}(?P<sep>[./]){_NUMBER}(?P=sep)(?P<year>\d\d)(?![\d./:])",
        # 29 mars 2024, 1er mars 2024, 29-Mar-2024, 29 de marzo de 2024, 29 مارس، 2024
        rf"(?<!\d){_DAY}{_ORDINAL}{_GAP}(?:(?:de|of|من)\s|d')?{_MONTH}{_GAP}(?:del?\s)?{_YEAR}",
        # 29 Mar 24 10:11, 29-Mar-24 10:11: only with a time, or the year may be an hour
        rf"(?<!\d){_DAY}[ -]{_MONTH}[ -](?P<year>\d\d)(?=\s\d\d:\d\d)",
        # March 29th, 2024; مارس 29, 2024
        rf"(?<![^\W\d_]){_MONTH}{_GAP}{_DAY}{_ORDINAL}{_GAP}{_YEAR}",
    )
)
# Folded names of the Hijri months between a day and a year.
_HIJRI_MONTH = r"(?:محرم|صفر|ربيع\s\w+|جمادي\s\w+|رجب|شعبان|رمضان|شوال|ذ[يو]\sال\w+|ذوال\w+)"
# Rarer forms, rewritten to one of those above.
_REWRITES = (
    # A Hijri date next to the Gregorian one: the time may follow it.
    (
        re.compile(
            rf"(?<!\d)(?:\d\d?\s(?:من\s)?{_HIJRI_MONTH}\s1[34]\d\d|\d\d?[-/]\d\d?[-/]1[34]\d\d"
            r"|1[34]\d\d[-/]\d\d?[-/]\d\d?)(?!\d)(?:\s?ه(?!\w))?"
        ),
        " ",
    ),
    # 20240329T101112Z, 20240329101112
    (re.compile(r"^(\d{4})(\d\d)(\d\d)t?(\d\d)(\d\d)(\d\d)(?!\d)"), r"\1-\2-\3 \4:\5:\6"),
    # "23 mars 202415:21", of two spans side by side
    (re.compile(r"((?<!\d)(?:19|20)\d\d)(\d\d?[:h]\d\d)(?!\d)"), r"\1 \2"),
    # "28.09.1912:44", of two spans as well
    (re.compile(r"((?<![\d./])\d\d?[./]\d\d?[./]\d\d)(\d\d:\d\d)(?![\d:])"), r"\1 \2"),
    # 20240329
    (re.compile(r"^(\d{4})(\d\d)(\d\d)(?!\d)"), r"\1-\2-\3"),
    # Fri Mar 29 10:11:39 CET 2024
    (re.compile(r"([a-z]{3} +\d\d?) (\d\d:\d\d:\d\d(?: \S+)?) (\d{4})$"), r"\1 \3 \2"),
)
_TIME = rf"""
    (?<!\d) (?P<hour>[01]?\d|2[0-3])
    (?: (?:\s?[:.h]\s?|\sheures?\s(?:et\s)?)(?P<minute>[0-5]\d)(?!\d)
        (?: :(?P<second>[0-5]\d)(?!\d)(?:[.,]\d+)? )?
      | (?=\s?(?:{_either((*_CLOCK_WORDS, *_DAY_PARTS))})(?!\w)) )
    (?: \s?(?:{_either(_CLOCK_WORDS)})(?!\w) )?
    (?: \s?(?:(?P<morning>{_either(_MORNING)})|(?P<afternoon>{_either(_AFTERNOON)})
        |(?P<noon>{_either(_NOON)})|(?P<night>{_either(_NIGHT)}))(?!\w) )?
    (?: \s?\(?(?:ب?توقيت\s)?
        (?: (?:gmt|utc?)?\s?(?P<sign>[+-])(?P<hours>\d\d?)(?::?(?P<minutes>\d\d))?(?!\d)
          | (?P<zone>{_either(ZONES)})(?!\w) ) )?
"""
_BETWEEN = rf"(?: [^\w+] | (?<![^\W\d_])(?:{_either(_LINKS)})(?![^\W\d_]) )*"
_TIME_AFTER = re.compile(_BETWEEN + _TIME, re.VERBOSE)
_TIME_BEFORE = re.compile(rf"{_TIME} {_BETWEEN} (?:[^\W\d_]+\W*)? $", re.VERBOSE)  # day's name

# Machine-written forms; ``fromisoformat`` accepts more, which nobody writes.
_ISO = re.compile(
    r"(?:19|20)\d\d-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{3}(?:\d{3})?)?)?(?:Z|[+-]\d\d:?\d\d)?",
    re.ASCII,
)

_SERIALIZED = re.compile(r"^/date\((\d{10,13})(?:[+-]\d{4})?\)/$")
""".NET's form of a time: "/Date(1711206300000)/"."""
_LONGEST = 300
"""Maximum number of characters of a string that are searched."""
_FIRST_SHORT_YEAR = 70
"""Two-digit years from here on are in the last century: no outlet's pages are older."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A timestamp and its precision, ``day`` or ``second``."""

    when: datetime
    """Timezone-aware; 00:00 in the given zone if only the day was printed."""
    precision: Literal["day", "second"]
    """``day`` when only the date was printed, ``second`` when there was a time with it."""

    def iso(self) -> str:
        """Return the timestamp in ISO 8601 to the second, with offset."""
        return self.when.isoformat(timespec="seconds")


def parse_date(value: str | float, zone: tzinfo) -> Moment | None:
    """Parse the first date of a string, or a number of seconds or milliseconds since 1970.

    Supported are ISO 8601 and RFC 822 with common deviations, ``YYYYMMDD``, numeric dates and
    those with a month name of ``MONTHS``, with or without a day name, a time and a zone.

    Args:
        value: The printed text; words around the date are ignored.
        zone: Time zone of times without an offset, and of the result.

    Returns:
        ``None`` if there is no date, an impossible one, or one outside ``FIRST_YEAR`` to
        ``LAST_YEAR``. Never raises.

    >>> from zoneinfo import ZoneInfo
    >>> rabat = ZoneInfo("Africa/Casablanca")  # UTC, but for Ramadan: UTC+1
    >>> parse_date("Publié le 29 - 03 - 2024", rabat).iso()
    '2024-03-29T00:00:00+00:00'
    >>> parse_date("الأربعاء ٢٧ شتنبر 2023 على الساعة 14:30", rabat).iso()
    '2023-09-27T14:30:00+01:00'
    >>> parse_date("2024-03-29T23:30:00Z", ZoneInfo("Asia/Riyadh")).iso()
    '2024-03-30T02:30:00+03:00'
    """
    if not isinstance(value, str):
        return _epoch(value, zone)
    if _ISO.fullmatch(value) and (when := _machine_written(value, zone)):
        return Moment(when, "second")
    return _printed(value[:_LONGEST], zone)


@lru_cache(maxsize=4096)
def _printed(value: str, zone: tzinfo) -> Moment | None:
    """Parse a printed date; cached, as each date of a page is looked at several times."""
    text = _SERIALIZED.sub(r"\1", fold(value).strip())
    if text.isdigit() and len(text) in (10, 13):
        return _epoch(int(text), zone)
    for form, rewritten in _REWRITES:
        if form.search(text):  # faster than a substitution without a match
            text = form.sub(rewritten, text)
    found = [match for form in _DATES if (match := _first(form, text))]
    if not found:
        return None
    match = min(found, key=re.Match.start)
    time = _TIME_AFTER.match(text, match.end()) or _TIME_BEFORE.search(text[: match.start()])
    try:
        day = _day(match)
        when = _with_time(day, time, zone) if time else day.replace(tzinfo=zone)
        when = when.astimezone(zone)
    except (ValueError, OverflowError):
        return None
    return Moment(when, "second" if time else "day")


def days_between(a: datetime, b: datetime) -> int:
    """Return the days from the calendar day of ``b`` to that of ``a``, each in its own zone.

    >>> from datetime import UTC
    >>> days_between(datetime(2024, 3, 1, 1, tzinfo=UTC), datetime(2024, 2, 28, 23, tzinfo=UTC))
    2
    """
    return (a.date() - b.date()).days


def _machine_written(value: str, zone: tzinfo) -> datetime | None:
    """Parse a complete ISO 8601 timestamp; ``None`` if it is invalid."""
    try:
        when = datetime.fromisoformat(value).replace(microsecond=0)
        return (when if when.tzinfo else when.replace(tzinfo=zone)).astimezone(zone)
    except (ValueError, OverflowError):
        return None


def _epoch(value: float, zone: tzinfo) -> Moment | None:
    """Parse a number: ten digits are seconds, thirteen milliseconds, eight a date."""
    if 1e9 <= value < 1e10:
        seconds = float(value)
    elif 1e12 <= value < 1e13:
        seconds = value / 1000
    else:
        return (
            parse_date(str(value), zone) if isinstance(value, int) and 1e7 <= value < 1e8 else None
        )
    when = datetime.fromtimestamp(int(seconds), zone)
    return Moment(when, "second") if when.year <= LAST_YEAR else None


def _first(form: re.Pattern[str], text: str) -> re.Match[str] | None:
    """Return the first match with a valid month."""
    for match in form.finditer(text):
        if _month(match):
            return match
    return None


def _month(match: re.Match[str]) -> int | None:
    """Return the month of a match; ``None`` if it is invalid or two names differ."""
    name = match["month"]
    if name.isdigit():
        return int(name)
    number = _MONTH_NUMBERS.get(name)
    again = match["again"]
    return None if again and _MONTH_NUMBERS.get(again) != number else number


def _day(match: re.Match[str]) -> datetime:
    """Return naive midnight of a matched day; raise ``ValueError`` for an impossible one."""
    year, month, day = int(match["year"]), _month(match) or 0, int(match["day"])
    if year < 100:
        year += 1900 if year >= _FIRST_SHORT_YEAR else 2000
    day_first = match.start("day") < match.start("month") and match["month"].isdigit()
    if day_first and month > 12 >= day:
        month, day = day, month
    return datetime(year, month, day)  # noqa: DTZ001, the zone follows from the time


def _with_time(day: datetime, time: re.Match[str], zone: tzinfo) -> datetime:
    hour = int(time["hour"])
    if time["afternoon"] and hour < 12:
        hour += 12
    elif (time["morning"] or time["night"]) and hour == 12:
        hour = 0
    elif (time["noon"] and hour < 6) or (time["night"] and 6 <= hour < 12):
        hour += 12
    when = day.replace(hour=hour, minute=int(time["minute"] or 0), second=int(time["second"] or 0))
    if time["zone"]:
        return when.replace(tzinfo=timezone(timedelta(hours=ZONES[time["zone"]])))
    if time["sign"]:
        offset = timedelta(hours=int(time["hours"]), minutes=int(time["minutes"] or 0))
        return when.replace(tzinfo=timezone(-offset if time["sign"] == "-" else offset))
    return when.replace(tzinfo=zone)
