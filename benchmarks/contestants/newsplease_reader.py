"""news-please as a library, one page after the other. ``newsplease_reader.py URLS FEED``."""

import json
import sys
from pathlib import Path

from loopback import patch_sockets
from newsplease import NewsPlease

patch_sockets()
pages = 0
with Path(sys.argv[2]).open("w") as feed:
    for line in Path(sys.argv[1]).read_text().splitlines():
        for url in line.split():
            article = NewsPlease.from_url(url)
            if article and article.title:
                feed.write(json.dumps(article.get_serializable_dict(), ensure_ascii=False) + "\n")
                pages += 1
print(pages)
