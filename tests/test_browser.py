"""Pages that need a browser, through the system's real Chromium."""

import json
import os
import signal
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

import pytest

from newscrawl.demo.proxy import Reply
from newscrawl.extraction.application_shell import is_shell
from tests import web as tests_web
from tests.support import SOURCE, TEXT, TITLE, listing
from tests.web import HTML, Outcome, Web, aggregator_page

SCRIPT = {"Content-Type": "text/javascript"}
HOST = "https://www.courrierdusouss.example"
SHELL = """<!DOCTYPE html><html><head><title>Le Courrier du Souss</title>{head}</head><body>
<div id="root"></div><script>{before}</script><script src="/main.js"></script></body></html>"""

# What an application does: it asks for the article's data, then writes the page.
MAIN = """
fetch("/api" + location.pathname, {headers: {"X-App": "1"}}).then(r => r.json()).then(article => {
  const node = document.createElement("article");
  node.innerHTML = `<h1>${article.title}</h1>` + article.text.map(p => `<p>${p}</p>`).join("");
  document.getElementById("root").append(node);
});
"""


def crawl(web: Web, data: Path, *, settings: dict[str, str], **arguments: str) -> Outcome:
    """A crawl with long timeouts: a starting browser stalls a small machine."""
    return tests_web.crawl(web, data, settings={"DOWNLOAD_TIMEOUT": "30"} | settings, **arguments)


def app(articles: Mapping[str, tuple[str, str]]) -> Web:
    """Articles on an outlet that is an application: head and first script of each one's page."""
    web = Web({f"{HOST}/main.js": Reply(200, SCRIPT, MAIN.encode())})
    for number, (name, (head, before)) in enumerate(articles.items(), 101):
        link = f"{HOST}/{name}"
        copy = aggregator_page(TITLE, TEXT, link=link)
        web.pages[f"https://www.maghress.com/fr/courrier/{number}"] = copy
        web.pages[link] = Reply(200, HTML, SHELL.format(head=head, before=before).encode())
        data = json.dumps({"title": TITLE, "text": TEXT}).encode()
        web.pages[f"{HOST}/api/{name}"] = Reply(200, {"Content-Type": "application/json"}, data)
    return web


def urls(web: Web) -> str:
    return ",".join(url for url in web.pages if url.startswith("https://www.maghress.com/"))


def by_name(outcome: Outcome) -> dict[str, dict[str, object]]:
    """The sources of the exported records, by the last part of their links."""
    sources = [record["source"] for record in outcome.lines("feeds")]
    return {source["link"].rpartition("/")[2]: source for source in sources}


@contextmanager
def listener() -> Iterator[tuple[int, list[object]]]:
    """A port of this machine, for TCP and UDP, and the connections made to it."""
    knocks: list[object] = []
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(type=socket.SOCK_DGRAM) as udp,
    ):
        port = tcp.getsockname()[1]
        udp.bind(("127.0.0.1", port))

        def accept() -> None:
            with suppress(OSError):
                while True:
                    knocks.append(tcp.accept()[1])

        def receive() -> None:
            with suppress(OSError):
                while True:
                    knocks.append(udp.recvfrom(100))

        for target in (accept, receive):
            Thread(target=target, daemon=True).start()
        yield port, knocks
        tcp.shutdown(socket.SHUT_RDWR)  # ends the wait for another


ELEMENTS = """<link rel="preconnect" href="http://GATE/"><link rel="prefetch" href="http://GATE/">
<link rel="stylesheet" href="http://GATE/a.css"><script async src="http://GATE/a.js"></script>"""
EMBEDS = """document.write('<img src="http://GATE/"><iframe src="http://GATE/"></iframe>' +
  '<object data="http://GATE/"></object><video src="http://GATE/"></video>');"""
WEBRTC = """p = new RTCPeerConnection({iceServers: [{urls: 'stun:GATE'},
  {username: 'a', credential: 'b', urls: ['turn:GATE?transport=tcp', 'turn:GATE']}]});
p.createDataChannel('x'); p.createOffer().then(offer => p.setLocalDescription(offer));"""
DISGUISE = "Object.defineProperty(Element.prototype, 'outerHTML', {get: () => 'small'});"

# Pages that reach for a port of this machine in every way that a page has.
HOSTILE = {
    "fetch": ("", "for (const m of ['GET', 'POST']) fetch('http://GATE/', {method: m});"),
    "xhr": ("", "x = new XMLHttpRequest(); x.open('GET', 'http://GATE/'); x.send();"),
    "beacon": ("", "navigator.sendBeacon('http://GATE/', 'x');"),
    "socket": ("", "new WebSocket('ws://GATE/'); new EventSource('http://GATE/');"),
    "webrtc": ("", WEBRTC),
    "elements": (ELEMENTS, EMBEDS),
    "window": ("", "open('http://GATE/'); new Worker('data:,fetch(\"http://GATE/\")');"),
    "redirect": ('<script async src="/to-the-gate"></script>', ""),
    "localhost": ('<script async src="http://localhost:PORT/a.js"></script>', ""),
    "decimal": ('<script async src="http://2130706433:PORT/a.js"></script>', ""),
}


