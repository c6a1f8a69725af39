"""Measure the verdict ``trust`` on real pages with simulated copies.

    python -m benchmarks.trust --pages DIR

DIR holds sets of pages: <set>/truth.json = {id: {url, title, body, date, lang}} and
<set>/html/<id>.html.gz. Of each true article the aggregator's copy is simulated in several ways
(whole, cut, one sentence, wrong encoding, another article's, edited) and its page is extracted with
that copy; for some the page is also dead. A text is right if its word F1 with the truth is 0.9 or
more. Prints how often a level is right (precision), and how many of the right texts have it
(recall).
"""

import argparse
import gzip
import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from newscrawl.aggregator.sites import SITES
from newscrawl.articles.merge import without_source
from newscrawl.articles.source_pages import read_source
from newscrawl.demo.score import shingles
from newscrawl.export.trust import LEVELS, trust
from newscrawl.items import Article, Copy, Edition, Outlet, Source
from newscrawl.text.language import detect_language

RIGHT = 0.9
SITE = SITES["maghress"]
SENTENCE = "Retrouvez la suite de cet article dans (...)"


def f1(one: str, other: str) -> float:
    """F1 of the runs of four words of two texts."""
    left, right = shingles(one), shingles(other)
    total = left.total() + right.total()
    return 2 * (left & right).total() / total if total else 0.0


def copies(truth: dict[str, Any], other: dict[str, Any]) -> Iterator[tuple[str, str, str, bool]]:
    """Kind, title, text and ``truncated`` of each simulated copy."""
    title, text = truth["title"], truth["body"]
    parts = text.split("\n\n")
    words = text.split(" ")
    yield "whole", title, text, False
    yield "cut", title, " ".join(words[: max(20, len(words) // 2)]) + " (...)", True
    yield "one sentence", title, SENTENCE, True
    broken = "".join(c if c.isascii() else "\N{REPLACEMENT CHARACTER}" for c in text)
    yield "wrong encoding", title, broken, False
    yield "another article", other["title"], other["body"], False
    yield "without its end", title, "\n\n".join(parts[: max(1, len(parts) * 3 // 4)]), False
    chance = random.Random(text)
    edited = [word for word in words if chance.random() > 0.01]
    yield "edited", title, " ".join(edited), False


def record(truth: dict[str, Any], title: str, text: str, truncated: bool) -> Article:
    """A record that holds a copy."""
    return Article(
        id="maghress:fr/pages/1",
        aggregator="maghress",
        edition=detect_language(truth["body"]),  # type: ignore[arg-type]
        outlet=Outlet("pages", "Pages"),
        copy=Copy(title=title, text=text, truncated=truncated, published=_day(truth)),
        source=Source(link=truth["url"]),
    )


def _day(truth: dict[str, Any]) -> str | None:
    day = (truth.get("date") or "")[:10]
    return f"{day}T00:00:00+00:00" if len(day) == 10 else None


def main() -> None:
    """Extract, judge and count."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", type=Path, required=True)
    parser.add_argument("--sets", default="news,frar,wcxb")
    options = parser.parse_args()
    seen: dict[str, Counter[tuple[str, bool]]] = defaultdict(Counter)
    reasons: dict[bool, Counter[str]] = defaultdict(Counter)
    for name in options.sets.split(","):
        truths = json.loads((options.pages / name / "truth.json").read_text("utf-8"))
        known = {key: t for key, t in truths.items() if t.get("body") and t.get("title")}
        for (key, truth), other in zip(known.items(), reversed(known.values()), strict=True):
            if len(truth["body"].split()) < 40 or truth is other:
                continue
            if detect_language(truth["body"]) not in get_args(Edition):
                continue
            page = gzip.decompress((options.pages / name / "html" / f"{key}.html.gz").read_bytes())
            for kind, title, text, truncated in copies(truth, other):
                for dead in (False, True):
                    article = record(truth, title, text, truncated)
                    if dead:
                        without_source(article, "gone", "404")
                    else:
                        read_source(article, page, truth["url"], SITE, None)
                    verdict = trust(article)
                    # A copy of another article is the truth of the record if the page is dead.
                    true = other if kind == "another article" else truth
                    right = f1(article.text or "", true["body"]) >= RIGHT
                    where = "dead page" if dead else article.origin
                    seen[f"{kind}, {where}"][verdict.level, right] += 1
                    seen["total"][verdict.level, right] += 1
                    reasons[right].update(verdict.reasons or ["none"])
    print(f"{'copy, text from':<32}" + "".join(f"{level:>16}" for level in LEVELS))
    for kind, counts in sorted(seen.items()):
        cells = (f"{counts[level, True]:>8}/{_of(counts, level):<7}" for level in LEVELS)
        print(f"{kind:<32}" + "".join(cells))
    total = seen["total"]
    everything = sum(n for (_, right), n in total.items() if right)
    kept = found = 0
    for level in LEVELS[:2]:
        kept, found = kept + _of(total, level), found + total[level, True]
        print(f"{level} or better: precision {found / kept:.3f}, recall {found / everything:.3f}")
    for right, counted in reasons.items():
        print("right" if right else "wrong", dict(counted.most_common()))


def _of(counts: Counter[tuple[str, bool]], level: str) -> int:
    return counts[level, True] + counts[level, False]


if __name__ == "__main__":
    main()
