"""S3 server (moto's) for the tests, with faults, in a thread."""

import io
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from itertools import count
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]

_names = count()


class _Threads(WSGIServer):
    """Server whose requests do not wait for each other."""

    daemon_threads = True

    def process_request(self, request: Any, client_address: Any) -> None:
        threading.Thread(target=self._serve, args=(request, client_address), daemon=True).start()

    def _serve(self, request: Any, client_address: Any) -> None:
        try:
            self.finish_request(request, client_address)
        except OSError:
            pass  # the client was killed
        finally:
            self.shutdown_request(request)


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments: object) -> None:
        pass


class S3:
    """The server; ``faults`` are applied to the next uploads of objects, one each.

    ``busy``: 503; ``half`` and ``wrong``: the object gets half of the bytes, or one other byte;
    ``hang``: there is no response until ``let_go`` is set.
    """

    def __init__(self) -> None:
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

        self._app: Wsgi = DomainDispatcherApplication(create_backend_app)
        self.faults: list[str] = []
        self.always = ""
        self.uploads: list[str] = []
        self.hangs = threading.Event()
        self.let_go = threading.Event()
        self.server = make_server("127.0.0.1", 0, self._serve, _Threads, _Quiet)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def environment(self) -> dict[str, str]:
        """Variables by which a process finds the server."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.server.server_port}",
            "AWS_ACCESS_KEY_ID": "tester",
            "AWS_SECRET_ACCESS_KEY": "sesame-open",
            "AWS_REGION": "us-east-1",
        }

    def bucket(self) -> str:
        """URL of a new bucket."""
        name = f"bucket{next(_names)}"
        connection = HTTPConnection("127.0.0.1", self.server.server_port)
        connection.request("PUT", f"/{name}")
        assert connection.getresponse().status == 200
        connection.close()
        return f"s3://{name}/a prefix"

    def _serve(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length)
        if environ["REQUEST_METHOD"] == "PUT" and environ["PATH_INFO"].count("/") > 1:
            self.uploads.append(environ["PATH_INFO"])
            fault = self.always or (self.faults.pop(0) if self.faults else "")
            if fault == "busy":
                start_response("503 Slow Down", [("Content-Length", "0")])
                return [b""]
            if fault == "hang":
                self.hangs.set()
                self.let_go.wait(60)
            if fault == "half":
                body = body[: length // 2]
            if fault == "wrong":
                body = bytes([body[0] ^ 1]) + body[1:]
        environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(body), str(len(body))
        return self._app(environ, start_response)


@contextmanager
def s3() -> Iterator[S3]:
    """A running server, which this process finds by its environment."""
    server = S3()
    before = dict(os.environ)
    os.environ.update(server.environment)
    try:
        yield server
    finally:
        os.environ.clear()
        os.environ.update(before)
        server.server.shutdown()
