"""Every setting of the project: its value and why it is not Scrapy's default.

Scrapy's own settings come first, the project's after them. Each may be overridden on the command
line (``scrapy crawl maghress -s NAME=VALUE``) and for all commands by the environment
(``NEWSCRAWL_<NAME>=VALUE``, see ``environment.py``).
"""

import os
from collections.abc import Container

from scrapy.settings import default_settings

from newscrawl import __version__
from newscrawl.environment import settings_from

BOT_NAME = "newscrawl"
SPIDER_MODULES = ["newscrawl.spiders"]
COMMANDS_MODULE = "newscrawl.commands"

# --- Manners -------------------------------------------------------------------------------------

# Who to write to when a site's owner wants to talk; part of the user agent. A mail address or URL.
# A run without one says so.
CONTACT = ""
# An honest name, so that robots.txt rules and log readers can tell who asks; the contact is added
# at the end of this file.
USER_AGENT = f"newscrawl/{__version__} (research crawler)"
# robots.txt rules are matched on the bare name, as their authors write it. They are always obeyed,
# by the project's own middleware (see below), so Scrapy's is off.
ROBOTSTXT_USER_AGENT = "newscrawl"
ROBOTSTXT_OBEY = False
# Whether sources are left out whose owner keeps mining or the training of models to himself, by
# robots.txt (Content-Signal: ai-train=no), X-Robots-Tag or <meta name=robots> (noai), or
# TDM-Reservation. What they say is in the record in either case. Off: in many countries research
# may read them; ask what holds for you.
EXCLUDE_NOAI_HOSTS = False
# One request at a time and one a second to each host: these are small newspapers' servers.
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY = 1.0
# A slow host is asked more slowly still.
AUTOTHROTTLE_ENABLED = True
AUTOTHROTTLE_START_DELAY = 1.0
AUTOTHROTTLE_MAX_DELAY = 60.0
# Many hosts in parallel, though: an article's source hardly ever lies on the same host as the next.
# A request that waits for its host's time holds one of these places, so there are many.
CONCURRENT_REQUESTS = 256
# A host never has more than its own few places, so slow and dead ones hold up no other. Scrapy's
# queue lets them fill all places.
SCHEDULER_PRIORITY_QUEUE = "newscrawl.fetching.host_queue.HostQueue"
# Sources that may wait for their hosts while the site itself is read on; each holds a copy.
SOURCES_AHEAD = 500
# Longest pause between two requests (seconds) that a robots.txt may ask for by Crawl-delay or
# Request-rate; what is longer is mostly a slip, and is cut to this.
CRAWL_DELAY_MAX = 60
# A failing host is asked three times in all; Scrapy's default is the same, stated as a promise.
RETRY_TIMES = 2
# A host that stays away is link rot, told in the record; it is no error of the run.
RETRY_GIVE_UP_LOG_LEVEL = "INFO"
# An archive of the web that is asked for sources that are lost, such as https://web.archive.org. It
# must speak the Wayback Machine's protocol, and is sent two requests a source; a snapshot is only
# taken if it agrees with the copy. Off: it is somebody else's server, with terms of its own.
WEB_ARCHIVE = None
# Statuses of the sources it is asked for. With "unreachable" among them, hosts that are no more are
# read there, but so are those that are away for a while: a snapshot is final.
WEB_ARCHIVE_STATUSES = ["gone", "moved"]
# Seconds between two requests to it.
WEB_ARCHIVE_DELAY = 4.0
# Seconds before the first retry, doubled before each further one and varied by chance, so that
# hosts in trouble are not asked in step. Scrapy asks again at once.
RETRY_BACKOFF = 2.0
# Longest ``Retry-After`` (seconds) that is waited for; a host that asks for more is left alone for
# that time: its articles wait for a later run.
RETRY_AFTER_MAX = 60
# A host that failed this often in a row (no answer, 5xx, 429) is left alone for so many seconds,
# and twice as long each time that the first request after that fails too. 0 failures is never.
HOST_FAILURES = 5
HOST_REST = 600
# What a run may ask of an outlet's host: requests, seconds they take, failures. Articles beyond
# that wait for a later run. 0 is any number. Those of a whole run are Scrapy's
# CLOSESPIDER_PAGECOUNT, CLOSESPIDER_TIMEOUT and CLOSESPIDER_ERRORCOUNT; what it leaves, the next
# run takes up.
HOST_MAX_PAGES = 0
HOST_MAX_SECONDS = 0
HOST_MAX_ERRORS = 0

# --- Safety --------------------------------------------------------------------------------------

