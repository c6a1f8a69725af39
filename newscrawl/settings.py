"""Settings of the project, each with its default and the reason for it.

Each may be overridden on the command line (``scrapy crawl maghress -s NAME=VALUE``), and for all
commands in the environment (``NEWSCRAWL_<NAME>=VALUE``; see ``environment.py``).
"""

import os
from collections.abc import Container

from scrapy.settings import default_settings

from newscrawl import __version__
from newscrawl.configuration.environment import settings_from

BOT_NAME = "newscrawl"
SPIDER_MODULES = ["newscrawl.spiders"]
COMMANDS_MODULE = "newscrawl.commands"

# --- Politeness ----------------------------------------------------------------------------------

# Contact for site owners, part of the user agent: a mail address or URL. A run without one warns.
CONTACT = ""
# Identifies the crawler to robots.txt rules and in server logs. The contact is added at the end of
# this file.
USER_AGENT = f"newscrawl/{__version__} (research crawler)"
# Product token that robots.txt rules are matched against. Rules are always obeyed, by
# ``RobotsMiddleware`` below, so Scrapy's middleware is off.
ROBOTSTXT_USER_AGENT = "newscrawl"
ROBOTSTXT_OBEY = False
# Whether to skip sources whose owner reserves text and data mining or model training: robots.txt
# (Content-Signal: ai-train=no), X-Robots-Tag or <meta name=robots> (noai), TDM-Reservation. The
# record has the directive in either case. Off: many countries allow research use; check which
# rules apply to you.
EXCLUDE_NOAI_HOSTS = False
# One request at a time and one per second for each host: small newspapers run small servers.
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY = 1.0
# No pause is shorter than that; Scrapy varies pauses by half.
DOWNLOAD_DELAY_JITTER = 0.0
# Slow hosts get fewer requests.
AUTOTHROTTLE_ENABLED = True
AUTOTHROTTLE_START_DELAY = 1.0
AUTOTHROTTLE_MAX_DELAY = 60.0
# Many hosts in parallel: consecutive sources rarely share a host. A request that waits for its
# host's delay occupies one of these slots, hence the high number.
CONCURRENT_REQUESTS = 256
# Limits the slots of each host, so that slow and dead hosts do not delay others. Scrapy's queue
# lets them fill all slots.
SCHEDULER_PRIORITY_QUEUE = "newscrawl.fetching.host_queue.HostQueue"
# Sources queued for their hosts before discovery pauses; each keeps its copy in memory.
SOURCES_AHEAD = 500
# Upper limit (seconds) of the delay that robots.txt may set by Crawl-delay or Request-rate; longer
# values are mostly mistakes.
CRAWL_DELAY_MAX = 60
# Three attempts in all. Same as Scrapy's default, fixed here because the documentation states it.
RETRY_TIMES = 2
# A dead host is link rot, which the record reports; it is not an error of the run.
RETRY_GIVE_UP_LOG_LEVEL = "INFO"
# Web archive to query for lost sources, such as https://web.archive.org: any server with the
# Wayback Machine's protocol. Two requests per source; a snapshot is used only if it agrees with the
# copy. Off: it is a third party's server with its own terms.
WEB_ARCHIVE = None
# Source statuses to query it for. "unreachable" would add dead hosts, but also hosts that are down
# temporarily, and a snapshot is final.
WEB_ARCHIVE_STATUSES = ["gone", "moved"]
# Delay between two requests to it (seconds).
WEB_ARCHIVE_DELAY = 4.0
# Delay before the first retry (seconds), doubled for each further one, with jitter. Scrapy retries
# immediately.
RETRY_BACKOFF = 2.0
# Longest ``Retry-After`` (seconds) to wait for within a run; for longer ones the host's articles
# wait for a later run.
RETRY_AFTER_MAX = 60
# Circuit breaker: after this many consecutive failures (no response, 5xx, 429) a host gets no
# requests for HOST_REST seconds, doubled each time the next request fails too. 0 turns it off.
HOST_FAILURES = 5
HOST_REST = 600
# Concurrent runs share hosts by leases in the ledger. Seconds after which the hosts of a killed run
# are free for the others, and its site for other nodes.
LEASE_SECONDS = 15
# Minimum seconds between two requests to a host and its subdomains, such as {"lopinion.ma": 10}.
# Unlike the delays of DOWNLOAD_SLOTS, which AutoThrottle lowers to DOWNLOAD_DELAY, they are kept.
HOST_DELAYS: dict[str, float] = {}
# Budget of each outlet's host in a run: requests, seconds of download time, failures. Further
# articles wait for a later run. 0 means no limit. For budgets of a whole run use Scrapy's
# CLOSESPIDER_PAGECOUNT, CLOSESPIDER_TIMEOUT and CLOSESPIDER_ERRORCOUNT; the next run continues.
HOST_MAX_PAGES = 0
HOST_MAX_SECONDS = 0
HOST_MAX_ERRORS = 0