def test_a_scripted_outlet_is_rendered_without_other_network_access(tmp_path: Path) -> None:
    tracker = '<script async src="https://www.google-analytics.com/a.js"></script>'
    pages = {
        "plain": (tracker + '<link rel="icon" href="/a.ico"><style>@font-face{}</style>', ""),
        "never-quiet": ("", "setInterval(() => fetch('/tick'), 100);"),
        "stuck": ("", "while (true) {}"),
        "grown": ("", "document.write('<p>x</p>'.repeat(2e4));"),
        "disguised": ("", DISGUISE + "document.write('<p>x</p>'.repeat(2e4));"),
        "elsewhere": ("", "location = 'https://www.maghress.com/fr/courrier';"),
    }
    with listener() as (port, knocks):
        gate = f"127.0.0.1:{port}"
        for name, page in HOSTILE.items():
            head, before = (s.replace("GATE", gate).replace("PORT", str(port)) for s in page)
            pages[name] = (head, before)
        web = app(pages)
        web.pages[f"{HOST}/to-the-gate"] = Reply(302, {"Location": f"http://{gate}/a.js"})
        settings = {"ARCHIVE": "1", "BROWSER_PAGE_SECONDS": "16", "DOWNLOAD_MAXSIZE": "100000"}
        outcome = crawl(web, tmp_path, urls=urls(web), settings=settings)
        time.sleep(1)  # WebRTC takes its time
        assert knocks == []
    assert outcome.code == 0, outcome.stderr
    assert "Traceback" not in outcome.stderr
    sources = by_name(outcome)
    for name in ("plain", "never-quiet", *HOSTILE):
        found = sources[name]
        assert (name, found["status"], found["via"]) == (name, "ok", "browser")
        assert found["text"] == "\n\n".join(TEXT)
    assert sources["stuck"]["status"] == "unreachable"
    assert "more than 16 s" in str(sources["stuck"]["reason"])
    assert "grew to" in str(sources["grown"]["reason"])
    assert "grew to" in str(sources["disguised"]["reason"])
    assert sources["elsewhere"]["status"] in ("mismatch", "unreadable", "moved")
    asked = outcome.requests
    assert not [url for url in asked if f":{port}" in url]
    assert not [url for url in asked if "analytics" in url or url.endswith((".ico", ".css"))]
    assert asked.count(f"{HOST}/plain") == 1, "the page at hand is shown, not fetched again"
    assert asked.count(f"{HOST}/main.js") < len(pages)
    assert outcome.report["waiting"] == 3

    # What the browser showed is in the archive, and is read from there without one.
    again = crawl(
        Web(),
        tmp_path / "again",
        urls=urls(web),
        settings={"REPLAY": str(tmp_path / "archive"), "BROWSER_PATH": "/nowhere"},
    )
    replayed = by_name(again)
    for source in (*sources.values(), *replayed.values()):
        source["rule"] = None  # depends on the order in which pages arrive
    assert replayed == sources


def test_without_chromium_articles_wait_until_there_is_one(tmp_path: Path) -> None:
    web = app({"one": ("", ""), "two": ("", "")})
    web.pages["https://www.maghress.com/fr/courrier"] = listing(range(102, 100, -1))
    settings = {"SOURCE_RETRY_HOURS": "0", "BROWSER_PATH": "/nowhere/chromium"}
    arguments = {"outlets": "courrier", "editions": "fr"}
    outcome = crawl(web, tmp_path, settings=settings, **arguments)
    assert outcome.code == 0, outcome.stderr
    for record in outcome.lines("feeds"):
        assert (record["source"]["status"], record["origin"]) == ("unreachable", "aggregator")
        assert "/nowhere/chromium" in record["source"]["reason"]
        assert record["text"] == "\n\n".join(TEXT)
    assert outcome.report["waiting"] == 2
    assert outcome.stderr.count("needs a browser wait") == 1
    assert f"{HOST}/main.js" not in outcome.requests

    again = crawl(web, tmp_path, settings={"SOURCE_RETRY_HOURS": "0"}, **arguments)
    records = again.lines("feeds")[2:]
    assert [(r["version"], r["source"]["via"], r["source"]["status"]) for r in records] == [
        (2, "browser", "ok")
    ] * 2
    assert again.report["waiting"] == 0


def test_the_browser_may_be_switched_off(tmp_path: Path) -> None:
    web = app({"one": ("", "")})
    (record,) = crawl(web, tmp_path, urls=urls(web), settings={"BROWSER": "off"}).lines("feeds")
    assert (record["source"]["status"], record["source"]["via"]) == ("unreadable", "http")


