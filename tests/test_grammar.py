"""URL grammar of the network: every spelling of an article's URL gives one key."""

from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newscrawl.aggregator.sites import SITES, Site
from newscrawl.aggregator.urls import (
    SECTIONS,
    Address,
    ArticleKey,
    Kind,
    author_url,
    classify,
    feed_url,
    home_url,
    is_slug,
    listing_url,
    parse_article_id,
    parse_article_url,
)
from newscrawl.items import Edition

EDITIONS: list[Edition] = ["ar", "fr", "en"]
sites = st.sampled_from(sorted(SITES.values(), key=lambda site: site.name))
editions = st.sampled_from(EDITIONS)
slugs = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,20}", fullmatch=True).filter(is_slug)
outlets = slugs.filter(lambda slug: slug not in SECTIONS)
keys = st.builds(
    ArticleKey,
    sites.map(lambda site: site.name),
    editions,
    outlets,
    st.from_regex(r"[0-9]{1,12}", fullmatch=True),
)

SAME = [
    "https://www.maghress.com/fr/lopinion/36897",
    "http://maghress.com/fr/lopinion/36897",
    "HTTPS://WWW.Maghress.COM/FR/Lopinion/36897",
    "https://www.maghress.com:443/fr/lopinion/36897",
    "http://maghress.com:80/fr/lopinion/36897",
    "https://www.maghress.com./fr/lopinion/36897",
    "//www.maghress.com/fr/lopinion/36897",
    "www.maghress.com/fr/lopinion/36897",
    "maghress.com/fr/lopinion/36897",
    " https://www.maghress.com/fr/lopinion/36897\n",
    "https://www.maghress.com/fr/lopinion/36897/",
    "https://www.maghress.com//fr///lopinion/36897//",
    "https://www.maghress.com/fr/./lopinion/../lopinion/36897",
    "https://www.maghress.com/fr/lopinion/36897;jsessionid=1A2B",
    "https://www.maghress.com/fr;x=1/lopinion;y=2/36897",
    "https://www.maghress.com/fr/lopinion/36897?utm_source=rss&x=/a/b",
    "https://www.maghress.com/fr/lopinion/36897#comments/2",
    "https://www.maghress.com/fr/lopinion/36897?",
    "https://www.maghress.com/%66r/%6Copinion/3689%37",
    "https://www.maghress.com/fr%2Flopinion%2F36897",
    "https://www.maghress.com/fr/lopinion/36897%3Futm_source=rss%26x=/a/b",
    "https%3A%2F%2Fwww.maghress.com%2Ffr%2Flopinion%2F36897",
    "https%253A%252F%252Fwww.maghress.com%252Ffr%252Flopinion%252F36897",
    "https://www.maghress.com/fr/lopinion/36897%E2%80%8F",
    "\u200fhttps://www.maghress.com/fr/lopinion/36897\u200e",
    "https:\\\\www.maghress.com\\fr\\lopinion\\36897",
    "https://user:password@www.maghress.com/fr/lopinion/36897",
]
NONE = [
    "",
    "36897",
    "lopinion/36897",
    "https://www.maghress.com",
    "https://www.maghress.com/fr",
    "https://www.maghress.com/fr/lopinion",
    "https://www.maghress.com/fr/lopinion/rss",
    "https://www.maghress.com/fr/rss",
    "https://www.maghress.com/36897",
    "https://www.maghress.com/fr/36897",
    "https://www.maghress.com/fr/lopinion/36897/2",
    "https://www.maghress.com/fr/lopinion/a36897",
    "https://www.maghress.com/fr/lopinion/-36897",
    "https://www.maghress.com/fr/lopinion/3689.7",
    "https://www.maghress.com/fr/lopinion/٣٦٨٩٧",
    "https://www.maghress.com/fr/lopinion/" + "1" * 21,
    "https://www.maghress.com/fr/l'opinion/36897",
    "https://www.maghress.com/author/2024",
    "https://www.maghress.com/politics/2",
    "https://www.maghress.com/video/3578168",
    "https://www.maghress.com/search/2024",
    "https://images2.maghress.com/kech24/838874",
    "https://m.maghress.com/kech24/838874",
    "https://www.maghress.com:8080/kech24/838874",
    "https://www.maghress.org/kech24/838874",
    "https://www.maghress.com.example.org/kech24/838874",
    "https://notmaghress.com/kech24/838874",
    "https://example.org/https://www.maghress.com/kech24/838874",
    "https://example.org/?u=https%3A%2F%2Fwww.maghress.com%2Fkech24%2F838874",
    "https://www.maghress.com@example.org/kech24/838874",
    "mailto:editor@www.maghress.com/kech24/838874",
    "javascript://www.maghress.com/kech24/838874",
    "ftp://www.maghress.com/kech24/838874",
    "http://[::1/kech24/838874",
    "https://[www.maghress.com]/kech24/838874",
]


