"""SSRF guard: links and redirects in any spelling lead only to public web servers."""

import json
import random
import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from newscrawl.demo.proxy import Reply
from newscrawl.fetching.guard import UnsafeUrlError, check_address, check_url
from newscrawl.fetching.resolver import proxy_hosts
from tests.web import HTML, Web, aggregator_page, crawl

# Everything that leads to this machine, to its network or to a cloud's secrets; @ is a port on
# which somebody listens here.
SPELLINGS = """
http://127.0.0.1:@/          http://127.0.0.1.:@/         http://127.1:@/
http://127.0.1:@/            http://127.255.255.254:@/    http://0:@/
http://0.0.0.0:@/            http://0x0:@/                http://2130706433:@/
http://017700000001:@/       http://0177.0.0.1:@/         http://0177.1:@/
http://0x7f000001:@/         http://0x7f.1:@/             http://0x7F.0x0.0x0.0x1:@/
http://0x7f.0.0.01:@/        http://127.0.0.0x1:@/        http://１２７.０.０.１:@/
http://①②⑦.⓪.⓪.①:@/          http://127。0。0。1:@/         http://127．0．0．1:@/
http://localhost:@/          http://LOCALHOST.:@/         http://a.localhost:@/
http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:@/          http://localhost.localdomain:@/
http://10.0.0.1/             http://172.16.0.1/           http://172.31.255.255/
http://192.168.1.1/          http://3232235777/           http://0xc0a80101/
http://100.64.0.1/           http://169.254.1.1/          http://224.0.0.1/
http://239.255.255.255/      http://240.0.0.1/            http://255.255.255.255/
http://192.0.2.1/            http://198.18.0.1/           http://169.254.169.254/
http://2852039166/           http://0xA9FEA9FE/           http://0251.0376.0251.0376/
http://169.254.43518/        http://100.100.100.200/      http://168.63.129.16/
http://metadata/             http://metadata.google.internal/computeMetadata/v1/
http://instance-data.ec2.internal/                        http://printer.local/
http://router.lan/           http://1572395042/           http://256.0.0.1/
http://www.courrier.example:22/                           http://www.courrier.example:8080/
"""

# These are seen by a redirect only: in a page they are taken for no link at all.
NO_LINKS = """
http://[::1]:@/              http://[::]:@/               http://[0:0:0:0:0:0:0:1]:@/
http://[::ffff:127.0.0.1]:@/ http://[::ffff:7f00:1]:@/    http://[::127.0.0.1]:@/
http://[64:ff9b::7f00:1]/    http://[64:ff9b:1::7f00:1]/  http://[2002:7f00:1::]/
http://[2001:0:7f00:1::]/    http://[fe80::1%25lo]:@/     http://[fc00::1]/
http://[fd00:ec2::254]/      http://[ff02::1]/            http://[fec0::1]/
http://%31%32%37.0.0.1:@/    http://%6cocalhost:@/        file:///etc/passwd
ftp://127.0.0.1/             gopher://127.0.0.1:@/_x
"""

# Credentials are dropped from links of pages, which leaves a host; in a redirect they are refused.
CREDENTIALS = (
    "http://user:secret@www.courrier.example/",
    "http://www.courrier.example@127.0.0.1:@/",
)

# Names, and what is told for them one look-up after the other.
PUBLIC = "193.0.6.139"
NAMES = {
    "inside.attacker.example": ["127.0.0.1"],
    "private.attacker.example": ["10.1.2.3"],
    "metadata.attacker.example": ["169.254.169.254"],
    "unspecified.attacker.example": ["0.0.0.0"],  # noqa: S104 - told, not bound
    "azure.attacker.example": ["168.63.129.16"],
    "rebinds-at-once.attacker.example": [PUBLIC, "127.0.0.1"],
    "rebinds-at-connect.attacker.example": [PUBLIC, PUBLIC, "127.0.0.1"],
}

ARCHIVE = "https://wayback.example"


class ArchivedResponse(Web):
    """Web of pages, and a web archive with snapshots of them."""

    def reply(self, method: str, url: str, headers: Mapping[str, str]) -> Reply:
        """Reply to an index query by its first parameter, the URL of the page."""
        if method == "GET" and url.startswith(f"{ARCHIVE}/cdx/"):
            url = f"{url.partition('&')[0]}&"
        return super().reply(method, url, headers)


