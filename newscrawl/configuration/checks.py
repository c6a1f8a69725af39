"""Check all settings before a run; a wrong value is one clear error, not a traceback."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import get_args

from scrapy.settings import SETTINGS_PRIORITIES, BaseSettings, default_settings
from scrapy.utils.misc import load_object

from newscrawl.errors import SettingError
from newscrawl.items import Status
from newscrawl.state.compression import PACKINGS

_DAY = 86_400
_MOST_HOURS = 10**6
_ANY_COUNT = 10**12

_NUMBERS: Mapping[tuple[float, float], tuple[str, ...]] = {
    # Seconds
    (0, _DAY): (
        "AUTOTHROTTLE_MAX_DELAY",
        "AUTOTHROTTLE_START_DELAY",
        "CRAWL_DELAY_MAX",
        "DOWNLOAD_DELAY",
        "FEED_BATCH_SECONDS",
        "HOST_REST",
        "METAREFRESH_MAXDELAY",
        "RETRY_AFTER_MAX",
        "RETRY_BACKOFF",
        "WEB_ARCHIVE_DELAY",
    ),
    (0.1, _DAY): (
        "BROWSER_PAGE_SECONDS",
        "DNS_TIMEOUT",
        "DOWNLOAD_TIMEOUT",
        "LEASE_SECONDS",
        "PARSE_SECONDS",
    ),
    (1, _DAY): ("MONITOR_CLOCK_SECONDS",),
    (0, _ANY_COUNT): ("CLOSESPIDER_TIMEOUT", "CLOSESPIDER_TIMEOUT_NO_ITEM", "HOST_MAX_SECONDS"),
    # Days and hours
    (0, 1_000_000): (
        "MONITOR_HISTORY_DAYS",
        "MONITOR_SILENT_DAYS",
        "RECHECK_DAYS",
        "SOURCE_CHECK_DAYS",
    ),
    # Shares
    (0, 1): (
        "DOWNLOAD_DELAY_JITTER",
        "MONITOR_FEWEST_ITEMS",
        "MONITOR_MAX_FALL",
        "MONITOR_MAX_FLAGGED",
        "MONITOR_MAX_MISMATCH",
        "MONITOR_MAX_REJECTED",
        "MONITOR_MAX_UNREACHED",
        "MONITOR_MAX_UNREADABLE",
        "MONITOR_MIN_AGREEMENT",
    ),
    (0.1, 1000): ("AUTOTHROTTLE_TARGET_CONCURRENCY",),
    (0, 1000): ("MONITOR_OUTLET_ITEMS",),
    # Hours
    (0.1, 24 * 366): ("STALE_HOURS",),
}
"""Numeric settings by their range, both ends included."""

_WHOLE: Mapping[tuple[int, int], tuple[str, ...]] = {
    (0, _ANY_COUNT): (
        "CLOSESPIDER_ERRORCOUNT",
        "CLOSESPIDER_ITEMCOUNT",
        "CLOSESPIDER_PAGECOUNT",
        "CLOSESPIDER_PAGECOUNT_NO_ITEM",
        "DOWNLOAD_MAXSIZE",
        "DOWNLOAD_WARNSIZE",
        "HOST_FAILURES",
        "HOST_MAX_ERRORS",
        "HOST_MAX_PAGES",
        "MEMUSAGE_LIMIT_MB",
        "MEMUSAGE_WARNING_MB",
        "MONITOR_MIN_ITEMS",
        "MONITOR_RULES_WITHDRAWN",
        "PARSE_MEMORY_MB",
        "BROWSER_MEMORY_MB",
        "SOURCE_CHECKS_A_NIGHT",
        "URLLENGTH_LIMIT",
    ),
    (1, _ANY_COUNT): (
        "ARCHIVE_FILE_SIZE",
        "FEED_BATCH",
        "LISTING_MAX_PAGES",
        "SCRAPER_SLOT_MAX_ACTIVE_SIZE",
        "SOURCES_AHEAD",
    ),
    (0, 1000): ("PARSE_WORKERS", "REDIRECT_MAX_TIMES", "RETRY_TIMES"),
    (0, 1200): ("BACKFILL_MONTHS",),
    (1, 1000): (
        "ARTICLE_MAX_ATTEMPTS",
        "BROWSER_PAGE_CONCURRENCY",
        "CONCURRENT_REQUESTS_PER_DOMAIN",
        "PLAYWRIGHT_MAX_PAGES_PER_CONTEXT",
    ),
    (1, 100_000): (
        "BROWSER_PAGE_REQUESTS",
        "BROWSER_VAIN_PAGES",
        "CONCURRENT_ITEMS",
        "CONCURRENT_REQUESTS",
    ),
    (-1000, 1000): ("RETRY_PRIORITY_ADJUST",),
}
"""Settings that are whole numbers, by their range."""

_LISTS: Mapping[str, tuple[float, float, bool]] = {
    "GUARD_PORTS": (1, 65_535, True),
    "QUIET_HOURS": (0, 23, True),
    "RECHECK_HOURS": (0, _MOST_HOURS, False),
    "SOURCE_RETRY_HOURS": (0, _MOST_HOURS, False),
}
"""Settings that are lists of numbers: the range, and whether they are whole."""

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "BROWSER": ("auto", "off"),
    "FEED_COMPRESSION": tuple(PACKINGS),
    "LOG_LEVEL": ("CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG"),
}
"""Settings that are one of some words."""

_WEB = ("http://", "https://")
_COMPONENTS = ("DOWNLOADER_MIDDLEWARES", "EXTENSIONS", "ITEM_PIPELINES", "SPIDER_MIDDLEWARES")
_PATHS = ("EXTRA_MONITORS",)
_MAPPINGS = (
    *_COMPONENTS,
    *_PATHS,
    "DOWNLOAD_SLOTS",
    "FEEDS",
    "GUARD_TRUSTED_HOSTS",
    "HOST_DELAYS",
    "RETENTION_DAYS",
)

_CLASSES = (
    "DOWNLOADER",
    "DUPEFILTER_CLASS",
    "ITEM_PROCESSOR",
    "LOG_FORMATTER",
    "REQUEST_FINGERPRINTER_CLASS",
    "SCHEDULER",
    "SCHEDULER_DISK_QUEUE",
    "SCHEDULER_MEMORY_QUEUE",
    "SCHEDULER_PRIORITY_QUEUE",
    "STATS_CLASS",
    "TWISTED_DNS_RESOLVER",
    "TWISTED_REACTOR",
)
"""Settings that name a class."""

_PLACES = {
    "cmdline": "on the command line",
    "spider": "in the spider's custom_settings",
    "project": "in the project's settings or the environment",
}


def check_settings(settings: BaseSettings, defaults: ModuleType) -> None:
    """Check that every setting has a valid value.

    Args:
        settings: The settings of the run.
        defaults: The project's settings module.

    Raises:
        SettingError: the first invalid setting; the message names it, its value, where it was set,
            and what is allowed.
    """
    for name, allowed in _faults(settings, defaults):
        priority = settings.getpriority(name)
        place = next((p for n, p in _PLACES.items() if SETTINGS_PRIORITIES[n] == priority), "")
        default = getattr(defaults, name, getattr(default_settings, name, None))
        value = settings[name]
        value = dict(value) if isinstance(value, BaseSettings) else value
        raise SettingError(
            f"{name}={value} (set {place or 'elsewhere'}): expected {allowed}; "
            f"leave it out for the default, {json.dumps(default, default=str)}"
        )


def check_options(pairs: Iterable[str]) -> None:
    """Check the form of ``NAME=VALUE`` options before Scrapy parses them.

    Raises:
        SettingError: an option is malformed, or a component setting is not JSON.
    """
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not (name and equals):
            raise SettingError(f"-s {pair}: expected NAME=VALUE")
        try:
            if name in _MAPPINGS and not isinstance(json.loads(value), dict):
                raise SettingError(f"-s {pair}: expected a JSON object")
        except ValueError as error:
            raise SettingError(f"-s {pair}: expected a JSON object; {error}") from None


def _faults(settings: BaseSettings, defaults: ModuleType) -> Iterator[tuple[str, str]]:
    """Yield the names of invalid settings with the allowed values."""
    for (least, most), names in _NUMBERS.items():
        for name in names:
            if not _is_number(settings[name], least, most, whole=False):
                yield name, f"a number from {least:g} to {most:g}"
    for (least, most), names in _WHOLE.items():
        for name in names:
            if not _is_number(settings[name], least, most, whole=True):
                yield name, f"a whole number from {least} to {most}"
    for name, (least, most, whole) in _LISTS.items():
        if not all(_is_number(each, least, most, whole=whole) for each in settings.getlist(name)):
            yield name, f"{'whole ' * whole}numbers from {least:g} to {most:g}, such as 6,24"
    for name, words in _CHOICES.items():
        if settings[name] not in words:
            yield name, f"one of {', '.join(words)}"
    for name in (*_switches(defaults), "LOG_ENABLED", "HTTPCACHE_ENABLED"):
        if not _succeeds(settings.getbool, name):
            yield name, "1 or 0"
    for name in _MAPPINGS:
        if not _succeeds(settings.getdict, name):
            yield name, 'a JSON object such as {"name": 1}'
    yield from _faults_of_texts(settings)
    for name in _COMPONENTS:
        for path, order in settings.getdict(name).items():
            if order is not None and (fault := _not_loaded(path)):
                yield name, f"components that can be imported; {fault}"
    for name in _PATHS:
        for path in settings.getdict(name).values():
            if fault := _not_loaded(path):
                yield name, f"names with paths that can be imported; {fault}"
    for name in _CLASSES:
        is_set = settings.getpriority(name) != SETTINGS_PRIORITIES["default"]
        if is_set and (fault := _not_loaded(settings[name])):
            yield name, f"a class that can be imported; {fault}"


def _faults_of_texts(settings: BaseSettings) -> Iterator[tuple[str, str]]:
    """Yield the names of invalid text settings with the allowed values."""
    if not str(settings["NEWSCRAWL_DATA"] or "").strip():
        yield "NEWSCRAWL_DATA", "a directory"
    if settings["STORAGE"] and find_spec("obstore") is None:
        yield "STORAGE", "obstore to be installed (pip install '.[storage]' in the clone)"
    if settings["HEARTBEAT_URL"] and not str(settings["HEARTBEAT_URL"]).startswith(_WEB):
        yield "HEARTBEAT_URL", "a URL such as https://hc.example/ping/KEY/newscrawl-{site}-{kind}"
    if settings["WEB_ARCHIVE"] and not str(settings["WEB_ARCHIVE"]).startswith(_WEB):
        yield "WEB_ARCHIVE", "a URL such as https://web.archive.org"
    if not set(settings.getlist("WEB_ARCHIVE_STATUSES")) <= set(get_args(Status)):
        yield "WEB_ARCHIVE_STATUSES", f"some of {', '.join(get_args(Status))}"
    if (log := settings["LOG_FILE"]) and not Path(log).resolve().parent.is_dir():
        yield "LOG_FILE", "a file in a directory that exists"
    for host, seconds in settings.getdict("HOST_DELAYS").items():
        if not _is_number(seconds, 0, _DAY, whole=False) or not host or "/" in host:
            yield "HOST_DELAYS", f'hosts with 0 to {_DAY} seconds each, {{"www.lopinion.ma": 10}}'
    formats = [name for name, path in settings.getwithbase("FEED_EXPORTERS").items() if path]
    for options in settings.getdict("FEEDS").values():
        if not isinstance(options, dict) or options.get("format", "jsonlines") not in formats:
            yield "FEEDS", f'files such as {{"out.csv": {{"format": "csv"}}}}, in {formats}'
    for host, slot in settings.getdict("DOWNLOAD_SLOTS").items():
        values = [*slot.values()] if isinstance(slot, dict) else [None]
        if not host or not all(_is_number(value, 0, _DAY, whole=False) for value in values):
            yield "DOWNLOAD_SLOTS", 'slots such as {"www.lopinion.ma": {"delay": 10}}'


def _is_number(value: object, least: float, most: float, *, whole: bool) -> bool:
    """Return whether a value, or the text of one, is a number in a range; ends are included."""
    try:
        number = int(value) if whole else float(value)  # type: ignore[call-overload, arg-type]
    except (TypeError, ValueError, OverflowError):
        return False
    return least <= number <= most and not (whole and isinstance(value, float) and value % 1)


def _switches(module: ModuleType) -> list[str]:
    return [name for name, value in vars(module).items() if isinstance(value, bool)]


def _succeeds(read: Callable[[str], object], name: str) -> bool:
    try:
        read(name)
    except (TypeError, ValueError):
        return False
    return True


def _not_loaded(path: object) -> str:
    """Return why a component cannot be loaded; an empty text if it can."""
    if not isinstance(path, str):
        return ""
    try:
        load_object(path)
    except Exception as error:  # noqa: BLE001 - importing a user's module may raise anything
        return f"{path}: {type(error).__name__}: {error}"
    return ""