# Only the web: links come from pages anybody may have written. Headers have an end, too.
DOWNLOAD_HANDLERS = {
    "file": None,
    "ftp": None,
    "data": None,
    "s3": None,
    "http": "newscrawl.fetching.handler.HeaderLimitHandler",
    "https": "newscrawl.fetching.handler.HeaderLimitHandler",
}
# Each URL and each address that is connected to is checked: only public web servers are asked, on
# the ports where they mostly listen, so that no link leads into the operator's own network.
TWISTED_DNS_RESOLVER = "newscrawl.fetching.resolver.GuardedResolver"
GUARD_PORTS = [80, 443]
# Hosts that may lie anywhere, each with its address, or with "" if a look-up tells it: a mirror
# within the house, or servers of a test.
GUARD_TRUSTED_HOSTS: dict[str, str] = {}
# Seconds; Scrapy's 60 would hold a look-up thread for each host of a dead name server.
DNS_TIMEOUT = 20
# Cookies serve nothing here, and at the first one Scrapy's middleware fetches a public-suffix list
# over the network, which freezes a crawl where there is none.
COOKIES_ENABLED = False
# No port is opened by a crawl.
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
# News pages have at most a few hundred KB; Scrapy's limit of 1 GiB would fill memory. It holds for
# what is sent, and again for what is decompressed from it.
DOWNLOAD_MAXSIZE = 5 * 1024 * 1024
DOWNLOAD_WARNSIZE = 0
# Seconds for a whole fetch, to its last byte; Scrapy's 180 would let a dead host hold its
# articles for minutes.
DOWNLOAD_TIMEOUT = 30
# A page cut short by the server is still read: it is checked against its copy anyway.
DOWNLOAD_FAIL_ON_DATALOSS = False
# Expired certificates are common among old outlets, and a wrong page is found out by its copy.
DOWNLOAD_VERIFY_CERTIFICATES = False
# Scrapy drops longer URLs without a word, and percent-encoded Arabic is long. Off.
URLLENGTH_LIMIT = 0
# More hops than this are a loop.
REDIRECT_MAX_TIMES = 10

# A page that leads on after more seconds is one to be read: an article that reloads itself each
# minute, or gives way to the front page after half of one.
METAREFRESH_MAXDELAY = 10

# --- Browser -------------------------------------------------------------------------------------

# ``auto``: a page that is but the shell of an application is shown to the system's Chromium, if
# there is one; without one its article waits. ``off``: such a page counts as unreadable.
BROWSER = "auto"
# Chromium's executable; empty is the first of its usual names on the PATH. One that Playwright
# would download is never used: distributions mend theirs.
BROWSER_PATH = ""
# Pages in it at a time: each takes some 100 MB and a good part of a core.
PLAYWRIGHT_MAX_PAGES_PER_CONTEXT = 2
# Seconds after which a page is given up. One that never comes to rest is read after half of them.
BROWSER_PAGE_SECONDS = 40
# Scripts and data that are fetched for a page; one of an ordinary application takes 10 to 40.
BROWSER_PAGE_REQUESTS = 80
# They are fetched together, as for any reader, but no more at once than one browser asks of a host.
DOWNLOAD_SLOTS = {"browser": {"concurrency": 6, "delay": 0, "jitter": 0}}
# Pages that a host may show in vain in a run before its others are left unrendered.
BROWSER_VAIN_PAGES = 3

# --- Components ----------------------------------------------------------------------------------

# The project's own components are in the *_BASE settings, so that DOWNLOADER_MIDDLEWARES and the
# like given by a user add to them and remove none. Scrapy's that are replaced or not used are left
# out, as those that are only disabled are imported all the same.


def _base(
    scrapys: dict[str, int], own: dict[str, int], without: Container[str] = ()
) -> dict[str, int]:
    """Return Scrapy's components but for some, and the project's own."""
    kept = {name: order for name, order in scrapys.items() if name.rsplit(".")[-1] not in without}
    return kept | own


