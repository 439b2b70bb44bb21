"""Text: numbers as people read them: two significant digits, a unit, and the interval in the same string."""

from __future__ import annotations

import math

# What a metric's numbers are shown in, and how large that is; durations take the largest unit they fill.
SCALES = {"share": " %", "number": ""}
NOUGHT = 1e-9  # what rounding makes of nothing
LENGTHS = ((" d", 86400.0, 172800.0), (" h", 3600.0, 3600.0), (" min", 60.0, 60.0), (" s", 1.0, 1.0), (" ms", 0.001, 0.0))


def value(number: float, unit: str, signed: bool = False) -> str:
    """A number of a metric: `6.4 min`, `87 %`, `99.98 %`, `1,200`; differences of shares in points."""
    return _known(number) or _written(number, number, unit, 0.0, signed) + _name(number, unit, signed)


def interval(number: float, low: float, high: float, unit: str, signed: bool = False) -> str:
    """The same with its interval, in as many digits as tell the bounds apart: `86.7 % (86.5 to 86.9)`."""
    if math.isnan(low + high) or abs(high - low) <= NOUGHT * max(1.0, abs(number)):
        return value(number, unit, signed)
    if not math.isfinite(number + low + high):
        middle, *ends = (value(x, unit, signed) for x in (number, low, high))
        return middle if ends == [middle, middle] else f"{middle} ({ends[0]} to {ends[1]})"
    middle, *ends = (_written(x, number, unit, (high - low) / 2, signed) for x in (number, low, high))
    around = f" ({ends[0]} to {ends[1]})" if ends[0] != ends[1] else ""
    return f"{middle}{_name(number, unit, signed)}{around}"


def span(seconds: float) -> str:
    """A duration: `38 s`, `6.4 min`, `3.8 h`."""
    return value(seconds, "duration")


def percent(fraction: float) -> str:
    """A share: `87 %`, `99.98 %`."""
    return value(fraction, "share")


def whole_percent(fraction: float) -> str:
    """A share of a whole that is split up: `7 %`, `<1 %`."""
    return "<1 %" if 0 < fraction < 0.005 else f"{100 * fraction:.0f} %"


def plain(number: float) -> str:
    """A number without a unit: `1,200`, `0.31`."""
    return value(number, "number")


def _known(number: float) -> str:
    return "not known" if math.isnan(number) else "not reached" if math.isinf(number) else ""


def _size(number: float, unit: str) -> tuple[str, float]:
    if unit == "duration":
        return next((name, size) for name, size, least in LENGTHS if abs(number) >= 0.995 * least) if number else (" s", 1.0)
    return SCALES[unit], 0.01 if unit == "share" else 1.0


def _name(number: float, unit: str, signed: bool) -> str:
    return " points" if signed and unit == "share" else _size(number, unit)[0]


def _written(number: float, like: float, unit: str, width: float, signed: bool) -> str:
    """A number in the unit and to the digits that `like` asks for, or its interval where that is narrower."""
    size = _size(like, unit)[1]
    shown = abs(like) / size
    if unit == "share" and not signed and 90 < shown < 100:
        shown = 100 - shown  # what is missing from all tells 99.9 % from 99.99 %
    places = max(_places(shown, 2), min(_places(shown, 4), _places(width / size, 1)) if width else -99)
    rounded = round(number / size, places)
    sign = "+" if signed and rounded > 0 else "−" if rounded < 0 else ""
    return f"{sign}{abs(rounded):,.{max(0, places)}f}"


def _places(number: float, digits: int) -> int:
    """Places behind the point for so many significant digits."""
    return digits - 1 - math.floor(math.log10(number)) if number > NOUGHT else 0
