"""Run the article flow in a crawl: turn its steps into requests, pass the responses back."""

from scrapy.crawler import Crawler
from scrapy.http import Request, Response
from twisted.python.failure import Failure

from newscrawl.articles.flow import (
    AnySteps,
    AskWebArchive,
    Fetch,
    FetchSnapshot,
    Parse,
    Render,
    Result,
)
from newscrawl.articles.parse_workers import Parser
from newscrawl.articles.rendering_policy import RenderingPolicy
from newscrawl.articles.rule_store import RuleStore
from newscrawl.fetching.request_meta import ARTICLE, PLAIN_PAGE
from newscrawl.items import Article
from newscrawl.spiders.callbacks import Results, guarded
from newscrawl.state import Ledger

_REDIRECTS = ("redirect_urls", "redirect_times", "redirect_reasons")
"""Keys of ``meta`` in which Scrapy stores the redirects of a request."""


class FlowDriver:
    """Driver of article flows: steps become requests, and responses resume the flow.

    Args:
        crawler: Crawler of the running spider.
        parser: Parses the pages.
        rules: Store of the rules learned from them.
        ledger: Ledger with the hosts that need a browser.
    """

    def __init__(self, crawler: Crawler, parser: Parser, rules: RuleStore, ledger: Ledger) -> None:
        self.crawler = crawler
        self._parser = parser
        self._rules = rules
        self._renderings: RenderingPolicy[AnySteps] = RenderingPolicy(crawler.settings, ledger)

    @guarded
    async def advance(
        self, cause: Response | Failure, *, steps: AnySteps, result: Result = None
    ) -> Results:
        """Drive a flow until it needs a request, waits for other pages, or returns its record.

        Args:
            cause: The last response to a request of the article.
            steps: The flow.
            result: Result of its last step.
        """
        while True:
            try:
                step = steps.send(result)
            except StopIteration as end:
                if end.value is not None:
                    yield end.value
                return
            if isinstance(step, Parse):
                result = read = await self._parser.begin(step.job)
                if read.domain:
                    self._rules.note(read.article, read.domain, read.taught)
            elif isinstance(step, Render):
                async for following in self._render(step, steps=steps):
                    yield following
                return
            else:
                origin: Request = cause.request  # type: ignore[assignment, union-attr]  # by Scrapy
                yield self._request(step, steps, origin)
                return

    @guarded
    async def _render(self, step: Render, *, steps: AnySteps) -> Results:
        """Request the rendered page, if rendering may help; else continue without it."""
        decision = self._renderings.begin(step, steps)
        if decision:
            yield self._render_request(step.page, steps)
        elif decision is False:
            async for following in self.advance(step.page, steps=steps):
                yield following

    def first_request(self, steps: AnySteps, origin: Request) -> Request:
        """Return the first request of a flow that begins with a fetch.

        Args:
            steps: The flow.
            origin: Request for the article's page, whose URL and identifier are used.
        """
        step = next(steps)
        assert isinstance(step, Fetch)
        return self._request(step, steps, origin)

    def _request(
        self, step: Fetch | AskWebArchive | FetchSnapshot, steps: AnySteps, origin: Request
    ) -> Request:
        url = step.snapshot.url if isinstance(step, FetchSnapshot) else step.url
        headers = {"Referer": origin.url, **step.conditions} if isinstance(step, Fetch) else None
        meta = {ARTICLE.name: ARTICLE.require(origin), "allow_offsite": True}
        if isinstance(step, Fetch) and step.conditions:
            meta["handle_httpstatus_list"] = [304]
        return Request(
            url,
            callback=self.step_done,
            errback=self.step_done,
            dont_filter=True,  # each article fetches its own source
            headers=headers,
            meta=meta,
            cb_kwargs={"steps": steps},
        )

    @guarded
    async def step_done(self, result: Response | Failure, steps: AnySteps | None = None) -> Results:
        """Continue a flow with the response to its last request, or with the failure."""
        if isinstance(result, Failure):
            steps = result.request.cb_kwargs["steps"]  # type: ignore[attr-defined]
        assert steps
        async for following in self.advance(result, steps=steps, result=result):
            yield following

    def _render_request(self, page: Response, steps: AnySteps) -> Request:
        """Return the request that renders a fetched page."""
        return Request(
            page.url,
            callback=self.rendered,
            errback=self.rendered,
            dont_filter=True,  # the page has just been fetched
            meta={
                **{name: page.meta[name] for name in _REDIRECTS if name in page.meta},
                PLAIN_PAGE.name: page,
                ARTICLE.name: ARTICLE.require(page),
                "allow_offsite": True,
                "dont_redirect": True,
            },
            cb_kwargs={"steps": steps},
        )

    @guarded
    async def rendered(self, result: Response | Failure, **_: AnySteps) -> Results:
        """Continue a flow with its rendered page, and other flows that waited for its result."""
        request: Request = result.request  # type: ignore[assignment, union-attr]
        status = None
        async for following in self.step_done(result, **request.cb_kwargs):
            if isinstance(following, Article) and isinstance(result, Response):
                status = following.source.status
            yield following
        for step, waiting in self._renderings.end(PLAIN_PAGE.require(request), status):
            async for following in self._render(step, steps=waiting):
                yield following
