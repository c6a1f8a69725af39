"""What stands between the crawl and the servers: guard, pace, limits, and what answers mean."""