# --- Safety --------------------------------------------------------------------------------------

# HTTP only, as links come from untrusted pages; with a limit on header size.
DOWNLOAD_HANDLERS = {
    "file": None,
    "ftp": None,
    "data": None,
    "s3": None,
    "http": "newscrawl.fetching.handler.HeaderLimitHandler",
    "https": "newscrawl.fetching.handler.HeaderLimitHandler",
}
# SSRF guard: each URL and each connected address must belong to a public web server on these ports.
TWISTED_DNS_RESOLVER = "newscrawl.fetching.resolver.GuardedResolver"
GUARD_PORTS = [80, 443]
# Hosts exempt from the guard, each with its address, or "" for DNS: an internal mirror or test
# servers.
GUARD_TRUSTED_HOSTS: dict[str, str] = {}
# Seconds; with Scrapy's 60, a dead name server would block one resolver thread per host.
DNS_TIMEOUT = 20
# Not needed; at the first cookie Scrapy's middleware downloads a public-suffix list, which freezes
# a crawl that has no direct network access.
COOKIES_ENABLED = False
# A crawl opens no port.
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
# News pages take a few hundred KB; Scrapy's limit of 1 GiB would fill memory. Applies to the
# response as sent and again once decompressed.
DOWNLOAD_MAXSIZE = 5 * 1024 * 1024
DOWNLOAD_WARNSIZE = 0
# Seconds for a whole download; with Scrapy's 180 a dead host would hold its articles for minutes.
DOWNLOAD_TIMEOUT = 30
# Truncated pages are still parsed: they are checked against their copies anyway.
DOWNLOAD_FAIL_ON_DATALOSS = False
# Expired certificates are common among old outlets, and the copy exposes a wrong page.
DOWNLOAD_VERIFY_CERTIFICATES = False
# Off: Scrapy drops longer URLs silently, and percent-encoded Arabic is long.
URLLENGTH_LIMIT = 0
# Longer chains are loops.
REDIRECT_MAX_TIMES = 10

# A page with a slower meta refresh is content: articles reload themselves each minute or return to
# the front page after half a minute.
METAREFRESH_MAXDELAY = 10

# --- Browser -------------------------------------------------------------------------------------

# ``auto``: JavaScript application shells are rendered by the system's Chromium, or wait if none is
# installed. ``off``: they count as unreadable.
BROWSER = "auto"
# Chromium's executable; empty for the first of its usual names on the PATH. Playwright's own
# download is never used: distributions patch theirs.
BROWSER_PATH = ""
# Concurrent pages: each takes some 100 MB and much of a core.
PLAYWRIGHT_MAX_PAGES_PER_CONTEXT = 2
# Memory of all of its processes (MB). A browser that exceeds it is killed and started again; pages
# that were in it are tried once more, each alone, and one that exceeds it then is unreadable.
BROWSER_MEMORY_MB = 1000
# Deadline of a page (seconds). One whose network never goes idle is parsed after half of it.
BROWSER_PAGE_SECONDS = 40
# Limit of subresources per page; an ordinary application needs 10 to 40.
BROWSER_PAGE_REQUESTS = 80
# Subresources of a page load in parallel, limited to what one browser opens per host.
BROWSER_PAGE_CONCURRENCY = 6
# Consecutive failed renderings of a host's pages after which a run no longer renders the host.
BROWSER_VAIN_PAGES = 3

