"""Exceptions of the project, each with where and when it is raised."""


class NewscrawlError(Exception):
    """Base class of the project's exceptions; never raised directly."""


class ArgumentError(NewscrawlError):
    """A spider argument (``-a``) has an invalid value.

    Raised by ``newscrawl.spiders.arguments`` while a spider is built, before any request. The
    message names the argument, the value and what is allowed.
    """


class SettingError(NewscrawlError):
    """A setting has an invalid value.

    Raised by ``newscrawl.configuration.checks`` and ``newscrawl.state.compression`` before
    anything is fetched. The message names the setting, its value and what is allowed.
    """


class PageError(NewscrawlError):
    """An aggregator's page lacks an expected element and cannot be parsed.

    Raised by the parsers in ``newscrawl.aggregator``. The message has the element and the URL.
    """

    def __init__(self, url: str, expected: str) -> None:
        super().__init__(f"{url}: expected {expected}")
        self.url = url
        self.expected = expected


class FeedError(PageError):
    """An RSS feed cannot be parsed: not RSS or Atom, no complete entry, or entity declarations.

    Raised by ``newscrawl.aggregator.rss``.
    """


class UnreadableHtmlError(NewscrawlError):
    """A document cannot be parsed as HTML.

    Raised by ``newscrawl.text.html`` for empty documents and excessive nesting.
    """


class NotHtmlError(UnreadableHtmlError):
    """A document is in a binary format, such as an image or a PDF.

    Raised by ``newscrawl.text.html.decode``, independent of the declared content type.
    """


class ParserMemoryError(NewscrawlError, MemoryError):
    """The HTML parser ran out of memory for a page and has freed it again.

    Raised by ``newscrawl.text.html.parse``. The process can parse the next page.
    """

    def __init__(self) -> None:
        super().__init__("the HTML parser ran out of memory")


class StoreError(NewscrawlError):
    """The ledger or an output file cannot be used: missing, unwritable, damaged or locked.

    Raised by the pipelines and extensions that own an output; it ends the run.
    """


class SiteBusyError(StoreError):
    """Another run is crawling the same site.

    Raised by ``newscrawl.state`` when a site is locked; ``scrapy crawl`` then exits as skipped.
    """


class LeaseLostError(StoreError):
    """This run's lease on its site has expired and another process has taken it.

    Raised by ``newscrawl.state`` when the lease is renewed or something is to be written; it ends
    the run. What the run has committed remains valid.
    """


class ParserError(NewscrawlError):
    """A parse worker process (``PARSE_WORKERS``) cannot be started.

    Raised by ``newscrawl.articles.parse_workers``; it ends the run. The worker's own message is on
    stderr.
    """


class OverrideError(NewscrawlError):
    """An outlet override is invalid; the message names the file or the key.

    Raised by ``newscrawl.outlets`` when overrides are loaded or checked against a test page.
    """


class UnreadableArticleError(NewscrawlError):
    """The archive has no page of an article that can be parsed.

    Raised by ``newscrawl.operations.archived_articles``; the message says why.
    """


class ClusterError(NewscrawlError):
    """A Dask cluster cannot be reached or was lost during a job.

    Raised by ``newscrawl.operations.cluster``; the message has the scheduler's address.
    """


class ArchiveError(NewscrawlError):
    """A WARC archive is missing or damaged.

    Raised by ``newscrawl.archive.warc`` on reading.
    """


class StorageError(NewscrawlError, OSError):
    """Object storage cannot be reached or refuses, or an object is missing or corrupt.

    Raised by ``newscrawl.storage``; the message has the URL of the object, without credentials.
    """


class ExportError(NewscrawlError):
    """A corpus cannot be exported from the feeds.

    Raised by ``newscrawl.export``: no feed or record is found, a feed is damaged, the output
    exists, or a library is missing. The message says which and what to do.
    """


class ScrapydError(NewscrawlError):
    """A Scrapyd server cannot be reached or refuses a request.

    Raised by ``newscrawl.operations.scrapyd``; the message has the address and Scrapyd's response.
    """


class BrowserError(NewscrawlError):
    """The browser failed to render a page: it crashed, or the page took too long.

    Raised by ``BrowserMiddleware``; passed to the request's errback, and the article waits.
    """


class BrowserMissingError(BrowserError):
    """Chromium is not installed, or not at ``BROWSER_PATH``.

    Raised by ``newscrawl.browser``; passed to the request's errback, and the article waits.
    """


class BrowserMemoryError(BrowserError):
    """A page that was alone in the browser exceeded ``BROWSER_MEMORY_MB``.

    Raised by ``BrowserMiddleware``; it reaches the request's errback, and the source is
    ``unreadable``.
    """


class RequestDroppedError(NewscrawlError):
    """Base class: a request is not sent, or its response is discarded.

    Subclasses are raised by downloader middlewares and passed to the request's errback. They do
    not derive from ``IgnoreRequest`` because this module does not import Scrapy.
    """


class DecompressedTooLargeError(RequestDroppedError):
    """A response exceeds ``DOWNLOAD_MAXSIZE`` once decompressed.

    Raised by ``CompressionMiddleware``.
    """


class HostRestsError(RequestDroppedError):
    """Requests to the host are paused after consecutive failures or a long ``Retry-After``.

    Raised by ``PolitenessMiddleware``.
    """


class HostBudgetError(RequestDroppedError):
    """The host's budget of pages, time or errors for this run is used up.

    Raised by ``PolitenessMiddleware``.
    """


class ForbiddenByRobotsError(RequestDroppedError):
    """The host's robots.txt disallows the request.

    Raised by ``RobotsMiddleware``.
    """


class RobotsUnreachableError(RequestDroppedError):
    """The host's robots.txt could not be fetched, so its pages are not requested (RFC 9309).

    Raised by ``RobotsMiddleware``.
    """


class ReservedError(RequestDroppedError):
    """The host opts out of text and data mining, and ``EXCLUDE_NOAI_HOSTS`` is set.

    Raised by ``RobotsMiddleware``. The message is the directive.
    """


class NotInArchiveError(RequestDroppedError):
    """A replayed request has no response in the WARC archive.

    Raised by ``ReplayMiddleware``.
    """

    def __init__(self) -> None:
        super().__init__("not in the archive")
