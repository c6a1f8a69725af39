"""Operating crawls: health checks, schedule, monitors, notifications, retention, re-extraction."""
