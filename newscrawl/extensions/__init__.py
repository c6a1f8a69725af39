"""Scrapy extensions for run reports, metrics, lease renewal, clean shutdown and safe logging."""
