"""``scrapy report``: page of a real crawl in a real browser."""

import hashlib
import html
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from newscrawl.report.differences import differences
from tests import preloaded
from tests.support import LINK, SOURCE, TEXT, TITLE
from tests.web import Web, aggregator_page, crawl, outlet_page

HOSTILE = (
    "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"
    "</script><!--<script>"
)
ARABIC = "افتتاح مكتبة عائمة في أسوان"
ARABIC_OUTLET = "مرصد النيل"
ARABIC_TEXT = (
    "افتتحت محافظة أسوان صباح أمس مكتبة عائمة على مركب قديم، تضم أكثر من ثلاثة آلاف "
    "كتاب للأطفال واليافعين، وقال مدير المشروع إن الرحلات ستنطلق كل جمعة."
)
_BASE = "https://www.maghress.com/fr/courrier"
_ARABIC_URL = "https://www.masress.com/nileobserver/24504"
CHARTS = (
    "articles",
    "sources",
    "trust",
    "reasons",
    "years",
    "agreement",
    "filled",
    "languages",
    "found",
    "rot",
    "lengths",
)


def report(data: Path, *arguments: str | Path) -> tuple[int, str]:
    """Exit code and output of the command."""
    done = preloaded.run(
        [*preloaded.SCRAPY, "report", *arguments, "-s", f"NEWSCRAWL_DATA={data}"],
    )
    return done.returncode, done.stdout + done.stderr


def web() -> Web:
    """Articles: both versions, differing ones, a hostile one, a lost source, a rejected one."""
    changed = [TEXT[0].replace("jeudi", "vendredi"), *TEXT[1:]]
    hostile = [html.escape(HOSTILE), *TEXT]
    pages = {
        f"{_BASE}/101": aggregator_page(TITLE, TEXT),
        LINK: SOURCE,
        f"{_BASE}/102": aggregator_page(TITLE, TEXT, link=f"{LINK}2"),
        f"{LINK}2": outlet_page(
            TITLE, changed, published="2024-03-29T10:15:00+00:00", author="Salma Idrissi"
        ),
        f"{_BASE}/103": aggregator_page(
            html.escape(HOSTILE), hostile, date="02 - 04 - 2023", link=f"{LINK}3"
        ),
        f"{LINK}3": outlet_page(
            html.escape(HOSTILE),
            hostile,
            published="2023-04-02T10:15:00+00:00",
            author="Salma Idrissi",
        ),
        f"{_BASE}/104": aggregator_page(TITLE, TEXT, date="11 - 09 - 2021", link=f"{LINK}-lost"),
        f"{_BASE}/105": aggregator_page(TITLE, TEXT, date="29 - 03 - 2074", link=None),
        _ARABIC_URL: aggregator_page(
            ARABIC,
            [ARABIC_TEXT],
            edition="ar",
            outlet=ARABIC_OUTLET,
            date="05 - 11 - 2019",
            link=None,
        ),
    }
    return Web(pages)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of two crawls with a damaged line and a host name that contains markup."""
    data = tmp_path_factory.mktemp("data")
    small = web()
    urls = [url for url in small.pages if url.startswith(_BASE)] + [f"{_BASE}/106"]
    crawl(small, data, settings={"MONITOR_MIN_ITEMS": "5"}, urls=",".join(urls))
    crawl(small, data, "masress", urls=_ARABIC_URL)
    (data / "feeds" / "other").mkdir()
    (data / "feeds" / "other" / "torn.jsonl").write_text(f'{{"id": "{HOSTILE}\n', "utf-8")
    code, told = report(data)
    page = data / "report" / "index.html"
    assert (code, page.as_uri() in told) == (0, True), told
    return page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        yield chromium
        chromium.close()


@dataclass
class OpenedPage:
    """An opened page with the messages and requests of the browser."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


def visit(browser: Browser, written: Path, width: int = 1280, scheme: str = "light") -> OpenedPage:
    page = browser.new_page(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    seen = OpenedPage(page)
    page.on("console", lambda message: seen.complaints.append(message.text))
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.on("request", lambda request: seen.requests.append(request.url))
    page.goto(written.as_uri())
    return seen


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "dark")])
def test_charts_are_drawn_without_network_requests(
    browser: Browser, written: Path, width: int, scheme: str
) -> None:
    seen = visit(browser, written, width, scheme)
    page = seen.page
    for chart in CHARTS:
        boxes = [bar.bounding_box() for bar in page.locator(f"#chart-{chart} svg.plot rect").all()]
        assert any(box and box["width"] > 1 and box["height"] > 1 for box in boxes), chart
    for details in page.locator("details").all():
        details.locator("summary").first.click()
    page.locator(".copies").nth(4).wait_for()
    for step in ("days", "months", "years"):
        page.select_option("#step", step)
    page.select_option("#outlet", index=1)
    assert page.locator("#chart-articles svg.plot rect").count() > 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", paper))) < 300) == (scheme == "dark")
    assert seen.complaints == []
    assert seen.requests == [written.as_uri()]


