"""The flow of one article: an internal error costs the source, never the record."""

import asyncio
from typing import Any

import msgspec
import pytest
from scrapy.http import HtmlResponse, Request
from scrapy.settings import Settings

from newscrawl.aggregator.article import read_article
from newscrawl.aggregator.sites import SITES
from newscrawl.articles import merge, responses
from newscrawl.articles.flow import ArticleFlow, Fetch, Parse
from newscrawl.articles.parse_jobs import SourceJob
from newscrawl.articles.parse_workers import ParserPool
from newscrawl.articles.worker_process import Limits
from newscrawl.extraction import RuleBook
from newscrawl.fetching.web_archive import WebArchive
from newscrawl.items import Article
from tests.web import aggregator_page

LINK = "https://www.courrierdusouss.example/article/1"
SITE = SITES["maghress"]
TEXT = ["Le pont de la rivière est rouvert aux piétons et aux charrettes depuis lundi matin."]
WHEN = "2024-04-02T08:00:00+00:00"


def article() -> Article:
    """Return a record that holds the copy."""
    url = "https://www.maghress.com/fr/courrierdusouss/1"
    page = read_article(aggregator_page("Le pont rouvre", TEXT, link=LINK).body, url).alone()
    return merge.from_copy(page, SITE, WHEN, fetched=WHEN, sha256="0" * 64)


@pytest.mark.parametrize("step", ["begin_source", "finish_source"])
def test_an_unforeseen_error_leaves_the_copy_and_the_reason(
    step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("unforeseen")

    flow = ArticleFlow(WebArchive(Settings({"WEB_ARCHIVE": ""})))
    steps = flow.steps(article())
    assert next(steps) == Fetch(LINK)
    monkeypatch.setattr(responses, step, fail)
    result: Any = HtmlResponse(LINK, body=b"<p>Texte</p>", request=Request(LINK))
    record = None
    while record is None:
        try:
            following = steps.send(result)
        except StopIteration as end:
            record = end.value
        else:
            result = following.job.lost("no parser here") if isinstance(following, Parse) else None
    assert record.source.status == "unreadable"
    assert record.source.reason == "RuntimeError: unforeseen"
    assert (record.origin, record.text) == ("aggregator", TEXT[0])


def test_a_page_that_cannot_be_sent_to_a_worker_is_lost_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def fail(*_: object) -> None:
        raise msgspec.EncodeError("unforeseen")

    async def parse() -> Article:
        pool = ParserPool(SITE, RuleBook(), 1, Limits())
        try:
            return (await pool.begin(SourceJob(LINK, b"<p>Texte</p>", None, article()))).article
        finally:
            await pool.close()

    monkeypatch.setattr(ParserPool, "_parse", fail)
    record = asyncio.run(parse())
    assert (record.source.status, record.source.reason) == (
        "unreadable",
        "EncodeError: unforeseen",
    )
    assert record.text == TEXT[0]
