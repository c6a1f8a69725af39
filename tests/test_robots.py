"""Parsing of robots.txt by RFC 9309, however many groups it has."""

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protego import Protego

from newscrawl.demo.proxy import Reply
from newscrawl.middlewares.robots import HostRules, rules_of
from tests.support import SOURCE, TEXT, TITLE
from tests.web import Web, aggregator_page, crawl

AGENT = "newscrawl"
NAMES = ["*", AGENT, "NewsCrawl", f"{AGENT}er", "bot"]
AGENTS = [f"{begin}{name}" for begin in ("User-agent: ", "user agent ") for name in NAMES]
ACCESS = [
    *(f"Disallow: {path}" for path in ("/", "/a", "/a*b", "/b$", "")),
    *("Disallow /b", "disalow: /a", "Disallow", "Allow: /a", "allow /b"),
]
LINES = [
    *ACCESS,
    *("Crawl-delay: 2", "crawl delay 3", "Request-rate: 1/5", "Noindex: /a", "junk in a line"),
    *("Sitemap: https://a.example/map", "Host: a.example", "sitemap https://x", "# word", " "),
    *("Content-Signal: ai-train=no", "http://a.example/b", "<p>: x"),
]
URLS = [f"https://a.example{path}" for path in ("/", "/a", "/axb", "/b")]


GROUP = st.tuples(
    st.lists(st.sampled_from(AGENTS), min_size=1, max_size=3),
    st.sampled_from(ACCESS),
    st.lists(st.sampled_from(LINES), max_size=5),
).map(lambda group: [*group[0], group[1], *group[2]])


def rules(text: str) -> HostRules:
    parsed = rules_of(200, text.encode(), AGENT)
    assert isinstance(parsed, HostRules)
    return parsed


@given(st.lists(GROUP, max_size=4))
def test_robots_groups_of_other_agents_are_ignored(groups: list[list[str]]) -> None:
    text = "\n".join(line for group in groups for line in group)
    whole = Protego.parse(text)
    parsed = rules(text)
    assert [parsed.allow(url) for url in URLS] == [whole.can_fetch(url, AGENT) for url in URLS]
    assert parsed.robots.crawl_delay(AGENT) == whole.crawl_delay(AGENT)
    assert parsed.robots.request_rate(AGENT) == whole.request_rate(AGENT)


@pytest.mark.parametrize(
    ("name", "binds"),
    [
        *((name, True) for name in ("newscrawl", "NewsCrawl", "newscrawl/0.1", "newscrawl*", "*")),
        *((name, True) for name in ("newscrawl (research crawler)", "newscrawl 2", "* # all")),
        *((name, False) for name in ("news", "n", "crawl", "newscrawler", "news*", "**", "")),
        *((name, False) for name in ("newscrawl-images", "newscrawl_x", "my newscrawl", "*news")),
    ],
)
def test_a_group_is_named_by_its_whole_token(name: str, binds: bool) -> None:
    assert rules(f"User-agent: {name}\nDisallow: /").allow(URLS[0]) is not binds


@pytest.mark.parametrize(
    "between", ["Crawl-delay: 2", "Mystery: x", "Sitemap: https://a.example/m", "junk", "", "# x"]
)
def test_only_rules_end_the_names_of_a_group(between: str) -> None:
    for first, second in product((AGENT, "bot"), repeat=2):
        parsed = rules(f"User-agent: {first}\n{between}\nUser-agent: {second}\nDisallow: /")
        assert parsed.allow(URLS[0]) is (AGENT not in (first, second))
        assert parsed.pace == (2 if AGENT in (first, second) and "delay" in between else 0)
    assert rules(f"User-agent: bot\nDisallow: /\nUser-agent: {AGENT}\nAllow: /").allow(URLS[0])


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
        small.pages[f"{host}/robots.txt"] = Reply(
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


def test_usage_directives_of_a_host_are_bounded() -> None:
    names = ("".join(pair) for pair in product("abcdefgh", repeat=4))
    signals = ", ".join(f"{name}=yes" for name in names)
    read = rules_of(200, f"User-agent: *\nContent-Signal: ai-train=no, {signals}".encode(), AGENT)
    assert not isinstance(read, str)
    assert read.directives[0] == "robots.txt: ai-train=no"
    assert len(read.directives) == 30
