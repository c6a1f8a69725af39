"""Answers are given back in the order of asking."""

import asyncio

from newscrawl.turns import Turns


def take(line: Turns[str], place: int, answer: str, size: int = 1) -> list[str]:
    return list(line.take(place, answer, size))


def test_an_answer_waits_for_those_before_it() -> None:
    line = Turns[str](99)
    a, b, c = line.join(), line.join(), line.join()
    assert take(line, c, "c") == []
    assert take(line, a, "a") == ["a"]
    assert take(line, b, "b") == ["b", "c"]
    assert take(line, line.join(), "d") == ["d"]


def test_what_comes_in_the_meantime_is_given_by_the_one_that_gives() -> None:
    line = Turns[str](99)
    a, b, c = line.join(), line.join(), line.join()
    giving = line.take(a, "a", 1)
    assert next(giving) == "a"
    assert take(line, c, "c") == []
    assert take(line, b, "b") == []
    assert list(giving) == ["b", "c"]


def test_one_that_is_being_dealt_with_may_come_again_after_those_in_the_line() -> None:
    line = Turns[str](99)
    a, b = line.join(), line.join()
    giving = line.take(a, "a", 1)
    assert next(giving) == "a"
    line.again("a, again", 1)
    c = line.join()
    assert take(line, c, "c") == []
    assert take(line, b, "b") == []
    assert list(giving) == ["b", "a, again", "c"]


def test_one_that_too_much_waits_for_is_passed_over_and_given_when_it_comes() -> None:
    line = Turns[str](10)
    a, b, c, d = (line.join() for _ in range(4))
    assert take(line, b, "b", 6) == []
    assert take(line, d, "d", 6) == ["b"]
    assert take(line, a, "a") == ["a"]
    assert take(line, c, "c") == ["c", "d"]


def test_who_brings_more_than_is_dealt_with_waits_but_never_for_one_that_is_to_come() -> None:
    async def crowd() -> list[str]:
        large = 1024 * 1024
        line = Turns[str](99 * large)
        places = [line.join() for _ in range(6)]
        for place in places[1:]:
            take(line, place, str(place), large)
        await line.eased()  # all wait for the first, which is yet to come
        giving = line.take(places[0], "0", 1)
        seen = [next(giving)]
        waiting = [asyncio.ensure_future(line.eased()) for _ in range(6)]
        await asyncio.sleep(0)
        for answer in giving:
            await asyncio.sleep(0)
            seen.append(f"{answer} {sum(one.done() for one in waiting)}")
        await asyncio.gather(*waiting)
        return seen

    assert asyncio.run(crowd()) == ["0", "1 1", "2 2", "3 3", "4 4", "5 5"]
