"""Rebuild all records of an archive with the current code, locally or on a Dask cluster.

A record depends on the archive, the settings, and the rules and domains learned when the job was
begun. Only duplicates depend on other records; they are marked when the feed is written.
"""

import asyncio
import shutil
import socket
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, aclosing, closing, contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from glob import escape
from itertools import groupby, islice
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any
from uuid import uuid4

import msgspec
from scrapy.settings import Settings

from newscrawl import __version__
from newscrawl.aggregator.sites import SITES
from newscrawl.aggregator.urls import ArticleKey, parse_article_url
from newscrawl.archive.warc import ArchiveIndex
from newscrawl.articles.parse_workers import Parser, ParserPool, limits_of
from newscrawl.articles.rule_store import RuleStore
from newscrawl.articles.validation import faults
from newscrawl.errors import ClusterError, NewscrawlError, StoreError, UnreadableArticleError
from newscrawl.extraction import RuleBook
from newscrawl.items import Article
from newscrawl.operations.archived_articles import LearnedFacts, Reextractor
from newscrawl.operations.cluster import Cluster
from newscrawl.state import Ledger, files_of, ledger_of
from newscrawl.state.place import Place, as_place
from newscrawl.state.run_reports import replace
from newscrawl.storage import WHOLE, Files, open_file
from newscrawl.storage.objects import delete, upload
from newscrawl.text.signatures import TextIndex, signature

_AHEAD = 8
"""Articles in progress for each parse worker, so that none is idle and memory stays flat."""

_BATCH = 500
"""Articles per task: some seconds of work, so that the start of a parse worker is negligible."""

_EXAMPLES = 20
"""Maximum number of listed articles without a record."""


@dataclass(slots=True)
class Reextraction:
    """Number of rebuilt records, and the articles that failed."""

    records: int = 0
    """Records written."""
    failed: int = 0
    """Number of articles without a record."""
    failures: list[tuple[str, str]] = field(default_factory=list)
    """The first of these, with the reason."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A rebuilt record, and the signature of its text for duplicate detection."""

    article: Article
    """The record, without ``duplicate_of``."""
    signature: bytes | None
    """Signature of its text."""


Result = Rebuilt | tuple[str, str]
"""A record, or an article's ID and the reason why it has no record."""

Progress = Callable[[int, str], None]
"""Called with the number of processed articles and the ID of the last one."""


class ReextractionJob(msgspec.Struct, frozen=True):
    """Fixed inputs of a re-extraction besides the archive: code version, learned rules."""

    version: str
    """Version of newscrawl."""
    learned: dict[str, LearnedFacts]
    """What crawls had learned, by site."""


@dataclass(frozen=True, slots=True)
class Shared:
    """Data that every worker of a cluster gets once: archive, index, settings and job."""

    archive: Files
    """The archive."""
    index: Path | str
    """Its index: a path, or the URL of an object."""
    settings: dict[str, Any]
    """The project's settings."""
    job: ReextractionJob
    """The job."""


