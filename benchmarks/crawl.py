"""The whole job, compared with its lower bounds and its peers on the same pages, in turns.

    python -m benchmarks.crawl [--articles 1000] [--rounds 3] [--peers PYTHON] [--json FILE]
    python -m benchmarks.crawl --growth 1000 10000 [100000] [--only newscrawl]
    python -m benchmarks.crawl --processes
    python -m benchmarks.crawl --start

README.md beside this file tells what is measured, and what came out.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.cost import cost_of
from benchmarks.web import ADDRESS, SITES_SERVED, MissingError, Pair, build, hosts, served

CONTESTANTS = Path(__file__).parent / "contestants"
PROJECT = Path(__file__).parents[1]
OURS = "newscrawl"
BARE = "bare Scrapy"
FEW = 40
"""Articles for contestants that need a second for a few pages."""
LEARNED = 200
"""Articles of an earlier run by which the outlets are known."""

_SETTINGS = {
    "DOWNLOAD_DELAY": 0,
    "AUTOTHROTTLE_ENABLED": False,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 8,  # Scrapy's default
    "GUARD_TRUSTED_HOSTS": json.dumps(dict.fromkeys(hosts(), ADDRESS)),
}
"""What differs from a user's run: no delays, and the hosts lie on this machine."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Time and memory for parsing some pages, as ``cost`` measures them."""

    seconds: float
    cpu: float
    megabytes: float
    pages: int

    def without(self, start: "Reading") -> "Reading":
        """Cost of the pages, without the start and end of the process."""
        return Reading(
            self.seconds - start.seconds,
            self.cpu - start.cpu,
            self.megabytes,
            self.pages - start.pages,
        )


class Track:
    """Runner of contestants on the served pages."""

    def __init__(self, root: Path, authority: Path, peers: str | None) -> None:
        self._root = root
        self._numbers = count()
        self._data_of_outlets: Path | None = None
        self.peers = peers
        self._environment = os.environ | {
            "BENCHMARK_ADDRESS": ADDRESS,
            "PYTHONPATH": str(CONTESTANTS),
            "SSL_CERT_FILE": str(authority),
            "REQUESTS_CA_BUNDLE": str(authority),
            # As installed: modules are not compiled at each start.
            "PYTHONDONTWRITEBYTECODE": "",
        }

    def fresh(self) -> Path:
        """Path where no file exists."""
        return self._root / str(next(self._numbers))

    def _urls(self, pairs: Sequence[Pair]) -> Path:
        path = self.fresh()
        path.write_text("".join(f"{pair.copy} {pair.source}\n" for pair in pairs))
        return path

    def script(
        self, name: str, pairs: Sequence[Pair], *more: str, python: str = sys.executable
    ) -> Reading:
        """Run a contestant's script; it prints the number of pages that it read."""
        command = [python, CONTESTANTS / name, self._urls(pairs), *more]
        return self.measured(command, lambda printed: int(printed.split()[-1]))

    def ours(self, pairs: Sequence[Pair], site: str = "maghress", **settings: object) -> Reading:
        """Run this project; a page counts if its record is in the feed, with its source read."""
        return self._crawl(pairs, site, self.fresh(), settings)

    def ours_again(
        self, pairs: Sequence[Pair], earlier: Sequence[Pair], **settings: object
    ) -> Reading:
        """Run this project in the data directory of a run on other articles of the same outlets."""
        if self._data_of_outlets is None:
            self._data_of_outlets = self.fresh()
            self._crawl(earlier, "maghress", self._data_of_outlets, {})
        data = shutil.copytree(self._data_of_outlets, self.fresh())
        return self._crawl(pairs, "maghress", data, settings)

    def _crawl(
        self, pairs: Sequence[Pair], site: str, data: Path, settings: Mapping[str, object]
    ) -> Reading:
        urls, before = self.fresh(), sum(_pages_of(data))
        urls.write_text("\n".join(pair.copy for pair in pairs))
        given = {**_SETTINGS, "NEWSCRAWL_DATA": data, **settings}
        command = [sys.executable, "-m", "scrapy", "crawl", site, "-a", f"urls={urls}"]
        command += [f"--set={name}={value}" for name, value in given.items()]
        return self.measured(command, lambda _: sum(_pages_of(data)) - before, PROJECT)

    def measured(
        self,
        command: Sequence[Any],
        pages: Callable[[str], int] = lambda _: 0,
        where: Path | None = None,
    ) -> Reading:
        """Run a command and take its measure; ``pages`` counts them in what it printed.

        Raises:
            SystemExit: it failed.
        """
        output, log = self.fresh(), self.fresh()
        with output.open("w") as stdout, log.open("w") as stderr:
            cost = cost_of(command, env=self._environment, cwd=where, stdout=stdout, stderr=stderr)
        if cost.code:
            raise SystemExit(f"{command[:5]} failed:\n{log.read_text()[-3000:]}")
        log.unlink()
        return Reading(cost.seconds, cost.cpu, cost.megabytes, pages(output.read_text()))


