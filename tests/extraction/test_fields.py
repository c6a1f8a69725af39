from datetime import datetime

import pytest

from newscrawl.extraction import extract
from tests.extraction.pages import ARABIC, Copy, page, paragraphs

URL = "https://www.gazette.example/a/1"
BODY = paragraphs(1)


def bare(head: str = "", body: str = "") -> str:
    text = "".join(f"<p>{paragraph}</p>" for paragraph in BODY)
    return f"<html><head>{head}</head><body>{body}<article>{text}</article></body></html>"


def day(timestamp: datetime | None) -> str:
    return timestamp.date().isoformat() if timestamp else ""


def ld(text: str) -> str:
    return f'<script type="application/ld+json">{text}</script>'


def test_a_plain_page_gives_every_field() -> None:
    found = extract(page(BODY), URL)
    assert found.title == "Le conseil vote le budget des écoles"
    assert found.authors == ["Salma Idrissi"]
    assert found.published
    assert found.published.isoformat() == "2024-03-29T10:00:00+00:00"
    assert found.published_precision == "second"
    assert found.canonical == "https://www.gazette.example/a/1"
    assert found.language == "fr"


HEADLINE = '"headline":"Un titre assez long"'
PLAIN = f'"@type":"NewsArticle",{HEADLINE},"author":"Ali Ben"'
BROKEN = {
    "trailing comma": f"{{{PLAIN},}}",
    "comment": f"<!-- {{{PLAIN}}} -->",
    "cdata": f"//<![CDATA[\n{{{PLAIN}}}\n//]]>",
    "raw line ends": f'{{"description":"a\nb\t",{PLAIN}}}',
    "wrong escape": rf'{{{PLAIN},"x":"\'"}}',
    "several types": f'{{"@type":["Thing","https://schema.org/ReportageNewsArticle"],{HEADLINE},'
    '"author":[{"@type":"Person","name":"Ali Ben"}]}',
    "graph with references": f'[{{"@graph":[{{"@type":"BlogPosting",{HEADLINE},'
    '"author":{"@id":"#a"}},{"@id":"#a","@type":"Person","name":"Ali Ben"}]}]',
    "nested": f'{{"@type":"WebPage","mainEntity":{{"@type":"Article",{HEADLINE},'
    '"author":{"name":["Ali Ben"]}}}',
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_damaged_json_ld_is_parsed(text: str) -> None:
    found = extract(bare(ld(text)), URL)
    assert found.title == "Un titre assez long"
    assert found.authors == ["Ali Ben"]


@pytest.mark.parametrize("text", ["", "{", "null", "[1, 2", '{"@type":', "[" * 5000, '"a"'])
def test_json_ld_beyond_repair_is_left_out(text: str) -> None:
    assert extract(bare(ld(text)), URL).text == "\n\n".join(BODY)


@pytest.mark.parametrize(
    "title",
    [
        "Un titre assez long | La Gazette",
        "Un titre assez long - Politique - La Gazette",
        "La Gazette | Un titre assez long",
        "Un titre assez long – gazette.example",
    ],
)
def test_the_site_is_stripped_from_titles(title: str) -> None:
    head = f'<title>{title}</title><meta property="og:site_name" content="La Gazette">'
    head += '<meta property="article:section" content="Politique">'
    assert extract(bare(head), URL).title == "Un titre assez long"


def test_a_dash_of_the_headline_stays() -> None:
    head = "<title>Port – les travaux avancent | Gazette</title>"
    body = "<h1>Port – les travaux avancent</h1>"
    assert extract(bare(head, body), URL).title == "Port – les travaux avancent"


def test_the_copy_picks_among_titles() -> None:
    head = '<meta property="og:title" content="Ce titre est fait pour les réseaux">'
    body = "<h1>Le vrai titre de cet article</h1>"
    copy = Copy("Le vrai titre de cet article", " ".join(BODY))
    assert extract(bare(head, body), URL, copy).title == "Le vrai titre de cet article"


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ('<meta property="article:published_time" content="2024-03-29T08:00:00Z">', ""),
        ('<meta name="dc.date" content="2024-03-29">', ""),
        ("", '<time datetime="2024-03-29T08:00">29 mars</time>'),
        ("", '<span itemprop="datePublished" content="2024-03-29">hier</span>'),
        ("", "<h1>Titre</h1><p>Publié le 29 mars 2024</p>"),
        ("", "<h1>عنوان</h1><div>الجمعة 29 مارس 2024</div>"),
    ],
)
def test_dates_are_found_where_pages_keep_them(head: str, body: str) -> None:
    assert day(extract(bare(head, body), URL).published) == "2024-03-29"


