from pathlib import Path

import pytest

from newscrawl.extraction import Rule, RuleBook, extract
from newscrawl.extraction.rules import TRUST, TRUST_AGAIN
from tests.extraction.pages import Copy, page, paragraphs

SITE = "https://www.gazette.example"


def url(number: int) -> str:
    return f"{SITE}/a/{number}"


def article(number: int, layout: str = "entry-content") -> tuple[str, Copy, list[str]]:
    body = paragraphs(number)
    title = f"Le port en chantier, épisode {number}"
    return page(body, title=title, layout=layout), Copy(title, " ".join(body)), body


def read(
    book: RuleBook, number: int, layout: str = "entry-content", *, copied: bool = True
) -> str | None:
    html, copy, body = article(number, layout)
    found = extract(html, url(number), copy if copied else None, book)
    assert found.text == "\n\n".join(body)
    return found.rule


def taught(pages: int = TRUST) -> RuleBook:
    book = RuleBook()
    for number in range(pages):
        assert read(book, number) == "guided"
    return book


def test_a_rule_is_trusted_after_some_pages_and_then_extracts_without_a_copy() -> None:
    book = taught()
    (rule,) = book
    assert (rule.state, rule.confirmed, rule.pages) == ("trusted", TRUST, TRUST)
    assert read(book, 20) == read(book, 21, copied=False) == rule.name == "gazette.example#1"
    assert rule.pages == TRUST + 2
    assert (rule.last_agreement or 0) > 0.95


def test_an_untrusted_rule_is_not_used() -> None:
    book = taught(TRUST - 1)
    assert [rule.state for rule in book] == ["proposed"]
    assert read(book, 21, copied=False) == "prose"


def test_a_redesign_is_learned_from_few_pages_without_wrong_records() -> None:
    book = taught()
    rules = [read(book, number, layout="story-text") for number in range(30, 36)]
    assert rules == ["guided"] * TRUST_AGAIN + ["gazette.example#2"] * (6 - TRUST_AGAIN)
    assert read(book, 40, copied=False) == "gazette.example#1"
    assert read(book, 41, copied=False, layout="story-text") == "gazette.example#2"


def test_a_selector_that_matches_other_content_is_withdrawn() -> None:
    book = taught()
    (old,) = book
    teaser = f"<p>{paragraphs(99, 1)[0]}</p>"
    for number in range(50, 54):
        html, copy, body = article(number, layout="story-text")
        html = html.replace("<main>", f'<main><div class="entry-content">{teaser}</div>')
        found = extract(html, url(number), copy, book)
        assert found.text == "\n\n".join(body)
    assert old.state == "withdrawn"
    assert found.rule == "gazette.example#2"


def test_nothing_is_learned_from_a_page_that_disagrees() -> None:
    book = RuleBook()
    html, _, _ = article(1)
    extract(html, url(1), Copy("Autre", " ".join(paragraphs(500))), book)
    extract(html, url(1), None, book)
    assert len(book) == 0


def test_a_wrong_link_does_not_harm_a_trusted_rule() -> None:
    book = taught()
    (rule,) = book
    for number in range(60, 66):
        html, _, _ = article(number)
        found = extract(html, url(number), Copy("Autre", " ".join(paragraphs(500))), book)
        assert (found.agreement.text or 0) < 0.1
    assert (rule.state, rule.failures, rule.confirmed) == ("trusted", 0, TRUST)


def test_a_rule_that_finds_too_little_falls_back_to_guided_extraction() -> None:
    book = taught()
    body = paragraphs(70)
    html = page(["Court."]).replace("<aside", "".join(f"<p>{p}</p>" for p in body) + "<aside")
    found = extract(html, url(70), None, book)
    assert found.rule == "prose"


def test_a_seed_counts_only_when_pages_confirm_it() -> None:
    book = RuleBook()
    book.add_seed("www.gazette.example", "div.entry-content p", title="h1")
    book.add_seed("gazette.example", "div.nonsense[")
    assert read(book, 1, copied=False) == "prose"
    for number in range(TRUST):
        read(book, number)
    seed, broken = book.of("gazette.example")[:2]
    assert (seed.state, seed.source, broken.confirmed) == ("trusted", "seed", 0)
    assert read(book, 20, copied=False) == seed.name


def test_printed_dates_and_bylines_are_learned() -> None:
    book = RuleBook()
    for number in range(TRUST + 1):
        html, copy, _ = article(number)
        html = html.replace("application/ld+json", "text/plain")
        found = extract(html, url(number), copy if number < TRUST else None, book)
    (rule,) = book
    assert (rule.date, rule.authors) == ("div.meta", "div.meta")
    assert found.rule == rule.name
    assert found.published
    assert found.published.date().isoformat() == "2024-03-29"
    assert found.authors == ["Salma Idrissi"]
    assert found.title == f"Le port en chantier, épisode {TRUST}"


@pytest.mark.parametrize(
    "kicker",
    ['<p class="kicker"><a href="/s">{}</a></p>', '<a class="section" href="/s">{}</a>'],
    ids=["of its own", "beside the headline"],
)
def test_a_printed_section_is_read_by_the_rule_as_without_it(kicker: str) -> None:
    book = RuleBook()
    rubrics = ["Régions", "", "Sport", "", "Santé", "Culture", "", "Justice"]
    for number, rubric in enumerate(rubrics):
        html, copy, _ = article(number)
        printed = kicker.format(rubric) if rubric else ""
        html = html.replace("<article>", f"<article>{printed}")
        found = extract(html, url(number), copy, book)
        assert (found.section or "") == (extract(html, url(number), copy).section or "") == rubric
    assert found.rule == "gazette.example#1"


def test_a_rule_book_is_stored_as_json_lines_and_forgets_outlets(tmp_path: Path) -> None:
    book = taught()
    path = tmp_path / "rules.jsonl"
    book.save(path)
    again = RuleBook.load(path)
    assert list(again) == list(book)
    assert again.export("gazette.example") == path.read_bytes()
    assert again.forget("gazette.example") == 1
    assert len(again) == 0
    assert again.export() == b""


def test_a_damaged_rule_book_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rules.jsonl"
    path.write_text('{"domain": "a.example"}\n', "utf8")
    with pytest.raises(ValueError, match="number"):
        RuleBook.load(path)


def test_a_shipped_rule_is_used_immediately() -> None:
    book = RuleBook()
    book.add(
        Rule("gazette.example", 1, "div.entry-content", ["p"], state="trusted", source="shipped")
    )
    assert read(book, 5, copied=False) == "gazette.example#1"
