"""Transport policy: SSRF guard, host pacing, response limits, and detection of block pages."""