# --- Components ----------------------------------------------------------------------------------

# The project's components are in the *_BASE settings, so that a user's DOWNLOADER_MIDDLEWARES and
# the like add to them and remove none. Scrapy's replaced or unused components are omitted, because
# disabled ones are imported all the same.


def _base(
    scrapys: dict[str, int], own: dict[str, int], without: Container[str] = ()
) -> dict[str, int]:
    """Return Scrapy's components, except those of the classes ``without``, and the project's."""
    kept = {name: order for name, order in scrapys.items() if name.rsplit(".")[-1] not in without}
    return kept | own


DOWNLOADER_MIDDLEWARES_BASE = _base(
    default_settings.DOWNLOADER_MIDDLEWARES_BASE,
    {
        # First: also checks the URLs of redirects and of robots.txt requests.
        "newscrawl.middlewares.guard.GuardMiddleware": 20,
        "newscrawl.middlewares.robots.RobotsMiddleware": 100,
        "newscrawl.middlewares.retry.PatientRetryMiddleware": 550,
        "newscrawl.middlewares.refresh.RefreshMiddleware": 580,
        "newscrawl.middlewares.compression.CompressionMiddleware": 590,
        "newscrawl.middlewares.redirect.NoRefererRedirectMiddleware": 600,
        "newscrawl.middlewares.politeness.PolitenessMiddleware": 900,
        # Next to the downloader, where responses are unmodified.
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
        # No login is needed; each middleware costs time per request.
        "HttpAuthMiddleware",
    },
)
ITEM_PIPELINES_BASE = {
    # Complete the record. Unchanged ones are dropped first.
    "newscrawl.pipelines.stamp.StampPipeline": 100,
    "newscrawl.pipelines.versions.VersionsPipeline": 200,
    "newscrawl.pipelines.duplicates.DuplicatesPipeline": 300,
    "newscrawl.pipelines.domain.DomainPipeline": 400,
    # Records are written as validated: custom pipelines belong before 800.
    "newscrawl.pipelines.validate.ValidatePipeline": 800,
    "newscrawl.pipelines.feed.FeedPipeline": 900,
}
EXTENSIONS_BASE = _base(
    default_settings.EXTENSIONS_BASE,
    {
        "newscrawl.extensions.safelog.SafeLog": 0,
        "newscrawl.extensions.steady_clock.SteadyClock": 0,
        "newscrawl.extensions.lease.Lease": 50,
        # In order: rejects, headlines and outcomes are on disk before the report counts them.
        "newscrawl.extensions.rejects.Rejects": 100,
        "newscrawl.extensions.headlines.Headlines": 200,
        "newscrawl.extensions.outcomes.Outcomes": 300,
        "newscrawl.extensions.metrics.Metrics": 800,
        # Clears its line before the report prints the summary.
        "newscrawl.extensions.progress.Progress": 850,
        "newscrawl.extensions.report.RunReport": 900,
        # Last: what it waits for is complete then.
        "newscrawl.extensions.shutdown.OrderlyShutdown": 950,
    },
    # The ledger replaces the first; the servers are off and would cost 8 MB and 0.1 s at import.
    # Scrapy's FeedExporter stays: it is active only with FEEDS, -o or -O.
    without={"SpiderState", "TelnetConsole", "RemoteControl"},
)
# Unused features that cost time per page: request depth, a check for copied meta keys, marks of
# start requests.
SPIDER_MIDDLEWARES_BASE = _base(
    default_settings.SPIDER_MIDDLEWARES_BASE,
    {},
    without={"DepthMiddleware", "MetaCopyDetectionMiddleware", "StartSpiderMiddleware"},
)
# Bytes of responses in progress above which downloads pause; with Scrapy's 5 MB forty pages would
# wait for the processor.
SCRAPER_SLOT_MAX_ACTIVE_SIZE = 2 * 1024 * 1024
# FIFO: articles in the order of discovery. Retries come first.
SCHEDULER_MEMORY_QUEUE = "scrapy.squeues.FifoMemoryQueue"
RETRY_PRIORITY_ADJUST = 1
# The spider sets the referrer: a request may come from the callback of another page.
REFERER_ENABLED = False
# Scrapy starts this many tasks per response: its default of 100 halves the speed.
CONCURRENT_ITEMS = 1
# Not used by any report.
DOWNLOADER_STATS = False

