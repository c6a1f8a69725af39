"""One spider a site of the network; what they share is in ``newscrawl.spiders.base``."""
