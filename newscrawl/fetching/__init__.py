"""Transport policy: SSRF guard, host pacing, limits, and the meaning of responses."""
