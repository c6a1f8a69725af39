"""Fixtures of several tests."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def before_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Has every Python process that a test begins run some code first."""

    def run(code: str) -> None:
        directory = tmp_path / "site"
        directory.mkdir()
        (directory / "sitecustomize.py").write_text(code)
        monkeypatch.setenv("PYTHONPATH", str(directory), prepend=os.pathsep)

    return run
