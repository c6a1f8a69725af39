"""Block pages of every kind are distinguished and respected; usage directives are recorded."""

import re
from pathlib import Path
from urllib.parse import urlsplit

from newscrawl.demo.proxy import Reply
from newscrawl.fetching import block_pages
from tests.support import SOURCE, TEXT, TITLE
from tests.web import HTML, Outcome, Web, aggregator_page, crawl

BASE = "https://www.maghress.com/fr/courrier"


def page(body: str, status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, HTML | named, f"<html><body>{body}</body></html>".encode())


FORM = '<form action="/login"><input name=u><input type="password" name=p></form>'
ARTICLE = SOURCE.body.decode()


def article(headers: dict[str, str], before: str = "", put: str = "") -> Reply:
    """The article's own page, with something put in before a part of it."""
    return Reply(200, HTML | headers, ARTICLE.replace(before, put + before).encode())


WALLS: dict[str, tuple[Reply, str, str]] = {
    "cloudflare": (page("x", 403, CF_Mitigated="challenge"), "refused", "Cloudflare"),
    "cloudflare-busy": (page("x", 503, cf_mitigated="challenge"), "refused", "Cloudflare"),
    "cloudflare-old": (page("<script>window._cf_chl_opt={}", 503), "refused", "Cloudflare"),
    "cloudflare-200": (page("<title>Just a moment...</title>wait"), "refused", "Cloudflare"),
    "cloudflare-block": (
        page("<title>Attention Required! | Cloudflare</title>", 403), "refused", "Cloudflare",
    ),
    "datadome": (
        page('<script src="https://ct.captcha-delivery.com/c.js"></script>', 403),
        "refused", "DataDome",
    ),
    "sucuri": (page("Access Denied - Sucuri Website Firewall", 403), "refused", "Sucuri"),
    "imperva": (
        page('<iframe src="/_Incapsula_Resource?x=1">Request unsuccessful.</iframe>'),
        "refused", "Imperva",
    ),
    "aws": (page("", 202, x_amzn_waf_action="challenge"), "refused", "AWS WAF"),
    "aws-captcha": (page("", 405, x_amzn_waf_action="captcha"), "refused", "AWS WAF"),
    "akamai": (
        page("Access Denied <a href='https://errors.edgesuite.net/18.2'>#18.2</a>", 403),
        "refused", "Akamai",
    ),
    "human": (page('<div id="px-captcha"></div>', 403), "refused", "HUMAN"),
    "kasada": (page("", 429, x_kpsdk_ct="1"), "refused", "Kasada"),
    "ddosguard": (page("<title>DDoS-Guard</title>", 403), "refused", "DDoS-Guard"),
    "login-form": (page(f"<p>Identifiez-vous</p>{FORM}"), "refused", "login page"),
    "login-code": (page(FORM, 401), "refused", "HTTP 401, login page"),
    "login": (Reply(302, {"Location": "/wp-login.php?next=1"}), "refused", "login page"),
    "consent": (Reply(302, {"Location": "https://consent.wall.example/x"}), "refused", "consent"),
    "plain": (page("non", 403), "refused", "HTTP 403"),
    "legal": (page("non", 451), "refused", "HTTP 451"),
    # No walls, though they look like some.
    "gone": (page(FORM, 404), "gone", "HTTP 404"),
    "broken": (page(FORM, 500), "unreachable", "HTTP 500"),
    "with-login": (article({}, "<aside>", FORM), "ok", ""),
    "by-cloudflare": (
        article({"cf-ray": "1"}, "</body>", '<script src="/cdn-cgi/challenge-platform/x.js">'),
        "ok", "",
    ),
}  # fmt: skip


def walled() -> tuple[Web, str]:
    small = Web()
    for number, (name, (answer, _, _)) in enumerate(WALLS.items(), start=1):
        link = f"https://{name}.example/article/{number}"
        small.pages[f"{BASE}/{number}"] = aggregator_page(TITLE, TEXT, link=link)
        small.pages[link] = answer
    small.pages["https://login.example/wp-login.php?next=1"] = page(FORM)
    small.pages["https://consent.wall.example/x"] = page("<p>Nous respectons votre vie privée.</p>")
    return small, ",".join(f"{BASE}/{n}" for n in range(1, len(WALLS) + 1))


