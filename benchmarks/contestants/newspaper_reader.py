"""newspaper4k as a library, one page after the other. ``newspaper_reader.py URLS FEED``."""

import json
import sys
from pathlib import Path

import newspaper
from loopback import patch_sockets

patch_sockets()
pages = 0
with Path(sys.argv[2]).open("w") as feed:
    for line in Path(sys.argv[1]).read_text().splitlines():
        for url in line.split():
            article = newspaper.article(url, fetch_images=False)
            record = {"url": url, "title": article.title, "text": article.text}
            record |= {"authors": article.authors, "published": str(article.publish_date)}
            feed.write(json.dumps(record, ensure_ascii=False) + "\n")
            pages += bool(article.title)
print(pages)