DOWNLOADER_MIDDLEWARES_BASE = _base(
    default_settings.DOWNLOADER_MIDDLEWARES_BASE,
    {
        # First: it also sees redirected requests and those for robots.txt, and refuses by URL.
        "newscrawl.middlewares.guard.GuardMiddleware": 20,
        "newscrawl.middlewares.robots.RobotsMiddleware": 100,
        "newscrawl.middlewares.retry.PatientRetryMiddleware": 550,
        "newscrawl.middlewares.refresh.RefreshMiddleware": 580,
        "newscrawl.middlewares.compression.CompressionMiddleware": 590,
        "newscrawl.middlewares.redirect.UnreferredRedirectMiddleware": 600,
        "newscrawl.middlewares.politeness.PolitenessMiddleware": 900,
        # Nearest to the downloader, where responses are as they were received.
        "newscrawl.middlewares.archive.ArchiveMiddleware": 950,
        "newscrawl.middlewares.replay.ReplayMiddleware": 960,
        "newscrawl.middlewares.browser.BrowserMiddleware": 970,
    },
    without={
        "RobotsTxtMiddleware",
        "RetryMiddleware",
        "MetaRefreshMiddleware",
        "RedirectMiddleware",
        "HttpCompressionMiddleware",
        # Nothing needs a login; each middleware costs time for every request.
        "HttpAuthMiddleware",
    },
)
ITEM_PIPELINES_BASE = {
    # Complete the record. An unchanged one is dropped before more is computed.
    "newscrawl.pipelines.stamp.StampPipeline": 100,
    "newscrawl.pipelines.versions.VersionsPipeline": 200,
    "newscrawl.pipelines.duplicates.DuplicatesPipeline": 300,
    "newscrawl.pipelines.domain.DomainPipeline": 400,
    # Nothing changes a record after it was validated; a user's pipelines belong before.
    "newscrawl.pipelines.validate.ValidatePipeline": 800,
    "newscrawl.pipelines.feed.FeedPipeline": 900,
}
EXTENSIONS_BASE = _base(
    default_settings.EXTENSIONS_BASE,
    {
        "newscrawl.extensions.safelog.SafeLog": 0,
        # In order: rejects, headlines and outcomes are on disk before the report counts them.
        "newscrawl.extensions.rejects.Rejects": 100,
        "newscrawl.extensions.headlines.Headlines": 200,
        "newscrawl.extensions.outcomes.Outcomes": 300,
        "newscrawl.extensions.metrics.Metrics": 800,
        # Its line is removed before the report writes the summary.
        "newscrawl.extensions.progress.Progress": 850,
        "newscrawl.extensions.report.RunReport": 900,
    },
    # The first two are replaced by the project's feed and ledger, the others are servers that are
    # off: 8 MB and a tenth of a second at import.
    without={"FeedExporter", "SpiderState", "TelnetConsole", "RemoteControl"},
)
# Each costs time for every page, and nothing here uses it: the depth of a request, a check for
# copied meta keys, marks of start requests.
SPIDER_MIDDLEWARES_BASE = _base(
    default_settings.SPIDER_MIDDLEWARES_BASE,
    {},
    without={"DepthMiddleware", "MetaCopyDetectionMiddleware", "StartSpiderMiddleware"},
)
# Bytes of pages that are being dealt with above which no more are fetched; Scrapy's 5 MB would be
# forty pages that wait for nothing but the processor.
SCRAPER_SLOT_MAX_ACTIVE_SIZE = 2 * 1024 * 1024
# First come, first served: articles in the order of discovery. A retry comes before the others.
SCHEDULER_MEMORY_QUEUE = "scrapy.squeues.FifoMemoryQueue"
RETRY_PRIORITY_ADJUST = 1
# The spider sets the referrer itself: a request may come from the callback of another page.
REFERER_ENABLED = False
# Each more is a task that is started for every response: Scrapy's 100 cost half of the speed.
CONCURRENT_ITEMS = 1
# No report uses them.
DOWNLOADER_STATS = False

# --- Log -----------------------------------------------------------------------------------------

LOG_LEVEL = "INFO"
# The run report holds what matters of them.
STATS_DUMP = False
# One JSON object a line, for machines that collect logs; the option --json sets it.
LOG_JSON = False
# A live line about the run, where stderr is a terminal.
PROGRESS = True

# --- The project's own ---------------------------------------------------------------------------

