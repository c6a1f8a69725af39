"""What stands between the spiders and the servers. One class, one job, one file."""
