"""Checks of this machine: findings with remedies."""

import os
import shutil
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import metadata
from itertools import islice, repeat
from pathlib import Path
from typing import Any, Literal

from packaging.requirements import Requirement
from protego import Protego

from newscrawl.aggregator.sites import SITES, Site
from newscrawl.browser.chromium import find_chromium
from newscrawl.errors import BrowserMissingError, SettingError, StoreError
from newscrawl.fetching.headers import moment
from newscrawl.state import examine
from newscrawl.state.place import place_of
from newscrawl.state.run_reports import reports

_GIGABYTE = 1_000_000_000
_LEAST_FREE, _ENOUGH_FREE = 1, 10
"""GB of disk below which a crawl is not to start, and below which it should be looked at."""

_SKEW = timedelta(minutes=5)
"""A clock that is wrong by more than this spoils ``fetched`` and what is due when."""

_SECONDS = 10
"""Longest wait for a site's robots.txt."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one check."""

    name: str
    """What was looked at."""
    state: Literal["ok", "warn", "fail"]
    """``warn`` lets a crawl run, but with less; ``fail`` does not."""
    found: str
    """What was found."""
    remedy: str = ""
    """What to do about it."""


def examine_all(settings: Mapping[str, Any], *, network: bool = True) -> Iterator[Finding]:
    """Every finding, as it is made; the sites are asked for their robots.txt if ``network``."""
    data = Path(settings["NEWSCRAWL_DATA"]).resolve()
    yield _python()
    yield from _packages()
    yield _browser(settings)
    yield _contact(settings)
    yield from _scrapyd()
    yield _data(data)
    yield _disk(data)
    yield _ledger(settings)
    yield _clock(data)
    if network:
        yield from _sites(settings)
    else:
        yield Finding("sites", "warn", "not asked", "leave --offline out to ask them")


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info >= (3, 11)
    return Finding("python", "ok" if good else "fail", version, "" if good else "use 3.11 or newer")


def _packages() -> Iterator[Finding]:
    """What the project needs, against what is installed; only what is wrong is named."""
    wrong = 0
    for requirement in map(Requirement, _requirements()):
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            version = "not installed"
        if version == "not installed" or version not in requirement.specifier:
            wrong += 1
            remedy = f"pip install '{requirement.name}{requirement.specifier}'"
            yield Finding(f"package {requirement.name}", "fail", version, remedy)
    if not wrong:
        yield Finding("packages", "ok", "all that requirements.txt names")


def _requirements() -> list[str]:
    """What the project needs: as it was installed, or, on a node, as it was cloned."""
    try:
        return metadata.requires("newscrawl") or []
    except metadata.PackageNotFoundError:
        text = (Path(__file__).parents[2] / "requirements.txt").read_text("utf-8")
        return [need for line in text.splitlines() if (need := line.partition("#")[0].strip())]


def _browser(settings: Mapping[str, Any]) -> Finding:
    if settings["BROWSER"] == "off":
        return Finding("browser", "ok", "switched off")
    try:
        return Finding("browser", "ok", str(find_chromium(settings["BROWSER_PATH"])))
    except BrowserMissingError as error:
        remedy = "without it articles whose page only scripts can fill wait"
        return Finding("browser", "warn", str(error), remedy)


def _contact(settings: Mapping[str, Any]) -> Finding:
    if settings["CONTACT"]:
        return Finding("contact", "ok", settings["CONTACT"])
    return Finding("contact", "warn", "none", "export NEWSCRAWL_CONTACT=you@university.example")


def _scrapyd() -> Iterator[Finding]:
    """Whether Scrapyd, where the environment configures it, asks for a password."""
    if "SCRAPYD_USERNAME" not in os.environ and "SCRAPYD_PASSWORD" not in os.environ:
        return
    if os.environ.get("SCRAPYD_USERNAME") and os.environ.get("SCRAPYD_PASSWORD"):
        yield Finding("scrapyd", "ok", "asks for a password")
    else:
        remedy = "set SCRAPYD_USERNAME and SCRAPYD_PASSWORD: without both anybody may upload code"
        yield Finding("scrapyd", "fail", "user or password is empty", remedy)


