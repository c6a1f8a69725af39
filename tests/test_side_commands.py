"""``shell``, ``fetch``, ``parse`` and ``bench``: they work and write nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from newscrawl.demo.proxy import DemoProxy, Reply
from tests import preloaded
from tests.support import LINK, TITLE, URL, web
from tests.web import HTML, environment


def run(tmp_path: Path, *arguments: str, source: Reply | None = None) -> str:
    """Output of a command that leaves nothing behind, neither data nor temporary files."""
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    with DemoProxy((web(source) if source else web()).reply) as proxy:
        done = preloaded.run(
            [*preloaded.SCRAPY, *arguments],
            env=environment(proxy, tmp_path / "data") | {"TMPDIR": str(scratch)},
        )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "data").exists()
    assert not list(scratch.iterdir())
    return done.stdout


@pytest.mark.parametrize("url", [URL, LINK])
def test_fetch_prints_the_response_of_any_host(tmp_path: Path, url: str) -> None:
    assert TITLE in run(tmp_path, "fetch", "--nolog", url)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        (URL, "read_article(response.body, response.url).title"),
        (LINK, "extract(response.body, response.url).title"),
    ],
)
def test_the_shell_has_the_parsers_at_hand(tmp_path: Path, url: str, code: str) -> None:
    assert "la récolte d'arganes" in run(tmp_path, "shell", url, "--nolog", "-c", code)


def test_parse_prints_the_record_of_an_article(tmp_path: Path) -> None:
    shown = run(tmp_path, "parse", URL, "--nolog", "--nocolour", "--pipelines")
    assert "'id': 'maghress:fr/courrier/101'" in shown
    assert "'authors': ['Salma Idrissi']" in shown


def test_parse_prints_the_record_of_an_article_whose_source_is_gone(tmp_path: Path) -> None:
    gone = Reply(404, HTML, b"<p>404")
    shown = run(tmp_path, "parse", URL, "--nolog", "--nocolour", source=gone)
    assert "'status': 'gone'" in shown


def test_bench_measures_scrapy(tmp_path: Path) -> None:
    no_proxy = {name: "" for name in os.environ if name.lower().endswith("_proxy")}
    done = subprocess.run(
        [sys.executable, "-m", "scrapy", "bench", "-s", "CLOSESPIDER_TIMEOUT=1"],
        env=os.environ | no_proxy | {"NEWSCRAWL_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert "'downloader/response_status_count/200'" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_command_with_closed_output_ends_without_a_traceback(
    tmp_path: Path, unbuffered: str
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "scrapy", "ledger"],
        env=os.environ | {"NEWSCRAWL_DATA": str(tmp_path), "PYTHONUNBUFFERED": unbuffered},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout
    assert process.stderr
    process.stdout.close()
    with process.stderr as errors:
        assert errors.read() == b""
    assert process.wait() in (0, 1)
