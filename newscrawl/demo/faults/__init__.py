"""Broken and hostile HTTP servers for tests, on loopback sockets, each with one fault."""

from newscrawl.demo.faults.copies import article_id, copies
from newscrawl.demo.faults.server import Connection, FaultServer, LoggedVisit
from newscrawl.demo.faults.table import FAULTS, LINK_ROT, Fault, healthy

__all__ = [
    "FAULTS",
    "LINK_ROT",
    "Connection",
    "Fault",
    "FaultServer",
    "LoggedVisit",
    "article_id",
    "copies",
    "healthy",
]