def _data(data: Path) -> Finding:
    try:
        data.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=data) as file:
            file.write(b"written")
    except OSError as error:
        return Finding(
            "data", "fail", f"{data}: {error}", "fix its permissions, or set NEWSCRAWL_DATA"
        )
    return Finding("data", "ok", f"{data} can be written")


def _disk(data: Path) -> Finding:
    place = next(path for path in (data, *data.parents) if path.exists())
    free = shutil.disk_usage(place).free / _GIGABYTE
    state: Literal["ok", "warn", "fail"] = (
        "fail" if free < _LEAST_FREE else "warn" if free < _ENOUGH_FREE else "ok"
    )
    return Finding("disk", state, f"{free:.0f} GB free", "" if state == "ok" else "make room")


def _ledger(settings: Mapping[str, Any]) -> Finding:
    try:
        place = place_of(settings)
        if not place.exists:
            return Finding("ledger", "ok", "none yet; the first run makes it")
        return Finding("ledger", "ok", examine(place))
    except SettingError as error:
        return Finding("ledger", "fail", str(error), "correct it")
    except StoreError as error:
        return Finding("ledger", "fail", str(error), "put a backup of the ledger back")


def _clock(data: Path) -> Finding:
    present = datetime.now(UTC)
    newest = islice(reports(data), 100)
    last = max((str(report.get("written", "")) for report in newest), default="")
    try:
        ahead = bool(last) and datetime.fromisoformat(last) > present + _SKEW
    except ValueError:
        ahead = False  # a report that somebody wrote by hand
    told = f"{present:%Y-%m-%d %H:%M} UTC"
    if ahead:
        return Finding("clock", "fail", f"{told}, but a run ended {last}", "set the clock (NTP)")
    return Finding("clock", "ok", told)


def _sites(settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Whether the sites answer, what their robots.txt says, and what time they think it is."""
    with ThreadPoolExecutor(len(SITES)) as pool:
        found = list(pool.map(_site, SITES.values(), repeat(settings)))
    yield from found
    if not any(finding.state == "ok" for finding in found):
        yield Finding("network", "fail", "no site can be reached", "look at this machine's network")


def _site(site: Site, settings: Mapping[str, Any]) -> Finding:
    url = site.url("/robots.txt")
    request = urllib.request.Request(  # noqa: S310 - the URL is of our own table
        url, headers={"User-Agent": settings["USER_AGENT"]}
    )
    date = None
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
            text = answer.read(500_000).decode("utf-8", "replace")
            date = answer.headers["Date"]
    except urllib.error.HTTPError as error:
        if not 400 <= error.code < 500:
            return Finding(site.name, "warn", f"HTTP {error.code}", "try again later")
        text = ""  # no robots.txt: all is allowed
    except (OSError, ValueError) as error:
        why = getattr(error, "reason", error)  # urllib wraps what the socket said
        why = getattr(why, "strerror", None) or why
        known = f"known: {site.note}" if site.note else "try again later"
        return Finding(site.name, "warn", f"cannot be reached: {why}", known)
    sent = moment(date or "")
    if sent and abs(sent - datetime.now(UTC)) > _SKEW:
        return Finding(site.name, "warn", f"thinks it is {date}", "set the clock (NTP)")
    rules = Protego.parse(text)
    agent = settings["ROBOTSTXT_USER_AGENT"]
    if not rules.can_fetch(site.url("/"), agent):
        return Finding(site.name, "warn", "robots.txt forbids it", "do not crawl this site")
    delay = rules.crawl_delay(agent)
    return Finding(site.name, "ok", "answers" + (f", asks for {delay:g} s a page" if delay else ""))
