from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newscrawl.text.dates import MONTHS, Moment, days_between, parse_date

RABAT = ZoneInfo("Africa/Casablanca")  # UTC+1, in Ramadan UTC
CAIRO = ZoneInfo("Africa/Cairo")

NAMES = [
    pytest.param(name, number, id=f"{system}: {name}")
    for system, names in MONTHS.items()
    for number, name in enumerate(names, start=1)
]


def iso(value: str | float, zone: ZoneInfo = RABAT) -> str | None:
    timestamp = parse_date(value, zone)
    return timestamp.iso() if timestamp else None


def test_every_system_names_twelve_months() -> None:
    assert {system: len(names) for system, names in MONTHS.items() if len(names) != 12} == {}


@pytest.mark.parametrize(("name", "number"), NAMES)
def test_every_month_name(name: str, number: int) -> None:
    expected = Moment(datetime(2024, number, 15, tzinfo=UTC), "day")
    forms = "15 {} 2024", "{} 15, 2024", "الخميس 15 {} 2024 م", "15-{}-2024", "le 15 {}, 2024"
    for form in forms:
        for spelling in (name, name.upper(), name.title()):
            assert parse_date(form.format(spelling), UTC) == expected, form


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("janv.", 1), ("févr.", 2), ("avr.", 4), ("juil.", 7), ("sept.", 9), ("déc.", 12),
        ("Jan", 1), ("Mar", 3), ("Aug", 8), ("Oct", 10), ("Dez.", 12), ("mrt", 3), ("ago", 8),
        ("ايار", 5), ("نيسان", 4), ("اغسطس", 8), ("إبريل", 4), ("جويليه", 7), ("افريل", 4),
        ("تشرين اول", 10), ("كانون ثاني", 1), ("ماى", 5), ("اكتوبر", 10), ("أَبْرِيل", 4),
        ("أيلول/سبتمبر", 9), ("مارس (آذار)", 3), ("تشرين الأول / أكتوبر", 10),
    ],
)  # fmt: skip
def test_short_and_other_spellings(name: str, number: int) -> None:
    assert iso(f"15 {name} 2024", ZoneInfo("UTC")) == f"2024-{number:02}-15T00:00:00+00:00"


@pytest.mark.parametrize("name", ["jui", "ma", "xyz", "ربيع الأول", "آذار/نيسان", "decisions"])
def test_no_month(name: str) -> None:
    assert parse_date(f"15 {name} 2024", UTC) is None


DAYS = """
29 - 03 - 2024
29-03-2024
29/03/2024
29/3/2024
29.3.2024
29. 3. 2024
29.03.24
29/3/24
29\u00a0-\u00a003\u00a0- 2024
\u200f٢٩ - ٠٣ - ٢٠٢٤
۲۹/۰۳/۲۰۲۴
03/29/2024
2024-03-29
2024/3/29
2024.03.29
2024. 3. 29.
2024年3月29日
2024년 3월 29일
20240329
2024-03-29+01:00
vendredi 29 mars 2024
Publié le vendredi 29 mars 2024 par A. B.
29th of March 2024
March 29th, 2024
Friday, March 29, 2024
29 de marzo de 2024
29. März 2024
الجمعة، 29 مارس، 2024
19 رمضان 1445 هـ الموافق 29 مارس 2024
19 رمضان 1445هـ - 29 آذار 2024م
19/09/1445 - 29/03/2024
29 mars 2024 - 3 min de lecture
""".strip().splitlines()


@pytest.mark.parametrize("printed", DAYS)
def test_days(printed: str) -> None:
    assert parse_date(printed, RABAT) == Moment(datetime(2024, 3, 29, tzinfo=RABAT), "day")


@pytest.mark.parametrize("number", [20240329])
def test_day_as_a_number(number: int) -> None:
    assert parse_date(number, RABAT) == Moment(datetime(2024, 3, 29, tzinfo=RABAT), "day")


MINUTES = """
29 - 03 - 2024 14:30
29/03/2024 à 14h30
29/03/2024, 14 h 30
2024-03-29 14:30
2024-03-29T14:30
2024-03-29T14:30:00
2024-03-29T14:30:00.000
2024-03-29T14:30:00.123456789
2024-03-29T14:30:00,5
20240329143000
20240329T143000
vendredi 29 mars 2024 à 14h30
29 mars 2024 | 14:30
29 mars 2024 (14:30)
29 mars 2024 à 14:30, mis à jour le 30 mars 2024 à 15:00
14:30 - 29/03/2024
14h30, vendredi 29 mars 2024
March 29, 2024 at 2:30 PM
March 29, 2024, 2:30 p.m.
29 March 2024 2.30pm
29. März 2024, 14.30 Uhr
29 مارس 2024 الساعة 14:30
29 مارس 2024 على الساعة 2:30 م
29 مارس 2024م - 2:30 مساءً
الجمعة ٢٩ مارس ٢٠٢٤ ٠٢:٣٠ م
مارس 29, 2024 2:30 م
2:30 م، الجمعة 29 مارس 2024
2024年3月29日 14:30
""".strip().splitlines()


