import gzip
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newscrawl.errors import NotHtmlError, UnreadableHtmlError
from newscrawl.text.html import MAX_ATTRIBUTES, MAX_TAGS, MAX_UNCLOSED, decode, parse

FRENCH = (
    "À l’été, l’Économie du village a été bouleversée : les pêcheurs, déjà éprouvés, ont dû céder "
    "leurs bateaux à des sociétés étrangères. « C’était là, où naîtra le marché », a déclaré l’élu "
    "Noël Boéri, qui espère que l’État paiera 12 € par tonne dès février."
)
ARABIC = (
    "أعلنت جمعية الصيادين في القرية أن القوارب القديمة ستعود إلى الميناء خلال الأسبوع المقبل، بعد "
    "توقف دام سنتين. وقال رئيسها: «كل قارب يحكي قصة عائلة»، مضيفا أن الأشغال ستنتهي قبل الصيف؟ "
    "وأكد أن البلدية وفرت ما يلزم من خشب وحبال وأصباغ."
)
RUSSIAN = (
    "Рыбаки деревни вернут старые лодки в гавань на следующей неделе, сообщил их старшина. " * 3
)
TURKISH = (
    "Köyün balıkçıları eski teknelerini önümüzdeki hafta limana döndürecek, dedi başkanları. " * 3
)


def page(text: str, declared: str = "") -> str:
    return (
        f'<!doctype html><html><head>{declared}<title>Page</title><script>var a = "b";</script>'
        f'</head><body class="main"><p>{text}</p><a href="/contact.php?id=3">OK</a></body></html>'
    )


def meta(charset: str) -> str:
    return f'<meta http-equiv="Content-Type" content="text/html; charset={charset}">'


ENCODED = [
    # text, the bytes' encoding, header, what the page declares
    (FRENCH, "utf-8", None, ""),
    (FRENCH, "utf-8", "text/html; charset=UTF-8", meta("utf-8")),
    (FRENCH, "utf-8", "text/html; charset=ISO-8859-1", meta("iso-8859-1")),
    (ARABIC, "utf-8", "text/html; charset=windows-1256", ""),
    (FRENCH, "cp1252", None, ""),
    (FRENCH, "cp1252", "text/html; charset=ISO-8859-1", ""),
    (FRENCH, "cp1252", "text/html; charset=UTF-8", ""),
    (FRENCH, "cp1252", None, meta("utf-8")),
    (FRENCH, "cp1252", None, '<meta charset="windows-1256">'),
    (FRENCH, "cp1252", "text/html; charset=none", ""),
    (ARABIC, "cp1256", None, ""),
    (ARABIC, "cp1256", "text/html; charset=windows-1256", ""),
    (ARABIC, "cp1256", None, meta("windows-1256")),
    (ARABIC, "cp1256", "text/html; charset=ISO-8859-1", meta("windows-1256")),
    (ARABIC, "cp1256", "text/html; charset=ISO-8859-1", ""),
    (ARABIC, "cp1256", "text/html; charset=utf-8", meta("utf-8")),
    (ARABIC, "cp1256", "text/html; charset=ISO-8859-6", ""),
    (ARABIC.replace("«", "").replace("»", ""), "iso8859-6", "text/html; charset=ISO-8859-6", ""),
    (ARABIC.replace("«", "").replace("»", ""), "iso8859-6", None, ""),
    (ARABIC + FRENCH.lower(), "cp1256", None, meta("windows-1256")),
    (RUSSIAN, "cp1251", "text/html; charset=windows-1251", ""),
    (RUSSIAN, "cp1251", "text/html; charset=ISO-8859-1", meta("windows-1251")),
    (RUSSIAN, "cp1251", None, ""),
    (TURKISH, "cp1254", "text/html; charset=ISO-8859-9", ""),
    (FRENCH, "utf-16-le", "text/html; charset=utf-16", ""),
    (ARABIC, "utf-16-be", None, ""),
]


@pytest.mark.parametrize(("text", "encoding", "header", "declared"), ENCODED)
def test_decode(text: str, encoding: str, header: str | None, declared: str) -> None:
    original = page(text, declared).encode(encoding, "ignore").decode(encoding)
    assert decode(original.encode(encoding), header) == original


@pytest.mark.parametrize("text", [FRENCH, ARABIC])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_outweighs_all(text: str, encoding: str) -> None:
    body = page(text, meta("iso-8859-1")).encode(encoding)
    assert decode(body, "text/html; charset=windows-1256") == page(text, meta("iso-8859-1"))


@pytest.mark.parametrize("width", [200, 120])
def test_french_and_arabic_passages_are_distinguished(width: int) -> None:
    for text, encoding in ((FRENCH, "cp1252"), (ARABIC, "cp1256")):
        for start in range(0, len(text) - width, 7):
            stretch = text[start : start + width].encode(encoding)
            assert decode(b"<p>" + stretch) == "<p>" + stretch.decode(encoding)


def test_damaged_utf8_stays_utf8() -> None:
    body = page(ARABIC).encode()
    assert decode(body[:-200]).replace("\ufffd", "") in page(ARABIC)
    assert "القوارب القديمة" in decode(body.replace(b"OK", b"\xe9\xff"), "text/html")


def test_nul_characters_are_removed_and_undefined_bytes_replaced() -> None:
    assert decode(b"<p>a\0b</p>") == "<p>ab</p>"
    assert decode(b"<p>" + "été".encode("cp1252") + b"\x81</p>") == "<p>été\ufffd</p>"


