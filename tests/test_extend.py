"""A user's project on top of newscrawl, as docs/extend.md shows it."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from newscrawl.demo.proxy import DemoProxy
from tests.support import TITLE, URL, web
from tests.test_docs import BLOCK
from tests.web import FAST, environment

ROOT = Path(__file__).parent.parent
DOCUMENT = (ROOT / "docs" / "extend.md").read_text("utf-8")
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project of the document, after a crawl of its spider."""
    directory = tmp_path_factory.mktemp("project")
    for _, code in BLOCK.findall(DOCUMENT):
        named = re.match(r"# (\S+)\n", code)
        assert named
        file = directory / named[1]
        file.parent.mkdir(exist_ok=True)
        file.write_text(code, "utf-8")
    (directory / "myproject" / "__init__.py").touch()
    options = [f"--set={name}={value}" for name, value in FAST.items()]
    done = run(directory, "crawl", "economy", "-a", f"urls={URL}", *options)
    assert done.returncode == 3, done.stderr
    (directory / "said").write_text(done.stderr)
    return directory


def run(directory: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    with DemoProxy(web().reply) as proxy:
        variables = environment(proxy, directory / "data") | {"PYTHONPATH": str(ROOT)}
        variables.pop("SCRAPY_SETTINGS_MODULE", None)
        return subprocess.run(
            [sys.executable, "-m", "scrapy", *command],
            cwd=directory,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )


def test_the_spider_crawls_its_site(project: Path) -> None:
    (feed,) = (project / "data" / "feeds" / "maghress").iterdir()
    assert feed.name.endswith("-economy.jsonl")
    assert '"id":"maghress:fr/courrier/101"' in feed.read_text("utf-8")


def test_pipelines_before_and_after_validation_get_the_record(project: Path) -> None:
    (feed,) = (project / "data" / "feeds" / "maghress").iterdir()
    assert TITLE.upper() in feed.read_text("utf-8")
    assert (project / "words.csv").read_text("utf-8") == "maghress:fr/courrier/101,79\n"


def test_the_monitor_raises_an_alarm(project: Path) -> None:
    assert "ALARM     short: only 1 record" in (project / "said").read_text()


def test_the_export_format_is_offered_and_written(project: Path) -> None:
    done = run(project, "export", "-o", "corpus.txt", "--format", "plain")
    assert done.returncode == 0, done.stderr
    assert (project / "corpus.txt").read_text("utf-8").startswith(TITLE.upper())


def test_a_format_that_cannot_be_imported_is_one_line(project: Path) -> None:
    settings = project / "myproject" / "broken.py"
    settings.write_text(
        "from myproject.settings import *\nEXTRA_EXPORT_FORMATS = {'plain': 'no.such.FORMAT'}\n"
    )
    variables = {"SCRAPY_SETTINGS_MODULE": "myproject.broken", "PYTHONPATH": f"{project}:{ROOT}"}
    done = subprocess.run(
        [sys.executable, "-m", "scrapy", "export", "-o", "a.txt", "--format", "plain"],
        cwd=project,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "EXTRA_EXPORT_FORMATS: format plain: no.such.FORMAT cannot" in done.stderr
    assert "Traceback" not in done.stderr
