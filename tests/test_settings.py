"""Wrong settings and arguments: one clear error with the name, where it was set, and the remedy."""

import subprocess
import sys
from pathlib import Path

import pytest
from scrapy.settings import Settings

from newscrawl import settings as project_settings
from newscrawl.configuration import checks
from newscrawl.configuration.checks import check_options, check_settings
from newscrawl.errors import SettingError
from tests.support import scrapy

ROOT = Path(__file__).parent.parent


def settings(**given: object) -> Settings:
    made = Settings()
    made.setmodule("newscrawl.settings")
    made.setdict(given, priority="cmdline")
    return made


def test_the_projects_own_settings_pass() -> None:
    check_settings(settings(), project_settings)


NUMBERS = [
    name
    for name, value in vars(project_settings).items()
    if name.isupper() and isinstance(value, int | float) and not isinstance(value, bool)
]


@pytest.mark.parametrize("value", ["-1001", "1e300", "nan", "many", None])
def test_every_number_has_a_range(value: object) -> None:
    for name in NUMBERS:
        with pytest.raises(SettingError, match=rf"^{name}={value} \(set on the command line\): "):
            check_settings(settings(**{name: value}), project_settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CLOSESPIDER_PAGECOUNT", "-1"),
        ("CLOSESPIDER_TIMEOUT", "soon"),
        ("CONCURRENT_REQUESTS", "2.5"),
        ("DOWNLOAD_DELAY", ""),
        ("SOURCE_RETRY_HOURS", "6,day"),
        ("RECHECK_HOURS", "-48"),
        ("QUIET_HOURS", "24"),
        ("GUARD_PORTS", "0,80"),
        ("BROWSER", "firefox"),
        ("FEED_COMPRESSION", "zip"),
        ("LOG_LEVEL", "LOUD"),
        ("MONITORS", "maybe"),
        ("NEWSCRAWL_DATA", " "),
        ("LOG_FILE", "/nowhere/at/all.log"),
        ("WEB_ARCHIVE", "web.archive.org"),
        ("WEB_ARCHIVE_STATUSES", "gone,lost"),
        ("HOST_DELAYS", '{"a.example": -1}'),
        ("HOST_DELAYS", '{"https://a.example": 1}'),
        ("HOST_DELAYS", '{"a.example": "slow"}'),
        ("DOWNLOAD_SLOTS", '{"a.example": 5}'),
        ("DOWNLOAD_SLOTS", '{"a.example": {"delay": -5}}'),
        ("GUARD_TRUSTED_HOSTS", "a.example"),
        ("FEEDS", {"a.x": {"format": "x"}}),
        ("ITEM_PIPELINES", {"no.such.Pipeline": 1}),
        ("SCHEDULER", "no.such.Scheduler"),
    ],
)
def test_other_wrong_values_are_named(name: str, value: object) -> None:
    with pytest.raises(SettingError, match=rf"^{name}=.*command line.*expected.*for the default"):
        check_settings(settings(**{name: value}), project_settings)


def test_the_message_says_where_a_value_was_set() -> None:
    own = settings()
    own.set("HOST_FAILURES", -1, priority="spider")
    with pytest.raises(SettingError, match="set in the spider's custom_settings"):
        check_settings(own, project_settings)
    own = settings()
    own.set("HOST_FAILURES", -1, priority="project")
    with pytest.raises(SettingError, match="project's settings or the environment"):
        check_settings(own, project_settings)


@pytest.mark.parametrize("pair", ["X", "=1", "ITEM_PIPELINES={", "FEEDS=[]"])
def test_options_of_a_wrong_form_are_named(pair: str) -> None:
    with pytest.raises(SettingError, match=r"^-s .*expected"):
        check_options([pair])


def test_each_range_is_declared_once() -> None:
    named = [n for table in (checks._NUMBERS, checks._WHOLE) for n in table.values()]
    names = [name for group in named for name in group]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nosuch"], "no spider named nosuch; allowed: djazairess, maghress, "),
        ([], "give one spider"),
        (["maghress", "-s", "LOG_LEVEL=LOUD"], "LOG_LEVEL=LOUD (set on the command line)"),
        (["maghress", "-s", "ITEM_PIPELINES={"], "ITEM_PIPELINES={: expected a JSON object"),
    ],
)
def test_wrong_input_of_a_crawl_is_named_in_its_last_line(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    code, said = scrapy("crawl", *arguments, data=tmp_path)
    assert code in (1, 2)
    assert message in said.splitlines()[-1]
    assert len(said.splitlines()) <= 5
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("base", "command"),
    [
        ("scrapy.Spider", ("crawl", "other", "-s", "SPIDER_MODULES=others")),
        ("AggregatorSpider", ("crawl", "other", "-s", "SPIDER_MODULES=others")),
        ("AggregatorSpider", ("runspider", "others.py")),
    ],
)
def test_a_spider_without_a_site_gives_a_clear_error(
    tmp_path: Path, base: str, command: tuple[str, ...]
) -> None:
    (tmp_path / "others.py").write_text(
        "import scrapy\nfrom newscrawl.spiders.base import AggregatorSpider\n"
        f"class Other({base}):\n    name = 'other'\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "scrapy", *command],
        env={"PYTHONPATH": f"{tmp_path}:{ROOT}", "NEWSCRAWL_DATA": str(tmp_path / "data")}
        | {"SCRAPY_SETTINGS_MODULE": "newscrawl.settings"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "has no site: derive Other" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
