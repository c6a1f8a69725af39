"""A crawl through hostile pages: each costs its own source alone, and little of the run's time."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from newscrawl.demo.proxy import Answer
from newscrawl.settings import PARSE_SECONDS
from tests.web import HTML, Web, aggregator_page, crawl, outlet_page

ARTICLES = 40

TEXT = [
    "La coopérative des pêcheurs a réuni son conseil mardi soir dans la salle du port.",
    "Le président a présenté les comptes de l'année, en hausse pour la première fois depuis 2019.",
    "Une partie des bénéfices servira à remplacer les chambres froides, en panne depuis mai.",
    "Plusieurs membres ont demandé que les prix de la criée soient affichés chaque matin.",
    "Le vote sur le nouveau règlement, lui, a été remis au mois de juin.",
]


def attributes(count: int) -> str:
    return " ".join(f"data-{number}=x" for number in range(count))


def json_ld(data: str) -> str:
    return f'<script type="application/ld+json">{data}</script><p>x</p>'


def many_authors() -> str:
    """Persons of many names each, which the article names again and again by their ``@id``."""
    names = [f"Prénom{number} Nom et Autre{number} Nom" for number in range(60)]
    person = {"@type": "Person", "@id": "#a", "name": names}
    article = {"@type": "NewsArticle", "headline": "x", "author": [[{"@id": "#a"}] * 60] * 60}
    return json_ld(json.dumps({"@graph": [person, article]}))


HOSTILE: dict[str, Callable[[], str]] = {
    "deep nesting": lambda: "<div>" * 200_000 + "x",
    "deep nesting of formatting": lambda: "".join(f"<i/n{n:09}" for n in range(40_000)),
    "formatting repeated in each block": lambda: f"<p><b {attributes(1500)}>" + "<p>x" * 6000,
    "formatting with slashes": lambda: (
        f"<p><u/{attributes(900).replace(' ', '/')}>" + "<p>x" * 6000
    ),
    "huge class": lambda: f'<h1>Un titre</h1><div class="{"_" * 50_000}"><p>{TEXT[0]}</p></div>',
    "many classes": lambda: f'<div class="{"caption-" * 20_000}"><p>{TEXT[0]}</p></div>',
    "JSON-LD of quotes": lambda: json_ld('{a"' + '\\"' * 40_000),
    "JSON-LD without end": lambda: json_ld('{"a":"' + "xyz " * 1_000_000),
    "nested lists of tags": lambda: "<ul class=tags><li><a href=/t>x</a>" * 3000,
    "many authors": many_authors,
}


def address(number: int) -> str:
    return f"https://www.maghress.com/fr/lacooperative/{number}"


def source(number: int) -> str:
    return f"https://www.lacooperative.example/{number}"


def title(number: int) -> str:
    return f"La coopérative réunit son conseil pour la fois numéro {number}"


@dataclass
class TimedWeb(Web):
    """A web that notes when it is asked."""

    times: list[float] = field(default_factory=list)

    def answer(self, method: str, url: str, headers: Mapping[str, str]) -> Answer:
        self.times.append(time.monotonic())
        return super().answer(method, url, headers)


def web() -> TimedWeb:
    """Articles of which every second source is hostile."""
    kinds = list(HOSTILE.values())
    pages = {}
    for number in range(ARTICLES):
        pages[address(number)] = aggregator_page(title(number), TEXT, link=source(number))
        if number % 2:
            markup = kinds[number // 2 % len(kinds)]()
            pages[source(number)] = Answer(200, HTML, f"<html><body>{markup}".encode())
        else:
            pages[source(number)] = outlet_page(
                title(number), TEXT, published="2024-03-29T10:00:00+00:00", author="Amina Alaoui"
            )
    return TimedWeb(pages)


def test_every_second_source_is_hostile(tmp_path: Path) -> None:
    small = web()
    urls = ",".join(map(address, range(ARTICLES)))
    outcome = crawl(small, tmp_path, settings={"MONITORS": "0"}, urls=urls)
    exported = outcome.lines("feeds")
    records = {int(record["id"].rsplit("/", 1)[1]): record for record in exported}
    assert len(exported) == len(records) == ARTICLES
    assert "Traceback" not in outcome.stderr
    for number, record in records.items():
        assert record["copy"]["title"] == title(number)
        assert record["copy"]["text"] == "\n\n".join(TEXT)
        status, reason = record["source"]["status"], record["source"].get("reason")
        if number % 2:
            assert status in ("unreadable", "mismatch", "paywalled"), (number, status)
            assert reason
            assert record["text"] == record["copy"]["text"]
        else:
            assert (status, reason) == ("ok", None), number
            assert record["text"] == "\n\n".join(TEXT)
    longest = max(after - before for before, after in pairwise(small.times))
    assert longest < PARSE_SECONDS
