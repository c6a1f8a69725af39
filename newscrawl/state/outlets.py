"""Learned facts about outlets, in the ledger: registered domains and extraction rules."""

from newscrawl.state.database import Database


class OutletKnowledge:
    """Store of the learned registered domains and extraction rules of outlets.

    Args:
        database: Database that holds them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def learn_domain(
        self, site: str, edition: str, outlet: str, domain: str, pages: int = 1
    ) -> None:
        """Count an outlet's source pages on a registered domain."""
        self._database.execute(
            "INSERT INTO domains (site, edition, outlet, domain, pages) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (site, edition, outlet, domain)"
            " DO UPDATE SET pages = domains.pages + excluded.pages",
            (site, edition, outlet, domain, pages),
        )

    def domain_of(self, site: str, edition: str, outlet: str) -> str | None:
        """Registered domain of most of an outlet's source pages."""
        row = self._database.execute(
            "SELECT domain FROM domains WHERE site = ? AND edition = ? AND outlet = ?"
            " ORDER BY pages DESC, domain LIMIT 1",
            (site, edition, outlet),
        ).fetchone()
        return row[0] if row else None

    def domains(self, site: str) -> dict[str, str]:
        """Registered domains of all outlets of a site, by edition and slug (``fr/lopinion``)."""
        rows = self._database.execute(
            "SELECT edition, outlet, domain FROM domains WHERE site = ?"
            " ORDER BY pages, domain DESC",  # so that the last one is that of most pages
            (site,),
        ).fetchall()
        return {f"{edition}/{outlet}": domain for edition, outlet, domain in rows}

    def keep_rules(self, site: str, domain: str, rules: bytes) -> None:
        """Store the rules of a domain, or delete them if empty; in the caller's transaction."""
        if rules:
            self._database.execute(
                "INSERT INTO rules (site, domain, rules) VALUES (?, ?, ?)"
                " ON CONFLICT (site, domain) DO UPDATE SET rules = excluded.rules",
                (site, domain, rules),
            )
        else:
            self._database.execute(
                "DELETE FROM rules WHERE site = ? AND domain = ?", (site, domain)
            )

    def sites_with_rules(self) -> list[str]:
        """Sites with stored rules."""
        rows = self._database.execute("SELECT DISTINCT site FROM rules ORDER BY site")
        return [site for (site,) in rows]

    def rules(self, site: str) -> list[bytes]:
        """Rules of a site's outlets, as JSON Lines per outlet."""
        rows = self._database.execute(
            "SELECT rules FROM rules WHERE site = ? ORDER BY domain", (site,)
        )
        return [rules for (rules,) in rows]
