"""Parse mutated pages: no call may raise an undocumented error, or take more than 2 s.

    python -m benchmarks.fuzz [--first 0] [--pages 200000] [--seconds S] [--jobs 2] [--seed 1]
        [--real DIR] [--save DIR]

Pages, listings and RSS feeds of the demo network, and those of a directory if given, are mutated:
bytes and tags are changed, repeated, moved and removed, and markup that is known to be costly is
put in. Each is parsed by its parse job, as in a crawl, and its result must be valid and survive its
encoding. Errors that the parsers log are faults, too. Pages at fault are saved with ``--save``.
Exits 1 if there is one. With ``--seconds`` it ends after that time; ``--first`` continues.
"""

import argparse
import gzip
import logging
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from copy import deepcopy
from dataclasses import dataclass
from functools import cache, partial
from itertools import islice
from pathlib import Path

import msgspec

from newscrawl.aggregator.sites import SITES
from newscrawl.aggregator.urls import parse_article_id
from newscrawl.articles import merge
from newscrawl.articles.parse_jobs import (
    AnyJob,
    CopyJob,
    FeedJob,
    ListingJob,
    ReadSource,
    SourceJob,
)
from newscrawl.articles.validation import faults
from newscrawl.articles.worker_process import limit_memory
from newscrawl.demo.network import build
from newscrawl.extraction import RuleBook
from newscrawl.items import Article
from newscrawl.state.run import now

SITE = SITES["maghress"]
HTML = "text/html; charset=utf-8"
SLOWEST = 2.0
"""Seconds of processor time that a page may take."""
LARGEST = 1_000_000
"""Bytes of a mutated page."""
CHUNK = 100
MEMORY_MB = 1000

PIECES = tuple(
    piece.encode("utf-8", "surrogateescape")
    for line in (
        # Markup.
        "<p> </p> <div> </div> <b/a=1> <a/href=x> </a> <table> <td> <br> <li> <ul> <h1> <article>",
        "<svg> <math> <select> <option> <template> <script> </script> <style> <title> <!-- --> <!>",
        '<!--> <![CDATA[ <?xml <div/class=" <p/id=" <time/datetime="',
        '<meta/property="og:title"/content="',
        # Data in scripts.
        '<script/type="application/ld+json"> {"@type":"NewsArticle","author":[ "@graph":[ null',
        '" \' \\" { } [ ] , : \\ \\u0000 \\ud800 {"@id":"#a"}',
        # RSS feeds.
        "<item> <title>x</title> <link> <pubDate> <!DOCTYPE/x/[<!ENTITY/a/'b'>]> &a;",
        # Characters.
        "&amp; &#0; &#x110000; &nbsp & \0 \udcff\udcfe \udcc3 \u200f _ - a 0 é ّ",
        # Words that mean something to a parser.
        "1/1/1 2024-02-30T25:61 http://[::1 par et Par:A/B, بقلم نشر/في caption- tags",
    )
    for piece in (*line.split(" "), " ", "\n", "\t")
)
REPEATS = (1, 1, 1, 2, 3, 10, 100, 1000, 10_000)


@dataclass(frozen=True)
class Base:
    """A page to be mutated."""

    url: str
    body: bytes
    job: Callable[[bytes], AnyJob]
    """Makes its parse job."""