def reextract(
    archive: Path,
    output: Path,
    place: Place | Path,
    settings: Settings,
    *,
    jobs: int,
    cluster: Cluster | None = None,
    progress: Progress | None = None,
) -> Reextraction:
    """Write the records of every article in an archive, ordered by site and URL.

    They are written to ``output`` with ``.part`` appended, and renamed at the end. If that
    file exists, its records are kept, and the remaining ones are added.

    Args:
        archive: The archive directory.
        output: The feed to write; it must not exist.
        place: Ledger of the crawls, whose learned rules are used.
        settings: The project's; ``PARSE_MEMORY_MB`` and ``PARSE_SECONDS`` are limits of each page.
        jobs: Number of parse workers on this machine.
        cluster: Does the work instead, if given. The archive is in object storage, or at the same
            path for its workers.
        progress: Callback for progress updates.

    Raises:
        ArchiveError: there is no archive, or it cannot be read.
        ClusterError: the cluster is lost, or a worker cannot do its task.
        ParserError: no parse worker can be started.
        StorageError: object storage cannot be reached; the same command continues.
        StoreError: the feed exists, cannot be written or was begun by another version, or rules
            cannot be read.
    """
    if output.exists():
        raise StoreError(f"{output} exists: choose another name, or move it to another place")
    index = ArchiveIndex(files_of(place, archive))
    if cluster:
        index.update(cluster.map)
    else:
        with ThreadPoolExecutor(jobs) as pool:  # decompression releases Python's global lock
            index.update(pool.map)
    part = output.with_name(output.name + ".part")
    job = _begin(part, index, place)
    keys = _keys(index, _last(part))
    with ExitStack() as stack:
        if cluster:
            given = settings.copy_to_dict()
            given["LEDGER"] = ""  # workers do not need it, and it may hold a password
            location = stack.enter_context(_index_for_workers(index, as_place(place)))
            results = _on_cluster(cluster, keys, Shared(index.archive, location, given, job))
        else:
            results = _rebuild_all(Reextractor(index, job.learned, settings), keys, settings, jobs)
        outcome = asyncio.run(_write(part, results, progress or (lambda _count, _article: None)))
    part.rename(output)
    _discard(part)
    return outcome


def _begin(part: Path, index: ArchiveIndex, place: Place | Path) -> ReextractionJob:
    """Return the job of an unfinished feed, or begin one.

    Raises:
        StoreError: the feed was begun by another version, or rules cannot be read.
    """
    file = part.with_name(part.name + ".job")
    if part.exists() and file.exists():
        job = msgspec.json.decode(file.read_bytes(), type=ReextractionJob)
        if job.version != __version__:
            raise StoreError(
                f"{part} was begun by newscrawl {job.version}, this is {__version__}; delete it to "
                "start again"
            )
        return job
    if not part.exists():
        _discard(part)
    sites = [name for name in SITES if next(index.urls(SITES[name].url("/")), None)]
    with ledger_of(place) as ledger:
        learned = {
            name: LearnedFacts(
                RuleStore(name, ledger).book.export(),
                ledger.outlets.domains(name) if ledger else {},
            )
            for name in sites
        }
    job = ReextractionJob(__version__, learned)
    replace(file, msgspec.json.encode(job).decode())
    return job


def _discard(part: Path) -> None:
    """Delete the files of an unfinished feed."""
    for left in part.parent.glob(f"{escape(part.name)}.*"):
        left.unlink()


def _last(part: Path) -> ArticleKey | None:
    """Return the article of an unfinished feed's last complete line; the rest is cut off."""
    if not part.exists():
        return None
    with part.open("rb+") as file:
        end = last = 0
        for line in file:
            if line.endswith(b"\n"):
                last, end = end, end + len(line)
        file.truncate(end)
        file.seek(last)
        line = file.readline()
    return parse_article_url(msgspec.json.decode(line)["url"]) if line else None


def _keys(index: ArchiveIndex, after: ArticleKey | None) -> Iterator[ArticleKey]:
    """Yield the articles in the archive, ordered by site and URL, after ``after`` if given."""
    names = list(SITES)
    for name in names[names.index(after.aggregator) if after else 0 :]:
        start = after.url if after and after.aggregator == name else ""
        for url in index.urls(SITES[name].url("/"), start):
            key = parse_article_url(url)
            if key and key.url == url:
                yield key


# --- Records -------------------------------------------------------------------------------------


async def _rebuild_all(
    reextractor: Reextractor, keys: Iterator[ArticleKey], settings: Settings, workers: int
) -> AsyncGenerator[Result, None]:
    """Rebuild records with a pool of parse workers for each site; the results are in order."""
    for name, of_site in groupby(keys, key=lambda key: key.aggregator):
        rules = RuleBook.of_lines(reextractor.learned[name].rules)
        parser = ParserPool(SITES[name], rules, workers, limits_of(settings))
        waiting: deque[asyncio.Task[Result]] = deque()
        try:
            for key in of_site:
                waiting.append(asyncio.ensure_future(_rebuild(reextractor, key, parser)))
                if len(waiting) >= workers * _AHEAD:
                    yield await waiting.popleft()
            while waiting:
                yield await waiting.popleft()
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
            await parser.close()


