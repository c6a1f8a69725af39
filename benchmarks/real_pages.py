"""Crawl real news pages, each served at its own URL as the source of an aggregator article.

    python -m benchmarks.real_pages --pages DIR

DIR holds sets of pages: <set>/truth.json = {id: {url, title, body, date, lang}} and
<set>/html/<id>.html.gz. Every page has to end in one valid record, none in a traceback; what was
read of titles and dates is compared with the truth. Exits 1 if a record is missing or invalid.
"""

import argparse
import gzip
import html
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag

from w3lib.url import safe_url_string

from newscrawl.articles.validation import schema_faults
from newscrawl.demo.proxy import DemoProxy, Reply
from newscrawl.text.cleaning import fold

NO_TEXT = "Le texte de cette page n'est pas connu."
HTML = {"Content-Type": "text/html; charset=utf-8"}
SETTINGS = {"DOWNLOAD_DELAY": 0, "AUTOTHROTTLE_ENABLED": 0, "CONCURRENT_REQUESTS_PER_DOMAIN": 8}


def aggregator_page(truth: dict[str, Any]) -> bytes:
    """Aggregator's copy of a page: its title and first paragraphs."""
    body = truth.get("body") or "\n".join(truth.get("with") or []) or NO_TEXT
    lead = "<br>".join(html.escape(part) for part in body.split("\n") if part.strip())
    day = (truth.get("date") or "2020-01-15")[:10]
    printed = " - ".join(reversed(day.split("-")))
    return f"""<html><head><meta charset="utf-8"></head><body>
        <span class="articletitle">{html.escape(truth.get("title") or "Sans titre")}</span>
        <span class="articlenewspaper">Publié dans Pages le {printed}</span>
        <span class="articlecontent">{lead}</span>
        <a href="{html.escape(truth["url"])}">Cliquez ici</a> pour lire l'article depuis sa source.
        </body></html>""".encode()


def same_day(truth: str, read: str | None) -> bool:
    """Whether two timestamps are of one day, as printed or at one place on earth."""
    if read is None:
        return False
    if truth[:10] == read[:10]:
        return True
    one, other = datetime.fromisoformat(truth), datetime.fromisoformat(read)
    return one.tzinfo is not None and one.astimezone(other.tzinfo).date() == other.date()


def share(results: list[bool]) -> str:
    """A share with its base."""
    return f"{sum(results) / max(1, len(results)):.3f} of {len(results)}"


def main() -> int:
    """Crawl and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", type=Path, required=True)
    directory: Path = parser.parse_args().pages
    pages: dict[str, Reply] = {}
    truths: dict[str, dict[str, Any]] = {}
    for file in sorted(directory.glob("*/truth.json")):
        for name, truth in json.loads(file.read_text("utf-8")).items():
            number = len(truths) + 1
            url = f"https://www.maghress.com/fr/pages/{number}"
            truths[f"maghress:fr/pages/{number}"] = truth
            pages[url] = Reply(headers=HTML, body=aggregator_page(truth))
            source = gzip.decompress((file.parent / "html" / f"{name}.html.gz").read_bytes())
            pages[safe_url_string(urldefrag(truth["url"])[0])] = Reply(headers=HTML, body=source)

    def reply(method: str, url: str, _headers: Mapping[str, str]) -> Reply:
        return Reply() if method == "CONNECT" else pages.get(url, Reply(404, HTML, b"404"))

    with tempfile.TemporaryDirectory() as data, DemoProxy(reply) as proxy:
        urls = Path(data) / "urls.txt"
        urls.write_text("".join(url + "\n" for url in pages if "maghress.com/fr/pages/" in url))
        done = subprocess.run(
            [sys.executable, "-m", "scrapy", "crawl", "maghress", "-a", f"urls={urls}"]
            + [f"--set={name}={value}" for name, value in SETTINGS.items()],
            env=os.environ | proxy.environment() | {"NEWSCRAWL_DATA": data},
            capture_output=True,
            text=True,
            check=False,
        )
        feeds = Path(data).glob("feeds/*/*.jsonl")
        records = [json.loads(line) for feed in feeds for line in feed.open(encoding="utf-8")]
        rejects = [line for file in Path(data).glob("rejects/*/*.jsonl") for line in file.open()]

    invalid = {record["id"]: faults for record in records if (faults := schema_faults(record))}
    statuses = Counter(record["source"]["status"] for record in records)
    titles, dates = [], []
    for record in records:
        truth, source = truths[record["id"]], record["source"]
        if source["status"] != "ok":
            print(f"{source['status']:<12}{source['reason']}  {truth['url']}")
            continue
        if truth.get("title"):
            titles.append(fold(source["title"] or "") == fold(truth["title"]))
        if truth.get("date"):
            dates.append(same_day(truth["date"], source["published"]))
    print(f"pages {len(truths)}, records {len(records)}, rejects {len(rejects)}, {dict(statuses)}")
    print(f"invalid records {len(invalid)}, tracebacks {done.stderr.count('Traceback')}")
    print(f"titles {share(titles)}, dates {share(dates)}")
    print(done.stderr[done.stderr.rfind("\nfound ") :])
    return (
        0 if len(records) == len(truths) and not invalid and "Traceback" not in done.stderr else 1
    )


if __name__ == "__main__":
    sys.exit(main())
