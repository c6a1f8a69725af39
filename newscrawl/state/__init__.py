"""State that outlives a run: the ledger and its stores."""

from newscrawl.state.articles import Entry, Scope, State
from newscrawl.state.ledger import Ledger, examine, ledger_of, ledger_path

__all__ = ["Entry", "Ledger", "Scope", "State", "examine", "ledger_of", "ledger_path"]
