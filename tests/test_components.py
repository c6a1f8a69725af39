"""Components given by a user: added to the project's own, replacing none of them."""

import json
from pathlib import Path

import pytest
from scrapy import Request

from newscrawl.demo.proxy import Reply
from newscrawl.items import Article
from tests.support import LINK, URL, web
from tests.web import Web, crawl

ROBOTS = "https://www.courrierdusouss.example/robots.txt"
KINDS = ("DOWNLOADER_MIDDLEWARES", "SPIDER_MIDDLEWARES", "ITEM_PIPELINES", "EXTENSIONS")


class Titled:
    """A user's pipeline."""

    def process_item(self, item: Article) -> Article:
        item.title = f"{item.title} (by a user's pipeline)"
        return item


class Marked:
    """A user's downloader middleware."""

    def process_request(self, request: Request) -> None:
        request.headers["X-User"] = "1"


def forbidden() -> Web:
    """A web whose outlet forbids its article to robots."""
    small = web()
    rules = b"User-agent: *\nDisallow: /"
    small.pages[ROBOTS] = Reply(200, {"Content-Type": "text/plain"}, rules)
    return small


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_setting_removes_no_component(tmp_path: Path, kind: str) -> None:
    outcome = crawl(forbidden(), tmp_path, urls=URL, settings={kind: "{}"})
    assert outcome.code == 0, outcome.stderr
    assert LINK not in outcome.requests
    (record,) = outcome.lines("feeds")
    assert (record["source"]["status"], record["source"]["reason"]) == ("refused", "robots.txt")
    assert outcome.report["exported"] == 1


def test_components_of_a_user_are_added(tmp_path: Path) -> None:
    settings = {
        "ITEM_PIPELINES": json.dumps({"tests.test_components.Titled": 150}),
        "DOWNLOADER_MIDDLEWARES": json.dumps({"tests.test_components.Marked": 500}),
    }
    outcome = crawl(forbidden(), tmp_path, urls=URL, settings=settings)
    assert outcome.code == 0, outcome.stderr
    assert LINK not in outcome.requests
    (record,) = outcome.lines("feeds")
    assert record["title"].endswith("(by a user's pipeline)")
    assert "tests.test_components.Marked" in outcome.stderr


def test_scrapys_own_exporter_writes_beside_the_feed(tmp_path: Path) -> None:
    feeds = {
        str(tmp_path / "out.json"): {"format": "json"},
        str(tmp_path / "out.csv"): {"format": "csv", "fields": ["id", "title"]},
    }
    outcome = crawl(web(), tmp_path / "data", urls=URL, settings={"FEEDS": json.dumps(feeds)})
    assert outcome.code == 0, outcome.stderr
    (record,) = outcome.lines("feeds")
    assert json.loads((tmp_path / "out.json").read_text("utf-8")) == [record]
    assert (tmp_path / "out.csv").read_text("utf-8").startswith("id,title\nmaghress:fr/courrier/1")
