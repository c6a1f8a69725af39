"""Replace authors' names by keyed hashes, for exports that must not name people."""

import hashlib
import hmac
from typing import Any

import msgspec

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder().encode


def hash_bylines(line: bytes, key: str) -> bytes:
    """Return a record with each author's name, byline and photo credit replaced by a hash.

    The same name has the same hash under the same key, so authors can still be counted. Without the
    key, hashes cannot be matched with lists of names. Names within texts are not replaced.
    """
    record = _decode(line)
    copy, source = record.get("copy") or {}, record.get("source") or {}
    for holder in (record, source):
        if holder.get("authors"):
            holder["authors"] = [_hashed(name, key) for name in holder["authors"]]
    if copy.get("byline"):
        copy["byline"] = _hashed(copy["byline"], key)
    for holder in (record, copy, source):
        for image in holder.get("images") or ():
            if image.get("credit"):
                image["credit"] = _hashed(image["credit"], key)
    return _encode(record)


def _hashed(name: str, key: str) -> str:
    return hmac.new(key.encode(), name.encode(), hashlib.sha256).hexdigest()[:16]
