"""What a robots.txt says is read as Protego reads it, however many others it names."""

from hypothesis import example, given
from hypothesis import strategies as st
from protego import Protego

from newscrawl.middlewares.robots import rules_of

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
