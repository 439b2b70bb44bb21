"""A polyline is a rate over time: its values, jumps, sums, products and integrals."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.polyline import Polyline

ramp = Polyline([(10, 0), (20, 100)])
step = Polyline([(0, 50), (15, 50), (15, 200)])


@st.composite
def polylines(draw: st.DrawFn) -> Polyline:
    times = sorted(draw(st.lists(st.integers(0, 200), min_size=1, max_size=8)))
    return Polyline([(time, draw(st.integers(0, 1000))) for time in times])


def by_hand(rate: Polyline, start: float, end: float) -> float:
    """The trapezoids between whole seconds: exact, as all knots are there."""
    return sum((rate(second) + rate.before(second + 1)) / 2 for second in range(int(start), int(end)))


def test_the_rate_is_linear_between_knots_and_holds_outside():
    assert [ramp(0), ramp(10), ramp(12.5), ramp(20), ramp(99)] == [0, 0, 25, 100, 100]


def test_at_a_jump_the_rate_is_the_one_after_it():
    assert (step(15), step.before(15), step(14.9)) == (200, 50, 50)


def test_a_jump_at_the_first_knot_leaves_the_first_rate_before_it():
    assert [Polyline([(5, 1), (5, 2)])(time) for time in (4, 5, 6)] == [1, 2, 2]


@pytest.mark.parametrize("knots", [[], [(1, 0), (0, 0)], [(0, -1)], [(0, float("nan"))], [(0, float("inf"))], [(float("nan"), 1)]])
def test_a_polyline_that_makes_no_sense_is_refused(knots):
    with pytest.raises(ValueError):
        Polyline(knots)


def test_a_sum_keeps_the_jumps_of_both():
    """At 15 the ramp is at 50 and the step goes from 50 to 200."""
    total = sum([ramp, step])
    assert (total.before(15), total(15), total(20), total(0)) == (100, 250, 300, 50)


def test_a_product_is_exact_at_its_knots_and_at_most_a_minute_apart():
    """Over 0..600 s, t/600 times t/600: the knots lie on the square, and a chord of 60 s is off by at most (60/600)^2 / 4."""
    line = Polyline([(0, 0), (600, 1)])
    square = line * line
    assert max(b - a for a, b in pairwise(square.times)) == 60
    assert [square(t) for t in square.times] == pytest.approx([(t / 600) ** 2 for t in square.times], abs=1e-15)
    assert square(30) - (30 / 600) ** 2 == pytest.approx(0.01 / 4)


def test_a_product_needs_no_more_knots_where_one_of_the_two_is_level():
    """A surge of factor 5 that rises over a day-long level rate: the knots of the surge, and the first."""
    surge = Polyline([(100, 1), (400, 5)])
    assert (Polyline([(0, 60)]) * surge).times == [0, 100, 400]


def test_a_product_with_a_jump_jumps():
    both = ramp * Polyline([(15, 1), (15, 3)])
    assert (both.before(15), both(15), both(20)) == (50, 150, 300)


def test_an_integral_starts_and_ends_anywhere():
    """From 12 to 18 the ramp goes from 20 to 80: 6 s at 50 on average; after 20 s it is level."""
    assert ramp.integral(12, 18) == pytest.approx(300)
    assert ramp.integral(0, 30) == pytest.approx(500 + 1000)
    assert step.integral(14, 16) == 50 + 200
    assert step.mean(14, 16) == 125
    assert step.mean(15, 15) == 200


def test_a_short_integral_late_in_a_year_has_lost_no_digits():
    """A second of a level rate is that rate, to the rounding of the clock, however much came before."""
    year = Polyline([(hour * 3600, 1000) for hour in range(8760)])
    assert year.integral(31_000_000, 31_000_001) == 1000


@given(polylines(), polylines(), st.integers(-10, 210))
def test_sums_and_products_are_those_of_the_values_on_both_sides(one, other, time):
    for side in ("__call__", "before"):
        a, b = getattr(one, side)(time), getattr(other, side)(time)
        assert getattr(one + other, side)(time) == pytest.approx(a + b)
    after = one * other
    for knot in after.times:
        assert after(knot) == pytest.approx(one(knot) * other(knot))
        assert after.before(knot) == pytest.approx(one.before(knot) * other.before(knot))


@given(polylines(), st.integers(-20, 220), st.integers(-20, 220))
def test_integrals_are_areas_and_add_up(rate, start, end):
    start, end = min(start, end), max(start, end)
    middle = (start + end) // 2
    assert rate.integral(start, end) == pytest.approx(by_hand(rate, start, end), abs=1e-9)
    assert rate.integral(start, end) == pytest.approx(rate.integral(start, middle) + rate.integral(middle, end), abs=1e-9)
    assert rate.integral(end, start) == -rate.integral(start, end)
