"""Servers that redirect, compress and link oddly, met in a whole crawl."""

import pytest

from newscrawl.demo.proxy import Reply
from tests.support import SOURCE, TEXT, TITLE
from tests.web import HTML, Web, aggregator_page, crawl

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


@pytest.mark.parametrize("name", ["gzip", "br", "reload", "home"])
def test_the_article_is_parsed(name: str, records: dict[str, dict]) -> None:  # type: ignore[type-arg]
    assert records[f"https://www.{name}.example/a"]["status"] == "ok"


def test_an_error_page_is_no_article(records: dict[str, dict]) -> None:  # type: ignore[type-arg]
    assert records["https://www.missing.example/a"]["status"] == "gone"


def test_more_than_two_encodings_are_too_many(records: dict[str, dict]) -> None:  # type: ignore[type-arg]
    assert records["https://www.layers.example/a"]["status"] == "too_large"


@pytest.mark.parametrize("link", UNSAFE)
def test_an_unsafe_link_is_recorded(link: str, records: dict[str, dict]) -> None:  # type: ignore[type-arg]
    assert records[link]["status"] == "unsafe"