# Run by Python before anything else: tells every connection that is tried, and plays the system's
# resolver for the names above.
SITE = """
import json, os, socket, sys

names = json.loads(os.environ["TEST_NAMES"])
look_up = socket.gethostbyname

def told(name):
    answers = names.get(name)
    return (answers.pop(0) if len(answers) > 1 else answers[0]) if answers else look_up(name)

def watch(event, args):
    if event == "socket.connect":
        with open(os.environ["TEST_CONNECTIONS"], "a") as file:
            file.write(json.dumps(args[1]) + "\\n")

socket.gethostbyname = told
sys.addaudithook(watch)
"""


@dataclass(frozen=True)
class Case:
    """Article whose link leads to something unsafe."""

    slug: str
    link: str
    status: str = "unsafe"
    pages: Mapping[str, Reply] = field(default_factory=dict)
    """What is answered at other URLs."""


def at(url: str, port: int) -> str:
    return url.replace("@/", f"{port}/")


def redirect(url: str) -> Reply:
    return Reply(302, HTML | {"Location": url.encode().decode("latin-1")})  # UTF-8 on the wire


def refresh(url: str) -> Reply:
    text = f'<meta http-equiv="refresh" content="0; url={url}">'
    return Reply(200, HTML, f"<html><head>{text}</head><body></body></html>".encode())


def own_addresses() -> list[str]:
    """Addresses of this machine in its network, where the watchers listen too."""
    with suppress(OSError), socket.socket(type=socket.SOCK_DGRAM) as probe:
        probe.connect((PUBLIC, 9))  # sends nothing, but has a route chosen
        address = probe.getsockname()[0]
        return [] if ip_address(address).is_global else [address]
    return []


def cases(port: int) -> Iterator[Case]:
    """All cases."""
    named = [f"{scheme}://{name}:{port}/" for name in NAMES for scheme in ("http", "https")]
    own = [f"http://{address}:{port}/" for address in own_addresses()]
    links = [*(at(url, port) for url in SPELLINGS.split()), *named, *own]
    others = [at(url, port) for url in (*NO_LINKS.split(), *CREDENTIALS)]
    for number, url in enumerate(links):
        yield Case(f"link{number}", url)
    for number, url in enumerate(others[: -len(CREDENTIALS)]):
        kept = url.startswith(("http://[", "file:", "ftp:"))  # recorded, never requested
        yield Case(f"nolink{number}", url, "unsafe" if kept else "no_link")
    for number, url in enumerate([*links, *others]):
        link = f"{_other_scheme(url)}://redirect{number}.example/a"
        yield Case(f"redirect{number}", link, pages={link: redirect(url)})
    for number, url in enumerate([*links, *others]):
        link = f"{_other_scheme(url)}://refresh{number}.example/a"
        # Pages lead to other schemes in vain, so they are read: there is nothing in them.
        status = "unsafe" if url.startswith("http") else "unreadable"
        yield Case(f"refresh{number}", link, status, {link: refresh(url)})
    for number, url in enumerate(links):
        scheme = _other_scheme(url)
        rules = f"{scheme}://rules{number}.example"
        yield Case(f"rules{number}", f"{rules}/a", pages={f"{rules}/robots.txt": redirect(url)})
        lost = f"https://lost{number}.example/a"
        if url.startswith("http:"):
            yield Case(f"lost{number}", lost, "gone", {snapshots_of(lost): redirect(url)})
    app = "https://app.example/a"
    parts = "".join(f'<script async src="{url}"></script>' for url in links)
    parts += f"<script>for (const url of {json.dumps(links)}) fetch(url)</script>"
    shell = f'<html><body><div id="root"></div>{parts}</body></html>'
    yield Case("app", app, "unreadable", {app: Reply(200, HTML, shell.encode())})


def _other_scheme(url: str) -> str:
    """From where a redirect is looked at anew for a proxy: within a scheme it keeps to it."""
    return "http" if url.startswith("https:") else "https"