# --- Log -----------------------------------------------------------------------------------------

LOG_LEVEL = "INFO"
# The run report has the statistics that matter.
STATS_DUMP = False
# One JSON object per line, for log collectors; set by the option --json.
LOG_JSON = False
# Live progress line where stderr is a terminal.
PROGRESS = True

# --- Data ----------------------------------------------------------------------------------------

# Data directory of all output: feeds, rejects, headlines, run reports, ledger.
NEWSCRAWL_DATA = "data"
# Ledger shared by several machines: postgresql://user:password@host/database. Empty: SQLite in the
# data directory.
LEDGER = ""
# Name of this machine among those that share a ledger; part of the names of its files. Empty: the
# host name.
NODE = ""
# Object storage to which complete files are uploaded after a run (docs/nodes.md): s3://bucket/prefix,
# gs://…, az://… or file:///directory. Credentials and the server's address are in the usual
# variables of the environment, such as AWS_ACCESS_KEY_ID and AWS_ENDPOINT_URL. Empty: none.
STORAGE = ""
# Records per commit, and the longest that a record waits for its batch (seconds).
FEED_BATCH = 50
FEED_BATCH_SECONDS = 5.0
# Whether to fsync each batch: survives power failures, costs a few milliseconds per batch.
FEED_FSYNC = True
# Compression of feeds: none, gzip or zstd. Each batch is a separate frame, so compressed feeds
# survive kills as well. Off: every tool reads plain JSON Lines, even of a growing feed.
FEED_COMPRESSION = "none"
# Worker processes that parse pages: untrusted HTML can make a parser take gigabytes or minutes, and
# a second core speeds up the crawl. More workers help replays and re-extraction; 0 parses in the
# crawl's process, without limits, for debugging.
PARSE_WORKERS = 1
# Address space limit of each worker (MB), where the platform has one; real pages need up to 281.
PARSE_MEMORY_MB = 600
# Deadline per page (seconds): the slowest real page takes 0.5, loading models another 0.5.
PARSE_SECONDS = 10
# Limit of pages per listing, against endless calendars.
LISTING_MAX_PAGES = 10_000
# Attempts at an article whose aggregator page fails, over all runs.
ARTICLE_MAX_ATTEMPTS = 5
# Delays before a source with a transient failure (unreachable, rate-limited) is requested again;
# then its status is final. They grow because link rot is mostly permanent.
SOURCE_RETRY_HOURS = [6, 24, 72, 168, 336, 672]
# Delays before a new article is fetched again, as most corrections come early. Each entry fetches
# both versions once more.
RECHECK_HOURS = [48]
# Maximum age (days) of articles to recheck; older ones come from back-fills.
RECHECK_DAYS = 7
# Days after which the source of an exported article may be checked again by ``-a check=N``.
SOURCE_CHECK_DAYS = 180
# Whether to store every request and response as WARC files in ``archive/`` of the data directory:
# mostly 10 to 30 KB per page.
ARCHIVE = False
# Bytes after which a new archive file is started.
ARCHIVE_FILE_SIZE = 1_000_000_000
# Archive directory that serves every request instead of the network.
REPLAY = None

# --- Monitors ------------------------------------------------------------------------------------