def chromium_processes() -> list[int]:
    """Browsers that this process's children have started."""
    parents, browsers = {}, []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parents[int(entry.name)] = int(
                (entry / "stat").read_text().rpartition(")")[2].split()[1]
            )
            line = (entry / "cmdline").read_bytes()
            if b"chrom" in line and b"--type=" not in line and b"--headless" in line:
                browsers.append(int(entry.name))

    def ours(pid: int) -> bool:
        return pid == os.getpid() or (pid in parents and ours(parents[pid]))

    return [pid for pid in browsers if ours(pid)]


def test_a_browser_that_is_killed_costs_no_article(tmp_path: Path) -> None:
    names = [f"article-{n}" for n in range(8)]
    killed: list[int] = []

    class Murderous(Web):
        def reply(self, method: str, url: str, headers: Mapping[str, str]) -> Reply:
            if url == f"{HOST}/api/{names[3]}" and not killed:
                for pid in chromium_processes():
                    os.kill(pid, signal.SIGKILL)
                    killed.append(pid)
            return super().reply(method, url, headers)

    web = Murderous(app(dict.fromkeys(names, ("", ""))).pages)
    outcome = crawl(web, tmp_path, urls=urls(web), settings={"BROWSER_PAGE_SECONDS": "20"})
    assert killed
    assert outcome.code == 0, outcome.stderr
    assert "Traceback" not in outcome.stderr
    sources = by_name(outcome)
    assert sorted(sources) == names
    assert {source["status"] for source in sources.values()} <= {"ok", "unreachable"}
    assert sum(source["via"] == "browser" for source in sources.values()) >= 4
    lost = [source for source in sources.values() if source["status"] == "unreachable"]
    assert outcome.report["waiting"] == len(lost)
    assert all(source["reason"] for source in lost)


HOG = """
const held = [];
setInterval(() => { for (let n = 0; n < 4; n++) held.push(new Uint8Array(1 << 25).fill(1)); }, 10);
"""


def test_a_page_that_exhausts_the_browsers_memory_fails_alone(tmp_path: Path) -> None:
    names = ["plain-1", "hog", "plain-2", "plain-3"]
    web = app({name: ("", HOG if name == "hog" else "") for name in names})
    settings = {"BROWSER_MEMORY_MB": "800"}
    outcome = crawl(web, tmp_path, urls=urls(web), settings=settings)
    assert outcome.code == 0, outcome.stderr
    assert "Traceback" not in outcome.stderr
    sources = by_name(outcome)
    assert sources["hog"]["status"] == "unreadable"
    assert sources["hog"]["reason"] == "browser exceeded 800 MB"
    for name in set(names) - {"hog"}:
        assert (sources[name]["status"], sources[name]["via"]) == ("ok", "browser")


def test_a_host_is_no_longer_rendered_after_failed_renderings(tmp_path: Path) -> None:
    large = f"<!--{'x' * 900_000}-->"  # so large that few may wait in line
    web = app({f"article-{n}": (large, "") for n in range(6)})
    robots = b"User-agent: *\nDisallow: /api/\n"
    web.pages[f"{HOST}/robots.txt"] = Reply(200, {"Content-Type": "text/plain"}, robots)
    outcome = crawl(
        web,
        tmp_path,
        urls=urls(web),
        settings={"BROWSER_VAIN_PAGES": "2"},
    )
    assert outcome.code == 0, outcome.stderr
    sources = by_name(outcome)
    assert {source["status"] for source in sources.values()} == {"unreadable"}
    assert [source["via"] for source in sources.values()].count("browser") == 2
    assert not [url for url in outcome.requests if "/api/" in url], "robots.txt holds inside too"


def test_a_host_that_needs_the_browser_is_rendered_page_by_page(tmp_path: Path) -> None:
    web = app({f"article-{n}": ("", "") for n in range(4)})
    settings = {"BROWSER_VAIN_PAGES": "1"}
    outcome = crawl(web, tmp_path, urls=urls(web), settings=settings)
    assert outcome.code == 0, outcome.stderr
    sources = by_name(outcome)
    assert [(source["status"], source["via"]) for source in sources.values()] == [
        ("ok", "browser")
    ] * 4


SRC = '<script src="m.js"></script>'
SHELLS = {
    "react": (SHELL.format(head="", before=""), True),
    "angular": ('<body><app-root></app-root><script src="m.js" type="module"></script>', True),
    "asks for it": ("<body><main>...</main><noscript>Activez JavaScript</noscript>" + SRC, True),
    "a program": (f"<body><p>Un mot</p>{SRC}<script>{'a=1;' * 900}</script>", True),
    "no script": (SHELL.format(head="", before="").replace("<script src", "<p src"), False),
    "a page": (f'<body><div id="root"></div><p>{"mot " * 400}</p>{SRC}', False),
    "a notice": (f"<body><h1>404</h1><p>{'Cette page est introuvable. ' * 9}</p>{SRC}", False),
    "an article": (SOURCE.body.decode(), False),
    "nothing": ("", False),
}


@pytest.mark.parametrize("name", SHELLS)
def test_application_shells_are_recognised(name: str) -> None:
    page, shell = SHELLS[name]
    assert is_shell(page) is shell
