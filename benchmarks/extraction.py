"""The project's extractor compared with its open-source peers, on a directory of real pages.

    python -m benchmarks.extraction --pages DIR [--set NAME] [--lang CODE] [--repeat N] [--limit N]

``DIR/NAME/truth.json`` maps a page's id to ``{url, lang, title, body, authors, date}``, where what
is missing is not scored; ``with`` lists parts of a body that is not known as a whole.
``DIR/NAME/html/ID.html.gz`` holds the page. Peers (trafilatura, newspaper4k, news-please) are
measured when they can be imported. All run in one process, page by page in turn, so that a machine
that slows down slows all of them.

Body: multiset shingles of four words, mean precision and mean recall over the pages, and the F1
of the two. Title: the same text but for quotes, dashes and white space. Date: the same day, in
the page's zone or in UTC. Authors: F1 of the sets of names. Times: processor time of the call
alone, which other work on the machine hardly troubles, best of the passes. ``rule`` is our
extractor by a rule that the page itself has taught, without a copy.
"""

import argparse
import gzip
import json
import random
import re
import statistics
import time
import unicodedata
from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from newscrawl.extraction import RuleBook, SourcePage, extract

LEVELS = ("none", "full", "cut", "lead", "wrong", "rule")
Fields = dict[str, Any]
Extractor = Callable[[str, str], Fields]

_WORD = re.compile(r"\w+")
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("’‘ʼ", "'"),
        **dict.fromkeys("“”„", '"'),
        **dict.fromkeys("–—‑", "-"),
        **dict.fromkeys("\u200b\u200e\u200f\ufeff\xad"),
    }
)


def load(
    directory: Path, limit: int | None = None, language: str | None = None
) -> dict[str, tuple[Fields, str]]:
    """Read the pages, of one language or all, and what is true of them."""
    truth = json.loads((directory / "truth.json").read_text("utf8"))
    names = [name for name in sorted(truth) if language in (None, truth[name].get("lang"))]
    pages = {}
    for name in names[:limit]:
        html = gzip.decompress((directory / "html" / f"{name}.html.gz").read_bytes())
        pages[name] = truth[name], html.decode("utf8")
    return pages


def copy_of(name: str, truth: Fields, level: str) -> Namespace | None:
    """Make what an aggregator would hold of a page: run together, 2 % of the words lost."""
    lines = (truth.get("body") or "").split("\n") + truth.get("with", [])
    paragraphs = [line for line in lines if line.strip()]
    if not paragraphs:
        return None
    if level == "cut":
        paragraphs = paragraphs[: max(1, round(len(paragraphs) * 0.6))]
    elif level == "lead":
        paragraphs = paragraphs[:2]
    chance = random.Random(f"{name}/{level}")
    words = [word for word in " ".join(paragraphs).split() if chance.random() > 0.02]
    text = " ".join(words).translate(str.maketrans("’«»", '\'""'))
    return Namespace(title=truth.get("title"), text=text, published=truth.get("date"))


def ours(pages: dict[str, tuple[Fields, str]], level: str) -> Extractor:
    """Our extractor with copies of one kind; ``wrong`` gives each page the copy of another."""
    names = list(pages)
    half = len(names) // 2
    copies: dict[str, Namespace | None] = {}
    books: dict[str, RuleBook] = {}
    for name, other in zip(names, names[half:] + names[:half], strict=True):
        truth, html = pages[name]
        kind = {"rule": "full", "wrong": "full"}.get(level, level)
        source = other if level == "wrong" else name
        # Two pages may have one URL: as it was, and as it has become.
        copies[html] = None if kind == "none" else copy_of(source, pages[source][0], kind)
        if level == "rule":
            book = books[html] = RuleBook()
            extract(html, truth["url"], copies[html], book)
            for rule in book:
                rule.state = "trusted"

    def run(html: str, url: str) -> Fields:
        copy = None if level == "rule" else copies[html]
        page: SourcePage = extract(html, url, copy, books.get(html))
        return {
            "title": page.title,
            "body": page.text,
            "authors": page.authors,
            "date": page.published and page.published.isoformat(),
            "agreement": page.agreement.text,
            "rule": page.rule,
        }

    return run


