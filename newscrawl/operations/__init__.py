"""Operating crawls: checks, schedule, Scrapyd client, monitors, notifications, re-extraction."""