class _Faults(logging.Handler):
    """Log handler that collects errors that parsers log."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.entries: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.entries.append(self.format(record))


@cache
def bases(real: Path | None) -> list[Base]:
    """Pages of each kind; the same in every process."""
    network = build()
    found: list[Base] = []
    outlets = set()
    identifiers = [i for i in network.truth if i.startswith("maghress:")]
    for identifier in random.Random(1).sample(identifiers, min(300, len(identifiers))):
        key = parse_article_id(identifier)
        body = network.reply("GET", key.url, {}).body
        found.append(Base(key.url, body, partial(_copy_job, key.url)))
        outlets.add(SITE.url(f"/{key.edition}/{key.outlet}"))
        page = CopyJob(key.url, body, HTML, links=False).read(SITE, RuleBook()).page
        if page is None or page.source_link is None:
            continue
        article = merge.from_copy(page, SITE, now(), fetched=now(), sha256="0" * 64)
        source = network.reply("GET", page.source_link, {}).body
        found.append(_source(page.source_link, source, article))
    for url in sorted(outlets)[:20]:
        body = network.reply("GET", url, {}).body
        found.append(Base(url, body, partial(_listing_job, url)))
    for url in (SITE.url("/fr/rss"), SITE.url("/rss")):
        found += [Base(url, network.reply("GET", url, {}).body, partial(FeedJob, url))] * 10
    jobs = (base.job(b"") for base in found)
    article = next(job.article for job in jobs if isinstance(job, SourceJob))
    for path in sorted(real.rglob("*.html*")) if real else ():
        body = path.read_bytes()
        body = gzip.decompress(body) if path.suffix == ".gz" else body
        if len(body) < LARGEST:
            found.append(_source(f"https://www.example.org/{path.stem}", body, article))
    return [base for base in found if base.body]


def _copy_job(url: str, body: bytes) -> CopyJob:
    return CopyJob(url, body, HTML, links=True)


def _listing_job(url: str, body: bytes) -> ListingJob:
    return ListingJob(url, body, HTML)


def _source(url: str, body: bytes, article: Article) -> Base:
    return Base(url, body, lambda b: SourceJob(url, b, HTML, deepcopy(article)))


def mutated(body: bytes, other: bytes, chance: random.Random) -> bytes:
    """Return a page with some changes."""
    page = bytearray(body)
    for _ in range(chance.choice((1, 1, 2, 3, 5, 20))):
        at = chance.randrange(len(page) + 1)
        end = min(len(page), at + chance.choice((1, 5, 50, 500, 5000)))
        match chance.randrange(8):
            case 0:
                page[at:end] = b""
            case 1:
                page[at:end] = chance.randbytes(min(end - at, 50))
            case 2 | 3:
                page[at:at] = _repeated(chance.choice(PIECES), chance)
            case 4:
                pieces = chance.choices(PIECES, k=chance.choice((2, 3, 5)))
                page[at:at] = _repeated(b"".join(pieces), chance)
            case 5:
                page[at:at] = _repeated(page[at:end], chance)
            case 6:
                start = chance.randrange(len(other) + 1)
                page[at:end] = other[start : start + chance.choice((10, 1000, 10_000))]
            case 7:
                tag = page.find(b"<", at)
                if tag >= 0:
                    page[tag:tag] = _repeated(page[tag : page.find(b">", tag) + 1], chance)
        del page[LARGEST:]
    if not chance.randrange(30):
        del page[chance.randrange(len(page) + 1) :]
    return bytes(page)


def _repeated(piece: bytes | bytearray, chance: random.Random) -> bytes:
    return bytes(piece) * min(chance.choice(REPEATS), LARGEST // max(1, len(piece)))


def examine(base: Base, body: bytes, log: _Faults) -> Iterator[str]:
    """Parse a page, and yield its faults."""
    log.entries.clear()
    job = base.job(body)
    begin = time.process_time()
    try:
        result = job.read(SITE, RuleBook())
    except MemoryError:
        return  # the worker's limit holds it
    except Exception as error:  # noqa: BLE001 - what is looked for
        yield f"{type(error).__name__}: {error}"
        return
    finally:
        seconds = time.process_time() - begin
        if seconds > SLOWEST:
            yield f"took {seconds:.1f} s"
    yield from log.entries
    try:
        sent = msgspec.json.encode(result)
        if msgspec.json.decode(sent, type=job.result) != result:
            yield "another result once it is decoded"
    except (msgspec.MsgspecError, UnicodeError) as error:
        yield f"cannot be sent: {error}"
    if isinstance(result, ReadSource):
        result.article.crawl.exported = now()
        yield from (fault for fault in faults(result.article) if "crawl" not in fault)


def run(task: tuple[int, int, int, Path | None, Path | None]) -> tuple[int, float, list[str]]:
    """Examine a range of pages; their number, the slowest one's seconds and the faults."""
    seed, first, count, real, save = task
    limit_memory(MEMORY_MB)
    logging.getLogger().setLevel(logging.ERROR)
    log = _Faults()
    logging.getLogger().addHandler(log)
    pages, found, slowest = bases(real), [], 0.0
    for number in range(first, first + count):
        chance = random.Random(f"{seed} {number}")
        base = chance.choice(pages)
        body = mutated(base.body, chance.choice(pages).body, chance)
        begin = time.process_time()
        for fault in examine(base, body, log):
            found.append(f"page {number} ({type(base.job(b'')).__name__}, {base.url}): {fault}")
            if save:
                save.mkdir(parents=True, exist_ok=True)
                (save / f"{number}.html").write_bytes(body)
        slowest = max(slowest, time.process_time() - begin)
    logging.getLogger().removeHandler(log)
    return count, slowest, found


def main() -> int:
    """Mutate, parse and print the faults."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", type=int, default=200_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first page")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="end after that time")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--real", type=Path, help="directory of HTML files, packed by gzip or not")
    parser.add_argument("--save", type=Path, help="directory for pages at fault")
    options = parser.parse_args()
    tasks = (
        (
            options.seed,
            first,
            min(CHUNK, options.first + options.pages - first),
            options.real,
            options.save,
        )
        for first in range(options.first, options.first + options.pages, CHUNK)
    )
    kinds: Counter[str] = Counter()
    done, slowest, begin = 0, 0.0, time.monotonic()
    with ProcessPoolExecutor(options.jobs) as pool:
        while time.monotonic() - begin < options.seconds:
            if not (chunk := list(islice(tasks, 10 * options.jobs))):
                break
            for count, longest, found in pool.map(run, chunk):
                done, slowest = done + count, max(slowest, longest)
                for fault in found:
                    kind = fault.rpartition("): ")[2].rstrip().rpartition("\n")[2][:60]
                    kinds[kind] += 1
                    if kinds[kind] <= 3:
                        print(fault, flush=True)
    seconds = time.monotonic() - begin
    last = options.first + done - 1
    print(
        f"pages {options.first} to {last} in {seconds:.0f} s, the slowest in {slowest:.2f} s of CPU"
    )
    print(f"faults: {kinds.total()} {dict(kinds)}")
    return int(bool(kinds))


if __name__ == "__main__":
    sys.exit(main())
