"""Which words are of which value: near before far, before rather than behind, and the smallest sum of distances."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.reading.found import Found
from knowledge.reading.nearness import ANYWHERE, FARTHEST, distance, nearest

costs = st.integers(1, 4).flatmap(
    lambda columns: st.lists(
        st.lists(st.none() | st.integers(0, int(FARTHEST)), min_size=columns, max_size=columns), min_size=1, max_size=4
    )
)


def place(text: str, value: str) -> Found[str]:
    start = text.index(value)
    return Found(start, start + len(value), value, (value,))


def far(text: str, value: str, near: str = "rent", others: str = "") -> float:
    between = [place(text, other) for other in others.split()]
    found = distance(near, text, place(text, value), between, farthest=ANYWHERE)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("nearer", "farther"),
    [
        ("rent 5", "rent is only 5"),
        ("rent 5", "5 rent"),  # words behind
        ("rent is at 5", "rent, it, 5"),  # a clause between
        ("rent is one 5", "rent and it 5"),
        ("rent known, it is 5", "rent known. It is 5"),  # a sentence between
        ("5 rent", "5. Rent"),
    ],
)
def test_what_stands_nearer(nearer: str, farther: str) -> None:
    assert far(nearer, "5") < far(farther, "5")


def test_a_full_stop_inside_a_number_ends_no_sentence() -> None:
    assert far("rent v2.3 is 5", "5") == far("rent v2x3 is 5", "5")


def test_another_value_between_makes_words_farther() -> None:
    text = "rent 5 or 8"
    assert far(text, "8", others="5 8") == far(text, "8") + 20
    assert far(text, "5", others="5 8") == far(text, "5")


def test_the_nearest_of_several_words_counts() -> None:
    assert far("rent here and there, rent 5", "5") == far("rent 5", "5")
    assert far("price: the rent 5", "5", near="price|rent") == far("rent 5", "5")


def test_words_inside_the_value_are_no_distance_away() -> None:
    assert far("due 3 days ago", "due 3 days ago", near="due") == 0.0


@pytest.mark.parametrize("farthest", [FARTHEST, ANYWHERE])
def test_words_too_far_away_are_none(farthest: float) -> None:
    for gap, found in ((farthest, farthest), (farthest + 1, None)):
        text = f"rent{'x'.center(int(gap))}5"
        assert distance("rent", text, place(text, "5"), farthest=farthest) == found


def test_words_are_whole() -> None:
    text = "rental 5"
    assert distance("rent", text, place(text, "5")) is None
    assert distance(r"rent\w*", text, place(text, "5")) == 1


@given(distances=costs)
def test_the_sum_of_distances_is_as_small_as_can_be(distances: list[list[float | None]]) -> None:
    given_to = nearest(distances)
    assert len(set(given_to.values())) == len(given_to), "a value is for one input only"
    assert all(distances[row][column] is not None for row, column in given_to.items())
    assert total(distances, given_to) == min(total(distances, each) for each in assignments(distances))


def test_nothing_near_is_given_to_nobody() -> None:
    assert nearest([[None, None], [None, 3.0]]) == {1: 1}
    assert nearest([[None]]) == {}


def test_the_nearest_pair_gives_way_where_both_are_served_better() -> None:
    assert nearest([[1.0, 2.0], [1.0, 50.0]]) == {0: 1, 1: 0}


def total(distances: list[list[float | None]], given_to: dict[int, int]) -> float:
    """As documented: what gets nothing counts as a little farther than FARTHEST."""
    pairs = min(len(distances), len(distances[0]))
    return sum(distances[row][column] or 0 for row, column in given_to.items()) + (FARTHEST + 1) * (
        pairs - len(given_to)
    )


def assignments(distances: list[list[float | None]]) -> list[dict[int, int]]:
    """Every way to give columns to rows."""
    rows, columns = len(distances), len(distances[0])
    free = [*range(columns), *([-1] * rows)]
    ways = {tuple(way) for way in permutations(free, rows)}
    return [
        {row: column for row, column in enumerate(way) if column >= 0}
        for way in ways
        if all(column < 0 or distances[row][column] is not None for row, column in enumerate(way))
    ]
