"""Diagnose the installation and the sites' reachability; each finding has a remedy."""

import importlib
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
from importlib.util import find_spec
from itertools import islice, repeat
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

from packaging.requirements import Requirement
from protego import Protego

from newscrawl.aggregator.sites import SITES, Site
from newscrawl.browser.chromium import find_chromium
from newscrawl.configuration.environment import proxy_errors
from newscrawl.errors import BrowserMissingError, SettingError, StoreError
from newscrawl.fetching.headers import parse_timestamp
from newscrawl.operations.ownership import check_user, foreign_files, user_name
from newscrawl.state import examine
from newscrawl.state.place import place_of
from newscrawl.state.run_reports import reports
from newscrawl.storage.objects import delete, upload

_GIGABYTE = 1_000_000_000
_LEAST_FREE, _ENOUGH_FREE = 1, 10
"""GB of free disk space below which a crawl should not start, and below which a warning is due."""

_SKEW = timedelta(minutes=5)
"""Clock error in seconds that makes ``fetched`` and recheck times unusable."""

_SECONDS = 10
"""Deadline for a site's robots.txt."""

_COMPONENTS = (
    *("DOWNLOADER_MIDDLEWARES_BASE", "SPIDER_MIDDLEWARES_BASE", "ITEM_PIPELINES_BASE"),
    *("EXTENSIONS_BASE", "DOWNLOADER_MIDDLEWARES", "ITEM_PIPELINES", "EXTENSIONS"),
)
"""Settings that name components by their import paths."""

_IMPORTED = {
    "newscrawl.articles.parse_jobs",
    "newscrawl.spiders.maghress",
    "trafilatura",
    "apprise",
}
"""Modules that a crawl imports in addition to its components, partly late."""

_LEDGER_REMEDIES = {
    "version": "upgrade newscrawl",
    "unable to open": "fix the owner and permissions of its directory",
    "permission": "fix the owner and permissions of its directory",
    "readonly": "fix the owner and permissions of its directory",
    "read-only": "mount the disk writable",
    "full": "make space, for instance with scrapy prune",
    "i/o error": "check the disk and its free space",
    "locked": "wait for the process that has it open, or stop it",
}
"""Remedies for errors of the ledger, by parts of their messages."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Result of one check: ok, warn or fail, with a remedy if needed."""

    name: str
    """Subject of the check."""
    state: Literal["ok", "warn", "fail"]
    """``warn``: a crawl runs, but finds less; ``fail``: it does not run."""
    found: str
    """Observed state."""
    remedy: str = ""
    """Remedy; empty if all is well."""


def examine_all(settings: Mapping[str, Any], *, network: bool = True) -> Iterator[Finding]:
    """Yield the finding of each check; with ``network`` each site's robots.txt is fetched."""
    data = Path(settings["NEWSCRAWL_DATA"]).resolve()
    yield _python()
    yield from _packages()
    yield _modules(settings)
    yield from _environment(settings)
    yield _browser(settings)
    yield _contact(settings)
    yield from _scrapyd()
    yield _data(data)
    yield _owner(data)
    yield _disk(data)
    yield _ledger(settings)
    yield _clock(data)
    if network:
        yield from _storage(settings)
        yield from _sites(settings)
    else:
        yield Finding("sites", "warn", "not checked", "leave --offline out to check them")


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info >= (3, 11)
    return Finding("python", "ok" if good else "fail", version, "" if good else "use 3.11 or newer")


def _packages() -> Iterator[Finding]:
    """Compare the installed packages with the requirements; only wrong ones are named."""
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


def _modules(settings: Mapping[str, Any]) -> Finding:
    """Import the modules of a crawl, as an installed package may lack dependencies."""
    components = [path for name in _COMPONENTS for path in settings[name]]
    names = {str(path).rpartition(".")[0] for path in components} | _IMPORTED
    if find_spec("scrapy_playwright"):  # an extra; the check of the browser tells if it is missing
        names.add("scrapy_playwright.handler")
    for name in sorted(names):
        try:
            importlib.import_module(name)
        except Exception as error:  # noqa: BLE001 - a broken package may raise anything
            missing = getattr(error, "name", None)
            remedy = f"pip install {missing}" if missing else "install the requirements again"
            return Finding("modules", "fail", f"{name}: {type(error).__name__}: {error}", remedy)
    return Finding("modules", "ok", "all that a crawl imports")


