"""newscrawl: press-aggregator pages and the outlets behind them, read as one corpus."""

__version__ = "0.1.0"
