"""Aggregators and outlets for measurements: realistic pages, served by nginx.

The pages are those of the demo network's systems, made as large as real ones, without faults.
They lie compressed on the disk, as servers send them, and nginx answers for all hosts by TLS on a
loopback address; who fetches them maps the hosts to that address.
"""

import gzip
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import trustme

from newscrawl.aggregator.sites import SITES
from newscrawl.demo import aggregator
from newscrawl.demo.articles import DemoArticle
from newscrawl.demo.outlets import DemoOutlet
from newscrawl.demo.prose import seeded_random, write_story
from newscrawl.demo.systems import SYSTEMS, Frame, OutletPage, Teaser, labels
from newscrawl.demo.systems.base import links, menu, script, style, teasers
from newscrawl.items import Edition

ADDRESS = "127.0.0.77"
"""Where nginx listens: ports 443 and up are free here, whatever else the machine serves."""

SITES_SERVED = ("maghress", "djazairess")
"""The aggregators."""

AGGREGATOR_KB, OUTLET_KB = 65, 120
"""Sizes of the pages."""

_SYSTEMS = ("wordpress", "newspaper", "drupal", "joomla", "spip", "wmaker", "portal", "asp")
_EDITIONS: tuple[Edition, ...] = ("fr", "ar")
_FIRST = 1_000_000
"""Articles are numbered from here, so that seven digits in a URL name the article."""
_START = datetime(2024, 1, 8, 9, 20)  # noqa: DTZ001 - wall-clock time; each outlet's zone is put to it


class MissingError(Exception):
    """Something that the measurement needs is not installed.

    Raised by ``served``; the message says what to install.
    """


class Pair(NamedTuple):
    """The two pages of an article."""

    copy: str
    """URL of the aggregator's page."""
    source: str
    """URL of the outlet's page."""


@cache
def outlets(site: str) -> tuple[DemoOutlet, ...]:
    """The outlets of an aggregator: each system in each language."""
    return tuple(
        DemoOutlet(
            site,
            edition,
            f"{system}{edition}",
            f"Gazette {system.capitalize()} {edition}",
            f"www.{site}-{system}-{edition}.example",
            system,
            charset="windows-1256" if (system, edition) == ("asp", "ar") else "utf-8",
            declared="meta",
        )
        for system in _SYSTEMS
        for edition in _EDITIONS
    )


def hosts() -> list[str]:
    """Every host that is served."""
    return [
        host
        for site in SITES_SERVED
        for host in (f"www.{SITES[site].host}", *(outlet.host for outlet in outlets(site)))
    ]


def article(site: str, index: int) -> DemoArticle:
    """An article of a site, equal at each call."""
    outlet = outlets(site)[index % len(outlets(site))]
    story = write_story(
        outlet.edition, outlet.site.country, seeded_random("benchmark", site, index)
    )
    published = (_START + timedelta(minutes=7 * index)).replace(tzinfo=outlet.site.timezone)
    return DemoArticle(
        outlet=outlet,
        index=index,
        number=_FIRST + index,
        story=story,
        copied=story,
        revision=None,
        published=published,
        modified=None,
        fault=None,
        dispatch=None,
        system=SYSTEMS[outlet.system],
    )


def pages(site: str, index: int) -> tuple[Pair, bytes, bytes]:
    """URLs and bytes of an article's two pages."""
    shown = article(site, index)
    copy = aggregator.article_page(shown, _others(site, None), _others(site, shown.outlet)[:6])
    source = shown.system.article(
        OutletPage(
            frame=_frame(shown.outlet),
            article=shown,
            blocks=shown.story.blocks,
            paywalled=False,
            related=_frame(shown.outlet).latest[:3],
            comments=tuple(block.text for block in _others(site, None)[index % 9].story.blocks[:5]),
        )
    )
    return (
        Pair(shown.key.url, shown.url),
        _enlarged(copy, shown.outlet, AGGREGATOR_KB, "utf-8"),
        _enlarged(source, shown.outlet, OUTLET_KB, shown.outlet.charset),
    )


@cache
def _others(site: str, outlet: DemoOutlet | None) -> tuple[DemoArticle, ...]:
    """Articles that pages point to: a ticker's, or an outlet's own."""
    size = len(outlets(site))
    if outlet is None:
        return tuple(article(site, index) for index in range(40))
    return tuple(article(site, outlets(site).index(outlet) + size * n) for n in range(30))


@cache
def _frame(outlet: DemoOutlet) -> Frame:
    latest = tuple(
        Teaser(other.story.title, other.url, other.story.lead, other.published)
        for other in _others(outlet.aggregator, outlet)
    )
    return Frame(outlet, labels(outlet.edition, outlet.site.country), latest)


