"""A listing without a link to a further page, as where these are reached by a form."""

from pathlib import Path

from tests.support import walked
from tests.web import crawl


def test_a_listing_without_a_next_page_is_reported(tmp_path: Path) -> None:
    outcome = crawl(walked(1, 2, 2), tmp_path, outlets="courrier", editions="fr")
    assert outcome.code == 0, outcome.stderr
    assert outcome.report["exported"] == 2
    assert outcome.report["listings_single"] == 1
    assert "1 listings without a next page" in outcome.stderr
