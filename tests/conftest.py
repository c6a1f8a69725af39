"""Fixtures of several tests."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.postgres import Server, server


def pytest_configure() -> None:
    """Have interrupts heard: a shell has what it begins in the background ignore them.

    The commands that tests begin and interrupt would inherit that, and never end.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def before_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Has every Python process that a test begins run some code first."""

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