@pytest.mark.parametrize("url", SAME)
def test_every_spelling_is_one_key(url: str) -> None:
    assert parse_article_url(url) == ArticleKey("maghress", "fr", "lopinion", "36897")


@pytest.mark.parametrize("url", NONE)
def test_other_urls_are_not_article_urls(url: str) -> None:
    assert parse_article_url(url) is None


def test_arabic_is_the_edition_without_a_prefix() -> None:
    key = ArticleKey("maghress", "ar", "kech24", "838874")
    for url in ("https://www.maghress.com/kech24/838874", "https://maghress.com/ar/kech24/838874"):
        assert parse_article_url(url) == key
    assert (key.id, key.url) == (
        "maghress:ar/kech24/838874",
        "https://www.maghress.com/kech24/838874",
    )


def test_leading_zeros_are_kept() -> None:
    key = parse_article_url("https://www.djazairess.com/fr/lemidi/0070825")
    assert key
    assert key.number == "0070825"


@given(keys)
def test_key_url_and_id_are_equivalent(key: ArticleKey) -> None:
    assert parse_article_url(key.url) == key
    assert parse_article_id(key.id) == key


@given(
    key=keys,
    scheme=st.sampled_from(["http://", "https://", "HTTPS://", "//", ""]),
    www=st.sampled_from(["", "www.", "WWW."]),
    port=st.sampled_from(["", ":80", ":443"]),
    slashes=st.integers(1, 3),
    tail=st.sampled_from(["", "/", "?a=b", "#c", ";d=e", "/?a=b#c", "%3Fa"]),
    encodings=st.integers(0, 3),
)
def test_spelling_variants_are_equal(
    key: ArticleKey, scheme: str, www: str, port: str, slashes: int, tail: str, encodings: int
) -> None:
    prefix = "" if key.edition == "ar" else f"{key.edition}/"
    path = f"/{prefix}{key.outlet}/{key.number}".replace("/", "/" * slashes)
    for _ in range(encodings):
        path = "/" + quote(path[1:], safe="")
    assert parse_article_url(f"{scheme}{www}{key.site.host.title()}{port}{path}{tail}") == key


@given(st.one_of(st.text(), st.text().map(lambda text: f"https://www.maghress.com/{text}")))
@example("https://www.maghress.com/\ud800/1")
@example("https://www.maghress.com/" + "%25" * 1_000)
@example("https://www.maghress.com/" + "/../" * 900)
def test_no_string_raises(url: str) -> None:
    address = classify(url)
    key = parse_article_url(url)
    assert (key is None) == (address is None or address.kind != "article")
    if key:
        assert parse_article_url(key.url) == key


@given(st.text())
@example("maghress:fr/lopinion")
@example("maghress:de/lopinion/36897")
@example("maghress:fr/author/36897")
@example("hespress:ar/lopinion/36897")
@example("maghress:fr/Lopinion/36897")
def test_invalid_article_ids_are_refused(identifier: str) -> None:
    with pytest.raises(ValueError, match="not an article id"):
        parse_article_id(identifier)


@given(sites, editions, slugs)
def test_built_urls_are_understood(site: Site, edition: Edition, slug: str) -> None:
    listing: Kind = "section" if slug in SECTIONS else "outlet"
    named: list[tuple[str, Kind, str]] = [
        (home_url(site, edition), "home", ""),
        (feed_url(site, edition), "feed", ""),
        (feed_url(site, edition, slug), "feed", slug),
        (listing_url(site, edition, slug), listing, slug),
    ]
    for url, kind, name in named:
        assert classify(url) == Address(site, edition, kind, name)


NAME = st.text(st.characters(categories=("L", "N"), include_characters=" '-"), min_size=1)


@given(sites, editions, NAME.filter(str.strip))
@example(SITES["djazairess"], "fr", "Res Publica II Débat")
@example(SITES["sauress"], "ar", "عثمان أنور علي البهاسي")
@example(SITES["turess"], "fr", "AFP/APS")
def test_author_names_survive_their_url(site: Site, edition: Edition, name: str) -> None:
    url = author_url(site, edition, name)
    for spelling in (url, url.replace("+", "%2B"), url.replace("+", "%20"), url + "/"):
        address = classify(spelling)
        assert address == Address(site, edition, "author", " ".join(name.split()))


def test_sites_are_those_of_the_network() -> None:
    assert {site.name: site.country for site in SITES.values()} == {
        "maghress": "MA",
        "djazairess": "DZ",
        "turess": "TN",
        "masress": "EG",
        "sauress": "SA",
        "sudaress": "SD",
        "yemeress": "YE",
    }
    for name, site in SITES.items():
        assert (site.name, site.host) == (name, f"{name}.com")
        assert site.editions[0] == "ar"
        assert site.timezone.key == site.zone
        assert site.alive or site.note
    assert not SITES["sudaress"].alive
