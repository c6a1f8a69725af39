"""What a robots.txt says is read as Protego reads it, however many others it names."""

from itertools import product
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st
from protego import Protego

from newscrawl.demo.proxy import Answer
from newscrawl.middlewares.robots import rules_of
from tests.test_crawl import SOURCE, TEXT, TITLE
from tests.web import Web, aggregator_page, crawl

AGENT = "newscrawl"
NAMES = ["*", AGENT, "NewsCrawl", "news", "news*", "n", "crawl", f"{AGENT}er", "bot", "", "**"]
LINES = [
    *(
        f"{begin}{name}"
        for begin in ("User-agent: ", "user agent ", "useragent:")
        for name in NAMES
    ),
    *(f"Disallow: {path}" for path in ("/", "/a", "/a*b", "/b$", "")),
    *("Disallow /b", "disalow: /a", "Disallow", "Allow: /a", "allow /b", "User-agent: *  # all"),
    *("Crawl-delay: 2", "crawl delay 3", "Request-rate: 1/5", "Noindex: /a", "junk in a line"),
    *("Sitemap: https://a.example/map", "Host: a.example", "sitemap https://x", "# word", " "),
    *("Content-Signal: ai-train=no", "http://a.example/b", "<p>: x", "User-agent"),
]
URLS = [f"https://a.example{path}" for path in ("/", "/a", "/axb", "/b")]


@given(st.lists(st.sampled_from(LINES), max_size=14))
@example(["User-agent: **", "Disallow: /"])
@example([f"User-agent: {AGENT}", "Disallow", "user agent crawl", "Disallow: /"])
@example([f"User-agent: {AGENT}", "junk in a line", "User-agent: bot", "Disallow: /"])
def test_groups_that_mean_others_make_no_difference(lines: list[str]) -> None:
    text = "\n".join(lines)
    whole = Protego.parse(text)
    read = rules_of(200, text.encode(), AGENT)
    assert not isinstance(read, str)
    assert [read.allow(url) for url in URLS] == [whole.can_fetch(url, AGENT) for url in URLS]
    assert read.robots.crawl_delay(AGENT) == whole.crawl_delay(AGENT)
    assert read.robots.request_rate(AGENT) == whole.request_rate(AGENT)


def test_rules_of_many_hosts_are_held_within_bounds(tmp_path: Path) -> None:
    small = Web()
    hosts = [f"https://host{number}.example" for number in range(12)]
    hosts.append(hosts[0])  # once more, when all the others have been met
    long = "".join(f"Disallow: /{number}\n" for number in range(28_000))
    text = f"User-agent: *\nContent-Signal: {'a=b, ' * 9}{long}"
    for number, host in enumerate(hosts):
        url, link = f"https://www.maghress.com/fr/x/{number}", f"{host}/a/{number}"
        small.pages[url] = aggregator_page(TITLE, TEXT, link=link)
        small.pages[link] = SOURCE
        small.pages[f"{host}/robots.txt"] = Answer(
            200, {"Content-Type": "text/plain"}, text.encode()
        )
    settings = {"CONCURRENT_REQUESTS": "1", "DOWNLOAD_TIMEOUT": "30"}
    urls = ",".join(url for url in small.pages if "maghress" in url)
    outcome = crawl(small, tmp_path, settings=settings, urls=urls)
    assert outcome.code == 0, outcome.stderr
    assert {record["source"]["status"] for record in outcome.lines("feeds")} == {"ok"}
    assert len(outcome.lines("feeds")) == len(hosts)
    asked = [outcome.requests.count(f"{host}/robots.txt") for host in hosts]
    assert asked == [2, *[1] * 11, 2], "those met longest ago have been let go of"


def test_a_host_says_no_more_of_use_than_a_record_can_hold() -> None:
    names = ("".join(pair) for pair in product("abcdefgh", repeat=4))
    signals = ", ".join(f"{name}=yes" for name in names)
    read = rules_of(200, f"User-agent: *\nContent-Signal: ai-train=no, {signals}".encode(), AGENT)
    assert not isinstance(read, str)
    assert read.directives[0] == "robots.txt: ai-train=no"
    assert len(read.directives) == 30