def snapshots_of(link: str) -> str:
    """Where an archive of the web is asked for a page."""
    return f"{ARCHIVE}/cdx/search/cdx?url={quote(link, safe='')}&"


@dataclass(frozen=True)
class Crawl:
    """Requests and results of a crawl of all cases."""

    cases: list[Case]
    records: dict[str, dict[str, Any]]
    log: str
    connected: set[tuple[str, int]]
    watchers: list[socket.socket]
    port: int


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawl]:
    data = tmp_path_factory.mktemp("guard")
    connections = data / "connections"
    (data / "sitecustomize.py").write_text(SITE)
    watchers = [socket.create_server(("", 0))]
    port = watchers[0].getsockname()[1]
    watchers.append(socket.create_server(("::1", port), family=socket.AF_INET6))
    wanted = list(cases(port))
    # Asked without the proxy, so that a connection would be one to the address itself.
    spelled = [at(url, port) for url in (*SPELLINGS.split(), *NO_LINKS.split(), *CREDENTIALS)]
    direct = [*(urlsplit(url).hostname or "" for url in spelled), *NAMES, *own_addresses()]
    web = ArchivedResponse(direct=",".join(direct))
    for case in wanted:
        web.pages[page_of(case)] = aggregator_page(
            "La médiathèque rouvre samedi",
            ["Elle avait fermé pour deux ans de travaux."] * 3,
            link=case.link,
        )
        web.pages |= case.pages
    (data / "urls.txt").write_text("\n".join(map(page_of, wanted)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(data), prepend=":")
        patch.setenv("TEST_NAMES", json.dumps(NAMES))
        patch.setenv("TEST_CONNECTIONS", str(connections))
        outcome = crawl(
            web,
            data,
            urls=str(data / "urls.txt"),
            settings={
                "DNSCACHE_ENABLED": "0",
                "GUARD_PORTS": f"80,443,{port}",
                "WEB_ARCHIVE": ARCHIVE,
                "WEB_ARCHIVE_DELAY": "0",
                "BROWSER_PAGE_REQUESTS": "1000",
                "DOWNLOAD_TIMEOUT": "30",
            },
        )
    assert outcome.code == 0, outcome.stderr
    assert "Traceback" not in outcome.stderr
    yield Crawl(
        wanted,
        {record["url"]: record for record in outcome.lines("feeds")},
        outcome.stderr,
        {tuple(json.loads(line)) for line in connections.read_text().splitlines()},
        watchers,
        port,
    )
    for watcher in watchers:
        watcher.close()


def page_of(case: Case) -> str:
    """The aggregator's page that holds the link."""
    return f"https://www.maghress.com/fr/{case.slug}/101"


def test_nothing_is_connected_to_but_the_proxy(crawled: Crawl) -> None:
    ((host, port),) = crawled.connected
    assert host == "127.0.0.1"
    assert port != crawled.port
    for watcher in crawled.watchers:
        watcher.setblocking(False)
        with pytest.raises(BlockingIOError):
            watcher.accept()
    for address in ("127.0.0.1", "127.255.255.254", "0.0.0.0", "::1", *own_addresses()):  # noqa: S104 - asked, not bound
        with socket.create_connection((address, crawled.port), timeout=5):
            watcher = crawled.watchers[":" in address]
            watcher.setblocking(True)
            watcher.accept()[0].close()  # they have been listening


def test_each_unsafe_link_is_recorded_and_its_article_exported(crawled: Crawl) -> None:
    assert len(crawled.cases) > 380
    for case in crawled.cases:
        record = crawled.records[page_of(case)]
        told = (record["source"]["status"], record["source"]["reason"])
        assert told[0] == case.status, (case, told)
        assert record["copy"]["text"]
        if case.status == "unsafe":
            assert told[1]
            assert f"Unsafe link in {page_of(case)}: " in crawled.log


def test_the_browser_and_the_web_archive_reach_no_unsafe_address(crawled: Crawl) -> None:
    app = next(case for case in crawled.cases if case.slug == "app")
    assert crawled.records[page_of(app)]["source"]["via"] == "browser"
    refused = re.findall(rf"{app.link} is rendered without (\S+): ", crawled.log)
    assert len(refused) > 60, "some spellings are one to a browser"
    lost = [case for case in crawled.cases if case.slug.startswith("lost")]
    assert len(re.findall(r"No snapshot from http://(?!wayback)", crawled.log)) == len(lost)


@pytest.mark.parametrize(
    "url",
    [
        "https://www.maghress.com/fr/lopinion/1",
        "http://www.courrier.example:443/",
        f"http://{PUBLIC}/",
        "http://[2001:67c:2e8:22::c100:68b]/",
        "http://مثال.example/",
        "http://xn--mgbh0fb.example/",
        "http://a_b.courrier.example./",
        "http://1and1.example/",
    ],
)
def test_public_web_servers_pass(url: str) -> None:
    check_url(url)


@pytest.mark.parametrize("url", ["", "http://", "http:///a", "//a.example/", "http://a.example:x/"])
def test_invalid_urls_are_refused(url: str) -> None:
    with pytest.raises(UnsafeUrlError):
        check_url(url)


@pytest.mark.parametrize("address", ["::1", "fe80::1%eth0", "2001:67c::1%eth0", "a.example", ""])
def test_only_public_addresses_pass(address: str) -> None:
    check_address(PUBLIC)
    with pytest.raises(UnsafeUrlError):
        check_address(address)


def test_numbers_with_signs_or_underscores_are_not_addresses() -> None:
    for host in ("-127.0.0.1", "+127.0.0.1", "1_2_7.0.0.1", "127.-0.0.1", "-1.1"):
        with pytest.raises(UnsafeUrlError):
            check_url(f"http://{host}/")


def test_a_url_of_megabytes_is_unsafe() -> None:
    with pytest.raises(UnsafeUrlError):
        check_url("http://www.courrier.example/" + "a" * 1_000_000)


def test_the_resolver_exempts_proxies_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("https_proxy", "tls.example:3128")
    monkeypatch.setenv("no_proxy", "inside.attacker.example")
    monkeypatch.setenv("ftp_proxy", "http://ftp.example:3128")
    assert proxy_hosts() == {"proxy.example", "tls.example"}


NETWORKS = [
    ip_network(network)
    for network in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15"),
        *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    )
]


