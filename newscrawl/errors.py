"""Every error the project raises on purpose; each says when and from where it is raised."""


class NewscrawlError(Exception):
    """Base of the errors below; catch it to catch them all. Never raised itself."""


class ArgumentError(NewscrawlError):
    """A spider argument cannot be understood.

    Raised by ``newscrawl.spiders.arguments`` while a spider is built, before any request. The
    message names the argument, the value and what is allowed.
    """


class SettingError(NewscrawlError):
    """A setting cannot be understood.

    Raised by ``newscrawl.state.compression`` before anything is fetched. The message names the
    setting, the value and what is allowed.
    """


class PageError(NewscrawlError):
    """A page is not what its reader expects.

    Raised by the readers in ``newscrawl.aggregator``. The message says what was expected and not
    found, and in which URL.
    """

    def __init__(self, url: str, expected: str) -> None:
        super().__init__(f"{url}: expected {expected}")
        self.url = url
        self.expected = expected


class FeedError(PageError):
    """A feed holds no whole entry, is no RSS or Atom, or declares entities.

    Raised by ``newscrawl.aggregator.rss``.
    """


class UnreadableHtmlError(NewscrawlError):
    """Bytes that are asked to be read as an HTML page cannot be.

    Raised by ``newscrawl.text.html`` for an empty page and absurd nesting.
    """


class NotHtmlError(UnreadableHtmlError):
    """Bytes are an image, a PDF or another binary format.

    Raised by ``newscrawl.text.html.decode``, whatever the server declared them to be.
    """


class ParserMemoryError(NewscrawlError, MemoryError):
    """The HTML parser found no memory for a page, and has freed what it had.

    Raised by ``newscrawl.text.html.parse``. The process can parse the next page.
    """

    def __init__(self) -> None:
        super().__init__("the HTML parser ran out of memory")


class StoreError(NewscrawlError):
    """A file or directory the run must write to cannot be opened or written.

    Raised by the pipelines and extensions that own an output; it ends the run.
    """


class SiteBusyError(StoreError):
    """Another run of the same site is using the ledger.

    Raised by ``newscrawl.state`` when a site is claimed; ``scrapy crawl`` ends as skipped then.
    """


class ParserError(NewscrawlError):
    """No parse worker (``PARSE_WORKERS``) can be started.

    Raised by ``newscrawl.articles.parse_workers``; it ends the run. The worker's own message is on
    stderr.
    """


class OverrideError(NewscrawlError):
    """An outlet's override is wrong; the message names the file or the key.

    Raised by ``newscrawl.outlets`` when overrides are loaded or checked against a test page.
    """


class ArchiveError(NewscrawlError):
    """An archive is not there, or does not hold what it should.

    Raised by ``newscrawl.archive.warc`` when an archive is read.
    """


class ExportError(NewscrawlError):
    """A corpus cannot be exported as asked.

    Raised by ``newscrawl.export``: no feed or no record is found, a feed is damaged, something
    stands at the output already, or a library is missing. The message says which and what to do.
    """


class BrowserError(NewscrawlError):
    """A page could not be had through the browser: it crashed, or the page took too long.

    Raised by ``BrowserMiddleware``; it reaches the request's errback, and the article waits.
    """


class BrowserMissingError(BrowserError):
    """No Chromium is installed, or none is where the setting ``BROWSER_PATH`` says.

    Raised by ``newscrawl.browser``; it reaches the request's errback, and the article waits.
    """


class RequestDroppedError(NewscrawlError):
    """Base of the errors below: a request that is not sent, or whose response is not used.

    Each is raised by a downloader middleware and reaches the request's errback. They are no
    ``IgnoreRequest``, as this module must not import Scrapy.
    """


class DecompressedTooLargeError(RequestDroppedError):
    """A response is larger than ``DOWNLOAD_MAXSIZE`` once decompressed.

    Raised by ``CompressionMiddleware``.
    """


class HostRestsError(RequestDroppedError):
    """A host backs off after failures in a row, or because it asked for that.

    Raised by ``PolitenessMiddleware``.
    """


class HostBudgetError(RequestDroppedError):
    """The budget of a host for this run is spent.

    Raised by ``PolitenessMiddleware``.
    """


class ForbiddenByRobotsError(RequestDroppedError):
    """The host's robots.txt disallows the request.

    Raised by ``RobotsMiddleware``.
    """


class RobotsUnreachableError(RequestDroppedError):
    """The host's robots.txt cannot be fetched for a network or server error: nothing is allowed.

    Raised by ``RobotsMiddleware``.
    """


class ReservedError(RequestDroppedError):
    """The host's robots.txt reserves its pages from mining, and such hosts are excluded.

    Raised by ``RobotsMiddleware``. The message is the directive.
    """


class NotInArchiveError(RequestDroppedError):
    """The archive holds no response to a request.

    Raised by ``ReplayMiddleware``.
    """

    def __init__(self) -> None:
        super().__init__("not in the archive")
