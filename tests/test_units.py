"""Quantities carry their unit: what is read, what is refused, and what is written back."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from simulator import units


def refused(read, value) -> tuple[str, str]:
    """The class and the sentence with which a value is refused."""
    with pytest.raises(PydanticCustomError) as error:
        read(value)
    return error.value.type, error.value.message()


@pytest.fixture
def nine_in_seoul():
    token = units.start_of_time.set(datetime.fromisoformat("2026-06-01T09:00+09:00"))
    yield
    units.start_of_time.reset(token)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("250ms", 0.25),
        ("90s", 90),
        ("5m", 300),
        ("1.5h", 5400),
        (" 2 d ", 172800),
        ("2w", 1209600),
        ("1y", 365 * 86400),
        (".5m", 30),
        ("1e3s", 1000),
        ("0s", 0),
    ],
)
def test_a_duration_is_seconds_inside(text, seconds):
    assert units.duration(text) == seconds


@pytest.mark.parametrize(("text", "per_second"), [("60/s", 60), ("6/m", 0.1), ("7200/h", 2), ("86400 / d", 1), ("1/ms", 1000)])
def test_a_rate_is_events_a_second_inside(text, per_second):
    assert units.rate(text) == pytest.approx(per_second, rel=1e-15)


def test_a_share_is_a_fraction_inside():
    assert [units.share("60%"), units.share("99.9%"), units.share("0%")] == [0.6, 0.999, 0]


def test_a_number_without_its_unit_is_refused_with_the_fix():
    assert refused(units.duration, 90) == ("ConfigUnit", "a duration needs a unit: write '90s' or '90m'")
    assert refused(units.rate, 60) == ("ConfigUnit", "a rate needs a unit: write '60/s'")
    assert refused(units.share, 0.6) == ("ConfigUnit", "a share needs its sign: write '60%'")


@pytest.mark.parametrize(
    ("read", "value", "kind"),
    [
        (units.duration, "5 minutes", "ConfigUnit"),
        (units.duration, "1h30m", "ConfigUnit"),
        (units.duration, "1:30", "ConfigUnit"),
        (units.duration, "1d2", "ConfigUnit"),
        (units.duration, "5M", "ConfigUnit"),
        (units.duration, "", "ConfigUnit"),
        (units.duration, "nans", "ConfigUnit"),
        (units.duration, "60%", "ConfigUnit"),
        (units.duration, "-5h", "ConfigRange"),
        (units.duration, float("nan"), "ConfigRange"),
        (units.duration, float("inf"), "ConfigRange"),
        (units.duration, "101y", "ConfigLimit"),
        (units.duration, "1e999s", "ConfigLimit"),
        (units.duration, True, "ConfigType"),
        (units.duration, None, "ConfigType"),
        (units.duration, ["5m"], "ConfigType"),
        (units.rate, "-1/s", "ConfigRange"),
        (units.rate, "60", "ConfigUnit"),
        (units.rate, "1/0s", "ConfigUnit"),
        (units.share, 100, "ConfigRange"),
        (units.share, "-1%", "ConfigRange"),
        (units.count, 2.5, "ConfigType"),
        (units.count, "3", "ConfigType"),
        (units.count, True, "ConfigType"),
        (units.count, float("inf"), "ConfigRange"),
        (units.count, -1, "ConfigRange"),
        (units.positive_count, 0, "ConfigRange"),
        (units.server_count, 10**9, "ConfigLimit"),
        (units.number, "3", "ConfigType"),
        (units.number, False, "ConfigType"),
        (units.number, float("nan"), "ConfigRange"),
    ],
)
def test_what_is_no_quantity_is_refused_by_its_class(read, value, kind):
    assert refused(read, value)[0] == kind


def test_too_many_servers_are_refused_with_what_they_would_need():
    """10^9 servers of 4,000 bytes are 4,000 GB."""
    assert "about 4,000 GB" in refused(units.server_count, 10**9)[1]


@pytest.mark.usefixtures("nine_in_seoul")
@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2h", 7200),
        ("09:00", 0),
        ("13:30", 4.5 * 3600),
        ("13:30:15", 4.5 * 3600 + 15),
        ("08:00", 23 * 3600),
        ("2026-06-02T09:00", 86400),
        ("2026-06-01T01:00Z", 3600),
    ],
)
def test_a_moment_is_an_offset_or_the_next_such_clock_time_after_the_start(text, seconds):
    """The start is 09:00 in Seoul, which is midnight in Greenwich: 08:00 is tomorrow's, 01:00Z an hour in."""
    assert units.moment(text) == seconds


@pytest.mark.usefixtures("nine_in_seoul")
@pytest.mark.parametrize("text", ["01:00Z", "01:00+00:00"])
def test_a_clock_time_with_a_zone_is_meant_in_that_zone(text):
    """01:00 in Greenwich is 10:00 in Seoul, an hour after the start; another zone than the start's must not be ignored."""
    assert units.moment(text) == 3600


@pytest.mark.usefixtures("nine_in_seoul")
def test_a_date_before_the_start_is_refused():
    assert refused(units.moment, "2026-05-31T09:00")[0] == "ConfigRange"


def test_a_clock_time_needs_a_start():
    kind, message = refused(units.moment, "13:30")
    assert (kind, "`start`" in message) == ("ConfigConflict", True)


@given(st.floats(0, units.LONGEST))
def test_a_duration_reads_back_as_it_was_written(seconds):
    assert units.duration(units.show_duration(seconds)) == seconds


@given(st.integers(0, 10**10))
def test_whole_milliseconds_read_back_as_they_were_written(milliseconds):
    assert units.duration(units.show_duration(milliseconds / 1000)) == milliseconds / 1000


@given(st.floats(0, 1))
def test_a_share_reads_back_as_it_was_written(fraction):
    assert units.share(units.show_share(fraction)) == fraction


@given(st.floats(0, 1e300))
def test_a_rate_reads_back_as_it_was_written(per_second):
    assert units.rate(f"{units.show_number(per_second)}/s") == per_second


@pytest.mark.parametrize(("seconds", "text"), [(0, "0s"), (0.1, "100ms"), (90, "1.5m"), (3600, "1h"), (86400, "1d"), (2592000, "30d"), (1.0, "1s")])
def test_a_duration_is_written_as_people_write_it(seconds, text):
    assert units.show_duration(seconds) == text


@given(st.text())
def test_any_text_is_read_or_refused_and_never_breaks_the_reader(text):
    for read in (units.duration, units.rate, units.share, units.moment):
        try:
            read(text)
        except PydanticCustomError as error:
            assert error.type.startswith("Config")
