"""Interfaces of the stores that pipelines, spider and commands use."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from newscrawl.state.articles import Entry, Scope, State


class Articles(Protocol):
    """Articles, their states and exported versions."""

    def find(
        self, entries: Iterable[Entry], job: str, now: str, *, attempts: int, again: bool = False
    ) -> list[str]:
        """Store articles and return the ids of those to request, in the given order."""

    def release(self, job: str, now: str) -> None:
        """Release what an earlier run of this name left unfinished, and what is due."""

    def adopt(
        self,
        site: str,
        job: str,
        now: str,
        *,
        editions: Sequence[str] = (),
        outlets: Sequence[str] = (),
        due: bool = True,
        exported: bool = True,
    ) -> Iterator[tuple[str, str]]:
        """Adopt a site's unfinished articles and those that are due, each when it is yielded."""

    def count_left(
        self, site: str, job: str, *, editions: Sequence[str] = (), outlets: Sequence[str] = ()
    ) -> int:
        """Number of a site's unfinished articles that a run has not adopted."""

    def settle(
        self, article: str, state: State, *, reason: str | None = None, due: str | None = None
    ) -> None:
        """Store the outcome of an article; part of the caller's transaction, if any."""

    def note_export(
        self, article: str, job: str, version: int, prints: bytes, file: str, position: int
    ) -> None:
        """Store an article's exported version and its position; in the caller's transaction."""

    def note_prints(self, article: str, prints: bytes) -> None:
        """Store the fingerprints of a record that was not written again."""

    def describe(self, article: str) -> dict[str, object]:
        """State of an article by column name; empty if it is unknown."""

    def last_export(self, article: str) -> tuple[int, bytes | None, int]:
        """Last exported version (0: none), its fingerprints, and the number of attempts."""

    def is_settled(self, article: str) -> bool:
        """Whether an article has a final outcome: exported or rejected."""

    def forget(self, article: str) -> None:
        """Remove an article that is outside this run's scope."""

    def counts(self, job: str) -> dict[str, int]:
        """Number of a run's articles by state."""

    def count_exported(self, job: str) -> int:
        """Number of articles that a run has exported."""

    def outcomes(self, job: str, state: State, limit: int) -> list[tuple[str, str | None]]:
        """A run's articles in one state with their reasons, at most ``limit``."""

    def fail_unfinished(self, job: str, reason: str) -> None:
        """Mark a finished run's articles without an outcome as failed."""

    def census(self, scope: Scope) -> list[tuple[str, str, str, str, int]]:
        """Number of articles by site, edition, outlet and state."""

    def retry(self, scope: Scope) -> None:
        """Reset articles to ``found`` without attempts, whatever their state."""

    def drop(self, scope: Scope) -> None:
        """Delete articles; a run that finds them again treats them as new, from version 1."""


class Discovery(Protocol):
    """Listing walks and cache validators."""

    def note_validators(self, url: str, etag: str | None, modified: str | None) -> None:
        """Store the ``ETag`` and ``Last-Modified`` of a page."""

    def validators(self, url: str) -> tuple[str | None, str | None]:
        """Stored ``ETag`` and ``Last-Modified`` of a page."""

    def note_walk(self, site: str, start: str, following: str) -> None:
        """Store the next page of a listing's walk."""

    def end_walk(self, site: str, start: str) -> None:
        """Delete the walk of a listing that is complete."""

    def walks_left(self, site: str) -> dict[str, str]:
        """Unfinished walks and their next pages, in the order in which they were stored."""


class Texts(Protocol):
    """Text signatures."""

    def note_text(self, article: str, signature: bytes) -> None:
        """Store the signature of an article's text. Part of the caller's transaction."""

    def has_text(self, article: str) -> bool:
        """Return whether the signature of an article's text is stored."""

    def alike(self, article: str, signature: bytes) -> Iterator[tuple[str, bytes]]:
        """Yield identifiers and signatures of earlier texts that share a band."""


class Files(Protocol):
    """Committed lengths of output files."""

    def commit_length(self, path: str, site: str, length: int) -> None:
        """Store the valid length of a file; part of the caller's transaction, if any."""

    def committed_length(self, path: str) -> int:
        """Valid length of a file that is being written."""

    def committed(self, site: str) -> list[tuple[str, int]]:
        """Open files of a site with their valid lengths."""

    def close_file(self, path: str) -> None:
        """Mark a file as complete."""


class Outlets(Protocol):
    """Domains and extraction rules of outlets."""

    def learn_domain(self, site: str, edition: str, outlet: str, domain: str) -> None:
        """Count a source page of an outlet at a registered domain."""

    def domain_of(self, site: str, edition: str, outlet: str) -> str | None:
        """Registered domain of most of an outlet's source pages."""

    def keep_rules(self, site: str, domain: str, rules: bytes) -> None:
        """Store the rules of a domain, or delete them if empty; in the caller's transaction."""

    def sites_with_rules(self) -> list[str]:
        """Sites with stored rules."""

    def rules(self, site: str) -> list[bytes]:
        """Rules of a site's outlets, as JSON Lines per outlet."""


class Hosts(Protocol):
    """Hosts whose pages need a browser."""

    def note_rendered(self, host: str) -> None:
        """Store that a page of a host could be extracted only after rendering."""

    def is_rendered(self, host: str) -> bool:
        """Whether a page of a host was ever extracted after rendering."""


class Stores(Protocol):
    """A ledger: the stores, and what holds for all of them."""

    @property
    def articles(self) -> Articles:
        """Articles."""

    @property
    def discovery(self) -> Discovery:
        """Listing walks and validators."""

    @property
    def texts(self) -> Texts:
        """Text signatures."""

    @property
    def files(self) -> Files:
        """Output files."""

    @property
    def outlets(self) -> Outlets:
        """Knowledge about outlets."""

    @property
    def hosts(self) -> Hosts:
        """Hosts."""

    def transaction(self) -> AbstractContextManager[None]:
        """Context in which the changes to all stores are committed together."""

    def lock(self, site: str, job: str) -> None:
        """Lock a site for this process."""

    def close(self) -> None:
        """Release the locks and close the database."""