@pytest.mark.parametrize(
    "body",
    [
        b"%PDF-1.4\n1 0 obj << /Type /Catalog >> endobj",
        b"\n\n%PDF-1.7 text",
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
        b"\xff\xd8\xff\xe0\x00\x10JFIF",
        b"GIF89a\x01\x00\x01\x00",
        b"RIFF\x24\x00\x00\x00WEBPVP8 ",
        b"\x00\x00\x00\x18ftypmp42",
        b"PK\x03\x04\x14\x00\x06\x00",
        gzip.compress(page(FRENCH).encode()),
        bytes(range(256)) * 20,
        b"\0" * 5000,
    ],
)
def test_binary_data(body: bytes) -> None:
    with pytest.raises(NotHtmlError):
        decode(body, "text/html; charset=utf-8")


@given(
    st.binary() | st.text().map(str.encode),
    st.none()
    | st.sampled_from(["text/html; charset=windows-1256", "charset=utf-16", "x; charset="]),
)
def test_decode_gives_text_or_its_error(body: bytes, header: str | None) -> None:
    try:
        text = decode(body, header)
    except NotHtmlError:
        return
    assert "\0" not in text
    text.encode()


@pytest.mark.parametrize("html", ["", " \n\t"])
def test_an_empty_page_gives_an_empty_result(html: str) -> None:
    with pytest.raises(UnreadableHtmlError, match="empty"):
        parse(html)


COSTLY = {
    "deep": "<div>" * 50_000 + "x" + "</div>" * 50_000,
    "deep, never closed": "<div>" * (MAX_UNCLOSED + 1),
    "deep, closed by others": "<div></p>" * 50_000,
    "deep, closed as only SVG can": "<div/>" * 50_000,
    "deep behind a comment": "<!-->" + "<div>" * 60_000,
    "options": "<select>" + "<option>" * 60_000,
    "end tags within SVG": "<svg>" + "<td>" * 40_000 + "</x>" * 40_000,
    "many tags": "<p></p>" * MAX_TAGS,
    "attributes of one tag": "<i " + " ".join(f"a{i}" for i in range(4 * MAX_ATTRIBUTES)) + ">",
    "a tag that never ends": "<a " + "mot, " * 200_000,
}


@pytest.mark.parametrize("name", COSTLY)
def test_an_oversized_page_is_refused_at_once(name: str) -> None:
    start = time.process_time()
    with pytest.raises(UnreadableHtmlError):
        parse(COSTLY[name])
    assert time.process_time() - start < 0.2


WITHIN_LIMITS = {
    "deep": "<div>" * (MAX_UNCLOSED - 10) + "<p>fin",
    "tags in a script": "<script>" + "x = '<div></div>';" * 14_000 + "</script><p>fin",
    "flat tags": "<br><img src=a>" * 4900 + "<p>fin",
    "balanced tags": "<div><b>x</b></div>" * 7000 + "<p>fin",
    "paths of drawings": "<svg>" + "<path d='M0'/>" * 9000 + "</svg><p>fin",
    "a long picture in the page": f"<img src='data:image/png;base64,{'QUFB' * 300_000}'><p>fin",
    "a long script": "<script>var a = [" + "a = 1, " * 900_000 + "]</script><p>fin",
    "a long script with a comparison": f"<script>if (a <b) c = '{'mot ' * 90_000}'</script><p>fin",
    "much text": "<p>" + "mot " * 2_000_000 + "</p><p>fin",
}


@pytest.mark.parametrize("name", WITHIN_LIMITS)
def test_a_large_page_within_the_limits_is_parsed(name: str) -> None:
    paragraphs = parse(WITHIN_LIMITS[name]).css("p")
    assert paragraphs[-1].text() == "fin"


@given(
    st.lists(
        st.sampled_from(
            ["<div>", "</div>", "<b>", "</b>", "<p", ">", "<!--", "-->", "<script>", "</script>",
             "<svg>", "<path/>", "x", "<", "</", '"', "<td a='>'>", "\x00", "é"]
        ),
        min_size=1,
        max_size=40,
    ),
    st.sampled_from([1, 300]),
)  # fmt: skip
def test_parse_gives_a_tree_or_its_error(pieces: list[str], times: int) -> None:
    try:
        parse("".join(pieces) * times).css("p")
    except UnreadableHtmlError:
        return


@pytest.mark.parametrize("charset", ["punycode", "hex", "undefined", "idna", "rot13", "utf-7"])
def test_a_charset_that_pages_cannot_have_is_ignored(charset: str) -> None:
    assert FRENCH in decode(page(FRENCH, meta(charset)).encode("cp1252"))
    assert ARABIC in decode(page(ARABIC).encode("cp1256"), f"text/html; charset={charset}")


@pytest.mark.parametrize(("text", "encoding"), [(ARABIC, "cp1256"), (FRENCH, "cp1252")])
def test_a_template_in_utf_8_may_hold_an_article_in_another_encoding(
    text: str, encoding: str
) -> None:
    menu = "<li>الأخبار</li><li>Économie</li>" * 30
    body = menu.encode() + page(text, meta("utf-8")).encode(encoding) + menu.encode()
    decoded = decode(body, "text/html; charset=utf-8")
    assert text in decoded
    assert decoded.count("Économie</li>") == 60
