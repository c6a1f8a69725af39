"""Damaged pages: records, rejects or reported failures, never a traceback."""

import random
import re
from collections.abc import Callable
from pathlib import Path

from newscrawl.articles.validation import schema_faults
from newscrawl.demo.proxy import Reply
from tests.web import HTML, Web, aggregator_page, crawl, outlet_page

TITLE = "Le port d'Agadir accueille une école de voile"
TEXT = [
    (
        "Une école de voile a ouvert ses portes dimanche dans le port d'Agadir, avec "
        "une douzaine de bateaux légers et quatre moniteurs formés sur place cet hiver."
    ),
    (
        "تستقبل المدرسة الأطفال من سن الثامنة، وتقدم دروسا مجانية لأبناء البحارة كل يوم أربعاء حسب "
        "ما أعلنته الجمعية المشرفة عليها في بلاغ لها."
    ),
    (
        "La mairie prévoit d'étendre le ponton avant l'été et d'y installer un petit musée de la "
        "pêche, a précisé l'adjoint au maire chargé du littoral."
    ),
]


def cut(body: bytes, chance: random.Random) -> bytes:
    return body[: chance.randrange(len(body))]


def shuffle_tags(body: bytes, chance: random.Random) -> bytes:
    parts = re.split(rb"(<[^>]*>)", body)
    tags = [part for part in parts if part.startswith(b"<")]
    chance.shuffle(tags)
    return b"".join(tags.pop() if part.startswith(b"<") else part for part in parts)


def lose_tags(body: bytes, chance: random.Random) -> bytes:
    return re.sub(rb"<[^>]*>", lambda tag: b"" if chance.random() < 0.4 else tag[0], body)


def misread(body: bytes, chance: random.Random) -> bytes:
    text = body.decode()
    encoding = chance.choice(["cp1252", "cp1256", "utf-16", "utf-7", "iso-8859-1", "koi8-r"])
    return text.encode(encoding, "replace")


def encode_twice(body: bytes, _chance: random.Random) -> bytes:
    return body.decode("cp1252", "replace").encode()


def sprinkle(body: bytes, chance: random.Random) -> bytes:
    mixed = bytearray(body)
    for _ in range(chance.randrange(1, 200)):
        mixed[chance.randrange(len(mixed))] = chance.randrange(256)
    return bytes(mixed)


def binary(body: bytes, chance: random.Random) -> bytes:
    return chance.randbytes(len(body))


def nest(body: bytes, chance: random.Random) -> bytes:
    return body.replace(b"<body>", b"<body>" + b"<div><b><table>" * chance.randrange(9000))


def repeat(body: bytes, chance: random.Random) -> bytes:
    return body * chance.randrange(2, 6)


def swap(body: bytes, chance: random.Random) -> bytes:
    lines = body.splitlines(keepends=True)
    chance.shuffle(lines)
    return b"".join(lines)


DAMAGES: list[Callable[[bytes, random.Random], bytes]] = [
    cut,
    shuffle_tags,
    lose_tags,
    misread,
    encode_twice,
    sprinkle,
    binary,
    nest,
    repeat,
    swap,
]


def test_500_damaged_pages(tmp_path: Path) -> None:
    chance = random.Random(11)
    web = Web()
    urls = []
    for number in range(500):
        url = f"https://www.maghress.com/fr/courrier/{number + 10}"
        link = f"https://www.courrierdusouss.example/{number}"
        copy = aggregator_page(TITLE, TEXT, link=link).body
        source = outlet_page(
            TITLE, TEXT, published="2024-03-29T10:15:00+00:00", author="Salma Idrissi"
        ).body
        damage = DAMAGES[number % len(DAMAGES)]
        if number < 250:
            copy = damage(copy, chance)
        else:
            source = damage(source, chance)
        web.pages[url] = Reply(headers=HTML, body=copy)
        web.pages[link] = Reply(headers=HTML, body=source)
        urls.append(url)
    file = tmp_path / "urls.txt"
    file.write_text("\n".join(urls))
    outcome = crawl(web, tmp_path, urls=str(file))
    report = outcome.report
    assert "Traceback" not in outcome.stderr
    # So much damage is an alarm, and no more.
    assert (outcome.code, report["outcome"], report["errors"]) == (3, "alarm", [])
    assert report["monitors"]["layout"]
    assert report["found"] == 500
    assert report["exported"] + report["rejected"] + report["failed"] == 500
    assert report["exported"] >= 250, "a damaged source must not cost the record"
    assert all(report["failures"].values())
    assert all(report["rejections"].values())
    records = outcome.lines("feeds")
    assert len(records) == len({record["id"] for record in records}) == report["exported"]
    assert not [record["id"] for record in records if schema_faults(record)]
    assert len(outcome.lines("rejects")) == report["rejected"]
