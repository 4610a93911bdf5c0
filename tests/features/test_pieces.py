"""Which movements may be one stroke, by their rests and their whole duration."""

from __future__ import annotations

import pytest

from edge.features.motion.pieces import LONGEST, MEMORY, REJOIN, Join, Piece, Pieces


def joins(*movements: tuple[float, float]) -> list[Join]:
    """What the newest movement can be."""
    pieces = Pieces()
    found: list[Join] = []
    for start, end in movements:
        pieces.pass_time(start, resting=True)
        found = list(pieces.joins(Piece(start, end)))
    return found


def test_a_movement_is_given_out_alone_and_with_those_before_it():
    alone, two, three = joins((0.0, 0.5), (0.75, 1.0), (1.5, 2.0))
    assert alone == Join(1.5, 1, 0.0)
    assert two == Join(0.75, 2, 0.5)
    assert three == Join(0.0, 3, 0.5)


def test_the_first_of_four_movements_is_left_out():
    assert [j.start for j in joins((0, 0.5), (1, 1.5), (2, 2.5), (3, 3.5))] == [3, 2, 1]


@pytest.mark.parametrize(("rest", "count"), [(REJOIN - 0.01, 2), (REJOIN + 0.01, 1)])
def test_movements_are_joined_across_short_rests_only(rest, count):
    assert len(joins((0.0, 1.0), (1.0 + rest, 3.0))) == count


def test_a_long_rest_between_older_movements_ends_the_chain_for_good():
    pieces = Pieces()
    for start, end in ((0.0, 0.5), (1.5, 2.0)):
        list(pieces.joins(Piece(start, end)))
    assert pieces.start == 1.5
    assert [j.start for j in pieces.joins(Piece(2.5, 3.0))] == [2.5, 1.5]


@pytest.mark.parametrize(("end", "count"), [(LONGEST, 2), (LONGEST + 0.01, 1)])
def test_a_join_is_no_longer_than_a_stroke(end, count):
    assert len(joins((0.0, 3.0), (3.5, end))) == count


def test_movements_are_forgotten_after_a_long_rest():
    pieces = Pieces()
    list(pieces.joins(Piece(0.0, 1.0)))
    pieces.pass_time(1.0 + REJOIN - 0.01, resting=True)
    assert pieces.start == 0.0
    pieces.pass_time(1.0 + REJOIN + 0.01, resting=False)
    assert pieces.start == 0.0
    pieces.pass_time(1.0 + REJOIN + 0.01, resting=True)
    assert pieces.start is None


def test_a_movement_that_began_too_long_ago_is_forgotten():
    pieces = Pieces()
    list(pieces.joins(Piece(1.0, 2.0)))
    pieces.pass_time(1.0 + MEMORY, resting=False)
    assert pieces.start == 1.0
    pieces.pass_time(1.01 + MEMORY, resting=False)
    assert pieces.start is None


def test_cleared_movements_are_joined_to_nothing():
    pieces = Pieces()
    list(pieces.joins(Piece(0.0, 0.5)))
    pieces.clear()
    assert len(list(pieces.joins(Piece(0.75, 1.0)))) == 1
