import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newscrawl.text.urls import absolute, host, is_front_page, registered_domain

registered_domain("phare.example")  # loads the suffix list before anything is timed

PAGE = "http://phare.example/fr/12/index.html"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://phare.example/a", "https://phare.example/a"),
        ("  https://phare.example/a\n ", "https://phare.example/a"),
        ("https://phare.example/a\n/b\t", "https://phare.example/a/b"),
        ("https://phare.example", "https://phare.example/"),
        ("https://phare.example?p=1", "https://phare.example/?p=1"),
        ("HTTPS://WWW.Phare.Example/A", "https://www.phare.example/A"),
        ("/a", "http://phare.example/a"),
        ("a", "http://phare.example/fr/12/a"),
        ("../a", "http://phare.example/fr/a"),
        ("?p=2", "http://phare.example/fr/12/index.html?p=2"),
        ("#bas", "http://phare.example/fr/12/index.html#bas"),
        ("//cdn.phare.example/a.jpg", "http://cdn.phare.example/a.jpg"),
        ("www.autre.example/a", "http://www.autre.example/a"),
        ("http:/phare.example/a", "http://phare.example/a"),
        ("http:///phare.example/a", "http://phare.example/a"),
        ("http:\\\\phare.example\\a\\b", "http://phare.example/a/b"),
        ("http://https://phare.example/a", "https://phare.example/a"),
        ("http://archive.example/2020/http://a.example/", "http://archive.example/2020/http://a.example/"),
        ("/a?x=1&amp;y=2", "http://phare.example/a?x=1&y=2"),
        ("/a?x=\\d", "http://phare.example/a?x=%5Cd"),
        ("/été 1.html", "http://phare.example/%C3%A9t%C3%A9%201.html"),
        ("/%C3%A9t%C3%A9", "http://phare.example/%C3%A9t%C3%A9"),
        ("/مقال", "http://phare.example/%D9%85%D9%82%D8%A7%D9%84"),
        ("http://مثال.example/", "http://xn--mgbh0fb.example/"),
        ("http://phare.example:80/a", "http://phare.example/a"),
        ("https://phare.example:443/a", "https://phare.example/a"),
        ("https://phare.example:/a", "https://phare.example/a"),
        ("https://phare.example:8443/a", "https://phare.example:8443/a"),
        ("https://phare.example./a", "https://phare.example/a"),
        ("https://user:secret@phare.example/a", "https://phare.example/a"),
        ("http://ph\u200bare.example/\u202ea", "http://phare.example/%E2%80%AEa"),
        ("\u200fhttps://phare.example/a", "https://phare.example/a"),
        ("/می\u200cرود", "http://phare.example/%D9%85%DB%8C%E2%80%8C%D8%B1%D9%88%D8%AF"),
        ("/a\u200f/b\xad?q=\u200d", "http://phare.example/a%E2%80%8F/b%C2%AD?q=%E2%80%8D"),
    ],
)  # fmt: skip
def test_absolute(url: str, expected: str) -> None:
    assert absolute(url, PAGE) == expected


@pytest.mark.parametrize(
    "url",
    [
        *("", "  ", "mailto:a@phare.example", "javascript:void(0)", "data:image/png;base64,AAAA"),
        *("ftp://phare.example/a", "file:///etc/passwd", "tel:+212", "http://", "http:///"),
        *("http://ph are.example/", "http://phare.example:99999/", "http://phare.example:a/"),
        *("http://[phare.example/", "http://[::1]/", "http://.example/", "http://a..example/"),
        "http://<b>/",
    ],
)
def test_urls_outside_the_web_are_refused(url: str) -> None:
    assert absolute(url, PAGE) is None


def test_without_a_base_url_a_url_must_be_absolute() -> None:
    assert absolute("/a") is None
    assert absolute("phare.example/a") is None
    assert absolute("://phare.example/a") is None
    assert absolute("http ://phare.example/a") is None
    assert absolute("//phare.example/a") == "https://phare.example/a"
    assert absolute("/a", "not a page") is None


pieces = st.sampled_from(
    ["http://", "https:", "//", "/", "\\", "www.", "a.example", ":80", ":x", "?", "#", "&amp;", "%",
     "%20", " ", "\n", "[", "]", "@", "é", "م", "\u200b", "\ud800", "..", "."]
)  # fmt: skip
urls = st.lists(pieces | st.text(max_size=3), max_size=8).map("".join)


@given(urls, st.none() | urls | st.just(PAGE))
def test_absolute_never_raises_and_changes_nothing_twice(url: str, base: str | None) -> None:
    found = absolute(url, base)
    if found is not None:
        assert re.fullmatch(r"https?://[a-z0-9._-]+(:\d+)?/[!-~]*", found)
        assert absolute(found, base) == found
        assert host(found)


@given(urls)
def test_url_predicates_never_raise(url: str) -> None:
    host(url)
    registered_domain(url)
    is_front_page(url)


def test_host() -> None:
    assert host("https://a@WWW.Phare.Example:8080/x") == "www.phare.example"
    assert host("/a") == host("http://[") == ""


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://www.phare.co.ma/a", "phare.co.ma"),
        ("http://WWW.PHARE.COM.EG", "phare.com.eg"),
        ("actu.phare.dz", "phare.dz"),
        ("https://phare.press.ma/x", "phare.press.ma"),
        ("https://phare.blogspot.com/x", "phare.blogspot.com"),
        ("http://192.168.1.1/", None),
        ("http://localhost/", None),
        ("co.uk", None),
        ("", None),
    ],
)
def test_registered_domain(url: str, domain: str | None) -> None:
    assert registered_domain(url) == domain


@pytest.mark.parametrize(
    "path",
    [
        *("", "/", "//", "/index.php", "/index.html", "/Index.htm", "/default.aspx", "/home"),
        *("/home/", "/accueil", "/accueil.html", "/fr", "/ar/", "/en", "/fr-FR/", "/fr/index.php"),
        *("/ar/home", "/?utm_source=x&fbclid=y", "/?lang=fr", "/#top"),
    ],
)
def test_front_pages(path: str) -> None:
    assert is_front_page(f"https://phare.example{path}")


@pytest.mark.parametrize(
    "path",
    [
        *("/?p=12", "/index.php?id=3", "/fr/sport", "/france", "/homepage-news", "/index.php/a-12"),
        *("/12", "/fr/12.html", "/es/x", "/#!/article/12", "/?12"),
    ],
)
def test_other_pages(path: str) -> None:
    assert not is_front_page(f"https://phare.example{path}")
