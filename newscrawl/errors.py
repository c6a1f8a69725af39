"""Exceptions of the project, each with when and from where it is raised."""


class NewscrawlError(Exception):
    """Base class of all exceptions below; never raised itself."""


class ArgumentError(NewscrawlError):
    """Invalid spider argument.

    Raised by ``newscrawl.spiders.arguments`` while a spider is built, before any request. The
    message names the argument, the value and what is allowed.
    """


class SettingError(NewscrawlError):
    """Invalid setting.

    Raised by ``newscrawl.configuration.checks`` and ``newscrawl.state.compression`` before
    anything is fetched. The message names the setting, its value and what is allowed.
    """


class PageError(NewscrawlError):
    """A page of the aggregator lacks an expected element.

    Raised by the parsers in ``newscrawl.aggregator``. The message has the element and the URL.
    """

    def __init__(self, url: str, expected: str) -> None:
        super().__init__(f"{url}: expected {expected}")
        self.url = url
        self.expected = expected


class FeedError(PageError):
    """An RSS feed has no complete entry, is neither RSS nor Atom, or declares entities.

    Raised by ``newscrawl.aggregator.rss``.
    """


class UnreadableHtmlError(NewscrawlError):
    """A document that cannot be parsed as HTML.

    Raised by ``newscrawl.text.html`` for empty documents and absurd nesting.
    """


class NotHtmlError(UnreadableHtmlError):
    """A document in a binary format: an image, a PDF.

    Raised by ``newscrawl.text.html.decode``, independent of the declared content type.
    """


class ParserMemoryError(NewscrawlError, MemoryError):
    """The HTML parser ran out of memory for a page and has freed it again.

    Raised by ``newscrawl.text.html.parse``. The process can parse the next page.
    """

    def __init__(self) -> None:
        super().__init__("the HTML parser ran out of memory")


class StoreError(NewscrawlError):
    """A file or directory of the run cannot be opened or written.

    Raised by the pipelines and extensions that own an output; it ends the run.
    """


class SiteBusyError(StoreError):
    """Another run is crawling the same site.

    Raised by ``newscrawl.state`` when a site is locked; ``scrapy crawl`` then exits as skipped.
    """


class LeaseLostError(StoreError):
    """Another process has taken the site of this run, whose lease had ended.

    Raised by ``newscrawl.state`` when the lease is renewed or something is to be written; it ends
    the run. What the run has committed remains valid.
    """


class ParserError(NewscrawlError):
    """A parse worker (``PARSE_WORKERS``) cannot be started.

    Raised by ``newscrawl.articles.parse_workers``; it ends the run. The worker's own message is on
    stderr.
    """


class OverrideError(NewscrawlError):
    """Invalid outlet override; the message names the file or the key.

    Raised by ``newscrawl.outlets`` when overrides are loaded or checked against a test page.
    """


class UnreadableArticleError(NewscrawlError):
    """The archive holds no page of an article that can be parsed.

    Raised by ``newscrawl.operations.archived_articles``; the message says why.
    """


class ClusterError(NewscrawlError):
    """A Dask cluster cannot be used, or was lost during a job.

    Raised by ``newscrawl.operations.cluster``; the message has the scheduler's address.
    """


class ArchiveError(NewscrawlError):
    """A missing or damaged archive.

    Raised by ``newscrawl.archive.warc`` on reading.
    """


class StorageError(NewscrawlError, OSError):
    """Object storage cannot be reached or refuses, or an object is missing or has other bytes.

    Raised by ``newscrawl.storage``; the message has the URL of the object, without credentials.
    """


class ExportError(NewscrawlError):
    """A corpus cannot be exported.

    Raised by ``newscrawl.export``: no feed or record is found, a feed is damaged, the output
    exists, or a library is missing. The message says which and what to do.
    """


class ScrapydError(NewscrawlError):
    """A Scrapyd cannot be reached or refuses a request.

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
    """A page alone in the browser took more memory than ``BROWSER_MEMORY_MB``.

    Raised by ``BrowserMiddleware``; it reaches the request's errback, and the source is
    ``unreadable``.
    """


class RequestDroppedError(NewscrawlError):
    """Base class: a request that is not sent, or whose response is discarded.

    Subclasses are raised by downloader middlewares and passed to the request's errback. They do
    not derive from ``IgnoreRequest`` because this module does not import Scrapy.
    """


class DecompressedTooLargeError(RequestDroppedError):
    """A response is larger than ``DOWNLOAD_MAXSIZE`` once decompressed.

    Raised by ``CompressionMiddleware``.
    """


class HostRestsError(RequestDroppedError):
    """The host is backing off, after consecutive failures or a long ``Retry-After``.

    Raised by ``PolitenessMiddleware``.
    """


class HostBudgetError(RequestDroppedError):
    """The host's budget for this run is used up.

    Raised by ``PolitenessMiddleware``.
    """


class ForbiddenByRobotsError(RequestDroppedError):
    """The host's robots.txt disallows the request.

    Raised by ``RobotsMiddleware``.
    """


class RobotsUnreachableError(RequestDroppedError):
    """The host's robots.txt cannot be fetched, so that everything is disallowed (RFC 9309).

    Raised by ``RobotsMiddleware``.
    """


class ReservedError(RequestDroppedError):
    """The host reserves its pages from text and data mining, and ``EXCLUDE_NOAI_HOSTS`` is set.

    Raised by ``RobotsMiddleware``. The message is the directive.
    """


class NotInArchiveError(RequestDroppedError):
    """The archive has no response to a request.

    Raised by ``ReplayMiddleware``.
    """

    def __init__(self) -> None:
        super().__init__("not in the archive")