@pytest.mark.parametrize("printed", MINUTES)
def test_local_times(printed: str) -> None:
    local = datetime(2024, 3, 29, 14, 30, tzinfo=RABAT)
    assert parse_date(printed, RABAT) == Moment(local, "second")


INSTANTS = """
2024-03-29T10:11:12Z
2024-03-29T10:11:12.345Z
2024-03-29T11:11:12+01:00
2024-03-29T11:11:12+0100
2024-03-29T11:11:12+01
2024-03-29 11:11:12 +0100
2024-03-29 05:11:12 -05:00
2024-03-29 11:11:12 GMT+1
2024-03-29 11:11:12 UTC+01:00
2024-03-29 10:11:12 UTC
20240329T101112Z
Fri, 29 Mar 2024 10:11:12 GMT
Fri, 29 Mar 2024 10:11:12 +0000
Fri, 29 Mar 2024 11:11:12 +0100
29 Mar 2024 05:11:12 EST
Fri Mar 29 2024 11:11:12 GMT+0100 (CET)
Fri Mar 29 11:11:12 CET 2024
Fri Mar 29 10:11:12 +0000 2024
29 مارس 2024 10:11:12 بتوقيت غرينتش
1711707072
1711707072000
1711707072999
""".strip().splitlines()


@pytest.mark.parametrize("printed", INSTANTS)
def test_instants_are_kept_and_shown_in_the_zone(printed: str) -> None:
    instant = datetime(2024, 3, 29, 10, 11, 12, tzinfo=UTC)
    timestamp = parse_date(printed, CAIRO)
    assert timestamp == Moment(instant, "second")
    assert timestamp.iso() == "2024-03-29T12:11:12+02:00"


def test_epoch_numbers() -> None:
    assert iso(1711707072, CAIRO) == iso(1711707072.9, CAIRO) == iso(1711707072000, CAIRO)
    assert iso(1711707072) == "2024-03-29T10:11:12+00:00"


def test_morocco_changes_its_offset_at_ramadan() -> None:
    assert iso("10/03/2024") == "2024-03-10T00:00:00+01:00"
    assert iso("12/03/2024") == "2024-03-12T00:00:00+00:00"
    assert iso("15/04/2024") == "2024-04-15T00:00:00+01:00"


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("02/03/2019", "2019-03-02"),
        ("12 - 10 - 2019", "2019-10-12"),
        ("12/31/2019", "2019-12-31"),
        ("31/12/2019", "2019-12-31"),
        ("01-13-2020", "2020-01-13"),
        ("02/03/19", "2019-03-02"),
        ("02.03.98", "1998-03-02"),
    ],
)
def test_the_day_comes_first_unless_impossible(printed: str, expected: str) -> None:
    assert (iso(printed) or "")[:10] == expected


@pytest.mark.parametrize(
    ("printed", "hour"),
    [("12:05 AM", 0), ("12:05 PM", 12), ("12:05 ص", 0), ("12:05 ظهرا", 12), ("1:05 ص", 1),
     ("11:05 مساءً", 23), ("13:05 م", 13)],
)  # fmt: skip
def test_halves_of_the_day(printed: str, hour: int) -> None:
    timestamp = parse_date(f"29/03/2024 {printed}", UTC)
    assert timestamp is not None
    assert (timestamp.when.hour, timestamp.when.minute) == (hour, 5)


NO_DATES = """

hier
il y a 2 heures
منذ ساعتين
29 mars
mars 2024
2024
29/03
29-03-24
1.29.3.24
29/03/24/1
29.03/24
31/02/2024
29/02/2023
32/01/2024
00/00/0000
0000-00-00 00:00:00
2024-13-01
2019-31-12
29 mars 1850
29/03/2150
19 رمضان 1445
N° 29032024
123456789
12345678901234567890
+212 522 29 03 20 24
""".splitlines()


@pytest.mark.parametrize("printed", NO_DATES)
def test_no_dates(printed: str) -> None:
    assert parse_date(printed, RABAT) is None


@pytest.mark.parametrize(
    "number",
    [0, -1, True, 20241399, 10**400, 1e9 - 1, 9_999_999_999, 1e300, float("nan"), float("inf")],
)
def test_no_epochs(number: float) -> None:
    assert parse_date(number, RABAT) is None


@pytest.mark.parametrize("printed", ["29/03/2024 25:99", "29/03/2024 24:00", "29 mars 2024 à midi"])
def test_an_invalid_time_leaves_the_day(printed: str) -> None:
    timestamp = parse_date(printed, RABAT)
    assert timestamp is not None
    assert (timestamp.precision, timestamp.when.hour) == ("day", 0)