def spelled(number: int, chance: random.Random) -> str:
    """One of the many spellings of an address that systems or URLs understand."""
    parts = list(number.to_bytes(4, "big"))
    kept = chance.choice((4, 4, 4, 3, 2, 1))  # the last part takes what the others leave
    values = [*parts[: kept - 1], int.from_bytes(bytes(parts[kept - 1 :]), "big")]
    forms = ("{}", "{}", "0{:o}", "00{:o}", "0x{:x}", "0X{:X}", "0x0{:x}")
    texts = [chance.choice(forms).format(value) for value in values]
    host = chance.choice((".", ".", "。", "．", "｡", "%2e", "%2E")).join(texts)
    match chance.randrange(10):
        case 0:
            host = "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else c for c in host)
        case 1:
            host = "".join(chance.choice((c, f"%{ord(c):02x}")) if c.isalnum() else c for c in host)
        case 2:
            host += "."
        case 3:
            plain = ".".join(map(str, parts))
            mapped = ("::ffff:{}", "::{}", "64:ff9b::{}", "0:0:0:0:0:ffff:{}", "::ffff:0:{}")
            host = f"[{chance.choice(mapped).format(plain)}]"
        case 4:
            high, low = divmod(number, 1 << 16)
            wrapped = ("2002:{:x}:{:x}::1", "::ffff:{:x}:{:x}", "64:ff9b::{:X}:{:X}")
            host = f"[{chance.choice(wrapped).format(high, low)}]"
    return host


def test_no_spelling_of_an_unsafe_address_passes() -> None:
    chance = random.Random(5)
    for _ in range(100_000):
        network = chance.choice(NETWORKS)
        number = int(network.network_address) + chance.randrange(network.num_addresses)
        host = spelled(number, chance)
        try:
            check_url(f"http://{host}/")
        except UnsafeUrlError:
            continue
        pytest.fail(f"{host} passes: {network}")
