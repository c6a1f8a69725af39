"""State that outlives a run: the crawl-state database (ledger), run reports, feed files."""

try:
    import fcntl  # noqa: F401 - file locks
except ImportError:
    raise SystemExit("newscrawl needs Linux or macOS; on Windows, use it within WSL") from None

from newscrawl.state.articles import Entry, Scope, State
from newscrawl.state.ledger import Ledger, examine, files_of, ledger_of, ledger_path

__all__ = ["Entry", "Ledger", "Scope", "State", "examine", "files_of", "ledger_of", "ledger_path"]
