"""Text: two significant digits, a unit, and the interval in the same string."""

from __future__ import annotations

from math import inf, nan

import pytest

from simulator.text import interval, span, value, whole_percent


@pytest.mark.parametrize(
    "seconds, text",
    [
        (0, "0 s"),
        (0.0123, "12 ms"),
        (38.4, "38 s"),
        (384, "6.4 min"),
        (5000, "1.4 h"),
        (36 * 3600, "36 h"),
        (3 * 86400, "3.0 d"),
        (inf, "not reached"),
        (nan, "not known"),
    ],
)
def test_a_duration_takes_the_largest_unit_it_fills(seconds, text):
    assert span(seconds) == text


@pytest.mark.parametrize("share, text", [(0, "0 %"), (0.874, "87 %"), (0.9998, "99.980 %"), (1, "100 %"), (0.0123, "1.2 %")])
def test_a_share_near_all_shows_what_is_missing(share, text):
    assert value(share, "share") == text


def test_an_interval_has_the_digits_that_tell_its_bounds_apart():
    assert interval(0.8674, 0.8654, 0.8694, "share") == "86.7 % (86.5 to 86.9)"
    assert interval(-2000, -2100, -1900, "duration", signed=True) == "−33 min (−35 to −32)"
    assert interval(0.122, 0.121, 0.123, "share", signed=True) == "+12.2 points (+12.1 to +12.3)"


def test_what_has_no_width_has_no_interval():
    assert interval(96, 96, 96 + 1e-12, "number") == "96"
    assert interval(1e-13, -1e-13, 2e-13, "number", signed=True) == "0"


def test_a_bound_that_is_not_known_is_said():
    assert interval(400, 380, inf, "duration") == "6.7 min (6.3 min to not reached)"
    assert interval(inf, inf, inf, "duration") == "not reached"


def test_a_small_part_is_not_none():
    assert [whole_percent(share) for share in (0, 0.001, 0.07, 1)] == ["0 %", "<1 %", "7 %", "100 %"]
