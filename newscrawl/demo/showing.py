"""Run the demo: serve the network, or crawl it with the real spiders and print the score."""

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from scrapy.exceptions import UsageError
from scrapy.utils.project import get_project_settings

from newscrawl.browser.chromium import find_chromium
from newscrawl.demo.network import DemoNetwork, build
from newscrawl.demo.outlets import EDITIONS, OUTLETS, outlets_of
from newscrawl.demo.proxy import DemoProxy
from newscrawl.demo.score import overview, read_feed, score, table
from newscrawl.errors import BrowserMissingError
from newscrawl.export import find_feeds
from newscrawl.report import write_page

_SITES = tuple(dict.fromkeys(site for site, _ in EDITIONS))
_AT_ONCE = 2
_MARKER = ".made-by-scrapy-demo"
# The loopback needs no politeness; failures are in the summary.
_SETTINGS: Mapping[str, Any] = {
    "DOWNLOAD_DELAY": 0,
    "AUTOTHROTTLE_ENABLED": False,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 8,
    "ARCHIVE": True,
    "LOG_LEVEL": "ERROR",
}
_NEXT = """
Next, on the real network (newscrawl is polite: one request per second and host):
  export NEWSCRAWL_CONTACT=you@university.example
  {command} crawl maghress -a outlets=lopinion -a editions=fr -a since=7d -a limit=20
  {command} report"""
_LONGEST = 300
"""Maximum characters of a printed text."""


def show(
    data: Path,
    settings: list[str],
    *,
    seed: int,
    scale: float,
    keep: bool,
    serve: bool,
    verbose: bool,
) -> bool:
    """Serve the network until interrupted, or crawl it into a directory and print the score.

    ``settings`` are ``NAME=VALUE`` options of the crawls. Returns whether all crawls succeeded and
    all targets are reached.

    Raises:
        UsageError: the network cannot be created or served, or the directory is not a demo's.
    """
    try:
        network = build(seed, scale, browser=_has_browser())
    except ValueError as error:
        raise UsageError(str(error), print_help=False) from error
    if find_spec("trustme") is None:
        raise UsageError("needs the extra: pip install '.[demo]' in the clone", print_help=False)
    with DemoProxy(network.reply) as proxy:
        if serve:
            _serve(proxy, data)
            return True
        _prepare(data, keep=keep)
        return _crawl_and_score(network, proxy, data, settings, verbose=verbose)


def _has_browser() -> bool:
    """Return whether a browser is installed; without one, print the consequences."""
    try:
        find_chromium(get_project_settings()["BROWSER_PATH"])
    except BrowserMissingError as error:
        print(f"As intended, the articles of one outlet wait for a browser: {error}")
        return False
    return True


def _prepare(data: Path, *, keep: bool) -> None:
    """Create the demo's directory, or empty that of an earlier demo.

    Raises:
        UsageError: the directory exists and was not created by a demo.
    """
    marker = data / _MARKER
    if data.exists() and any(data.iterdir()) and not marker.exists():
        raise UsageError(f"{data} was not made by this command; move it away", print_help=False)
    if data.exists() and not keep:
        shutil.rmtree(data)
    data.mkdir(parents=True, exist_ok=True)
    marker.touch()


def _crawl_and_score(
    network: DemoNetwork, proxy: DemoProxy, data: Path, settings: list[str], *, verbose: bool
) -> bool:
    """Crawl every site and print the result; return whether all targets are reached."""
    began = time.monotonic()
    count = len(network.truth)
    print(f"Demo network: {count} articles of {len(OUTLETS)} outlets on {', '.join(_SITES)}")
    own = {"NEWSCRAWL_DATA": str(data), "NEWSCRAWL_LEDGER": ""}
    environment = os.environ | proxy.environment() | own
    if verbose:
        print(f"Each run with {shlex.join(_options(settings))}")
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        crawls = pool.map(
            lambda site: list(_crawl(site, environment, settings, verbose=verbose)), _SITES
        )
        good = all(code == 0 for of_site in crawls for code in of_site)
    feeds = _feeds(data)
    result = score(feeds, network.truth, _SITES)
    if verbose:
        _print_details(data, feeds)
        print("\n--- Score against the network's truth", table(result), sep="\n")
    print(f"\n{len(proxy.requests)} requests in {time.monotonic() - began:.0f} s")
    print(*overview(result), sep="\n")
    print(f"\nrecords  {data / 'feeds'}")
    if feeds:
        page = data / "report" / "index.html"
        write_page(data, find_feeds(data), page)
        print(f"page     {page.as_uri()}  (open it in a browser)")
    print(_NEXT.format(command=_typed_command()))
    return result.good and good


