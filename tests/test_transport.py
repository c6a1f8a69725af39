"""Servers with unusual redirects, compression and links, in a whole crawl."""

import gzip

import pytest

from newscrawl.demo.proxy import Reply
from tests.support import SOURCE, TEXT, TITLE
from tests.web import HTML, Web, aggregator_page, crawl

ARTICLES = ["gzip", "br", "undeclared", "reload", "home", "header", "noscript", "missing", "broken"]
NOSCRIPT = b"""<html><head><title>Redirection</title><script>location = "/b"</script><noscript>
<meta http-equiv="refresh" content="0; url=https://www.gzip.example/a"></noscript></head></html>"""
UNSAFE = ("file:///etc/passwd", "ftp://phare.example/a", "data:text/html,x", "http://[::1]/")


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:  # type: ignore[type-arg]
    web = Web()
    body = SOURCE.body
    refresh = b'<head><meta http-equiv="refresh" content="%s">'
    answers = {
        "gzip": Reply(200, {**HTML, "Content-Encoding": "gzip"}, body),
        "br": Reply(200, {**HTML, "Content-Encoding": "br"}, body),
        "layers": Reply(200, {**HTML, "Content-Encoding": "gzip, gzip, gzip"}, body),
        "reload": Reply(200, dict(HTML), body.replace(b"<head>", refresh % b"60", 1)),
        "home": Reply(200, dict(HTML), body.replace(b"<head>", refresh % b"30; url=/", 1)),
        "missing": Reply(404, dict(HTML), body),
        "broken": Reply(500, dict(HTML), body),
        "withdrawn": Reply(410, dict(HTML), body),
        "lost": Reply(404, dict(HTML), body.replace(TEXT[1].encode(), b"")),
        "header": Reply(200, {**HTML, "Refresh": "0; url=https://www.gzip.example/a"}, b"<p></p>"),
        "noscript": Reply(200, dict(HTML), NOSCRIPT),
        "undeclared": Reply(200, dict(HTML), gzip.compress(body)),
    }
    links = {f"https://www.{name}.example/a": name for name in answers}
    for number, (link, name) in enumerate({**links, **{link: link for link in UNSAFE}}.items()):
        url = f"https://www.maghress.com/fr/x/{number}"
        web.pages[url] = aggregator_page(TITLE, TEXT, link=link)
        if name in answers:
            web.pages[link] = answers[name]
    web.pages["https://www.gzip.example/robots.txt"] = Reply(
        200, {"Content-Type": "text/plain", "Content-Encoding": "gzip"}, b"User-agent: *\nAllow: /"
    )
    urls = ",".join(url for url in web.pages if "maghress" in url)
    outcome = crawl(web, tmp_path_factory.mktemp("transport"), urls=urls)
    assert outcome.code == 0, outcome.stderr
    return {record["source"]["link"]: record["source"] for record in outcome.lines("feeds")}


@pytest.mark.parametrize("name", ARTICLES)
def test_the_article_is_parsed(name: str, records: dict[str, dict]) -> None:  # type: ignore[type-arg]
    assert records[f"https://www.{name}.example/a"]["status"] == "ok"


def test_an_error_page_without_the_whole_copy_is_no_article(records: dict[str, dict]) -> None:  # type: ignore[type-arg]
    assert records["https://www.lost.example/a"]["status"] == "gone"


def test_a_withdrawn_article_is_gone(records: dict[str, dict]) -> None:  # type: ignore[type-arg]
    assert records["https://www.withdrawn.example/a"]["status"] == "gone"


def test_more_than_two_encodings_are_too_many(records: dict[str, dict]) -> None:  # type: ignore[type-arg]
    assert records["https://www.layers.example/a"]["status"] == "too_large"


@pytest.mark.parametrize("link", UNSAFE)
def test_an_unsafe_link_is_recorded(link: str, records: dict[str, dict]) -> None:  # type: ignore[type-arg]
    assert records[link]["status"] == "unsafe"
