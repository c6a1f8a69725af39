"""Bad input: a result or a typed error, within time and memory limits."""

import subprocess
import sys
import time
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newscrawl.errors import UnreadableHtmlError
from newscrawl.extraction import RuleBook, SourcePage, extract, judge
from newscrawl.text.cleaning import LONGEST_TEXT
from tests.extraction.pages import Copy, page, paragraphs

URL = "https://www.gazette.example/a/1"
BODY = paragraphs(1)
COPY = Copy("Le conseil vote le budget des écoles", " ".join(BODY))
MEGABYTE = 1_000_000

UNREADABLE: dict[str, str | bytes] = {
    "empty": "",
    "blank": " \n\t ",
    "no bytes": b"",
    "no tag": '{"a": 1}',
    "binary": bytes(range(256)) * 400,
    "a picture": b"\x89PNG\r\n\x1a\n" + b"\x00\x01\x02\x03" * 9000,
    "50,000 levels": "<div>" * 50_000 + "Texte" + "</div>" * 50_000,
    "a million tags": "<p>x" * 1_000_000,
}
HUGE = {
    "text": page(paragraphs(3, 10 * MEGABYTE // 250)),
    "one paragraph": page(["mot " * (10 * MEGABYTE // 4)]),
    "one word": page(["m" * 10 * MEGABYTE]),
    "line breaks": page(["mot<br>" * (2 * MEGABYTE // 10)]),
    "one attribute": page(BODY, layout="c " * (5 * MEGABYTE)),
    "one title": page(BODY, title="a - " * (MEGABYTE // 2)),
    "one script": page(BODY, head=f"<script>{'x=1;' * (10 * MEGABYTE // 4)}</script>"),
    "quotes": f"<html><body><script>{chr(34) * 10 * MEGABYTE}</script></body></html>",
    "escapes": f'<html><body><script>"{chr(92) * 10 * MEGABYTE}"</script></body></html>',
    "broken json": page(
        BODY, head=f'<script type="application/ld+json">{"[" * MEGABYTE * 5}</script>'
    ),
    "the same paragraph": page([BODY[0]] * (10 * MEGABYTE // 300)),
    "3,900 levels": page(BODY, inside="<div><p>x</p>" * 3_900 + "</div>" * 3_900),
    "lists in lists": page(BODY, inside="<ul><li>" * 1_900 + "<p>a b c</p>" * 9_000),
    "metas": page(BODY, head='<meta name="author" content="A B">' * 100_000),
    "links": page(BODY, inside='<a class="author" href="/x">lien</a> ' * 90_000),
    "links in 250 levels": ("<div>" + f'<a href="/x">{"lien " * 30}</a>' * 25) * 250,
    "short paragraphs": "".join(f"<p>mot {number}" for number in range(38_000)),
    "balanced tags": "<div><b>x</b></div>" * 30_000 + "<p>fin",
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_input_that_is_not_a_page_is_a_typed_error(name: str) -> None:
    start = time.process_time()
    with pytest.raises(UnreadableHtmlError):
        extract(UNREADABLE[name], URL, COPY)
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    ("name", "copy"),
    [
        *((name, COPY) for name in HUGE),
        ("text", None),
        ("one paragraph", None),
        ("lists in lists", None),
        ("links", None),
        ("links in 250 levels", None),
        ("short paragraphs", None),
        ("balanced tags", None),
    ],
)
def test_huge_pages_are_parsed_or_refused_quickly(name: str, copy: Copy | None) -> None:
    start = time.process_time()
    with suppress(UnreadableHtmlError):
        assert isinstance(extract(HUGE[name], URL, copy, RuleBook()), SourcePage)
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    "body",
    [
        "paragraphs(3, 14_000)",
        "['mot ' * 2_500_000]",
        "['<p>x' * (MAX_UNCLOSED - 300)]",
        "['<p>x</p>' * (MAX_TAGS // 2 - 300)]",
    ],
)
def test_a_huge_page_needs_little_memory(body: str) -> None:
    code = (
        "import re\n"
        "from newscrawl.extraction import extract\n"
        "from newscrawl.text.html import MAX_TAGS, MAX_UNCLOSED, parse\n"
        "from tests.extraction.pages import Copy, page, paragraphs\n"
        # Not ru_maxrss, which holds what the process that runs the tests has as well.
        "def peak():\n"
        "    return int(re.search(r'VmHWM:\\s*(\\d+)', open('/proc/self/status').read())[1])\n"
        f"body = {body}\n"
        "html = page(body)\n"
        "before = peak()\n"
        "extract(html, 'https://a.example/1', Copy('x', ' '.join(body[:2000])))\n"
        "grown = peak() - before\n"
        "assert len(html) > 3_000_000 or len(parse(html).css('*')) > 9_000\n"
        "print(grown)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 0 < int(done.stdout) * 1024 < 300 * MEGABYTE


def test_a_huge_copy_is_compared_in_part() -> None:
    text = " ".join(BODY) + " mot" * (10 * MEGABYTE // 4)
    start = time.process_time()
    found = extract(page(BODY), URL, Copy(None, text))
    assert time.process_time() - start < 2
    assert found.text == "\n\n".join(BODY)


def test_a_text_of_megabytes_is_cut() -> None:
    text = extract(page(paragraphs(3, 5_000)), URL).text
    assert text
    assert LONGEST_TEXT - 100 < len(text) <= LONGEST_TEXT


TAGS = ("p", "div", "article", "h1", "a", "br", "ul", "li", "script", "table", "td", "b", "form")
PIECES = st.sampled_from(
    [
        *BODY[:3],
        *(f"<{tag}>" for tag in TAGS),
        *(f"</{tag}>" for tag in TAGS),
        '<div class="related comments"',
        '<script type="application/ld+json">{"@type":"NewsArticle","author":[{"name":',
        '"articleBody":"',
        "}]}</script>",
        '<meta property="og:title" content="',
        '<time datetime="2024-13-45T99:99">',
        '<link rel="canonical" href="http://[::1">',
        "<!--",
        "-->",
        "&#0;&#xD800;&nbsp;",
        "\ud800",
        "\x00\x01\x02",
        "بقلم: سلمى",
        '">',
    ]
)
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=80)
SETTINGS = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


@SETTINGS
@given(
    pieces=st.lists(PIECES | ANY_TEXT, max_size=40),
    url=st.sampled_from([URL, "", "not a url", "http://[", "https://a.example/é?x=%zz"]),
    copy=st.none() | st.builds(Copy, st.none() | ANY_TEXT, st.none() | ANY_TEXT | st.just(BODY[0])),
)
def test_no_text_raises(pieces: list[str], url: str, copy: Copy | None) -> None:
    html = "".join(pieces)
    book = RuleBook()
    try:
        found = extract(html, url, copy, book)
    except UnreadableHtmlError:
        return
    assert judge(found, copy, url, url).status in {"ok", "mismatch", "paywalled", "unreadable"}
    assert extract(html, url, copy, book).text == found.text


@SETTINGS
@given(
    data=st.binary(max_size=200)
    | st.builds(lambda a, b: a + page(BODY).encode("utf-16") + b, st.binary(), st.binary()),
    content_type=st.none() | st.sampled_from(["text/html; charset=nonsense", "\x00", "image/png"]),
)
def test_no_bytes_raise(data: bytes, content_type: str | None) -> None:
    with suppress(UnreadableHtmlError):
        extract(data, URL, COPY, content_type=content_type)


@SETTINGS
@given(st.integers(0, 4000), st.integers(0, 400))
def test_no_damaged_input_raises(start: int, length: int) -> None:
    html = page(BODY)
    found = extract(html[:start] + html[start + length :] or "<p>", URL, COPY)
    assert found.agreement.text is None or 0 <= found.agreement.text <= 1
