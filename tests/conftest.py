"""Fixtures shared by several tests, and the marker of slow tests."""

import multiprocessing
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import settings

from tests import preloaded, support, web
from tests.postgres import Server, server

STARTERS = (
    multiprocessing,
    subprocess,
    web,
    preloaded,
    preloaded.run,
    preloaded.start,
    support.reextract,
    support.replay,
    support.scrapy,
    web.command,
    web.crawl,
    Server,
)
"""What starts other processes."""


def pytest_configure() -> None:
    """Restore the default handling of interrupts, keep bytecode, and set up hypothesis.

    Shells disable interrupts in background jobs; commands that tests start and interrupt would
    inherit that and never end.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # Each process that a test starts would compile the package anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    # A deadline fails on a busy machine.
    settings.register_profile("suite", deadline=None)
    settings.load_profile("suite")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of modules that start processes as ``slow``, and run them first.

    Modules are distributed to parallel workers as a whole: with the long ones last, one worker
    would wait for the other.
    """
    for item in items:
        if isinstance(item, pytest.Function) and _starts_processes(item.module):
            item.add_marker("slow")
    longest = "scrapyd", "docs", "reading", "browser", "archive", "nodes", "state_rules", "faults"
    first = {f"test_{name}" for name in longest}
    items.sort(key=lambda item: (item.path.stem not in first, "slow" not in item.keywords))


def _starts_processes(module: ModuleType) -> bool:
    """Return whether a test module uses processes, or a helper that starts a command."""
    used = {id(value) for value in vars(module).values()}
    return any(id(starter) in used for starter in STARTERS)


@pytest.fixture
def before_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Have every Python process that a test starts run some code first."""

    def run(code: str) -> None:
        directory = tmp_path / "site"
        directory.mkdir()
        (directory / "sitecustomize.py").write_text(code)
        monkeypatch.setenv("PYTHONPATH", str(directory), prepend=os.pathsep)

    return run


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server, started for the first test that needs one."""
    with server() as running:
        yield running


@pytest.fixture
def url(postgres: Server) -> str:
    """URL of a new database."""
    return postgres.create()


@pytest.fixture
def own_server() -> Iterator[Server]:
    """A PostgreSQL server that a test may stop."""
    with server() as running:
        yield running
