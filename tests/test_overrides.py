"""Overrides of outlets: strictly loaded, used before learned rules, checked against the copy.

Each override that is shipped has a case in ``tests/outlets/<domain>/``: ``page.html``, a page with
the outlet's markup and invented words, and ``expected.json``, the fields to be extracted from it.
"""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from newscrawl.errors import OverrideError
from newscrawl.extraction import RuleBook, extract
from newscrawl.fetching import hosts
from newscrawl.outlets import Override, check_override, load_overrides, shipped_overrides

CASES = Path(__file__).parent / "outlets"
DOMAIN = "gazettedurif.example"
URL = f"https://www.{DOMAIN}/a/1"

OVERRIDE = """
# The byline is printed as a caption, the date in the footer.
body = ".art p.t:nth-last-child(n+3)"
title = ".head strong"
date = ".foot .day"
authors = ".cap"
drop = [".art .promo"]
pause = 4
"""

PARTS = [
    "Le conseil de la commune a publié jeudi ses comptes, pour la première fois depuis neuf ans.",
    "Les habitants les lisent au guichet de la mairie, où deux employés répondent aux questions.",
    "La voirie prend un tiers des dépenses, surtout pour la route qui descend vers le vieux port.",
    "Une pêcheuse demande pourquoi les halles, promises au printemps, manquent encore au budget.",
    "Le trésorier montre du doigt une subvention de la région, versée avec onze mois de retard.",
    "Dans la salle du fond, des lycéens comparent les chiffres avec ceux de la commune voisine.",
    "Leur professeur y voit un exercice de calcul, et davantage une leçon de vie publique.",
    "Un maçon à la retraite s'étonne du prix des trottoirs, refaits trois fois en quatre saisons.",
    "La prochaine séance, ouverte à tous, aura lieu sous le préau de l'école des filles.",
    "Chacun pourra y déposer une question écrite jusqu'à la veille au soir.",
]
PAGE = f"""<html><head><title>Gazette</title>
<meta property="article:published_time" content="2001-01-01T00:00:00Z"></head><body>
<div class="head"><strong>La commune ouvre ses comptes</strong></div>
<div class="cap">Par Salma Idrissi</div>
<div class="art">{"".join(f'<p class="t">{text}</p>' for text in PARTS[:3])}
<p class="t promo">Recevez chaque matin la lettre de la gazette dans votre boîte.</p>
{"".join(f'<p class="t">{text}</p>' for text in PARTS[3:])}</div>
<div class="foot"><span class="day">14/03/2024</span></div></body></html>"""


def given(directory: Path, text: str, domain: str = DOMAIN) -> dict[str, Override]:
    (directory / f"{domain}.toml").write_text(text, "utf-8")
    return load_overrides(directory)


def check_case(directory: Path, override: Override) -> None:
    """Check an override with the page and the expected fields of a directory."""
    html = (directory / "page.html").read_text("utf-8")
    check_override(override, html)
    expected = json.loads((directory / "expected.json").read_text("utf-8"))
    book = RuleBook(stated={directory.name: override})
    page = extract(html, f"https://{directory.name}/", rules=book)
    found = {"published": page.published and page.published.isoformat()}
    found |= {name: getattr(page, name) for name in expected if name != "published"}
    assert {name: found[name] for name in expected} == expected


def test_every_shipped_override_has_a_case() -> None:
    for domain, override in shipped_overrides().items():
        check_case(CASES / domain, override)


def test_each_case_has_an_input_and_an_expectation(tmp_path: Path) -> None:
    (override,) = given(tmp_path, OVERRIDE).values()
    case = tmp_path / DOMAIN
    case.mkdir()
    (case / "page.html").write_text(PAGE, "utf-8")
    expected = {
        "title": "La commune ouvre ses comptes",
        "text": "\n\n".join(PARTS[:8]),
        "published": "2024-03-14T00:00:00+00:00",
        "authors": ["Salma Idrissi"],
        "rule": f"{DOMAIN}#override",
    }
    (case / "expected.json").write_text(json.dumps(expected), "utf-8")
    check_case(case, override)


WRONG = {
    "unknown key": ('bdoy = ".art"', "unknown field `bdoy`"),
    "wrong type": ("body = 7", "Expected `str"),
    "pause": ("pause = 0", "pause"),
    "no selector": ('body = "div["', "body is not a CSS selector"),
    "no TOML": ("body = .art", "line 1"),
    "no body": ('title = "h1"', "title needs a body"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_override_is_an_error_that_names_it(tmp_path: Path, name: str) -> None:
    text, told = WRONG[name]
    with pytest.raises(OverrideError) as caught:
        given(tmp_path, text)
    assert f"{DOMAIN}.toml" in str(caught.value)
    assert told in str(caught.value)


def test_an_override_is_named_by_its_registered_domain(tmp_path: Path) -> None:
    with pytest.raises(
        OverrideError, match=r"www\.gazettedurif\.example is not a registered domain"
    ):
        given(tmp_path, OVERRIDE, f"www.{DOMAIN}")


def test_a_selector_without_a_match_on_the_test_page_is_named() -> None:
    override = Override(body=".art p", date=".when", drop=(".ad",))
    with pytest.raises(OverrideError) as caught:
        check_override(override, PAGE)
    assert str(caught.value) == "no match on the test page: date = '.when', drop = '.ad'"


def test_an_override_that_the_copy_contradicts_gives_way_to_it(tmp_path: Path) -> None:
    text = OVERRIDE.replace(".art p.t:nth-last-child(n+3)", ".foot")
    book = RuleBook(stated=given(tmp_path, text))
    copy = SimpleNamespace(title="La commune ouvre ses comptes", text="\n\n".join(PARTS))
    for _ in range(3):
        assert extract(PAGE, URL, copy, book).rule == "guided"
    assert all(rule.source != "override" for rule in book.for_url(URL))


def test_learned_rules_never_contain_an_override(tmp_path: Path) -> None:
    book = RuleBook(stated=given(tmp_path, OVERRIDE))
    assert extract(PAGE, URL, rules=book).rule == f"{DOMAIN}#override"
    assert book.export() == book.taught(DOMAIN) == b""


def test_a_selector_of_paragraphs_takes_exactly_what_it_matches() -> None:
    book = RuleBook()
    book.add_seed(DOMAIN, ".art p.t:nth-last-child(n+3)")
    (seed,) = book.of(DOMAIN)
    seed.state = "trusted"
    text = extract(PAGE, URL, rules=book).text or ""
    assert text.endswith(PARTS[7])
    assert PARTS[8] not in text


@pytest.mark.parametrize("tag", ["span", "a", "em", "b", "div", "aside"])
def test_elements_inside_a_paragraph_are_skipped(tmp_path: Path, tag: str) -> None:
    promo = f'<{tag} class="promo">Abonnez-vous à la lettre.</{tag}>'
    page = PAGE.replace(PARTS[4], f"{PARTS[4]} {promo}")
    text = extract(page, URL, rules=RuleBook(stated=given(tmp_path, OVERRIDE))).text or ""
    assert PARTS[4] in text
    assert "Abonnez-vous" not in text


def test_the_pause_of_an_override_holds_for_every_host_of_the_outlet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stated = given(tmp_path, OVERRIDE)
    monkeypatch.setattr(hosts, "shipped_overrides", lambda: stated)
    met = hosts.Hosts()
    assert met.at(URL).pace == met.at(f"https://media.{DOMAIN}/").pace == 4
    assert met.at("https://another.example/").pace == 0