def test_block_pages_are_named(tmp_path: Path) -> None:
    small, urls = walled()
    outcome = crawl(small, tmp_path, settings={"MONITORS": "0"}, urls=urls)
    assert outcome.code == 0, outcome.stderr
    records = {urlsplit(r["source"]["link"]).hostname: r for r in outcome.lines("feeds")}
    found = {}
    for name, (_, _, reason) in WALLS.items():
        source = records[f"{name}.example"]["source"]
        held = reason in (source["reason"] or "")
        found[name] = (source["status"], reason if held else source["reason"])
        assert records[f"{name}.example"]["text"] == "\n\n".join(TEXT)
    assert found == {name: (status, reason) for name, (_, status, reason) in WALLS.items()}
    asked = [url for url in outcome.requests if "/article/" in url]
    again = {urlsplit(url).hostname for url in asked if asked.count(url) > 1}
    assert again == {"broken.example"}, "a challenge is not tried again"


def test_block_page_signs_take_linear_time() -> None:
    for sign in (*block_pages.CHALLENGES, *block_pages.WALLS):
        assert not re.search(r"(?<!\\)[*+]", sign.pattern), f"{sign.reason}: an unbounded repeat"


SIGNALS = b"""User-agent: otherbot
Content-Signal: ai-input=no
Allow: /

User-agent: *
Content-Signal: search=yes, ai-train=no
Allow: /
"""
DIRECTIVES: dict[str, tuple[Reply, list[str], str | None]] = {
    "silent.example": (SOURCE, [], None),
    "robots.example": (
        SOURCE, ["robots.txt: search=yes", "robots.txt: ai-train=no"], "robots.txt: ai-train=no",
    ),
    "header.example": (
        article({"X-Robots-Tag": "noarchive, NOAI", "TDM-Reservation": "1"}),
        ["X-Robots-Tag: noarchive", "X-Robots-Tag: noai", "TDM-Reservation: 1"],
        "X-Robots-Tag: noai",
    ),
    "others.example": (article({"X-Robots-Tag": "otherbot: noindex"}), [], None),
    "meta.example": (
        article({}, "</head>", '<meta name="Robots" content="noai">'),
        ["meta robots: noai"], "meta robots: noai",
    ),
    "noindex.example": (
        Reply(404, HTML | {"X-Robots-Tag": "noindex"}, b"<p>404"), ["X-Robots-Tag: noindex"], None,
    ),
}  # fmt: skip


def test_usage_directives_are_recorded_and_respected_on_request(tmp_path: Path) -> None:
    small = Web()
    for number, (host, (answer, _, _)) in enumerate(DIRECTIVES.items(), start=1):
        link = f"https://{host}/article/{number}"
        small.pages[f"{BASE}/{number}"] = aggregator_page(TITLE, TEXT, link=link)
        small.pages[link] = answer
    robots = "https://robots.example/robots.txt"
    small.pages[robots] = Reply(200, {"Content-Type": "text/plain"}, SIGNALS)
    urls = ",".join(f"{BASE}/{n}" for n in range(1, len(DIRECTIVES) + 1))

    def by_host(outcome: Outcome) -> dict[str, dict[str, object]]:
        assert outcome.code == 0, outcome.stderr
        return {urlsplit(r["source"]["link"]).hostname: r for r in outcome.lines("feeds")}

    told = by_host(crawl(small, tmp_path / "told", urls=urls))
    assert {host: r["source"]["directives"] for host, r in told.items()} == {  # type: ignore[index]
        host: said for host, (_, said, _) in DIRECTIVES.items()
    }
    strict = crawl(small, tmp_path / "strict", settings={"EXCLUDE_NOAI_HOSTS": "1"}, urls=urls)
    for host, record in by_host(strict).items():
        objection = DIRECTIVES[host][2]
        source: dict[str, object] = record["source"]  # type: ignore[assignment]
        if objection:
            assert (source["status"], source["reason"]) == ("refused", objection)
            assert (source["text"], source["authors"], record["origin"]) == (None, [], "aggregator")
        else:
            assert source["status"] == told[host]["source"]["status"]  # type: ignore[index]
    assert not any("robots.example/article" in url for url in strict.requests)
