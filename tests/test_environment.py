"""Settings from environment variables."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import newscrawl.settings
from newscrawl.configuration.environment import proxy_errors, settings_from

DEFAULTS = {
    "LOG_JSON": False,
    "BACKFILL_MONTHS": 12,
    "DOWNLOAD_DELAY": 1.0,
    "QUIET_HOURS": [0, 1],
    "WEB_ARCHIVE_STATUSES": ["gone"],
    "GUARD_TRUSTED_HOSTS": {},
    "REPLAY": None,
    "MAIL_PASS": None,
    "NEWSCRAWL_DATA": "data",
    "LOG_FILE": None,
}


@pytest.mark.parametrize(
    ("variable", "text", "name", "value"),
    [
        ("NEWSCRAWL_LOG_JSON", "1", "LOG_JSON", True),
        ("NEWSCRAWL_LOG_JSON", "False", "LOG_JSON", False),
        ("NEWSCRAWL_BACKFILL_MONTHS", "3", "BACKFILL_MONTHS", 3),
        ("NEWSCRAWL_DOWNLOAD_DELAY", "2", "DOWNLOAD_DELAY", 2.0),
        ("NEWSCRAWL_QUIET_HOURS", "22, 23", "QUIET_HOURS", [22, 23]),
        ("NEWSCRAWL_QUIET_HOURS", "[22, 23]", "QUIET_HOURS", [22, 23]),
        ("NEWSCRAWL_WEB_ARCHIVE_STATUSES", "gone,moved", "WEB_ARCHIVE_STATUSES", ["gone", "moved"]),
        ("NEWSCRAWL_GUARD_TRUSTED_HOSTS", '{"a": ""}', "GUARD_TRUSTED_HOSTS", {"a": ""}),
        ("NEWSCRAWL_REPLAY", "archive", "REPLAY", "archive"),
        ("NEWSCRAWL_DATA", "/srv/data", "NEWSCRAWL_DATA", "/srv/data"),
        ("NEWSCRAWL_LOG_FILE", "a.log", "LOG_FILE", "a.log"),
        ("NEWSCRAWL_LOG_FILE", '"a b.log"', "LOG_FILE", "a b.log"),
        ("NEWSCRAWL_BACKFILL_MONTHS", "'3'", "BACKFILL_MONTHS", 3),
    ],
)
def test_an_environment_variable_is_converted_to_the_type_of_the_default(
    variable: str, text: str, name: str, value: object
) -> None:
    settings, errors = settings_from({variable: text, "HOME": "/"}, DEFAULTS)
    assert (settings, errors) == ({name: value}, [])
    assert type(settings[name]) is type(value)


@pytest.mark.parametrize(
    ("variable", "text", "error"),
    [
        (
            "NEWSCRAWL_BACKFILL_MONTH",
            "3",
            "no setting has this name; did you mean NEWSCRAWL_BACKFILL_MONTHS?",
        ),
        ("NEWSCRAWL_XYZ", "secret", "NEWSCRAWL_XYZ: no setting has this name"),
        ("NEWSCRAWL_LOG_JSON", "maybe", "NEWSCRAWL_LOG_JSON: maybe is not 1 or 0 (true, false)"),
        ("NEWSCRAWL_BACKFILL_MONTHS", "2.5", "2.5 is not a whole number"),
        ("NEWSCRAWL_DOWNLOAD_DELAY", "nan", "nan is not a number"),
        ("NEWSCRAWL_QUIET_HOURS", "0;1", "0;1 is not a list such as 0,1"),
        ("NEWSCRAWL_GUARD_TRUSTED_HOSTS", "[]", "[] is not a JSON object"),
        ("NEWSCRAWL_MAIL_PASS_FILE", "/nowhere", "/nowhere cannot be read"),
    ],
)
def test_a_wrong_variable_is_a_one_line_error(variable: str, text: str, error: str) -> None:
    settings, errors = settings_from({variable: text}, DEFAULTS)
    assert settings == {}
    (message,) = errors
    assert error in message
    assert "secret" not in message


def test_an_empty_variable_counts_as_not_set() -> None:
    for empty in ("", '""', "''"):
        assert settings_from({"NEWSCRAWL_LOG_JSON": empty}, DEFAULTS) == ({}, [])


def test_a_value_may_be_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("pass word\n")
    environ = {"NEWSCRAWL_MAIL_PASS_FILE": str(secret)}
    assert settings_from(environ, DEFAULTS) == ({"MAIL_PASS": "pass word"}, [])
    _, (error,) = settings_from({**environ, "NEWSCRAWL_MAIL_PASS": "other"}, DEFAULTS)
    assert "NEWSCRAWL_MAIL_PASS is set, too" in error
    _, (error,) = settings_from({"NEWSCRAWL_BACKFILL_MONTHS_FILE": str(secret)}, DEFAULTS)
    assert "pass word" not in error


def test_the_environment_overrides_the_settings() -> None:
    tree = ast.parse(Path(newscrawl.settings.__file__).read_text())
    assigned = [
        (node.lineno, target.id)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and target.id.isupper()
    ]
    (read,) = (
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "settings_from"
    )
    assert {name for line, name in assigned if line > read} == {"USER_AGENT"}


def scrapy(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "scrapy", *arguments],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_all_commands_take_the_environment() -> None:
    done = scrapy("settings", "--get", "BACKFILL_MONTHS", NEWSCRAWL_BACKFILL_MONTHS="3")
    assert done.stdout == "3\n"
    done = scrapy("settings", "--get", "USER_AGENT", NEWSCRAWL_CONTACT="desk@here.example")
    assert "(research crawler; desk@here.example)" in done.stdout
    done = scrapy("list", NEWSCRAWL_BACKFILL_MONTHS="many", NEWSCRAWL_CONTACTS="me")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "newscrawl: NEWSCRAWL_BACKFILL_MONTHS: many is not a whole number",
        "newscrawl: NEWSCRAWL_CONTACTS: no setting has this name; did you mean NEWSCRAWL_CONTACT?",
    ]


def test_a_proxy_url_without_a_scheme_is_an_error() -> None:
    assert list(proxy_errors({"https_proxy": "http://proxy.example:3128"})) == []
    assert list(proxy_errors({"HTTPS_PROXY": "user:secret@proxy.example:3128"})) == [
        "HTTPS_PROXY: proxy.example:3128 has no scheme: write http://proxy.example:3128"
    ]
