"""How often Python looks for garbage."""

import gc


def collect_seldom() -> None:
    """Have what was imported left out of garbage collections, and these done less often.

    A page makes thousands of objects that die by themselves; Python's own pace of looking for
    cycles among them takes a sixth of a crawl's work.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