def test_the_date_near_the_copys_is_preferred() -> None:
    head = '<meta property="article:published_time" content="2020-01-01T08:00:00Z">'
    body = '<time datetime="2024-03-29">29 mars 2024</time>'
    copy = Copy(None, " ".join(BODY), "2024-03-29")
    assert day(extract(bare(head, body), URL, copy).published) == "2024-03-29"


@pytest.mark.parametrize(
    ("head", "body", "names"),
    [
        (
            '<meta name="author" content="Ali Ben et Salma Idrissi">',
            "",
            ["Ali Ben", "Salma Idrissi"],
        ),
        ("", '<a rel="author" href="/x">Ali Ben</a>', ["Ali Ben"]),
        ("", "<div>Par Ali Ben, le 29 mars 2024</div>", ["Ali Ben"]),
        ("", "<div>بقلم: سلمى الإدريسي</div>", ["سلمى الإدريسي"]),
        (
            '<meta name="author" content="Gazette">',
            '<span class="author">Ali Ben</span>',
            ["Ali Ben"],
        ),
        ('<meta name="author" content="Gazette">', "", ["Gazette"]),
        ('<meta property="article:author" content="https://facebook.com/x">', "", []),
        ("", "<div>vendredi 29 mars 2024, par Ali Ben</div>", ["Ali Ben"]),
        ("", '<div class="author-line">By Ali Ben, in News, Business</div>', ["Ali Ben"]),
        (
            "",
            '<p class="hauteur">En kiosque ce mois</p><p class="auteurs">par Ali Ben</p>',
            ["Ali Ben"],
        ),
        (
            '<meta property="og:site_name" content="Gazette">',
            '<span class="author">Gazette</span>',
            ["Gazette"],
        ),
    ],
)
def test_authors_are_people_before_desks(head: str, body: str, names: list[str]) -> None:
    assert extract(bare(head, body), URL).authors == names


def test_images_tags_and_section() -> None:
    text = (
        '{"@type":"NewsArticle","articleSection":"Société","keywords":"port, écoles",'
        '"image":{"url":"/i.jpg","caption":"Le port"},"dateModified":"2024-03-30"}'
    )
    found = extract(bare(ld(text)), URL)
    assert (found.section, found.tags) == ("Société", ["port", "écoles"])
    assert [(i.url, i.caption) for i in found.images] == [
        ("https://www.gazette.example/i.jpg", "Le port")
    ]
    assert day(found.modified) == "2024-03-30"


@pytest.mark.parametrize(
    ("above", "section"),
    [
        ('<a href="/s">Régions</a>', "Régions"),
        ('<div><a href="/">Accueil</a></div><div><a href="/s">Régions</a></div>', "Régions"),
        ("".join(f'<div><a href="/{n}">Menu {n}</a></div>' for n in range(9)), None),
        ("", None),
    ],
)
def test_the_link_next_to_the_headline_is_the_section(above: str, section: str | None) -> None:
    head = f"<header>{above}<h1>Le budget des écoles est voté</h1></header>"
    assert extract(bare(body=head), URL).section == section


def test_a_declared_language_in_another_script_is_ignored() -> None:
    assert extract(page(paragraphs(4, words=ARABIC), lang="fr"), URL).language == "ar"
