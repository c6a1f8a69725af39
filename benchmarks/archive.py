"""Measure what the archive costs a crawl, and how fast pages are parsed again from it.

    python -m benchmarks.archive [--articles 400] [--rounds 3] [--kilobytes 90]

A crawl of a small web is run in turns without and with the archive; the processor time of the
crawler is compared, so that the web's own server and other programs do not count. Then the crawl is
replayed, and its records are made anew by ``scrapy reextract``, each with one and with two parse
workers. What one article takes, the start of the processes, is subtracted. Where both cores are not
idle, the processor time says more than the clock. Prints the figures and their targets.
"""

import argparse
import os
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from newscrawl.demo.proxy import DemoProxy, Reply

HTML = {"Content-Type": "text/html; charset=utf-8"}
SETTINGS = {
    "DOWNLOAD_DELAY": 0,
    "AUTOTHROTTLE_ENABLED": 0,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
    "LOG_LEVEL": "ERROR",
}
WORDS = re.findall(
    r"\w+",
    "la récolte des amandes commune conseil région projet route école selon hier budget ministre "
    "marché saison pluie port pêche habitants travaux dirhams bilan accord prix hausse annonce "
    "association président vallée barrage festival musée quartier médina réunion",
)


def page(numbers: random.Random, article: int, kilobytes: int) -> tuple[bytes, bytes]:
    """An aggregator's page and its source, as large as news pages are."""
    title = " ".join(numbers.choices(WORDS, k=9)).capitalize() + f" {article}"
    paragraphs = [" ".join(numbers.choices(WORDS, k=70)).capitalize() + "." for _ in range(6)]
    menu = "".join(
        f'<li class="menu-item i{n}"><a href="/{numbers.random()}">{numbers.choice(WORDS)}</a></li>'
        for n in range(kilobytes * 1024 // 85)
    )
    copy = f"""<html><head><meta charset="utf-8"></head><body>
        <span class="articletitle">{title}</span>
        <span class="articlenewspaper">Publié dans Banc le 29 - 03 - 2024</span>
        <span class="articlecontent">{"<br>".join(paragraphs)}</span><br>
        <a href="https://banc{article % 20}.example/{article}">Cliquez ici</a>
        pour lire l'article depuis sa source.</body></html>"""
    text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    source = f"""<html lang="fr"><head><title>{title}</title></head><body><ul>{menu}</ul>
        <article><h1>{title}</h1><div class="entry-content">{text}</div></article></body></html>"""
    return copy.encode(), source.encode()


def processor() -> float:
    """Seconds of processor time of all processes that were started and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def crawl(proxy: DemoProxy, data: Path, urls: Path, *, archive: bool) -> float:
    """Seconds of processor time of a crawl."""
    before = processor()
    settings = SETTINGS | {"ARCHIVE": int(archive)}
    subprocess.run(
        [sys.executable, "-m", "scrapy", "crawl", "maghress", "-a", f"urls={urls}"]
        + [f"--set={name}={value}" for name, value in settings.items()],
        env=os.environ | proxy.environment() | {"NEWSCRAWL_DATA": str(data)},
        stderr=subprocess.DEVNULL,
        check=True,
    )
    return processor() - before


def reextract(data: Path, _urls: Path, workers: int) -> tuple[float, float]:
    """Seconds that making all records anew takes, by the clock and of processor time."""
    feed = data / "again.jsonl"
    taken = timed(["reextract", str(data / "archive"), "-o", str(feed), f"--jobs={workers}"], data)
    feed.unlink()
    return taken


def replay(data: Path, urls: Path, workers: int) -> tuple[float, float]:
    """Seconds that a crawl from the archive takes, by the clock and of processor time."""
    settings = SETTINGS | {"REPLAY": data / "archive", "PARSE_WORKERS": workers}
    with tempfile.TemporaryDirectory() as fresh:
        return timed(
            ["crawl", "maghress", "-a", f"urls={urls}"]
            + [f"--set={name}={value}" for name, value in settings.items()],
            Path(fresh),
        )


def timed(command: list[str], data: Path) -> tuple[float, float]:
    """Run a command of Scrapy; seconds by the clock and of processor time."""
    began, used = time.monotonic(), processor()
    subprocess.run(
        [sys.executable, "-m", "scrapy", *command],
        env=os.environ | {"NEWSCRAWL_DATA": str(data)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    return time.monotonic() - began, processor() - used


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kilobytes", type=int, default=90)
    options = parser.parse_args()
    numbers = random.Random(1)
    pages: dict[str, bytes] = {}
    for article in range(options.articles):
        copy, source = page(numbers, article, options.kilobytes)
        pages[f"https://www.maghress.com/fr/banc/{article}"] = copy
        pages[f"https://banc{article % 20}.example/{article}"] = source

    def reply(method: str, url: str, _headers: Mapping[str, str]) -> Reply:
        if method == "CONNECT":
            return Reply()
        return Reply(200, HTML, pages[url]) if url in pages else Reply(404, HTML, b"404")

    with tempfile.TemporaryDirectory() as directory, DemoProxy(reply) as proxy:
        root = Path(directory)
        urls, one = root / "urls.txt", root / "one.txt"
        names = [url for url in pages if "maghress" in url]
        urls.write_text("\n".join(names))
        one.write_text(names[0])
        # What is the same for one article as for all of them: the start.
        start = crawl(proxy, root / "start", one, archive=False)
        start_kept = crawl(proxy, root / "start-kept", one, archive=True)
        ratios = []
        for number in range(options.rounds):
            plain = crawl(proxy, root / f"plain{number}", urls, archive=False) - start
            kept = crawl(proxy, root / f"kept{number}", urls, archive=True) - start_kept
            ratios.append(kept / plain)
            print(f"crawl: {plain:.2f} s of processor without, {kept:.2f} s with the archive")
        data = root / "kept0"
        stored = sum(path.stat().st_size for path in (data / "archive").rglob("*.warc.gz"))
        print(f"archive costs {statistics.median(ratios) - 1:+.1%} (target at most 15 %)")
        print(f"archive takes {stored / len(pages) / 1024:.1f} KB a page")

        for name, run in (("re-extraction", reextract), ("replay", replay)):
            rates: dict[int, float] = {}
            used: dict[int, float] = {}
            for workers in (1, 2):
                found = []
                for _ in range(options.rounds):
                    whole = run(data, urls, workers)
                    start_only = run(root / "start-kept", one, workers)
                    found.append((whole[0] - start_only[0], whole[1] - start_only[1]))
                rates[workers] = len(pages) / statistics.median(clock for clock, _ in found)
                used[workers] = statistics.median(cpu for _, cpu in found)
                print(
                    f"{name}, {workers} workers: {rates[workers]:.0f} pages a second, "
                    f"{1000 * used[workers] / len(pages):.2f} ms of processor time a page"
                )
            print(f"{name}: two workers are {rates[2] / rates[1]:.2f} times as fast as one")


if __name__ == "__main__":
    main()
