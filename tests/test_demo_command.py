"""``scrapy demo``: its directory, its output and the served network."""

import os
import signal
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from scrapy.exceptions import UsageError

from newscrawl.demo.outlets import EDITIONS
from newscrawl.demo.showing import _prepare


def test_only_a_demo_directory_is_deleted(tmp_path: Path) -> None:
    data = tmp_path / "demo"
    _prepare(data, keep=False)
    (data / "feed").touch()
    _prepare(data, keep=True)
    assert (data / "feed").exists()
    _prepare(data, keep=False)
    assert not (data / "feed").exists()
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis").touch()
    with pytest.raises(UsageError, match="not made by this command"):
        _prepare(mine, keep=False)
    assert (mine / "thesis").exists()


def test_serve_prints_its_usage(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "scrapy", "demo", "--serve"]
    environment = os.environ | {"NEWSCRAWL_DATA": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        lines = list(iter(server.stdout.readline, "Ctrl-C ends it.\n"))
        exports = dict(
            line.removeprefix("export ").rstrip().split("=", 1)
            for line in lines
            if line.startswith("export ")
        )
        proxy = urllib.request.ProxyHandler({"https": exports["https_proxy"]})
        context = ssl.create_default_context(cafile=exports["SSL_CERT_FILE"])
        certificate = Path(exports["SSL_CERT_FILE"])
        # Scrapyd may run as another user.
        assert certificate.stat().st_mode & 0o777 == 0o644
        assert certificate.parent.stat().st_mode & 0o777 == 0o755
        assert b"PRIVATE" not in certificate.read_bytes()
        opener = urllib.request.build_opener(proxy, urllib.request.HTTPSHandler(context=context))
        with opener.open("https://www.maghress.com/fr/rss", timeout=10) as feed:
            assert b"lecourrierdusouss" in feed.read()
        server.send_signal(signal.SIGINT)
        assert server.wait(timeout=10) == 0
    assert not list(tmp_path.iterdir())


def test_wrong_scale_is_a_clear_error() -> None:
    command = [sys.executable, "-m", "scrapy", "demo", "--scale=0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--scale 0.0: expected a number above 0" in done.stdout + done.stderr


def test_the_demo_ends_with_score_page_and_next_steps(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "scrapy", "demo", "--scale=0.1"]
    environment = os.environ | {"NEWSCRAWL_DATA": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stdout
    screen = done.stdout.splitlines()
    assert len(screen) <= 24 + len(EDITIONS)
    assert "all targets reached" in screen
    assert any(line.startswith("page     file://") for line in screen)
    assert screen[-1].strip() == "scrapy report"
    assert '"id"' not in done.stdout