def _pages_of(data: Path) -> Iterator[int]:
    """Two for each record with both pages read, one for one with the copy alone."""
    for feed in (data / "feeds").rglob("*.jsonl"):
        with feed.open("rb") as lines:
            for line in lines:
                yield 2 if json.loads(line)["source"]["status"] == "ok" else 1


def contestants(
    track: Track, earlier: Sequence[Pair]
) -> dict[str, tuple[Callable[[Sequence[Pair]], Reading], bool]]:
    """Who takes part, and whether few pages are enough.

    ``earlier`` are the articles of a run before the one that is measured.
    """

    def peer(script: str, pairs: Sequence[Pair]) -> Reading:
        return track.script(script, pairs, str(track.fresh()), python=track.peers or "")

    found: dict[str, tuple[Callable[[Sequence[Pair]], Reading], bool]] = {
        BARE: (partial(track.script, "bare.py"), False),
        f"{BARE}, LOG_LEVEL=INFO": (
            lambda pairs: track.script("bare.py", pairs, "LOG_LEVEL=INFO"),
            False,
        ),
        OURS: (track.ours, False),
        f"{OURS}, outlets known": (partial(track.ours_again, earlier=earlier), False),
        f"{OURS}, archive on": (partial(track.ours, ARCHIVE=True), False),
        f"{OURS}, PARSE_WORKERS=0": (partial(track.ours, PARSE_WORKERS=0), False),
        f"{OURS}, PARSE_WORKERS=0, outlets known": (
            partial(track.ours_again, earlier=earlier, PARSE_WORKERS=0),
            False,
        ),
        f"{OURS}, PARSE_WORKERS=0, archive on": (
            partial(track.ours, PARSE_WORKERS=0, ARCHIVE=True),
            False,
        ),
        "usual stack": (
            lambda pairs: track.script("usual.py", pairs, f"{track.fresh()}.jsonl"),
            False,
        ),
    }
    if track.peers:
        found["newspaper4k"] = partial(peer, "newspaper_reader.py"), True
        found["news-please"] = partial(peer, "newsplease_reader.py"), True
    return found


def compare(
    track: Track, pairs: Sequence[Pair], earlier: Sequence[Pair], rounds: int, only: str
) -> dict[str, dict[str, Any]]:
    """All contestants in turns; what starting costs is measured apart and taken off."""
    costs: dict[str, list[Reading]] = {}
    for number in range(rounds):
        for name, (run, few) in contestants(track, earlier).items():
            if only not in name and name != BARE:
                continue
            cost = run(pairs[:FEW] if few else pairs).without(run(pairs[:1]))
            costs.setdefault(name, []).append(cost)
            print(f"round {number + 1}: {name}: {_line(cost)}", file=sys.stderr)
    return {name: _summary(found, costs[BARE]) for name, found in costs.items()}


def _line(cost: Reading) -> str:
    return (
        f"{cost.pages} pages, {cost.pages / cost.seconds:.1f} a second, "
        f"{1000 * cost.cpu / cost.pages:.2f} ms of processor each, {cost.megabytes:.0f} MB"
    )


def _summary(found: Sequence[Reading], bare: Sequence[Reading]) -> dict[str, Any]:
    """Medians, and ratios to bare Scrapy of the same round with the least and the most of them."""
    figures: Mapping[str, Callable[[Reading], float]] = {
        "pages_per_second": lambda cost: cost.pages / cost.seconds,
        "cpu_ms_per_page": lambda cost: 1000 * cost.cpu / cost.pages,
        "peak_megabytes": lambda cost: cost.megabytes,
    }
    summary: dict[str, Any] = {"rounds": [asdict(cost) for cost in found]}
    for name, figure in figures.items():
        ratios = [figure(mine) / figure(other) for mine, other in zip(found, bare, strict=True)]
        summary[name] = {
            "median": statistics.median(map(figure, found)),
            "ratio": statistics.median(ratios),
            "least": min(ratios),
            "most": max(ratios),
        }
    return summary