def test_days_between_counts_calendar_days() -> None:
    late = datetime(2024, 3, 1, 23, tzinfo=RABAT)
    early = datetime(2024, 3, 2, 1, tzinfo=RABAT)
    assert (days_between(early, late), days_between(late, early), days_between(late, late)) == (
        1,
        -1,
        0,
    )


day = st.datetimes(datetime(1900, 1, 1), datetime(2100, 12, 31)).map(  # noqa: DTZ001
    lambda when: when.replace(microsecond=0)
)


@given(day, st.sampled_from(sorted(MONTHS)), st.sampled_from(["{d} {m} {y}", "{m} {d}, {y}"]))
def test_every_day_is_parsed_back_from_words(when: datetime, system: str, form: str) -> None:
    printed = form.format(d=when.day, m=MONTHS[system][when.month - 1], y=when.year)
    expected = when.replace(hour=0, minute=0, second=0, tzinfo=UTC)
    assert parse_date(printed, UTC) == Moment(expected, "day")


@given(
    day,
    st.sampled_from(
        ["%d/%m/%Y %H:%M:%S", "%d - %m - %Y à %Hh%M", "%Y-%m-%dT%H:%M:%S", "%Y%m%d%H%M%S",
         "%d.%m.%Y, %I:%M %p", "%H:%M - %d/%m/%Y"]
    ),
)  # fmt: skip
def test_numeric_timestamps_round_trip(when: datetime, form: str) -> None:
    timestamp = parse_date(when.strftime(form), UTC)
    expected = when if "%S" in form else when.replace(second=0)
    assert timestamp == Moment(expected.replace(tzinfo=UTC), "second")


@given(day, st.integers(-14 * 4, 14 * 4), st.sampled_from([RABAT, CAIRO, UTC]))
def test_iso_dates_round_trip(when: datetime, quarters: int, zone: ZoneInfo) -> None:
    aware = when.replace(tzinfo=timezone(timedelta(minutes=15 * quarters)))
    read = parse_date(aware.isoformat(), zone)
    assert read is not None
    # Python calls a repeated hour of one zone unequal to the same time in another zone.
    assert (read.when.timestamp(), read.precision) == (aware.timestamp(), "second")


@given(st.text() | st.text("0123456789/-:. TZم+٢٠٣") | st.integers() | st.floats())
def test_no_input_raises(value: str | float) -> None:
    timestamp = parse_date(value, RABAT)
    if timestamp:
        assert parse_date(timestamp.iso(), RABAT) == Moment(timestamp.when, "second")


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("2 mai 2024 à 16 heures 05", "2024-05-02T16:05:00+01:00"),
        ("2 mai 202416:40", "2024-05-02T16:40:00+01:00"),
        ("2 ماي 2024 - 11:40 ظهراً", "2024-05-02T11:40:00+01:00"),
        ("2 ماي 2024 - 1:40 ظهراً", "2024-05-02T13:40:00+01:00"),
        ("2 ماي 2024 - 10:40 ليلا", "2024-05-02T22:40:00+01:00"),
        ("2 ماي 2024 - 1:40 ليلا", "2024-05-02T01:40:00+01:00"),
        ("7 كانون 2 2024", "2024-01-07T00:00:00+01:00"),
        ("7 كانون ثان 2024", "2024-01-07T00:00:00+01:00"),
        ("7 ك2 2024", "2024-01-07T00:00:00+01:00"),
        ("7 ت1 2024", "2024-10-07T00:00:00+01:00"),
        ("1 er mars 2024", "2024-03-01T00:00:00+01:00"),
        ("23 mars 2024, 14 heures et 05 minutes", "2024-03-23T14:05:00+00:00"),
        ("28.09.1912:44", "2019-09-28T12:44:00+01:00"),
        ("23 March 2024 19:05 GST", "2024-03-23T15:05:00+00:00"),
        ("/Date(1711206300000)/", "2024-03-23T15:05:00+00:00"),
        ("تشرين 1 7, 2023", "2023-10-07T00:00:00+01:00"),
        ("Thu, 02 May 24 18:40:00 AST", "2024-05-02T16:40:00+01:00"),
        ("2 May 2024 6:40 PM Mecca time", "2024-05-02T16:40:00+01:00"),
        ("2 ماي 2024 الموافق 23 شوال 1445 هـ 16:40", "2024-05-02T16:40:00+01:00"),
        ("1445-10-23 / 2024-05-02", "2024-05-02T00:00:00+01:00"),
    ],
)
def test_hours_in_words_and_hijri_with_gregorian_dates(printed: str, expected: str) -> None:
    timestamp = parse_date(printed, ZoneInfo("Africa/Casablanca"))
    assert timestamp
    assert timestamp.iso() == expected