async def _rebuild(reextractor: Reextractor, key: ArticleKey, parser: Parser) -> Result:
    try:
        article = await reextractor.read(key, parser)
    except UnreadableArticleError as error:
        return key.id, str(error)
    reasons = faults(article)
    if reasons:
        return key.id, "; ".join(reasons)
    return Rebuilt(article, signature(article.text or ""))


@contextmanager
def _index_for_workers(index: ArchiveIndex, place: Place) -> Iterator[Path | str]:
    """Context of an index that workers can open: in object storage if a part of the archive is.

    Raises:
        StorageError: it cannot be uploaded.
    """
    if not (place.storage and index.archive.stored):
        yield index.file
        return
    name = f"reextract/{uuid4().hex}.sqlite"
    upload(index.file, place.storage, name)
    try:
        yield f"{place.storage}/{name}"
    finally:
        delete(f"{place.storage}/{name}")


@lru_cache(maxsize=1)
def _downloaded(url: str) -> IO[bytes]:
    """Return a temporary copy of an object, which a worker keeps until its next job."""
    file = NamedTemporaryFile(suffix="-index.sqlite")  # noqa: SIM115 - deleted with the cache's entry
    with open_file(url, buffer=WHOLE) as content:
        shutil.copyfileobj(content, file)
    file.flush()
    return file


async def _on_cluster(
    cluster: Cluster, keys: Iterator[ArticleKey], shared: Shared
) -> AsyncGenerator[Result, None]:
    """Rebuild records on a cluster; the results are in order."""
    batches = iter(lambda: list(islice(keys, _BATCH)), [])
    with closing(cluster.map(rebuild, batches, cluster.share(shared))) as done:
        for results in done:
            for result in results:
                yield result


def rebuild(keys: Sequence[ArticleKey], shared: Shared) -> list[Result]:
    """Rebuild the records of some articles: a task of a cluster's worker.

    Raises:
        ClusterError: the worker has another version of newscrawl, or no archive, or cannot start a
            parse worker.
    """
    worker = f"the worker on {socket.gethostname()}"
    if shared.job.version != __version__:
        raise ClusterError(f"{worker} has newscrawl {__version__}, not {shared.job.version}")
    settings = Settings(shared.settings)

    async def collect(reextractor: Reextractor) -> list[Result]:
        return [result async for result in _rebuild_all(reextractor, iter(keys), settings, 1)]

    try:
        path = shared.index
        if isinstance(path, str):
            path = Path(_downloaded(path).name)
        elif not path.exists():
            raise ClusterError(f"there is no {path}; the archive must have one path for all")
        with closing(ArchiveIndex(shared.archive, path)) as index:
            return asyncio.run(collect(Reextractor(index, shared.job.learned, settings)))
    except (NewscrawlError, OSError) as error:
        raise ClusterError(f"{worker}: {error}") from error


# --- Feed ----------------------------------------------------------------------------------------


async def _write(
    part: Path, results: AsyncGenerator[Result, None], progress: Progress
) -> Reextraction:
    """Append the records to an unfinished feed, and set ``duplicate_of`` of repeated texts."""
    outcome = Reextraction()
    ledger = Ledger(part.with_name(part.name + ".sqlite"))
    index = TextIndex(ledger.texts)
    try:
        async with aclosing(results):
            with part.open("ab") as file:
                async for result in results:
                    if isinstance(result, tuple):
                        outcome.failed += 1
                        if len(outcome.failures) < _EXAMPLES:
                            outcome.failures.append(result)
                        progress(outcome.records + outcome.failed, result[0])
                        continue
                    article = result.article
                    article.duplicate_of = index.first_alike(article.id, result.signature)
                    index.accept(article.id)
                    index.commit()
                    file.write(msgspec.json.encode(article) + b"\n")
                    file.flush()
                    outcome.records += 1
                    progress(outcome.records + outcome.failed, article.id)
    except OSError as error:
        raise StoreError(f"{part} cannot be written: {error}") from error
    finally:
        ledger.close()
    return outcome
