"""A notification that fails is a warning, and says nothing secret."""

import socket
from collections.abc import Iterator
from threading import Thread

import pytest
from scrapy.settings import Settings

from newscrawl.operations.notifications import notify
from newscrawl.state.run import job_name

REPORT = {"spider": "maghress", "outcome": "failed", "job": "a", "errors": ["no page"]}


@pytest.fixture(params=[b"garbage\r\n\r\n", b"", b"HTTP/1.1 999999999 x\r\n\r\n", b"\x00" * 99])
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    """The port of a server that sends a malformed response."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(request.param)

        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join(5)


def test_a_malformed_response_of_a_webhook_is_reported_without_its_url(port: int) -> None:
    url = f"http://127.0.0.1:{port}/services/token?key=value"
    (said,) = notify(REPORT, _settings(url))
    assert said.startswith("MONITOR_WEBHOOK=http://127.0.0.1: ")
    assert "token" not in said
    assert "key" not in said


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:port-token/token",
        "http://[token/token",
        "http://hooks.example.invalid/a token",
        "token",
        "ftp://127.0.0.1/token",
    ],
)
def test_an_unsound_url_of_a_webhook_is_reported_without_it(url: str) -> None:
    (said,) = notify(REPORT, _settings(url))
    assert "token" not in said


def _settings(url: str) -> Settings:
    return Settings({"MONITOR_WEBHOOK": url, "USER_AGENT": "newscrawl"})


@pytest.mark.parametrize("name", ["a" * 300, "é" * 150, "ع" * 300, "𝒂" * 300])
def test_a_long_name_of_a_run_is_cut_to_what_a_file_name_holds(name: str) -> None:
    job = job_name("maghress", name)
    assert len(job.encode()) <= 200
    assert name.startswith(job)
