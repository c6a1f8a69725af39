import random

import pytest

from newscrawl.extraction import SourcePage, extract
from tests.extraction.pages import ARABIC, Copy, page, paragraphs

URL = "https://www.gazette.example/a/1"
TITLE = "Le conseil vote le budget des écoles"
BODY = paragraphs(1)
FURNITURE = ("Photo : AFP", "Lire aussi", "Partager", "Recevez", "Un autre récit", "©", "Par Salma")


def read(copy_text: str, body: list[str] = BODY, **parts: str) -> SourcePage:
    found = extract(page(body, **parts), URL, Copy(TITLE, copy_text))
    assert found.rule == "guided"
    return found


def lose_words(text: str) -> str:
    rnd = random.Random(3)
    return " ".join(word for word in text.split() if rnd.random() > 0.02)


@pytest.mark.parametrize(
    "copy",
    [
        pytest.param(" ".join(BODY), id="run together"),
        pytest.param(lose_words(" ".join(BODY)), id="words lost"),
        pytest.param(" ".join(BODY).upper().replace("é", "e"), id="case and accents"),
        pytest.param(" ".join(BODY)[: len(" ".join(BODY)) * 3 // 5], id="cut in a word"),
        pytest.param(" ".join(BODY[:2]), id="lead only"),
        pytest.param("Nom Adresse email " + " ".join(BODY) + " Nom Adresse email", id="furniture"),
    ],
)
def test_the_body_is_complete_whatever_the_copy_lost(copy: str) -> None:
    assert read(copy).text == "\n\n".join(BODY)


def test_boilerplate_is_not_in_the_body() -> None:
    text = read(" ".join(BODY)).text or ""
    assert [word for word in FURNITURE if word in text] == []


def test_arabic_is_found_through_tashkeel_tatweel_and_letter_forms() -> None:
    body = paragraphs(2, words=ARABIC)
    copy = " ".join(body).replace("ال", "الـ").replace("أ", "ا").replace("ة", "ه")
    copy = copy.replace("م", "مَ")
    found = read(copy, body, lang="ar")
    assert found.text == "\n\n".join(body)
    assert found.language == "ar"
    assert found.agreement.text == pytest.approx(1, abs=0.01)


def test_scripts_without_spaces_are_compared_by_characters() -> None:
    rnd = random.Random(5)
    signs = "市議会火曜日学校公園予算可決住民駅前工事遅夏終開業期待関係者語雨納品"
    body = ["".join(rnd.choices(signs, k=90)) + "。" for _ in range(6)]
    assert read("".join(body[:3]), body, lang="ja").text == "\n\n".join(body)


def test_sub_headings_lists_and_quotations_belong_to_the_body() -> None:
    inside = (
        "<h2>Ce que dit la mairie</h2><ul><li>Trois écoles seront rénovées avant la rentrée</li>"
        "<li>Deux jardins ouvriront au printemps</li></ul>"
        "<blockquote><p>Nous ferons tout pour tenir les délais annoncés ici même</p></blockquote>"
    )
    text = read(" ".join(BODY[:3]), inside=inside).text or ""
    for part in ("Ce que dit la mairie", "Trois écoles", "Deux jardins", "Nous ferons tout"):
        assert f"\n\n{part}" in text


def test_a_paragraph_that_repeats_a_phrase_of_the_copy_belongs_to_the_article() -> None:
    again = " ".join(BODY[0].split()[:18])
    body = [*BODY[:5], f"Rappelons-le : {again}. {paragraphs(41)[0]}", *BODY[5:]]
    assert read(" ".join(body[:2]), body).text == "\n\n".join(body)


def test_paragraphs_that_the_lead_has_summarised_belong_to_the_article() -> None:
    lines = [" ".join(text.split()[:16]) + "." for text in BODY[2:5]]
    body = [" ".join(lines), *BODY[:2]]
    for line, text in zip(lines, BODY[2:5], strict=True):
        body += [line, text.partition(line[:-1])[2].strip().capitalize()]
    assert read(" ".join(body[:2]), body).text == "\n\n".join(body)


def test_a_comment_that_repeats_a_heading_is_not_the_last_paragraph() -> None:
    heading = "Dix idées simples pour le jardin"
    body = [BODY[0], heading, *BODY[1:]]
    text = "".join(f"<p>{part}</p>" for part in body).replace(
        f"<p>{heading}</p>", f"<h2>{heading}</h2>"
    )
    comments = f"<ol><li><p>[…] {heading} en ville […]</p></li></ol>"
    html = f"<main><h1>{TITLE}</h1><div class=content>{text}</div>{comments}</main>"
    found = extract(html, URL, Copy(TITLE, f"{BODY[0]} {heading}"))
    assert found.text == "\n\n".join(body)


def test_a_part_that_only_repeats_the_copy_is_a_quotation() -> None:
    quotes = "".join(f"<blockquote><p>{text[:-2]} !</p></blockquote>" for text in BODY[:3])
    assert read(" ".join(BODY[:5]), inside=quotes).text == "\n\n".join(BODY)


def test_consent_and_subscription_prompts_are_not_text() -> None:
    inside = (
        '<figure class="c-oembed-placeholder"><div>Pour afficher ce contenu, acceptez que des '
        "données soient transmises à un tiers, ce que vous pourrez révoquer.</div></figure>"
        '<p>Cet article vous a plu ? Faites un don <a href="/don">en un clic</a>, merci à tous.</p>'
    )
    assert read(" ".join(BODY), inside=inside).text == "\n\n".join(BODY)
    assert read(" ".join(BODY[:2]), inside=inside).text == "\n\n".join(BODY)


def test_a_comment_that_quotes_the_article_does_not_win() -> None:
    quoted = "".join(f"<p>{paragraph}</p>" for paragraph in BODY)
    after = f'<div id="comments"><div class="comment-body">{quoted}<p>Bien vu !</p></div></div>'
    found = read(" ".join(BODY), after=after)
    assert found.text == "\n\n".join(BODY)


def test_a_page_that_holds_the_article_twice_gives_it_once() -> None:
    again = "".join(f"<p>{paragraph}</p>" for paragraph in BODY)
    found = read(" ".join(BODY), after=f'<div class="print-version">{again}</div>')
    assert found.text == "\n\n".join(BODY)


@pytest.mark.parametrize("copy", [Copy(TITLE, " ".join(BODY)), Copy(TITLE, BODY[0]), None])
def test_an_amp_page_is_parsed_like_any_other(copy: Copy | None) -> None:
    html = page(
        BODY,
        inside='<amp-img src="/i.jpg"><noscript><img src="/i.jpg"></noscript></amp-img>'
        "<amp-ad><div fallback>Aucune annonce ne se trouve ici ce matin</div></amp-ad>",
        after="<amp-sidebar><ul><li>La une du jour et les autres titres</li></ul></amp-sidebar>",
    )
    found = extract(html.replace("<html", "<html amp"), URL, copy)
    assert found.text == "\n\n".join(BODY)


def test_a_standfirst_outside_of_the_body_is_found_by_the_copy() -> None:
    standfirst = "En résumé le port change de visage et chacun y trouvera son compte bientôt."
    html = page(BODY).replace("</h1>", f'</h1><div class="chapo">{standfirst}</div>')
    found = extract(html, URL, Copy(TITLE, f"{standfirst} {' '.join(BODY)}"))
    assert found.text == "\n\n".join([standfirst, *BODY])


def test_line_breaks_separate_paragraphs() -> None:
    html = page(["@"]).replace("<p>@</p>", f"<div>{'<br><br>'.join(BODY)}</div>")
    assert extract(html, URL, Copy(TITLE, " ".join(BODY))).text == "\n\n".join(BODY)


@pytest.mark.parametrize(
    ("begin", "between", "end"),
    [
        pytest.param("<p>", "</p><p>", "</p>", id="paragraphs"),
        pytest.param("<div class=texte>", "<br><br>", "</div>", id="line breaks"),
    ],
)
def test_a_last_paragraph_that_only_the_outlet_has_is_kept(
    begin: str, between: str, end: str
) -> None:
    body = paragraphs(1, 12)
    html = f"<article><h1>{TITLE}</h1>{begin}{between.join(body)}{end}</article>"
    found = extract(html, URL, Copy(TITLE, " ".join(body[:-1])))
    assert found.text == "\n\n".join(body)


def test_an_article_in_a_script_is_read() -> None:
    inner = "".join(f"<p>{paragraph}</p>" for paragraph in BODY).replace('"', '\\"')
    html = (
        f'<html><body><div id="app"></div><script>x = {{"body":"{inner}"}}</script></body></html>'
    )
    found = extract(html, URL, Copy(TITLE, " ".join(BODY)))
    assert found.text == "\n\n".join(BODY)
    assert (found.agreement.text or 0) > 0.95


@pytest.mark.parametrize(
    "text", ["Mot", " ".join(paragraphs(77)), " ".join(paragraphs(78, words=ARABIC)), "", None]
)
def test_the_copy_of_another_article_does_not_agree(text: str | None) -> None:
    found = extract(page(BODY), URL, Copy("Tout autre chose", text))
    assert found.rule != "guided"
    assert (found.agreement.text or 0) < 0.1
    assert found.text == "\n\n".join(BODY)


def test_agreement_without_a_copy_is_none() -> None:
    agreement = extract(page(BODY), URL).agreement
    assert (agreement.title, agreement.text, agreement.contained, agreement.days) == (None,) * 4


def test_agreement_counts_days_and_tolerates_invalid_dates() -> None:
    def days(published: str) -> int | None:
        return extract(page(BODY), URL, Copy(TITLE, None, published)).agreement.days

    assert days("2024-03-27T00:00:00+00:00") == 2
    assert days("nonsense") is None