# Directory of everything that is written: feeds, rejects, headlines, runs, ledger.
NEWSCRAWL_DATA = "data"
# Records written and committed together, and the longest that one waits for the others (seconds).
FEED_BATCH = 50
FEED_BATCH_SECONDS = 5.0
# Whether each batch is forced to the disk: safe against power cuts, at a few milliseconds a batch.
FEED_FSYNC = True
# How feeds are packed: none, gzip or zstd. Each batch is packed by itself, so packed feeds survive
# kills as plain ones do. Off: every tool reads plain lines, also of a feed that still grows.
FEED_COMPRESSION = "none"
# Worker processes that parse pages: untrusted HTML can make a parser take gigabytes or minutes, and
# a second core makes a crawl faster. More help replays and archives; 0 parses in the crawl's own
# process, without limits, for debugging.
PARSE_WORKERS = 1
# Address space of each worker (MB), where the platform can limit it; real pages take up to 281.
PARSE_MEMORY_MB = 600
# Deadline of a page (seconds): the slowest real one takes 0.5, and models load in 0.5.
PARSE_SECONDS = 10
# Listing pages that one walk may turn, against calendars without end.
LISTING_MAX_PAGES = 10_000
# Times a later run asks again for an article whose aggregator page failed.
ARTICLE_MAX_ATTEMPTS = 5
# A source that may heal (unreachable, or refused for the rate) is asked for again after these
# pauses; then what is known of it is final. Link rot is mostly for good, so the pauses grow.
SOURCE_RETRY_HOURS = [6, 24, 72, 168, 336, 672]
# An article that is new is read again after these pauses, as most corrections come early. Both
# copies are fetched, so each entry adds as many pages as the first reading.
RECHECK_HOURS = [48]
# Only articles published at most this many days ago are: older ones come from back-fills.
RECHECK_DAYS = 7
# Whether every request and response is kept, as WARC files in the data directory's ``archive/``.
# It takes as much room as the servers sent, mostly 10 to 30 KB a page.
ARCHIVE = False
# Bytes at which the next archive file is begun.
ARCHIVE_FILE_SIZE = 1_000_000_000
# An archive directory from which every request is answered, instead of the network.
REPLAY = None

# --- Monitors ------------------------------------------------------------------------------------

# Whether each run is judged at its end: what a monitor finds is in the run report, and the exit
# code is 3. The thresholds are wide, for an alarm that is often false is soon not heard.
MONITORS = True
# Fewer records (or articles, or pages) than these say nothing about a share.
MONITOR_MIN_ITEMS = 20
# How far back earlier runs are looked at, those of the same site with the same arguments.
MONITOR_HISTORY_DAYS = 14
# Smallest part of a usual day's records; news thins out by half at week-ends and on holidays.
MONITOR_FEWEST_ITEMS = 0.25
# An outlet with so many records a day is missed when it is silent for so long.
MONITOR_OUTLET_ITEMS = 3
MONITOR_SILENT_DAYS = 4
# By how much the share of a filled field, or of sources that are read, may fall below the usual.
MONITOR_MAX_FALL = 0.3
# Largest share of articles that are rejected or fail.
MONITOR_MAX_REJECTED = 0.1
# Largest share of sources that are unreachable or refuse: above, the network here is at fault.
MONITOR_MAX_UNREACHED = 0.8
# Between a page and its own copy the agreement is 0.8 and more, mostly 1.
MONITOR_MIN_AGREEMENT = 0.8
# Largest share of pages that tell another story than their copy.
MONITOR_MAX_MISMATCH = 0.2
# One withdrawn rule is a redesign, which heals by itself; as many in one run are a fault here.
MONITOR_RULES_WITHDRAWN = 3
# Largest share of the aggregator's article pages that cannot be read: above, its layout changed.
MONITOR_MAX_UNREADABLE = 0.05
# Seconds that this machine's clock may differ from the servers', in the median.
MONITOR_CLOCK_SECONDS = 300
# Largest share of records with one of the flags date_conflict, language_mismatch and mojibake.
MONITOR_MAX_FLAGGED = 0.3
# Who is notified of a run that failed, was killed or raised an alarm: URLs of apprise, parted by
# spaces, such as mailto://localhost?from=crawl@here.example&to=desk@university.example,
# jsons://hooks.example/newscrawl (a POST of JSON), slack://…, tgram://….
NOTIFY_URLS = ""
# A URL that is requested at the start (…/start) and the end of each run (…/ and its exit code), as
# healthchecks.io and its like expect it; they tell of runs that never came. {site} and {kind} (new,
# waiting, backfill, manual) are replaced.
HEARTBEAT_URL = ""

# --- Schedule ------------------------------------------------------------------------------------

# Hours of the day, UTC, for what can wait: in the first, sources that may have healed are asked for
# again; in the others, months of outlets are filled back. It is night in all seven countries.
QUIET_HOURS = [0, 1, 2, 3]
# How many months before the present one are filled back. 0 is none.
BACKFILL_MONTHS = 12

# --- Environment ---------------------------------------------------------------------------------

# Keep this section last: it gives all settings above, and Scrapy's, the values of the environment.
_given, ENVIRONMENT_ERRORS = settings_from(os.environ, vars(default_settings) | globals())
globals().update(_given)
if CONTACT and "USER_AGENT" not in _given:
    USER_AGENT = f"newscrawl/{__version__} (research crawler; {CONTACT})"
