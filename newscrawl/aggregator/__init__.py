"""The aggregator network: what its sites are, how their URLs are built and their pages read.

Everything here is pure: bytes and a URL in, typed values out, no engine and no request.
"""
