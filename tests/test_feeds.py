"""RSS feeds that are not well-formed are parsed; entity declarations are refused."""

import codecs
import time
from contextlib import suppress

import pytest

from newscrawl.aggregator.rss import MAX_ENTRIES, read_feed
from newscrawl.errors import FeedError

URL = "https://www.maghress.com/fr/rss"
ITEM = (
    "<item><title>{title}</title><link>https://www.maghress.com/fr/phare/{number}</link>"
    "<pubDate>Sat, 23 Mar 2024 15:21:41 +0100</pubDate></item>"
)
ARABIC = "قوارب القرية القديمة تعود إلى الميناء بعد توقف دام سنتين"


def feed(*titles: str) -> str:
    items = "".join(ITEM.format(title=title, number=n) for n, title in enumerate(titles, 1))
    return f'<?xml version="1.0" encoding="UTF-8"?><rss><channel>{items}</channel></rss>'


def titles(body: bytes) -> list[str]:
    return [entry.title for entry in read_feed(body, URL)]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (feed("L&rsquo;eau&nbsp;: un").encode(), ["L’eau : un"]),
        (feed("Port & phare", "Deux").encode(), ["Port & phare", "Deux"]),
        (feed("Phare&#11; un", "A &inconnu; B").encode(), ["Phare un", "A &inconnu; B"]),
        (feed("<![CDATA[Port & phare]]>", "x & y").encode(), ["Port & phare", "x & y"]),
        (feed("Été \ue000 un").encode().replace(b"\xee\x80\x80", b"\xff"), ["Été \ufffd un"]),
        (feed(ARABIC).encode("cp1256"), [ARABIC]),
        (feed("Un").replace("UTF-8", "klingon").encode(), ["Un"]),
        (codecs.BOM_UTF8 + b"\r\n" + feed("Un").encode(), ["Un"]),
        (b"<br />\n<b>Warning</b>: mysql_connect() in /srv/a.php" + feed("Un").encode(), ["Un"]),
        (feed("Un", "Deux").encode()[:-60], ["Un"]),
        (feed("Un").replace("<title>", "<media:title>M</media:title><title>").encode(), ["Un"]),
        (feed("").replace("</item>", "<media:title>M</media:title></item>").encode(), ["M"]),
        (feed("Été à Fès").replace("UTF-8", "ISO-8859-1").encode(), ["Été à Fès"]),
        (feed("Un<br>deux", "Trois").encode(), ["Un deux", "Trois"]),
        (feed("2 < 3", "Port & phare").encode(), ["2 < 3", "Port & phare"]),
        (feed("Un & deux").replace("<rss>", "<rss version=2.0>").encode(), ["Un & deux"]),
    ],
)
def test_a_malformed_rss_feed_gives_its_intact_entries(body: bytes, expected: list[str]) -> None:
    assert titles(body) == expected


def test_an_own_title_is_preferred_and_a_date_of_another_vocabulary_is_parsed() -> None:
    names = 'xmlns:media="http://search.yahoo.com/mrss/" xmlns:dcterms="http://purl.org/dc/terms/"'
    text = feed("Un").replace("<rss>", f"<rss {names}>")
    text = text.replace("<title>", "<media:title>Image</media:title><title>")
    text = text.replace("pubDate>", "dcterms:issued>")
    (entry,) = read_feed(text.encode(), URL)
    assert entry.title == "Un"
    assert entry.published is not None


@pytest.mark.parametrize("name", ["dcterms:created", "dcterms:modified", "dc:date", "updated"])
def test_other_vocabularies_date_an_entry(name: str) -> None:
    (entry,) = read_feed(feed("Un").replace("pubDate>", f"{name}>").encode(), URL)
    assert entry.published is not None
    assert entry.published.iso() == "2024-03-23T14:21:41+00:00"


@pytest.mark.parametrize("title", ["&a;", "& &a;"])
def test_entities_are_never_expanded(title: str) -> None:
    declared = '<!DOCTYPE rss [<!ENTITY a "aaaa">]><rss>'
    with pytest.raises(FeedError, match="without entity"):
        titles(feed(title).replace("<rss>", declared).encode())


def wrapped(content: str) -> str:
    return feed("Un").replace("<title>", content + "<title>", 1)


HOSTILE = {
    "empty links": wrapped("<link></link>" * 70_000),
    "links elsewhere": wrapped("<link>https://a.example/b</link>" * 30_000),
    "entries": feed(*["x"] * 6_000),
    "small entries": feed("Un").replace("</channel>", "<item/>" * 140_000 + "</channel>"),
    "nested titles": wrapped("<title> " * 60_000 + "</title>" * 60_000),
    "nested entries": wrapped("<item>" * 70_000 + "</item>" * 70_000),
    "nested entries, malformed": wrapped("<br>" + "<item>" * 70_000),
    "dates": wrapped(f"<date>{'1 ' * 500_000}</date>"),
    "dates within dates": wrapped("<dc:date><updated><issued>1 " * 30_000),
    "tags in a text": wrapped(f"<description>{'&lt;b a=1&gt;' * 80_000}</description>"),
    "references": wrapped("&a" * 400_000),
    "open comments": wrapped("<!--" * 200_000),
    "open data": wrapped("<![CDATA[" * 100_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_feed_is_parsed_in_bounds(name: str) -> None:
    begin = time.process_time()
    with suppress(FeedError):
        assert len(read_feed(HOSTILE[name].encode(), URL)) <= MAX_ENTRIES
    assert time.process_time() - begin < 1.5
