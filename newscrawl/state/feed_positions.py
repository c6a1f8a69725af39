"""Update where each article's record is stored, once feed files are merged."""

from collections.abc import Mapping

from newscrawl.state.database import Database


class FeedPositions:
    """File and byte offset of each article's record.

    Args:
        database: Database that holds them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def move(self, target: str, offsets: Mapping[str, int]) -> None:
        """Store that feeds are now parts of another; part of the caller's transaction.

        Args:
            target: The feed that holds them, relative to the data directory.
            offsets: Feeds by their paths relative to the data directory, each with the byte of the
                target at which it begins.
        """
        execute = self._database.execute
        execute("INSERT INTO names (name) VALUES (?) ON CONFLICT DO NOTHING", (target,))
        execute("CREATE TEMP TABLE moved (file BIGINT PRIMARY KEY, start BIGINT NOT NULL)")
        self._database.execute_many(
            "INSERT INTO moved SELECT number, ? FROM names WHERE name = ?",
            ((start, name) for name, start in offsets.items()),
        )
        execute(
            "UPDATE articles SET"
            " position = position + (SELECT start FROM moved WHERE moved.file = articles.file),"
            " file = (SELECT number FROM names WHERE name = ?)"
            " WHERE file IN (SELECT file FROM moved)",
            (target,),
        )
        execute("DROP TABLE moved")