def trafilatura() -> Extractor:
    """Trafilatura with its default settings."""
    from trafilatura import bare_extraction

    def run(html: str, url: str) -> Fields:
        page = bare_extraction(html, url=url, include_comments=False, with_metadata=True)
        if page is None or isinstance(page, dict):
            return {}
        names = [name for name in (page.author or "").split("; ") if name]
        return {"title": page.title, "body": page.text, "date": page.date, "authors": names}

    return run


def newspaper4k() -> Extractor:
    """newspaper4k with its default settings, but for pictures."""
    import newspaper  # type: ignore[import-not-found, unused-ignore]

    def run(html: str, url: str) -> Fields:
        page = newspaper.article(url, input_html=html, fetch_images=False)
        date = page.publish_date and str(page.publish_date)
        return {"title": page.title, "body": page.text, "authors": page.authors, "date": date}

    return run


def news_please() -> Extractor:
    """news-please with its default settings, but for pictures."""
    from newsplease import NewsPlease  # type: ignore[import-not-found, unused-ignore]

    def run(html: str, url: str) -> Fields:
        page = NewsPlease.from_html(html, url=url, fetch_images=False)
        date = page.date_publish and str(page.date_publish)
        return {"title": page.title, "body": page.maintext, "authors": page.authors, "date": date}

    return run


def lxml_parse() -> Extractor:
    """A bare parse by lxml, as a measure of time."""
    import lxml.html

    def run(html: str, _url: str) -> Fields:
        lxml.html.fromstring(html)
        return {}

    return run


FLOOR = "lxml parse"
GENERAL = "trafilatura"
MARGIN = 0.01
"""Difference in F1 that counts: one short paragraph."""
BY_RULE = "newscrawl, rule"
PEERS: dict[str, Callable[[], Extractor]] = {
    "trafilatura": trafilatura,
    "newspaper4k": newspaper4k,
    "news-please": news_please,
    FLOOR: lxml_parse,
}


def shingles(text: str | None) -> Counter[tuple[str, ...]]:
    """Runs of four words, with how often they come."""
    words = _WORD.findall(text or "")
    return Counter(tuple(words[i : i + 4]) for i in range(max(1, len(words) - 3)) if words)


def line(text: str | None) -> str:
    """A title or name in the form in which two are the same."""
    return " ".join(unicodedata.normalize("NFKC", text or "").translate(_PLAIN).split())


def same_day(true: str, found: str | None) -> bool:
    """Whether two timestamps fall on one day, as printed or in UTC."""
    if not found or found[:10] == true[:10]:
        return bool(found)
    try:
        one, other = datetime.fromisoformat(true), datetime.fromisoformat(found)
    except ValueError:
        return False
    if not one.tzinfo or not other.tzinfo:
        return False
    return one.astimezone(UTC).date() == other.astimezone(UTC).date()


def scores(truth: Fields, found: Fields) -> Iterator[tuple[str, float]]:
    """Score each field that is known."""
    if truth.get("body"):
        true, said = shingles(truth["body"]), shingles(found.get("body"))
        common = (true & said).total()
        if said:
            yield "P", common / said.total()
        yield "R", common / true.total()
    if truth.get("title"):
        yield "title", float(line(truth["title"]) == line(found.get("title")))
    if truth.get("date"):
        yield "date", float(same_day(truth["date"], found.get("date")))
    if truth.get("authors"):
        people, named = (
            {line(name).casefold() for name in names or []}
            for names in (truth["authors"], found.get("authors"))
        )
        yield "authors", 2 * len(people & named) / (len(people) + len(named))
    if found.get("agreement") is not None:
        yield "agree", float(found["agreement"] >= 0.5)