def test_crawled_content_is_never_markup(browser: Browser, written: Path) -> None:
    seen = visit(browser, written)
    page = seen.page
    page.fill("#record-search", "103")
    assert page.inner_text("#record-count") == "1 of 5 in the sample"
    page.click(".record summary")
    # Tags in titles are removed when the record is created.
    assert re.sub("<img[^>]*>", "", HOSTILE) in page.inner_text(".record .headline >> nth=0")
    assert HOSTILE in page.inner_text(".copies > div >> nth=0")
    assert HOSTILE in page.inner_text(".copies > div >> nth=1")
    assert "torn.jsonl, line 1" in page.inner_text("#faults")
    assert page.locator("img, iframe, [onerror]").count() == 0
    assert page.title() == "newscrawl: corpus report"
    assert seen.complaints == []
    stopped: list[tuple[str, str | None]] = []
    page.on("requestfailed", lambda request: stopped.append((request.url, request.failure)))
    # Even as markup, the content security policy prevents scripts and requests.
    page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "document.title = 'taken'";
            document.body.append(script);
            const image = `<img src=https://a.example/ onerror="document.title = 'taken'">`;
            document.body.insertAdjacentHTML("beforeend", image);
        }"""
    )
    page.wait_for_timeout(200)
    assert page.title() == "newscrawl: corpus report"
    assert len(seen.complaints) >= 2
    assert stopped == [("https://a.example/", "csp")]


def test_search_text_direction_and_marked_differences(browser: Browser, written: Path) -> None:
    page = visit(browser, written).page
    page.fill("#outlet-search", "النيل masress")
    assert page.inner_text("#outlet-count") == "1 of 2"
    found = page.locator("#outlet-table tbody bdi")
    assert found.inner_text() == ARABIC_OUTLET
    assert found.evaluate("e => getComputedStyle(e).direction") == "rtl"
    page.fill("#record-search", "اسوان")  # without the hamza that the title has
    assert page.inner_text("#record-count") == "1 of 5 in the sample"
    page.click(".record summary")
    for part in (".headline", ".running"):
        element = page.locator(f".record {part}").first
        assert element.evaluate("e => getComputedStyle(e).direction") == "rtl"
        assert element.evaluate(
            """e => { const range = document.createRange(); range.selectNodeContents(e);
            const text = [...range.getClientRects()].at(-1), box = e.getBoundingClientRect();
            return Math.abs(text.right - box.right) < 2 }"""
        )
    page.fill("#record-search", "102")
    page.click(".record summary")
    page.locator(".copies").wait_for()
    assert page.locator(".copies del").all_inner_texts() == ["jeudi"]
    assert page.locator(".copies ins").all_inner_texts() == ["vendredi"]
    page.fill("#record-search", "")
    page.select_option("#record-status", "gone")
    assert page.inner_text("#record-count") == "1 of 5 in the sample"
    page.set_viewport_size({"width": 688, "height": 1000})  # A4 without its margins
    page.emulate_media(media="print")
    assert page.evaluate(
        "[...document.querySelectorAll('table')].every(t => t.getBoundingClientRect().right <= 688)"
    )
    assert not page.is_visible("nav")
    assert page.is_visible("#chart-years svg.plot")


def test_statistics_match_the_runs(browser: Browser, written: Path) -> None:
    page = visit(browser, written).page
    tiles = dict(
        zip(
            page.locator("#tiles dt").all_inner_texts(),
            page.locator("#tiles dd").all_inner_texts(),
            strict=True,
        )
    )
    assert tiles["articles"] == "5"
    assert tiles["sources parsed"] == "60.0 %"
    assert tiles["high trust in title and text"] == "60.0 %"
    assert tiles["outlets of 2 sites"] == "2"
    assert tiles["of 3 compared texts agree by 0.9 or more"] == "100 %"
    assert (tiles["first day"], tiles["last day"]) == ("2019-11-05", "2024-03-29")
    losses = page.locator("#reject-table tbody tr").all_inner_texts()
    assert "published: … is in the future\t1\t0" in losses
    assert "HTTP 404\t0\t1" in losses
    hosts = page.inner_text("#host-table").split()
    assert hosts[hosts.index("www.maghress.com") + 1 :][:2] == ["7", "0"]  # robots.txt is one
    runs = page.locator("#run-table tbody tr").all_inner_texts()
    assert ["rejects: 2 of 6 are rejected or failed" in run for run in runs] == [False, True]
    page.locator("#chart-sources summary").click()
    page.locator("#chart-sources table").wait_for()
    rows = page.locator("#chart-sources tbody tr").all_inner_texts()
    assert "all outlets\tgone\t1\t20.0 %" in rows


def test_charts_lead_to_the_records_behind_them(browser: Browser, written: Path) -> None:
    page = visit(browser, written).page
    assert "A sample of 5 of 5 articles" in page.inner_text("#record-note")
    page.locator("#chart-sources summary").click()
    page.locator("#chart-sources tbody tr").filter(has_text="gone").last.locator("button").click()
    assert page.input_value("#record-status") == "gone"
    assert page.inner_text("#record-count") == "1 of 5 in the sample"
    page.locator("#chart-agreement summary").click()
    page.locator("#chart-agreement tbody tr").last.locator("button").click()
    assert page.inner_text("#record-chosen") == "agreement 0.95 – 1.00 ✕"
    assert page.inner_text("#record-count") == "3 of 5 in the sample"
    page.click("#record-chosen button")
    assert page.inner_text("#record-count") == "5 of 5 in the sample"
    page.locator("#outlet-table tbody button").filter(has_text=ARABIC_OUTLET).click()
    assert page.inner_text("#record-count") == "1 of 5 in the sample"
    # A click on a bar of a year leads to the records of its status in this year.
    page.locator("#chart-years summary").click()
    rows = page.locator("#chart-years tbody tr")
    rows.filter(has_text="2021").locator("button").click()
    assert page.inner_text("#record-chosen") == "2021 ✕"
    assert page.inner_text("#record-count") == "1 of 5 in the sample"


def test_trust_is_shown_with_its_reasons(browser: Browser, written: Path) -> None:
    page = visit(browser, written).page
    page.locator("#chart-trust summary").click()
    page.locator("#chart-trust table").wait_for()
    rows = page.locator("#chart-trust tbody tr").all_inner_texts()
    assert rows[:3] == [
        "all outlets\thigh\t3\t60.0 %",
        "all outlets\tcheck\t2\t40.0 %",
        "maghress fr\thigh\t3\t75.0 %",
    ]
    page.locator("#chart-trust tbody button").nth(1).click()
    assert page.inner_text("#record-chosen") == "trust check ✕"
    assert page.inner_text("#record-count") == "2 of 5 in the sample"
    page.locator("#chart-reasons summary").click()
    table = page.locator("#chart-reasons tbody")
    table.wait_for()
    assert table.locator("tr").all_inner_texts() == ["single version\t2"]
    page.select_option("#reason-outlet", label=f"\u2068{ARABIC_OUTLET} (masress ar)\u2069")
    assert table.locator("tr").all_inner_texts() == ["single version\t1"]
    table.locator("button").click()
    chosen = page.locator("#record-chosen button").all_inner_texts()
    assert chosen == ["single version ✕", f"{ARABIC_OUTLET} ✕"]
    assert page.inner_text("#record-count") == "1 of 5 in the sample"
    page.locator(".record summary").click()
    page.locator(".facts").wait_for()
    assert "check: single version" in page.inner_text(".facts")
    page.fill("#record-search", "nothing has these words")
    assert page.is_visible("#record-none")


def test_articles_are_stacked_by_site_edition_and_status(browser: Browser, written: Path) -> None:
    page = visit(browser, written).page
    page.locator("#chart-articles summary").click()
    legends = {}
    for stack in ("site", "edition", "status"):
        page.select_option("#stack", stack)
        legends[stack] = page.locator("#chart-articles .legend li").all_inner_texts()
        counts = page.locator("#chart-articles tbody td:last-child").all_inner_texts()
        assert sum(map(int, counts)) == 5
    assert legends["site"] == ["maghress", "masress"]
    assert legends["edition"] == ["maghress fr", "masress ar"]
    assert legends["status"] == ["ok", "no link", "gone"]


def test_missing_and_given_feeds(tmp_path: Path, written: Path) -> None:
    code, told = report(tmp_path)
    assert (code, "there is no feed" in told) == (1, True)
    feeds = written.parent.parent / "feeds"
    # Records that occur twice count once.
    (feed,) = (feeds / "masress").glob("*.jsonl")
    (tmp_path / "copy.jsonl").write_bytes(feed.read_bytes())
    code, told = report(tmp_path, "-o", tmp_path / "page.html", feed, tmp_path / "copy.jsonl")
    assert code == 0, told
    assert '"articles":1,' in (tmp_path / "page.html").read_text("utf-8")
    assert '"earlier":1,' in (tmp_path / "page.html").read_text("utf-8")
    code, told = report(tmp_path, "-o", tmp_path / "copy.jsonl" / "page.html", feed)
    assert (code, "cannot be written" in told) == (1, True)


@pytest.mark.parametrize(
    ("copy", "source"),
    [("", ""), ("un", ""), ("", "un"), ("un  deux\n\ntrois", "un deux\n\ntrois quatre")],
)
def test_differences_reconstruct_both_texts(copy: str, source: str) -> None:
    parts = differences(copy, source)
    assert "".join(text for where, text in parts if where != "source") == copy
    assert "".join(text for where, text in parts if where != "copy") == source


def test_bundled_libraries_are_unmodified() -> None:
    """An edit of the bundled libraries would not be noticed otherwise."""
    assets = Path(__file__).parent.parent / "newscrawl" / "report" / "assets"
    digests = {
        name: hashlib.sha256((assets / name).read_bytes()).hexdigest()
        for name in ("d3.min.js", "plot.umd.min.js")
    }
    readme = (assets / "README.md").read_text("utf-8")
    for digest in digests.values():
        assert digest in readme
