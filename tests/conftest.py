"""Fixtures of several tests, and the mark of slow ones."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest


def pytest_configure() -> None:
    """Restore the default handling of interrupts, which shells disable in background jobs.

    Commands that tests start and interrupt would inherit that, and never end.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of modules that start processes as ``slow``."""
    for item in items:
        if isinstance(item, pytest.Function) and _starts_processes(item.module):
            item.add_marker("slow")


def _starts_processes(module: ModuleType) -> bool:
    """Return whether a test module uses ``subprocess`` or the crawls of ``tests.web``."""
    sources = {getattr(value, "__module__", None) for value in vars(module).values()}
    return subprocess in vars(module).values() or "tests.web" in sources


@pytest.fixture
def before_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Have every Python process that a test starts run some code first."""

    def run(code: str) -> None:
        directory = tmp_path / "site"
        directory.mkdir()
        (directory / "sitecustomize.py").write_text(code)
        monkeypatch.setenv("PYTHONPATH", str(directory), prepend=os.pathsep)

    return run
