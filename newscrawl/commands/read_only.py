"""Make ``shell``, ``fetch`` and ``parse`` read-only: no writers, a temporary ledger."""

import atexit
import shutil
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from scrapy.settings import default_settings

from newscrawl import settings as project_settings

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

_WRITERS = (
    "newscrawl.extensions.rejects.Rejects",
    "newscrawl.extensions.headlines.Headlines",
    "newscrawl.extensions.outcomes.Outcomes",
    "newscrawl.extensions.metrics.Metrics",
    "newscrawl.extensions.progress.Progress",
    "newscrawl.extensions.report.RunReport",
    "newscrawl.extensions.lease.Lease",
    "newscrawl.middlewares.archive.ArchiveMiddleware",
    "newscrawl.pipelines.feed.FeedPipeline",
)
"""Components that write files."""


def make_read_only(settings: "BaseSettings", *, items: bool = False) -> None:
    """Remove the components that write, and use a temporary ledger that is deleted at exit.

    Args:
        settings: Settings of the command.
        items: Whether the command has items, which the remaining pipelines complete and validate.
    """
    for name in ("EXTENSIONS_BASE", "DOWNLOADER_MIDDLEWARES_BASE", "ITEM_PIPELINES_BASE"):
        kept = {k: v for k, v in settings.getdict(name).items() if k not in _WRITERS}
        settings.set(name, kept, priority="cmdline")
    if not items:
        settings.set("ITEM_PIPELINES_BASE", {}, priority="cmdline")
    scratch = mkdtemp(prefix="newscrawl-")
    atexit.register(shutil.rmtree, scratch, ignore_errors=True)
    settings.set("NEWSCRAWL_DATA", scratch, priority="cmdline")
    settings.set("LEDGER", "", priority="cmdline")


def reset_to_scrapy_defaults(settings: "BaseSettings") -> None:
    """Reset every setting that the project overrides to Scrapy's default."""
    for name in dir(project_settings):
        if name.isupper() and hasattr(default_settings, name):
            settings.set(name, getattr(default_settings, name), priority="cmdline")
