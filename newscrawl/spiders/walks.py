"""Walk through listings page by page, and resume interrupted walks without gaps.

A walk stores its last page, and the articles on that page and on its first page. It is resumed as
two walks:

- the *front* starts again at the first page and ends at an article of the earlier first page; it
  finds articles published in the meantime;
- the *rest* starts again at the last page. If articles were removed in the meantime, that page
  lists older ones. Unless the rest finds an article of the earlier last page, there may be a gap
  before it, and the listing is walked again.

A walk is resumed only by a run whose filters include no article that the earlier run skipped.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from newscrawl.spiders.arguments import Arguments
from newscrawl.state.discovery import DiscoveryStore, WalkProgress


@dataclass(slots=True)
class WalkedListing:
    """State of one listing in this run: which of its pages have been walked."""

    start: str
    """URL of its first page."""
    head: tuple[str, ...] = ()
    """Identifiers of the articles on its first page, when the walk of the rest began."""
    front_open: bool = False
    """Whether its front is incomplete."""
    rest_open: bool = True
    """Whether its rest is incomplete."""


@dataclass(slots=True)
class Walk:
    """A pass through consecutive pages of a listing, until a known or repeated page."""

    listing: WalkedListing
    """The listing."""
    is_front: bool = False
    """Whether it walks the pages that are new since an earlier run."""
    awaited: frozenset[str] = frozenset()
    """Identifiers of articles that it should find; a front ends there."""
    has_met: bool = False
    """Whether it has found one of them."""
    pages: int = 0
    """Pages parsed so far."""
    seen: set[int] = field(default_factory=set)
    """Hashes of the pages' entries: a repeated page ends the walk."""
    requested: set[str] = field(default_factory=set)
    """URLs requested so far."""

    def turn(self, ids: Sequence[str]) -> bool:
        """Store the articles of a page; return whether the walk ends there."""
        entries = hash(tuple(ids))
        repeated = entries in self.seen
        self.seen.add(entries)
        self.pages += 1
        self.has_met = self.has_met or not self.awaited.isdisjoint(ids)
        return repeated or (self.is_front and self.has_met)


@dataclass(slots=True)
class ListingPage:
    """A listing page whose next page is requested once the dates of its articles are known."""

    walk: Walk
    """The walk."""
    following: str | None = None
    """URL of the next page, if it is not requested yet."""
    pending: int = 0
    """Articles whose pages are not parsed yet."""
    too_old: int = 0
    """Articles before ``since``."""
    wanted: int = 0
    """Articles not before ``since``."""


class Walks:
    """Listing walks of a run: begun, resumed, ended; progress is stored in the ledger.

    Args:
        store: Discovery store of the ledger.
        site: Name of the aggregator.
        arguments: Which articles are wanted.
    """

    def __init__(self, store: DiscoveryStore, site: str, arguments: Arguments) -> None:
        self._store = store
        self._site = site
        self._since = arguments.since.isoformat() if arguments.since else ""
        self._until = arguments.until.isoformat() if arguments.until else ""
        self._outlets = ",".join(sorted(arguments.outlets))

    def begin(self, starts: Iterable[tuple[str, bool]]) -> Iterator[tuple[str, Walk]]:
        """Yield the first page to request of each walk.

        Interrupted walks follow the others, in the order in which they were interrupted.

        Args:
            starts: URL of the first page of each listing, and whether it has several outlets.
        """
        interrupted = self._store.walks_left(self._site)
        rests: dict[str, Walk] = {}
        for start, several in starts:
            progress = interrupted.get(start)
            if progress is None or not self._covered_by(progress, several=several):
                yield start, Walk(WalkedListing(start))
                continue
            listing = WalkedListing(
                start, progress.head, front_open=True, rest_open=bool(progress.page)
            )
            yield start, Walk(listing, is_front=True, awaited=frozenset(progress.head))
            if progress.page:
                rests[start] = Walk(listing, awaited=frozenset(progress.tail))
        for start, progress in interrupted.items():
            if start in rests:
                yield progress.page, rests[start]

    def _covered_by(self, progress: WalkProgress, *, several: bool) -> bool:
        """Whether the filters of an earlier walk include all articles that this run looks for."""
        return (
            (not progress.since or progress.since <= self._since)
            and (not progress.until or "" < self._until <= progress.until)
            and (not several or progress.outlets in ("", self._outlets))
        )

    def note(self, walk: Walk, page: str, ids: Sequence[str]) -> None:
        """Store that the articles of a page are in the ledger."""
        if walk.is_front:
            return
        listing = walk.listing
        listing.head = listing.head or tuple(ids)
        self._store_progress(listing, page, ids)

    def end(self, walk: Walk) -> Walk | None:
        """Store the end of a walk; return a walk that has to start at the first page, if any."""
        listing = walk.listing
        if walk.is_front:
            listing.front_open = False
        elif walk.awaited and not walk.has_met:
            self._store.end_walk(self._site, listing.start)
            return Walk(WalkedListing(listing.start))
        else:
            listing.rest_open = False
        if not listing.front_open and not listing.rest_open:
            self._store.end_walk(self._site, listing.start)
        elif not walk.is_front:
            self._store_progress(listing, "", ())
        return None

    def _store_progress(self, listing: WalkedListing, page: str, ids: Sequence[str]) -> None:
        progress = WalkProgress(
            page, listing.head, tuple(ids), self._since, self._until, self._outlets
        )
        self._store.note_walk(self._site, listing.start, progress)
