import pytest

from newscrawl.extraction import extract, holds_less, judge
from tests.extraction.pages import Copy, page, paragraphs

LINK = "https://www.gazette.example/a/1"
TITLE = "Le conseil vote le budget des écoles"
BODY = paragraphs(1, 12)
COPY = Copy(TITLE, " ".join(BODY))


def status(html: str, copy: Copy | None = COPY, final: str = LINK) -> str:
    return judge(extract(html, LINK, copy), copy, LINK, final).status


def test_the_article_itself_is_ok() -> None:
    assert status(page(BODY)) == status(page(BODY), None) == "ok"


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("Un autre récit du même journal", paragraphs(2)),
        ("La Gazette du Port : toute l'actualité", paragraphs(3, 3)),
        ("Domain for sale", ["This domain is for sale. Make an offer for it today, it is cheap."]),
        ("Page introuvable", ["La page introuvable que vous cherchez a été déplacée ailleurs."]),
    ],
)
def test_a_page_of_another_article_is_a_mismatch(title: str, body: list[str]) -> None:
    assert status(page(body, title=title)) == "mismatch"


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Domain for sale", "This domain is for sale. Make an offer for it today, it is cheap."),
        ("Oups", "La page que vous cherchez n'existe plus, revenez donc à la page d'accueil."),
        ("خطأ", "الصفحة التي تبحث عنها غير موجودة أو تم نقلها إلى عنوان آخر من هذا الموقع"),
    ],
)
def test_parked_domains_and_soft_404s_show_without_a_copy(title: str, text: str) -> None:
    assert status(page([text], title=title), None) == "mismatch"


def test_a_page_with_the_lead_only_is_ok_without_signs_of_a_paywall() -> None:
    html = page(BODY[:2])
    read = extract(html, LINK, COPY)
    assert status(html) == "ok"
    assert holds_less(read.text or "", COPY.text or "", read.agreement.contained)
    whole = extract(page(BODY), LINK, COPY)
    assert not holds_less(whole.text or "", COPY.text or "", whole.agreement.contained)


@pytest.mark.parametrize(
    "said",
    [
        "La suite est réservée aux abonnés.",
        "Subscribe to continue reading this story.",
        "مقال مؤرشف: يتوجب عليك الإشتراك بخطة أخرى",
    ],
)
def test_a_page_that_declares_a_paywall_is_paywalled(said: str) -> None:
    html = page(BODY[:1], inside=f"<div class='wall'>{said}</div>")
    assert status(html) == status(html, None) == "paywalled"


def test_a_declared_paywall_does_not_hide_a_complete_text() -> None:
    head = (
        '<script type="application/ld+json">{"@type":"NewsArticle","headline":"x",'
        '"datePublished":"2024-03-29","author":"y","isAccessibleForFree":false,'
        '"articleBody":"z"}</script>'
    )
    assert status(page(BODY, head=head)) == "ok"
    assert status(page(BODY[:1], head=head), None) == "paywalled"


def test_a_missing_text_is_unreadable() -> None:
    assert status("<html><body><p>Bonjour</p></body></html>", None) == "unreadable"


def test_a_redirect_to_a_front_page_is_moved() -> None:
    assert status(page(BODY), COPY, "https://www.gazette.example/") == "moved"


def test_a_copy_of_a_title_alone_is_judged_by_it() -> None:
    assert status(page(BODY), Copy(TITLE, None)) == "ok"
    assert status(page(BODY), Copy("Rien de commun avec cela", None)) == "mismatch"


def test_a_short_paraphrased_copy_is_compared_by_its_title() -> None:
    own = "Retrouvez dans cette dépêche tous les détails de la séance, sur le site du journal."
    assert status(page(BODY), Copy(TITLE, own)) == "ok"
    assert status(page(BODY, title="Un autre récit"), Copy(TITLE, own)) == "mismatch"
    assert status(page(BODY), Copy(TITLE, " ".join(paragraphs(2, 12)))) == "mismatch"
