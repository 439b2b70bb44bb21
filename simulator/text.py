"""Text: numbers as people read them, two significant digits and a unit."""

from __future__ import annotations

import math

from simulator.units import SECONDS


def plain(value: float, digits: int = 2) -> str:
    """`1,200`, `0.31`, `not known`."""
    if math.isnan(value):
        return "not known"
    if math.isinf(value):
        return "not reached"
    if value == 0:
        return "0"
    places = digits - 1 - math.floor(math.log10(abs(value)))
    rounded = round(value, places)
    return f"{rounded:,.{max(0, digits - 1 - math.floor(math.log10(abs(rounded))))}f}"


def span(seconds: float) -> str:
    """A duration: `38 s`, `6.4 min`, `3.8 h`."""
    if not math.isfinite(seconds) or seconds == 0:
        return "0 s" if seconds == 0 else plain(seconds)
    unit, name = next(
        (unit, name)
        for unit, name in (("d", "d"), ("h", "h"), ("m", "min"), ("s", "s"), ("ms", "ms"))
        if abs(seconds) >= 0.995 * SECONDS[unit] * (2 if unit == "d" else 1) or unit == "ms"
    )
    return f"{plain(seconds / SECONDS[unit])} {name}"


def percent(fraction: float) -> str:
    """A share: `89 %`; close to all or nothing the digits that tell it from there: `99.982 %`."""
    if not math.isfinite(fraction) or fraction in (0.0, 1.0):
        return plain(fraction) if not math.isfinite(fraction) else f"{100 * fraction:.0f} %"
    if fraction > 0.9:
        short = 100 - 100 * fraction
        return f"{100 * fraction:.{max(0, 1 - math.floor(math.log10(short)))}f} %"
    return f"{plain(100 * fraction)} %"


def value(number: float, unit: str) -> str:
    """A metric's number in its unit: duration, share or number."""
    return {"duration": span, "share": percent, "number": plain}[unit](number)


def change(number: float, unit: str) -> str:
    """A difference with its sign; of shares in percentage points."""
    if unit == "share":
        text = f"{plain(100 * abs(number))} points"
    else:
        text = value(abs(number), unit)
    return text if not math.isfinite(number) or number == 0 else f"{'+' if number > 0 else '−'}{text}"
