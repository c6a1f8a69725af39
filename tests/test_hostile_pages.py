"""A crawl through hostile pages: each costs only its own source, and little time."""

import json
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from threading import Thread
from typing import Any

import psutil

from newscrawl.demo.proxy import DemoProxy, Reply
from tests.web import (
    HTML,
    Outcome,
    Web,
    aggregator_page,
    command,
    environment,
    outlet_page,
)

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
    "links repeated in each block": lambda: f"<p><a {attributes(1000)}>" + "<p>x" * 5000,
    "deep nesting": lambda: "<div>" * 200_000 + "x",
    "deep nesting of formatting": lambda: "".join(f"<i/n{n:09}" for n in range(40_000)),
    "formatting repeated in each block": lambda: f"<p><b {attributes(1500)}>" + "<p>x" * 6000,
    "formatting with slashes": lambda: (
        f"<p><u/{attributes(900).replace('=x ', '/')}>" + "<p>x" * 6000
    ),
    "nesting after a comment": lambda: "<!-->" + "<section>" * 60_000,
    "options of a list": lambda: "<select>" + "<option>" * 60_000,
    "end tags in a drawing": lambda: "<svg>" + "<th>" * 40_000 + "</y>" * 40_000,
    "huge class": lambda: f'<h1>Un titre</h1><div class="{"_" * 50_000}"><p>{TEXT[0]}</p></div>',
    "many classes": lambda: f'<div class="{"caption-" * 20_000}"><p>{TEXT[0]}</p></div>',
    "JSON-LD of quotes": lambda: json_ld('{a"' + '\\"' * 40_000),
    "JSON-LD without end": lambda: json_ld('{"a":"' + "xyz " * 1_000_000),
    "many dates": lambda: json_ld(
        '{"@type":"NewsArticle","datePublished":[' + ",".join(['"2"'] * 200_000) + "]}"
    ),
    "many attributes of a tag": lambda: f"<p {attributes(60_000)}>x",
    "nested lists of tags": lambda: "<ul class=tags><li><a href=/t>x</a>" * 3000,
    "many authors": many_authors,
}


def address(number: int) -> str:
    return f"https://www.maghress.com/fr/lacooperative/{number}"


def source(number: int) -> str:
    return f"https://www.lacooperative.example/{number}"


def title(number: int) -> str:
    return f"La coopérative réunit son conseil pour la fois numéro {number}"


def web() -> Web:
    """Articles of which every second source is hostile."""
    kinds = list(HOSTILE.values())
    pages = {}
    for number in range(ARTICLES):
        pages[address(number)] = aggregator_page(title(number), TEXT, link=source(number))
        if number % 2:
            markup = kinds[number // 2 % len(kinds)]()
            pages[source(number)] = Reply(200, HTML, f"<html><body>{markup}".encode())
        else:
            pages[source(number)] = outlet_page(
                title(number), TEXT, published="2024-03-29T10:00:00+00:00", author="Amina Alaoui"
            )
    return Web(pages)


class Crawl:
    """Crawl whose processes are measured together."""

    def __init__(self, web: Web, data: Path, urls: str) -> None:
        self.data = data
        self.peak = 0.0
        """Most memory, in MB; what processes share counts once."""
        self.asked: list[float] = []
        """Seconds of processor time used before each request, which do not depend on the load."""
        self._web = web
        with DemoProxy(self.reply) as proxy:
            self._run = subprocess.Popen(
                command("maghress", {"MONITORS": "0"}, {"urls": urls}),
                env=environment(proxy, data),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
            self._root = psutil.Process(self._run.pid)
            watch = Thread(target=self._watch)
            watch.start()
            _, self.said = self._run.communicate(timeout=300)
            watch.join()

    def reply(self, method: str, url: str, headers: Mapping[str, str]) -> Reply:
        self.asked.append(sum(map(self._seconds, self._processes())))
        return self._web.reply(method, url, headers)

    def lines(self, kind: str) -> list[dict[str, Any]]:
        return Outcome(self._run.returncode, self.said, self.data, []).lines(kind)

    def _processes(self) -> list[psutil.Process]:
        with suppress(psutil.NoSuchProcess):
            return [self._root, *self._root.children(recursive=True)]
        return []

    @staticmethod
    def _seconds(process: psutil.Process) -> float:
        with suppress(psutil.NoSuchProcess):
            return float(sum(process.cpu_times()[:4]))  # with those of children that have ended
        return 0.0

    @staticmethod
    def _memory(process: psutil.Process) -> float:
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            used = process.memory_full_info()
            return float(getattr(used, "pss", used.uss)) / 1024**2
        return 0.0

    def _watch(self) -> None:
        while self._run.poll() is None:
            self.peak = max(self.peak, sum(map(self._memory, self._processes())))
            time.sleep(0.05)


def test_every_second_source_is_hostile(tmp_path: Path) -> None:
    crawl = Crawl(web(), tmp_path, ",".join(map(address, range(ARTICLES))))
    exported = crawl.lines("feeds")
    records = {int(record["id"].rsplit("/", 1)[1]): record for record in exported}
    assert len(exported) == len(records) == ARTICLES
    assert "Traceback" not in crawl.said
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
    assert crawl.peak < 1000
    longest = max(after - before for before, after in pairwise(crawl.asked))
    assert longest < 5, crawl.said