def _enlarged(html: str, outlet: DemoOutlet, kilobytes: int, charset: str) -> bytes:
    """A page with boilerplate around it as on real ones: styles, scripts, menus, columns."""
    frame = _frame(outlet)
    missing = kilobytes * 1024 - len(html.encode(charset, "xmlcharrefreplace"))
    piece = (
        f'<ul class="mega-menu">{menu(frame) * 3}{links(frame.latest[:10])}</ul>'
        f'<section class="widget">{teasers(frame.latest[:6], "h4")}</section>'
    )
    furniture, size = "", len(piece.encode(charset, "xmlcharrefreplace"))
    while len(furniture) < missing * len(piece) / size / 2:
        furniture += piece
    left = max(0, missing - len(furniture.encode(charset, "xmlcharrefreplace"))) // 1024
    head = style(outlet.slug + "-extra", left // 2) + script(
        outlet.slug + "-extra", left - left // 2
    )
    html = html.replace("</head>", f"{head}</head>", 1).replace(
        "</body>", f'<div class="bottom">{furniture}</div></body>', 1
    )
    return html.encode(charset, "xmlcharrefreplace")


def _write(directory: Path, site: str, index: int) -> Pair:
    """Put an article's pages where nginx looks for them."""
    pair, copy, source = pages(site, index)
    for host, body in (
        (f"www.{SITES[site].host}", copy),
        (article(site, index).outlet.host, source),
    ):
        path = directory / "pages" / host / str(index // 1000) / f"{_FIRST + index}.html.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(body, 5))
    return pair


def build(
    directory: Path, count: int, sites: Sequence[str] = SITES_SERVED
) -> dict[str, list[Pair]]:
    """Make so many articles of each site, or find them made; their URLs by site."""
    made: dict[str, list[Pair]] = {}
    with ProcessPoolExecutor() as pool:
        for site in sites:
            known = directory / f"{site}.txt"
            lines = known.read_text().splitlines() if known.exists() else []
            new = pool.map(partial(_write, directory, site), range(len(lines), count), chunksize=50)
            pairs = [Pair(*line.split()) for line in lines] + list(new)
            known.parent.mkdir(parents=True, exist_ok=True)
            known.write_text("".join(f"{pair.copy} {pair.source}\n" for pair in pairs))
            made[site] = pairs[:count]
    return made


@contextmanager
def served(directory: Path) -> Iterator[Path]:
    """Serve what was built; gives the file of the authority that signed the certificates.

    Raises:
        MissingError: nginx is not installed, or may not listen on port 443.
    """
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None:
        raise MissingError("needs nginx; as root: apt-get install nginx-light")
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        root.chmod(0o755)  # nginx's workers are another user's
        authority = trustme.CA()
        authority.cert_pem.write_to_path(root / "authority.pem")
        authority.issue_cert(*hosts()).private_key_and_cert_chain_pem.write_to_path(
            root / "server.pem"
        )
        (root / "nginx.conf").write_text(_configuration(root, directory))
        log = root / "error.log"
        server = subprocess.Popen([nginx, "-c", root / "nginx.conf", "-e", log])
        try:
            for _ in range(100):
                time.sleep(0.05)
                if (root / "pid").exists() or server.poll() is not None:
                    break
            if server.poll() is not None:
                raise MissingError(
                    f"nginx does not start; port 443 of {ADDRESS} needs root, or as root: sysctl "
                    f"net.ipv4.ip_unprivileged_port_start=443\n{log.read_text()}"
                )
            yield root / "authority.pem"
        finally:
            server.terminate()
            server.wait()


def _configuration(root: Path, directory: Path) -> str:
    user = "user root;" if os.geteuid() == 0 else ""
    return f"""daemon off; worker_processes 1; {user} pid {root}/pid;
events {{ worker_connections 4096; }}
http {{
  default_type text/html; access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000;
  open_file_cache max=1000;
  client_body_temp_path {root}/body; proxy_temp_path {root}/proxy; fastcgi_temp_path {root}/fastcgi;
  uwsgi_temp_path {root}/uwsgi; scgi_temp_path {root}/scgi;
  map $request_uri $number {{ default none; "~(?<digits>[1-9]\\d{{6}})" $digits; }}
  map $number $group {{ default 0; "~^1000(?<few>\\d{{3}})$" 0; "~^100(?<t>\\d)\\d{{3}}$" $t;
    "~^10(?<tt>\\d\\d)\\d{{3}}$" $tt; "~^1(?<ttt>\\d{{3}})\\d{{3}}$" $ttt; }}
  server {{
    listen {ADDRESS}:443 ssl; ssl_certificate {root}/server.pem;
    ssl_certificate_key {root}/server.pem; ssl_session_cache shared:tls:10m;
    root {directory}/pages; gzip_static always;
    location = /robots.txt {{ gzip_static off; default_type text/plain;
      return 200 "User-agent: *\\nDisallow: /admin/\\n"; }}
    location / {{ rewrite ^ /$host/$group/$number.html break; }}
  }}
}}
"""
