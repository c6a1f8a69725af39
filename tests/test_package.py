"""The wheel: the console command, Scrapy's entry points and the data files, from any directory."""

import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = ("pyproject.toml", "setup.py", "requirements.txt", "README.md", "LICENSE", "newscrawl")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of the sources."""
    sources = tmp_path_factory.mktemp("sources")
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, sources / name)
    pip(tmp_path_factory.mktemp("cwd"), "wheel", "--wheel-dir", sources / "dist", sources)
    (built,) = (sources / "dist").iterdir()
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path) -> Path:
    """A directory that the wheel is installed in, without what it requires."""
    pip(wheel.parent, "install", "--target", wheel.parent / "site", wheel)
    return wheel.parent / "site"


def pip(directory: Path, command: str, *arguments: str | Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", "-qq", command, "--no-deps", "--no-build-isolation"]
        + [str(argument) for argument in arguments],
        cwd=directory,
        check=True,
    )


def run(installed: Path, directory: Path, *command: str) -> str:
    """Output of a command that is run elsewhere."""
    environment = {k: v for k, v in os.environ.items() if k != "SCRAPY_SETTINGS_MODULE"}
    done = subprocess.run(
        [sys.executable, *command],
        cwd=directory,
        env=environment | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_the_data_files(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for path in (ROOT / "newscrawl").rglob("*"):
        if path.is_file() and path.suffix != ".pyc":
            assert str(path.relative_to(ROOT)) in names


def test_the_console_command_finds_its_settings(installed: Path, tmp_path: Path) -> None:
    script = str(installed / "bin" / "newscrawl")
    assert "maghress" in run(installed, tmp_path, script, "list").split()
    assert "active project: newscrawl" in run(installed, tmp_path, script)
    assert not list(tmp_path.iterdir())


def test_scrapy_has_the_commands_for_feeds_in_other_projects(
    installed: Path, tmp_path: Path
) -> None:
    shown = run(installed, tmp_path, "-m", "scrapy")
    assert "no active project" in shown
    scripts = metadata.PathDistribution(next(installed.glob("*.dist-info"))).entry_points
    names = {entry.name for entry in scripts.select(group="scrapy.commands")}
    assert {"export", "report", "rules", "schema", "validate"} <= names
    assert names <= {line.split()[0] for line in shown.splitlines() if line.startswith("  ")}
    assert '"$schema"' in run(installed, tmp_path, "-m", "scrapy", "schema")
    assert "no rules learned yet" in run(installed, tmp_path, "-m", "scrapy", "rules")


def test_the_metadata_is_complete(installed: Path) -> None:
    given = metadata.PathDistribution(next(installed.glob("*.dist-info"))).metadata
    assert given["License-Expression"] == "BSD-3-Clause"
    for field in ("Author", "Keywords", "Classifier", "Summary", "Requires-Python"):
        assert given[field], field
    urls = dict(url.split(", ") for url in given.get_all("Project-URL", []))
    assert set(urls) == {"Homepage", "Documentation", "Changelog", "Issues"}


def test_a_run_needs_no_extra() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    required = (ROOT / "requirements.txt").read_text()
    for names in project["optional-dependencies"].values():
        for requirement in names:
            assert f"{requirement.split('>')[0]}>" not in required


def test_the_browser_extra_is_what_nodes_install() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    nodes = (ROOT / "deploy" / "requirements.in").read_text()
    for requirement in project["optional-dependencies"]["browser"]:
        assert requirement in nodes
