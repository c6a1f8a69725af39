"""Forget a node whose disk is lost, and have the articles in its feeds fetched again."""

from dataclasses import dataclass

from newscrawl.errors import StoreError
from newscrawl.state.database import Database


@dataclass(frozen=True, slots=True)
class LostFile:
    """A feed of a node whose disk is lost, with the number of its records."""

    path: str
    """Path relative to the node's data directory."""
    site: str
    """Site of its records."""
    records: int
    """Number of articles whose current record is in it."""


class NodeStore:
    """Feeds of a lost node, and its removal from a PostgreSQL ledger.

    Args:
        database: Database that holds them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def lost_files(self, node: str) -> list[LostFile]:
        """Return the feeds of a node with current records of articles that are stored nowhere else.

        Raises:
            StoreError: there is no such node, or a run is under way on it.
        """
        known = [name for (name,) in self._database.execute("SELECT name FROM nodes ORDER BY name")]
        if node not in known:
            raise StoreError(f"there is no node {node}; known: {', '.join(known) or 'none'}")
        running = self._database.execute(
            f"SELECT site FROM processes WHERE node = ? AND lease_until > {self._database.clock}",  # noqa: S608 - a literal
            (node,),
        ).fetchone()
        if running:
            raise StoreError(f"node {node} is not lost: a run of {running[0]} is under way on it")
        rows = self._database.execute(
            "SELECT name, site, count(*) FROM articles JOIN names ON names.number = file"  # noqa: S608 - a literal
            f" WHERE name LIKE ? ESCAPE '!' AND NOT {_IS_STORED}"
            " GROUP BY name, site ORDER BY name, site",
            (_pattern(node),),
        )
        return [LostFile(*row) for row in rows.fetchall()]

    def forget(self, node: str) -> None:
        """Have the articles of a node's feeds fetched again, and forget the node.

        The next record of an article gets the version number of the lost one.
        """
        with self._database.transaction():
            self._database.execute(
                "UPDATE articles SET state = 'found', claim = NULL, job = 0, attempts = 0,"  # noqa: S608 - a literal
                " due = NULL, reason = NULL, version = version - 1, prints = NULL, exported = NULL,"
                " file = NULL, position = NULL FROM names"
                f" WHERE names.number = file AND name LIKE ? ESCAPE '!' AND NOT {_IS_STORED}",
                (_pattern(node),),
            )
            for table in ("files", "processes", "site_leases"):
                self._database.execute(f"DELETE FROM {table} WHERE node = ?", (node,))  # noqa: S608 - literals
            self._database.execute("DELETE FROM nodes WHERE name = ?", (node,))


_IS_STORED = (
    "EXISTS (SELECT 1 FROM stored_files"
    " WHERE path = name AND coalesce(position, 0) < stored_files.size)"
)
"""SQL condition: the article's record is in object storage."""


def _pattern(node: str) -> str:
    """Return the LIKE pattern of a node's files."""
    return f"%@{node.replace('_', '!_')}.jsonl%"