def _typed_command() -> str:
    """Return the command as the user can type it: by its name where the shell finds it."""
    path = Path(sys.argv[0])
    if path.name not in ("scrapy", "newscrawl"):
        return "scrapy"
    return path.name if shutil.which(path.name) == str(path) else str(path)


def _print_details(data: Path, feeds: list[Path]) -> None:
    """Print a record and the files of the crawls."""
    if record := next((r for feed in feeds for r in read_feed(feed) if _typical(r)), None):
        shown = json.dumps(_short(record), indent=2, ensure_ascii=False)
        print("\n--- One record", shown, sep="\n")
    print(f"\n--- Files in {data}:")
    for path in sorted(path for path in data.rglob("*.json*") if path.is_file()):
        print(f"{path.stat().st_size:>10}  {path.relative_to(data)}")


def _crawl(
    site: str, environment: Mapping[str, str], settings: list[str], *, verbose: bool
) -> Iterator[int]:
    """Crawl all outlets' listings of a site by ``scrapy crawl``, and yield the exit codes.

    The output of a crawl is printed at its end: of one that failed, or all if ``verbose``.
    """
    for name, edition in EDITIONS:
        if name != site:
            continue
        slugs = ",".join(outlet.slug for outlet in outlets_of(site, edition))
        command = ["scrapy", "crawl", site, "-a", f"editions={edition}", "-a", f"outlets={slugs}"]
        done = subprocess.run(  # noqa: S603 -- our own command
            [sys.executable, "-m", *command, *_options(settings)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if verbose or done.returncode:
            ended = f"{shlex.join(command)}: exit code {done.returncode}"
            print(f"\n--- {ended}\n{done.stdout.rstrip()}", flush=True)
        else:
            print(f"crawled {site}, edition {edition}: {_balance(done.stdout)}", flush=True)
        yield done.returncode


def _balance(output: str) -> str:
    """Return the line of a crawl's summary that counts its articles."""
    return next((line for line in output.splitlines() if line.startswith("found ")), "")


def _options(settings: list[str]) -> Iterator[str]:
    """Yield the demo's settings, then those of the command line, which take precedence.

    The data directory is passed in the environment.
    """
    given = [setting for setting in settings if not setting.startswith("NEWSCRAWL_DATA=")]
    for setting in (*(f"{name}={value}" for name, value in _SETTINGS.items()), *given):
        yield from ("-s", setting)


def _feeds(data: Path) -> list[Path]:
    return sorted((data / "feeds").rglob("*.jsonl*"))


def _typical(record: Mapping[str, Any]) -> bool:
    """Return whether a record has all interesting fields."""
    return record["source"]["status"] == "ok" and bool(record["authors"] and record["tags"])


def _short(value: Any) -> Any:
    """Return a record with its long texts shortened."""
    if isinstance(value, dict):
        return {name: _short(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_short(part) for part in value]
    if isinstance(value, str) and len(value) > _LONGEST:
        return f"{value[:_LONGEST]} … ({len(value)} characters)"
    return value


def _serve(proxy: DemoProxy, data: Path) -> None:
    """Serve the network and print how to use it."""
    print(f"The demo network is served at {proxy.url}. In another shell:\n")
    for name, value in (proxy.environment() | {"NEWSCRAWL_DATA": str(data)}).items():
        print(f"export {name}={shlex.quote(value)}")
    print("\nThen, for instance:\n")
    options = "-s DOWNLOAD_DELAY=0 -s AUTOTHROTTLE_ENABLED=False"
    print(f"scrapy crawl maghress {options}")
    print(f"scrapy crawl djazairess -a editions=fr -a outlets=lavoixdutitteri {options}")
    print("scrapy crawl masress -a limit=20 -a follow=no")
    print("curl https://www.maghress.com/fr/lecourrierdusouss\n\nCtrl-C ends it.", flush=True)
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        print()
