"""Spider arguments: accepted values, and the messages for wrong ones."""

import re
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from newscrawl.aggregator.sites import SITES
from newscrawl.errors import ArgumentError
from newscrawl.spiders.arguments import Arguments

SITE = SITES["maghress"]


def parse(**given: str) -> Arguments:
    return Arguments.parse(SITE, given)


def test_no_arguments_means_all_new_articles() -> None:
    arguments = parse()
    assert arguments.editions == ("ar", "fr")
    assert arguments.follow
    assert arguments.limit is None
    assert arguments.wants(date(1999, 1, 1))


def test_lists_lose_blanks_and_duplicates() -> None:
    assert parse(outlets=" lopinion, liberation,,lopinion").outlets == ("lopinion", "liberation")
    assert parse(authors="Res Publica II Débat,سعيد").authors == ("Res Publica II Débat", "سعيد")


def test_days_and_times_before_today() -> None:
    today = datetime.now(ZoneInfo(SITE.zone)).date()
    assert parse(since="2024-01-31").since == date(2024, 1, 31)
    assert parse(since="7d").since == today - timedelta(days=7)
    assert parse(since="2w", until="1d").wants(today - timedelta(days=1))
    assert not parse(until="1d").wants(today)


def test_urls_in_any_spelling_from_a_list_or_a_file(tmp_path: Path) -> None:
    listed = parse(urls="http://maghress.com/kech24/1?x=y,https://www.maghress.com/kech24/1/")
    assert [key.id for key in listed.urls] == ["maghress:ar/kech24/1"]
    file = tmp_path / "urls.txt"
    file.write_text("# mine\n\nhttps://www.maghress.com/fr/lopinion/36897\n", "utf-8-sig")
    assert [key.id for key in parse(urls=str(file)).urls] == ["maghress:fr/lopinion/36897"]


def test_id_ranges_are_lazy() -> None:
    (numbers,) = parse(ids="lopinion:1-999999999999", editions="fr").ids
    assert next(iter(numbers)) == "1"
    assert (numbers.first, numbers.last) == (1, 999_999_999_999)
    assert list(parse(ids="lopinion:7", editions="fr").ids[0]) == ["7"]


def test_scrapyd_names_its_job_in_an_argument() -> None:
    assert Arguments.parse(SITE, {"_job": "1", "limit": "3"}).limit == 3


WRONG = {
    "outlet": ("lopinion", "no such argument"),
    "editions": ("en", "allowed: ar, fr"),
    "outlets": ("L'Opinion", "lower-case letters"),
    "sections": ("a/b", "lower-case letters"),
    "since": ("yesterday", "2024-01-31"),
    "until": ("2024-02-30", "is not a date"),
    "urls": ("https://www.masress.com/alkahera/344", "not an article URL of maghress"),
    "ids": ("lopinion:9-1", "is reversed; did you mean lopinion:1-9?"),
    "follow": ("maybe", "yes, no"),
    "limit": ("0", "1 or more"),
    "authors": ("", "is empty"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_is_named_with_what_is_allowed(name: str) -> None:
    value, told = WRONG[name]
    with pytest.raises(ArgumentError) as caught:
        parse(**{name: value})
    message = str(caught.value)
    assert name in message
    assert value in message
    assert told in message


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"since": "2024-02-01", "until": "2024-01-01"}, "is after until=2024-01-01"),
        ({"ids": "lopinion:1-9"}, "editions=ar|fr"),
        ({"urls": "https://www.maghress.com/kech24/1", "outlets": "kech24"}, "leave out outlets"),
        ({"ids": "lopinion:1-9", "editions": "fr", "authors": "x"}, "leave out authors"),
        ({"urls": "nowhere.txt"}, "neither a URL nor a file"),
        ({"again": "yes", "outlets": "kech24"}, "is for urls"),
    ],
)
def test_arguments_that_do_not_go_together(given: dict[str, str], told: str) -> None:
    with pytest.raises(ArgumentError, match=re.escape(told)):
        parse(**given)


def test_a_wrong_line_of_a_file_is_found(tmp_path: Path) -> None:
    file = tmp_path / "urls.txt"
    file.write_text("https://www.maghress.com/kech24/1\nkech24/2\n", "utf-8")
    with pytest.raises(ArgumentError, match=r"urls.txt, line 2: kech24/2"):
        parse(urls=str(file))
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ArgumentError, match="neither a URL nor a file"):
        parse(urls=str(file))
    file.write_text("\n")
    with pytest.raises(ArgumentError, match="holds no URL"):
        parse(urls=str(file))
