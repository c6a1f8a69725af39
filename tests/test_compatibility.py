"""Compatibility with common uses of Scrapy, as docs/compatibility.md states it."""

import json
from pathlib import Path

from tests.support import walked
from tests.web import Outcome, crawl

WALK = {"outlets": "courrier", "editions": "fr"}


def test_scrapy_options_work_as_documented(tmp_path: Path) -> None:
    small = walked(1, 8, 4)

    def run(**settings: str) -> Outcome:
        return crawl(small, tmp_path / "data", settings=settings, **WALK)

    jobdir = str(tmp_path / "job")
    first = run(JOBDIR=jobdir, CLOSESPIDER_PAGECOUNT="4", STATS_DUMP="1")
    assert first.code == 0, first.stderr
    assert first.report["reason"] == "closespider_pagecount"
    assert 0 < first.report["exported"] < 8
    assert "'item_scraped_count'" in first.stderr
    second = run(
        JOBDIR=jobdir,
        HTTPCACHE_ENABLED="1",
        HTTPCACHE_DIR=str(tmp_path / "cache"),
        DEPTH_LIMIT="1",
        ROBOTSTXT_OBEY="0",
        TELNETCONSOLE_ENABLED="1",
        ITEM_PIPELINES=json.dumps({"newscrawl.pipelines.duplicates.DuplicatesPipeline": None}),
    )
    assert second.code == 0, second.stderr
    assert first.report["exported"] + second.report["exported"] == 8
    assert any(url.endswith("/robots.txt") for url in second.requests)
    assert "newscrawl.pipelines.duplicates.DuplicatesPipeline" not in second.stderr
    assert "newscrawl.pipelines.validate.ValidatePipeline" in second.stderr
    assert "Telnet" not in second.stderr
    cached = crawl(
        small,
        tmp_path / "again",
        settings={"HTTPCACHE_ENABLED": "1", "HTTPCACHE_DIR": str(tmp_path / "cache")},
        urls="https://www.maghress.com/fr/courrier/1",
    )
    assert cached.report["exported"] == 1
    assert "https://www.maghress.com/fr/courrier/1" not in cached.requests