def _environment(settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Check the variables of the environment; only wrong ones are named."""
    for error in (*settings["ENVIRONMENT_ERRORS"], *proxy_errors(os.environ)):
        yield Finding("environment", "fail", error, "correct or unset the variable")


def _requirements() -> list[str]:
    """Return the requirements: of the installed project, or of its clone on a node."""
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
        remedy = "articles that need JavaScript rendering wait until it is installed"
        return Finding("browser", "warn", str(error), remedy)


def _contact(settings: Mapping[str, Any]) -> Finding:
    if settings["CONTACT"]:
        return Finding("contact", "ok", settings["CONTACT"])
    return Finding("contact", "warn", "none", "export NEWSCRAWL_CONTACT=you@university.example")


def _scrapyd() -> Iterator[Finding]:
    """Check that Scrapyd, where the environment configures it, requires a password."""
    if "SCRAPYD_USERNAME" not in os.environ and "SCRAPYD_PASSWORD" not in os.environ:
        return
    if os.environ.get("SCRAPYD_USERNAME") and os.environ.get("SCRAPYD_PASSWORD"):
        yield Finding("scrapyd", "ok", "requires a password")
    else:
        remedy = "set SCRAPYD_USERNAME and SCRAPYD_PASSWORD: without both anyone may upload code"
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


def _owner(data: Path) -> Finding:
    """Check that all files belong to the owner of the data directory."""
    if not data.exists():
        return Finding("owner", "ok", "no data yet")
    owner = user_name(data.stat().st_uid)
    foreign = list(islice(foreign_files(data), 1))
    if foreign:
        remedy = f"chown -R {owner} {data}, and start no run as root"
        return Finding("owner", "fail", f"{foreign[0]} does not belong to {owner}", remedy)
    try:
        check_user(data)
    except StoreError as error:
        return Finding("owner", "fail", str(error), f"runuser -u {owner} -- scrapy …")
    return Finding("owner", "ok", owner)


def _disk(data: Path) -> Finding:
    place = next(path for path in (data, *data.parents) if path.exists())
    free = shutil.disk_usage(place).free / _GIGABYTE
    state: Literal["ok", "warn", "fail"] = (
        "fail" if free < _LEAST_FREE else "warn" if free < _ENOUGH_FREE else "ok"
    )
    return Finding(
        "disk",
        state,
        f"{free:.0f} GB free",
        "" if state == "ok" else "make space, for instance with scrapy prune",
    )


def _ledger(settings: Mapping[str, Any]) -> Finding:
    try:
        place = place_of(settings)
        if not place.exists:
            return Finding("ledger", "ok", "none yet; the first run makes it")
        return Finding("ledger", "ok", examine(place))
    except SettingError as error:
        return Finding("ledger", "fail", str(error), "correct it")
    except StoreError as error:
        return Finding("ledger", "fail", str(error), _ledger_remedy(str(error)))


def _ledger_remedy(error: str) -> str:
    """Return the remedy for an error of the ledger."""
    text = error.lower()
    return next(
        (remedy for sign, remedy in _LEDGER_REMEDIES.items() if sign in text),
        "restore a backup (deploy/restore); a damaged ledger is never repaired by a run",
    )


def _storage(settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Write, read and delete a small object, if there is a ``STORAGE``."""
    try:
        storage = place_of(settings).storage
    except SettingError:  # the finding about the ledger says so
        return
    if not storage:
        return
    try:
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"written by newscrawl doctor")
            file.flush()
            name = f"doctor-{uuid4()}"
            upload(Path(file.name), storage, name)
            delete(f"{storage}/{name}")
        yield Finding("storage", "ok", f"{storage} can be written and read")
    except OSError as error:
        remedy = "check STORAGE and its credentials; files wait on this machine meanwhile"
        yield Finding("storage", "warn", str(error), remedy)


def _clock(data: Path) -> Finding:
    present = datetime.now(UTC)
    newest = islice(reports(data), 100)
    last = max((str(report.get("written", "")) for report in newest), default="")
    try:
        ahead = bool(last) and datetime.fromisoformat(last) > present + _SKEW
    except ValueError:
        ahead = False  # a report that was edited by hand
    shown = f"{present:%Y-%m-%d %H:%M} UTC"
    if ahead:
        return Finding("clock", "fail", f"{shown}, but a run ended {last}", "set the clock (NTP)")
    return Finding("clock", "ok", shown)


def _sites(settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Check that the sites respond, what their robots.txt says, and their clocks."""
    with ThreadPoolExecutor(len(SITES)) as pool:
        found = list(pool.map(_site, SITES.values(), repeat(settings)))
    yield from found
    if not any(finding.state == "ok" for finding in found):
        yield Finding(
            "network", "fail", "no site can be reached", "check this machine's network and proxy"
        )


def _site(site: Site, settings: Mapping[str, Any]) -> Finding:
    url = site.url("/robots.txt")
    request = urllib.request.Request(  # noqa: S310 - the URL is from our own table
        url, headers={"User-Agent": settings["USER_AGENT"]}
    )
    date = None
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as response:  # noqa: S310
            text = response.read(500_000).decode("utf-8", "replace")
            date = response.headers["Date"]
    except urllib.error.HTTPError as error:
        if not 400 <= error.code < 500:
            return Finding(site.name, "warn", f"HTTP {error.code}", "try again later")
        text = ""  # no robots.txt: all is allowed
    except (OSError, ValueError) as error:
        why = getattr(error, "reason", error)  # urllib wraps the socket's error
        why = getattr(why, "strerror", None) or why
        known = f"known: {site.note}" if site.note else "try again later"
        return Finding(site.name, "warn", f"cannot be reached: {why}", known)
    sent = parse_timestamp(date or "")
    if sent and abs(sent - datetime.now(UTC)) > _SKEW:
        return Finding(site.name, "warn", f"its clock says {date}", "set the clock (NTP)")
    rules = Protego.parse(text)
    agent = settings["ROBOTSTXT_USER_AGENT"]
    if not rules.can_fetch(site.url("/"), agent):
        return Finding(site.name, "warn", "robots.txt forbids it", "do not crawl this site")
    delay = rules.crawl_delay(agent)
    pace = f", Crawl-delay {delay:g} s" if delay else ""
    return Finding(site.name, "ok", f"responds{pace}")