# Whether monitors check each finished run: their alarms are in the run report and make the exit
# code 3. The thresholds are wide, as frequent false alarms get ignored.
MONITORS = True
# Custom monitors by name, as paths of functions (docs/extend.md).
EXTRA_MONITORS: dict[str, str] = {}
# Minimum number of records, articles or pages for a share to be checked.
MONITOR_MIN_ITEMS = 20
# Window of earlier runs to compare with: same site, same arguments.
MONITOR_HISTORY_DAYS = 14
# Minimum share of a usual day's records; weekends and holidays have half as much news.
MONITOR_FEWEST_ITEMS = 0.25
# An outlet with this many records per day raises an alarm after this many days of silence.
MONITOR_OUTLET_ITEMS = 3
MONITOR_SILENT_DAYS = 4
# Maximum fall of the share of filled fields, or of sources parsed, below the usual.
MONITOR_MAX_FALL = 0.3
# Maximum share of articles that are rejected or fail.
MONITOR_MAX_REJECTED = 0.1
# Maximum share of unreachable and refusing sources: more of them point to a local network fault.
MONITOR_MAX_UNREACHED = 0.8
# Minimum agreement of a page and its own copy: 0.8 and more is normal, mostly 1.
MONITOR_MIN_AGREEMENT = 0.8
# Maximum share of pages that are a different article than their copy.
MONITOR_MAX_MISMATCH = 0.2
# One withdrawn rule is a redesign, which is relearned; this many in one run are an internal fault.
MONITOR_RULES_WITHDRAWN = 3
# Maximum share of aggregator pages that cannot be parsed: more of them mean a changed layout.
MONITOR_MAX_UNREADABLE = 0.05
# Maximum median difference between this machine's clock and the servers' (seconds).
MONITOR_CLOCK_SECONDS = 300
# Maximum share of records with one of the flags date_conflict, language_mismatch and mojibake.
MONITOR_MAX_FLAGGED = 0.3
# Recipients of notifications of failed and killed runs and of alarms: URLs of apprise, separated by
# spaces, such as mailto://localhost?from=crawl@here.example&to=desk@university.example,
# jsons://hooks.example/newscrawl (a POST of JSON), slack://…, tgram://….
NOTIFY_URLS = ""
# A URL that is requested at the start (…/start) and the end of each run (…/ and its exit code), as
# healthchecks.io and similar services expect; they report runs that never started. {site} and
# {kind} (new, waiting, backfill, check, manual) are replaced.
HEARTBEAT_URL = ""

# --- Export --------------------------------------------------------------------------------------

# Custom formats by name, as paths of ``newscrawl.export.Format`` objects (docs/extend.md).
EXTRA_EXPORT_FORMATS: dict[str, str] = {}

# --- Schedule ------------------------------------------------------------------------------------

# Hours of the day, UTC, for work that can wait: the first for retries of sources, the last for
# source checks if there are any, the others for back-fills. It is night in all seven countries.
QUIET_HOURS = [0, 1, 2, 3]
# Number of past months to back-fill. 0 for none.
BACKFILL_MONTHS = 12
# Number of old sources that a scheduled run checks per site and night (``-a check=N``). 0 for none:
# checks fetch pages again that only survival studies need.
SOURCE_CHECKS_A_NIGHT = 0

# --- Retention -----------------------------------------------------------------------------------

# Days for which ``scrapy prune`` keeps files by kind; 0 means forever. Run reports for a year and a
# month, so that a year can be compared; logs are those of ``--logs``. Archives cannot be fetched
# again. ``uploaded`` is for the copies on this machine of files that are in object storage.
RETENTION_DAYS = {
    "runs": 400,
    "rejects": 400,
    "headlines": 400,
    "logs": 30,
    "archive": 0,
    "uploaded": 0,
}
# Hours without a good run after which ``scrapy status`` reports a site: two hourly runs missed.
STALE_HOURS = 3

# --- Environment ---------------------------------------------------------------------------------

# Keep this section last: it gives all settings above, and Scrapy's, the values of the environment.
_given, ENVIRONMENT_ERRORS = settings_from(os.environ, vars(default_settings) | globals())
globals().update(_given)
if CONTACT and "USER_AGENT" not in _given:
    USER_AGENT = f"newscrawl/{__version__} (research crawler; {CONTACT})"
