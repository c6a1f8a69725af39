"""``scrapy read``: an explanation of a page's extraction, without side effects."""

import gzip
import json
from pathlib import Path

import pytest

from newscrawl.archive.warc import Exchange
from newscrawl.archive.writer import WarcFile
from newscrawl.articles.rule_store import RuleStore
from newscrawl.demo.proxy import DemoProxy
from newscrawl.extraction import extract, trace
from newscrawl.operations.inspection import GivenCopy, GivenPage, copy_of_file, inspect
from tests.support import LINK, SOURCE, TEXT, TITLE, URL, scrapy, web

COPY = GivenCopy(TITLE, "\n\n".join(TEXT))
OTHER = b"""<html lang="fr"><head><title>Un titre - Le Journal</title>
<meta property="og:title" content="Un titre du journal">
<meta property="og:description" content="Un chapeau"><meta name="author" content="Rachid Alami">
<meta property="og:image" content="/a.jpg"><meta name="keywords" content="argan, huile">
<meta property="article:published_time" content="2024-03-29T10:15:00+00:00">
<meta property="article:modified_time" content="2024-03-30T10:15:00+00:00">
<meta property="article:section" content="Culture"></head>
<body><h1>Un titre du journal</h1><p class="date">Publi\xc3\xa9 le 29 mars 2024</p></body></html>"""


def explained(lines: list[str], field: str) -> list[str]:
    """The lines about a field."""
    text = "\n".join(lines)
    (part,) = (part for part in text.split("\n\n")[1:] if part.split()[0] == field)
    return part.splitlines()


def test_each_field_has_its_candidates_and_a_reason(tmp_path: Path) -> None:
    lines = list(inspect(GivenPage(LINK, OTHER), None, tmp_path))
    title = explained(lines, "title")
    assert "because: most weight of agreeing sources" in title[1]
    assert "         * og:title: Un titre du journal" in title
    assert "           <title>: Un titre - Le Journal" in title
    expected = {
        "lead": "* og:description: Un chapeau",
        "authors": "* declared: Rachid Alami",
        "published": "* meta article:published_time: 2024-03-29T10:15:00+00:00",
        "modified": "* declared: 2024-03-30T10:15:00+00:00",
        "section": "* declared: Culture",
        "tags": "* meta keywords: argan, huile",
        "images": "* declared: https://www.courrierdusouss.example/a.jpg",
        "language": "* <html lang>: fr",
    }
    for field, candidate in expected.items():
        shown = explained(lines, field)
        assert "because: " in shown[1], field
        assert any(candidate in line for line in shown), (field, shown)
    assert any("printed as published" in line for line in explained(lines, "published"))


def test_a_copy_decides_and_the_agreement_is_shown(tmp_path: Path) -> None:
    lines = list(inspect(GivenPage(LINK, SOURCE.body), COPY, tmp_path))
    assert "agreement  title 1.0, text 1.0, days None" in lines
    assert "agrees with the copy" in explained(lines, "text")[1]
    ways = [line.split()[1] for line in explained(lines, "text")[2:]]
    assert ways[0] == "guided"
    assert "prose" in ways


def test_nothing_is_recorded_without_a_trace() -> None:
    with trace.tracing() as open_trace:
        pass
    extract(SOURCE.body, LINK, COPY)
    assert not open_trace.candidates
    assert not open_trace.reasons


def test_rules_of_the_data_directory_are_used_and_not_changed(tmp_path: Path) -> None:
    book = RuleStore("", None).book
    before = list(book)
    list(inspect(GivenPage(LINK, SOURCE.body), COPY, tmp_path))
    assert list(book) == before
    assert not list(tmp_path.iterdir())


def test_a_copy_may_be_a_record_or_plain_text(tmp_path: Path) -> None:
    record = {
        "aggregator": "maghress",
        "copy": {"title": TITLE, "text": "Un texte.", "published": "2024-03-29T00:00:00+00:00"},
    }
    (tmp_path / "feed.jsonl").write_text(f"{json.dumps(record)}\n{json.dumps(record)}\n")
    (tmp_path / "copy.txt").write_text(f"{TITLE}\n\nUn texte.\n")
    by_record, by_text = (copy_of_file(tmp_path / name) for name in ("feed.jsonl", "copy.txt"))
    assert by_record.published
    assert by_record.site
    assert (by_record.title, by_record.text) == (by_text.title, by_text.text)


def test_urls_are_fetched_as_a_crawl_does(tmp_path: Path) -> None:
    with DemoProxy(web().reply) as proxy:
        code, said = scrapy("read", LINK, "--copy", URL, data=tmp_path / "d", **proxy.environment())
        requests = [request.url for request in proxy.requests]
    assert code == 0, said
    assert "body by    guided" in said
    assert "https://www.courrierdusouss.example/robots.txt" in requests
    assert not (tmp_path / "d").exists()


def test_archived_responses_are_read_by_offset(tmp_path: Path) -> None:
    path = tmp_path / "archive" / "maghress" / "a.warc.gz"
    path.parent.mkdir(parents=True)
    file = WarcFile(path, {})
    headers = [(b"Content-Type", b"text/html; charset=utf-8"), (b"Content-Encoding", b"gzip")]
    exchange = Exchange(LINK, status=200, headers=headers, body=gzip.compress(SOURCE.body))
    offset = file.write(exchange)
    file.close()
    code, said = scrapy("read", f"maghress/a.warc.gz#{offset}", data=tmp_path)
    assert code == 0, said
    assert f"page       {LINK}" in said
    assert "la récolte d'arganes" in said
    assert {entry.name for entry in tmp_path.iterdir()} == {"archive"}


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nosuch.html"], 1, "nosuch.html: cannot be read: No such file"),
        (["a.warc.gz#7"], 1, "no response at 7"),
        (["page.html", "--copy", "nosuch.json"], 1, "--copy nosuch.json: cannot be read"),
        ([], 2, "give one page"),
    ],
)
def test_wrong_input_gives_a_one_line_error(
    tmp_path: Path, arguments: list[str], code: int, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "page.html").write_bytes(OTHER)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCRAPY_SETTINGS_MODULE", "newscrawl.settings")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent.parent))
    done, said = scrapy("read", *arguments, data=tmp_path / "data")
    assert done == code
    assert message in said.splitlines()[-1]
    assert "Traceback" not in said