def table(results: Mapping[str, Mapping[str, Any]]) -> str:
    """The results in Markdown."""
    lines = [
        "| | pages/s | × bare (spread) | CPU ms a page | × bare | peak MB | × bare |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for name, result in results.items():
        speed, cpu, memory = (
            result[figure] for figure in ("pages_per_second", "cpu_ms_per_page", "peak_megabytes")
        )
        lines.append(
            f"| {name} | {speed['median']:,.1f} "
            f"| {speed['ratio']:.2f} ({speed['least']:.2f} to {speed['most']:.2f}) "
            f"| {cpu['median']:.2f} | {cpu['ratio']:.2f} "
            f"| {memory['median']:.0f} | {memory['ratio']:.2f} |"
        )
    return "\n".join(lines)


def grow(
    track: Track, pairs: Sequence[Pair], sizes: Sequence[int], only: str
) -> dict[str, dict[str, Any]]:
    """Time and memory of this project and of bare Scrapy by the number of articles."""
    results: dict[str, dict[str, Any]] = {}
    for size in sizes:
        for name, run in ((BARE, partial(track.script, "bare.py")), (OURS, track.ours)):
            if only not in name:
                continue
            cost = run(pairs[:size])
            results[f"{name}, {size} articles"] = asdict(cost)
            print(f"{name}, {size} articles: {_line(cost)}")
    return results


def pairwise(track: Track, sites: Mapping[str, Sequence[Pair]], rounds: int) -> dict[str, Any]:
    """One process on one site beside two processes on two sites, each with as many articles."""
    from concurrent.futures import ThreadPoolExecutor

    ratios = []
    with ThreadPoolExecutor() as pool:
        for _ in range(rounds):
            alone = track.ours(sites[SITES_SERVED[0]])
            began = time.monotonic()
            both = list(pool.map(lambda site: track.ours(sites[site], site), sites))
            seconds = time.monotonic() - began
            pages = sum(cost.pages for cost in both)
            ratios.append(pages / seconds / (alone.pages / alone.seconds))
            print(f"two processes read {ratios[-1]:.2f} times as many pages a second as one")
    return {"ratio": statistics.median(ratios), "rounds": ratios}


def start(track: Track, pairs: Sequence[Pair], rounds: int) -> dict[str, Any]:
    """Starting up beside an empty Scrapy project."""
    empty = track.fresh()
    subprocess.run(
        [sys.executable, "-m", "scrapy", "startproject", "empty", empty],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    urls = track.fresh()
    urls.write_text(pairs[0].copy)
    results: dict[str, Any] = {}
    spider = empty / "empty" / "spiders" / "one.py"
    spider.write_text(
        "import scrapy\n\nclass One(scrapy.Spider):\n    name = 'one'\n"
        f"    start_urls = {list(pairs[0])!r}\n    def parse(self, response): pass\n"
    )
    settings = [f"--set={name}={value}" for name, value in _SETTINGS.items()]
    resolver = "--set=TWISTED_DNS_RESOLVER=loopback.LoopbackResolver"
    plain = ["--set=DOWNLOAD_DELAY=0", "--set=ROBOTSTXT_OBEY=False", resolver]
    for name, theirs, mine in (
        ("scrapy list", ["list"], ["list"]),
        (
            "scrapy crawl -a limit=1",
            ["crawl", "one", *plain],
            ["crawl", "maghress", "-a", f"urls={urls}", "-a", "limit=1", *settings],
        ),
    ):
        ratios = []
        for _ in range(rounds):
            plainly, ours = (
                track.measured([sys.executable, "-m", "scrapy", *arguments], where=where)
                for arguments, where in ((theirs, empty), (mine, PROJECT))
            )
            ratios.append((ours.seconds / plainly.seconds, ours.cpu / plainly.cpu))
        results[name] = {
            "seconds": statistics.median(ratio for ratio, _ in ratios),
            "cpu": statistics.median(ratio for _, ratio in ratios),
        }
        print(
            f"{name}: {results[name]['seconds']:.2f} times an empty project's time, "
            f"{results[name]['cpu']:.2f} times its processor time"
        )
    return results


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", help="Python of an environment with news-please, newspaper4k")
    parser.add_argument("--only", default="", help="a part of the names of who takes part")
    parser.add_argument("--growth", type=int, nargs="+", metavar="ARTICLES")
    parser.add_argument("--processes", action="store_true", help="one process and two")
    parser.add_argument("--start", action="store_true", help="start-up beside an empty project")
    parser.add_argument("--directory", type=Path, help="where pages are kept for the next time")
    parser.add_argument("--json", type=Path, help="file for the results")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        directory = (options.directory or Path(name) / "web").resolve()
        needed = SITES_SERVED[:1] if options.growth else SITES_SERVED
        articles = max(options.growth or [options.articles])
        compares = not (options.growth or options.processes or options.start)
        sites = build(directory, articles + LEARNED * compares, needed)
        pairs, earlier = sites[SITES_SERVED[0]][:articles], sites[SITES_SERVED[0]][articles:]
        try:
            with served(directory) as authority:
                track = Track(Path(name), authority, options.peers)
                if options.growth:
                    results: dict[str, Any] = grow(track, pairs, options.growth, options.only)
                elif options.processes:
                    results = pairwise(track, sites, options.rounds)
                elif options.start:
                    results = start(track, pairs, options.rounds)
                else:
                    results = compare(track, pairs, earlier, options.rounds, options.only)
                    print(table(results))
        except MissingError as error:
            raise SystemExit(str(error)) from error
    machine = {
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        **{name: version(name) for name in ("scrapy", "twisted", "selectolax", "trafilatura")},
    }
    print(json.dumps(machine))
    if options.json:
        options.json.write_text(json.dumps({"machine": machine, "results": results}, indent=2))


if __name__ == "__main__":
    main()
