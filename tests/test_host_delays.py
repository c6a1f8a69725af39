"""Delays of single hosts, which AutoThrottle does not undercut."""

from pathlib import Path

from scrapy.settings import Settings

from newscrawl.fetching.hosts import Hosts
from tests.support import PATIENT, Troubled
from tests.web import crawl


def test_a_delay_holds_for_a_host_and_its_subdomains() -> None:
    hosts = Hosts.from_settings(
        Settings({"HOST_DELAYS": '{"Slow.example": 3, "fast.slow.example": 0.5}'})
    )
    paces = {
        host: hosts.at(f"https://{host}/").pace
        for host in ("slow.example", "www.slow.example", "fast.slow.example", "notslow.example")
    }
    assert list(paces.values()) == [3, 3, 0.5, 0]


def test_autothrottle_does_not_undercut_a_delay(tmp_path: Path) -> None:
    small = Troubled({"slow.example": 3, "usual.example": 3})
    throttled = {
        "AUTOTHROTTLE_ENABLED": "1",
        "AUTOTHROTTLE_START_DELAY": "0",
        "HOST_DELAYS": '{"slow.example": 1.5}',
        "DOWNLOAD_SLOTS": '{"usual.example": {"delay": 0.1}}',
    }
    outcome = crawl(small, tmp_path, settings=PATIENT | throttled, urls=small.urls)
    assert outcome.code == 0, outcome.stderr
    assert len(small.asked["slow.example"]) == 3
    assert min(small.gaps("slow.example")) >= 1.45
    assert max(small.gaps("usual.example")) < 1.45