def f1(precision: float, recall: float) -> float:
    """Give the harmonic mean of both."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def main() -> None:
    """Run all and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", type=Path, required=True, help="directory of the sets of pages")
    parser.add_argument("--set", default="news", help="which of its sets")
    parser.add_argument("--lang", help="only pages in this language")
    parser.add_argument("--repeat", type=int, default=2, help="passes, of which the best counts")
    parser.add_argument("--limit", type=int, help="only so many pages")
    options = parser.parse_args()
    pages = load(options.pages / options.set, options.limit, options.lang)
    runs = {f"newscrawl, {level}": ours(pages, level) for level in LEVELS}
    for name, make in PEERS.items():
        try:
            runs[name] = make()
        except ImportError as error:
            print(f"{name} is not measured: {error}")
    found: dict[str, dict[str, list[float]]] = {name: {} for name in runs}
    times: dict[tuple[str, str], float] = {}
    bodies: dict[str, dict[str, float]] = {name: {} for name in runs}
    ruled: list[str] = []
    for turn in range(options.repeat):
        for page, (truth, html) in pages.items():
            for name, run in runs.items():
                start = time.process_time()
                try:
                    result = run(html, truth["url"])
                except Exception as error:  # noqa: BLE001 - a peer's failure is its score
                    print(f"{name}, {page}: {type(error).__name__}")
                    result = {}
                taken = 1000 * (time.process_time() - start)
                times[name, page] = min(taken, times.get((name, page), taken))
                if not turn and name == BY_RULE and "#" in (result.get("rule") or ""):
                    ruled.append(page)
                if not turn and name != FLOOR:
                    scored = dict(scores(truth, result))
                    for field, score in scored.items():
                        found[name].setdefault(field, []).append(score)
                    if "R" in scored:
                        bodies[name][page] = f1(scored.get("P", 0.0), scored["R"])
    report(options.set, pages, found, times)
    if ruled:
        ours_taken, floor = (
            statistics.median(times[name, page] for page in ruled) for name in (BY_RULE, FLOOR)
        )
        print(f"\n{len(ruled)} pages were read by a rule, in {ours_taken / floor:.2f} times what")
        print(f"the {FLOOR} of the same pages takes (medians).")
    if theirs := bodies.get(GENERAL):
        print(f"\nPages on which body F1 is {MARGIN} or more above, and below, that of {GENERAL}:")
        for level in LEVELS:
            ours_scored = bodies[f"newscrawl, {level}"]
            above = sum(ours_scored[page] >= theirs[page] + MARGIN for page in theirs)
            below = sum(ours_scored[page] <= theirs[page] - MARGIN for page in theirs)
            print(f"{level}: {above} above, {below} below, of {len(theirs)}")


def report(
    title: str,
    pages: dict[str, tuple[Fields, str]],
    found: dict[str, dict[str, list[float]]],
    times: dict[tuple[str, str], float],
) -> None:
    """Print the table, in Markdown."""
    print(f"\nSet `{title}`, {len(pages)} pages\n")
    columns = ("F1", "P", "R", "title", "date", "authors", "agree")
    print(f"| extractor | {' | '.join(columns)} | median ms | 95 % ms |")
    print(f"|---|{'--:|' * (len(columns) + 2)}")
    for name, fields in found.items():
        mean = {field: statistics.fmean(values) for field, values in fields.items()}
        if mean.get("P") and mean.get("R"):
            mean["F1"] = f1(mean["P"], mean["R"])
        cells = [
            f"{mean[c]:.3f}" if mean.get(c) or (c == "agree" and c in mean) else "" for c in columns
        ]
        taken = sorted(times[name, page] for page in pages)
        cells += [f"{statistics.median(taken):.1f}", f"{taken[int(0.95 * len(taken))]:.1f}"]
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
