"""Quantities: numbers that carry their unit in a scenario file and are plain seconds, per-second rates or shares inside."""

from __future__ import annotations

import math
import re
from contextvars import ContextVar
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from simulator.component import refuse

# Decimal, so that what is written in decimals is read without a rounding of its own.
SECONDS = {
    unit: Decimal(seconds) for unit, seconds in (("ms", "0.001"), ("s", "1"), ("m", "60"), ("h", "3600"), ("d", "86400"), ("w", "604800"), ("y", "31536000"))
}
BYTES = {unit: Decimal(10) ** power for unit, power in (("B", 0), ("kB", 3), ("MB", 6), ("GB", 9), ("TB", 12))}
NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
DURATION = re.compile(rf"({NUMBER})\s*({'|'.join(SECONDS)})")
RATE = re.compile(rf"({NUMBER})\s*/\s*({'|'.join(SECONDS)})")
SIZE = re.compile(rf"({NUMBER})\s*({'|'.join(BYTES)})")
BANDWIDTH = re.compile(rf"({NUMBER})\s*({'|'.join(BYTES)})/s")
SHARE = re.compile(rf"({NUMBER})\s*(%)")
LONGEST = float(100 * SECONDS["y"])
MOST_SERVERS = 1_000_000
BYTES_A_SERVER = 4_000  # measured: 100,000 pets at rest take 377 MiB more than 1,000

start_of_time: ContextVar[datetime | None] = ContextVar("start_of_time", default=None)


def duration(value: Any) -> float:
    """Seconds of `"5m"`; a number without a unit is refused."""
    seconds = _read(value, DURATION, "a duration needs a unit: write", lambda v: f"'{v}s' or '{v}m'", "'250ms', '90s', '5m', '2h' or '30d'", SECONDS)
    if seconds > LONGEST:
        raise refuse("ConfigLimit", f"{value} is longer than 100 years, the most that is simulated")
    return seconds


def rate(value: Any) -> float:
    """Events per second of `"60/s"`."""
    return _read(value, RATE, "a rate needs a unit: write", lambda v: f"'{v}/s'", "'60/s' or '5/m'", {unit: 1 / seconds for unit, seconds in SECONDS.items()})


def size(value: Any) -> float:
    """Bytes of `"100GB"`."""
    return _read(value, SIZE, "a size needs a unit: write", lambda v: f"'{v}GB'", "'500MB', '100GB' or '2TB'", BYTES)


def bandwidth(value: Any) -> float:
    """Bytes per second of `"100MB/s"`."""
    return _read(value, BANDWIDTH, "a bandwidth needs a unit: write", lambda v: f"'{v}MB/s'", "'100MB/s'", BYTES)


def share(value: Any) -> float:
    """A fraction of `"60%"`."""
    if isinstance(value, int | float) and not isinstance(value, bool) and not 0 <= value <= 1:
        raise refuse("ConfigRange", f"{value} is no share: write it between '0%' and '100%'")
    return _read(value, SHARE, "a share needs its sign: write", lambda v: f"'{100 * v:g}%'" if 0 < v < 1 else f"'{v}%'", "'60%'", {"%": Decimal("0.01")})


def percent(value: Any) -> int:
    """The whole number of `"150%"`, which may be above 100."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise refuse("ConfigUnit", f"a percentage needs its sign: write '{value:g}%'")
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{1,6}%", value.strip()):
        raise refuse("ConfigUnit", f"cannot read {value!r:.60}; write a whole percentage like '60%'")
    return int(value.strip()[:-1])


def moment(value: Any) -> float:
    """Seconds since the start of `"2h"`, or of a clock time where the scenario gives its `start`."""
    if isinstance(value, datetime):  # a YAML time stamp
        value = value.isoformat()
    if not isinstance(value, str):
        return duration(value)
    clock = _clock(value)
    if clock is None:
        return duration(value)
    start = start_of_time.get()
    if start is None:
        raise refuse("ConfigConflict", f"{value!r} is a clock time: give the scenario a `start`, or an offset such as '2h'")
    if clock.tzinfo and not start.tzinfo:
        raise refuse("ConfigConflict", f"{value!r} has a time zone and the scenario's `start` has none")
    zone = clock.tzinfo or start.tzinfo
    try:
        if isinstance(clock, time):
            clock = datetime.combine(start.astimezone(zone).date() if zone else start.date(), clock.replace(tzinfo=zone))
            clock += timedelta(days=clock < start)
        offset = (clock.replace(tzinfo=zone) - start).total_seconds()
    except OverflowError:
        raise refuse("ConfigRange", f"{value!r} lies beyond the calendar") from None
    if offset < 0:
        raise refuse("ConfigRange", f"{value!r} lies before the scenario's start, {start.isoformat()}")
    return duration(f"{offset!r}s")


def _clock(value: str) -> time | datetime | None:
    for kind in (time, datetime):
        try:
            return kind.fromisoformat(value) if ":" in value else None
        except ValueError:
            continue
    return None


def count(value: Any) -> int:
    """A whole number of things."""
    if isinstance(value, float) and not math.isfinite(value):
        raise refuse("ConfigRange", f"should be a finite whole number, not {value}")
    if isinstance(value, bool) or not isinstance(value, int):
        raise refuse("ConfigType", f"should be a whole number, not {value!r:.60}")
    if value < 0:
        raise refuse("ConfigRange", f"should not be negative, not {value}")
    return value


def positive_count(value: Any) -> int:
    """A whole number of things, at least one."""
    if count(value) < 1:
        raise refuse("ConfigRange", f"should be at least 1, not {value}")
    return int(value)


def server_count(value: Any) -> int:
    """A number of servers that a machine can hold in memory."""
    if positive_count(value) > MOST_SERVERS:
        raise refuse("ConfigLimit", f"{value} servers would need about {value * BYTES_A_SERVER / 1e9:,.0f} GB a run; the limit is {MOST_SERVERS:,}")
    return int(value)


def number(value: Any) -> float:
    """A plain number, such as a factor or a shape."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refuse("ConfigType", f"should be a plain number, not {value!r:.60}")
    if not math.isfinite(value):
        raise refuse("ConfigRange", f"should be a finite number, not {value}")
    return float(value)


def not_negative(value: float) -> float:
    """Any of these, nought included."""
    if value < 0:
        raise refuse("ConfigRange", f"should not be negative, not {value:g}")
    return value


def positive(value: float) -> float:
    """Any of these, above nought."""
    if value <= 0:
        raise refuse("ConfigRange", f"should be above zero, not {value:g}")
    return value


def part_of_one(value: float) -> float:
    """A share that is no more than all."""
    if value > 1:
        raise refuse("ConfigRange", f"should be at most 100%, not {100 * value:g}%")
    return value


def show_duration(seconds: float) -> str:
    """The shortest text that reads back as exactly these seconds."""
    if not seconds:
        return "0s"
    exact = Decimal(repr(seconds))
    for unit in ("d", "h", "m", "s", "ms"):
        amount = exact / SECONDS[unit]
        text = f"{amount.normalize():f}"
        if (amount >= 1 or unit == "ms") and len(text) <= 12 and float(Decimal(text) * SECONDS[unit]) == seconds:
            return text + unit
    return f"{seconds!r}s"


def show_rate(per_second: float) -> str:
    """A short text that reads back as exactly this rate, if there is one: per second, or per the unit that makes it short."""
    plain = f"{show_number(per_second)}/s"
    for unit in SECONDS if len(plain) > 10 else ():
        text = f"{per_second * float(SECONDS[unit]):.10g}/{unit}"
        if len(text) <= 10 and "e" not in text and rate(text) == per_second:
            return text
    return plain


def show_size(size: float) -> str:
    """The shortest text that reads back as exactly these bytes."""
    exact = Decimal(repr(size))
    unit = next((unit for unit, many in reversed(BYTES.items()) if exact >= many), "B")
    return f"{(exact / BYTES[unit]).normalize():f}{unit}"


def show_share(fraction: float) -> str:
    """The shortest text that reads back as exactly this share."""
    return f"{(Decimal(repr(fraction)) * 100).normalize():f}%"


def show_number(value: float) -> int | float:
    """Whole numbers without a point."""
    return int(value) if value.is_integer() else value


def _read(value: Any, pattern: re.Pattern[str], complaint: str, remedy: Any, examples: str, units: dict[str, Decimal]) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not math.isfinite(value):
            raise refuse("ConfigRange", f"should be a finite quantity, not {value}")
        raise refuse("ConfigUnit", f"{complaint} {remedy(value)}")
    if not isinstance(value, str):
        raise refuse("ConfigType", f"should be a quantity such as {examples}, not {value!r:.60}")
    found = pattern.fullmatch(value.strip())
    if not found:
        raise refuse("ConfigUnit", f"cannot read {value!r:.60}; write it like {examples}")
    try:
        read = float(Decimal(found[1]) * units[found[2]])
    except ArithmeticError:
        read = math.inf
    if not math.isfinite(read):
        raise refuse("ConfigLimit", f"{value!r:.60} is too large a number")
    if read < 0:
        raise refuse("ConfigRange", f"should not be negative, not {value!r:.60}")
    return read


def _text(pattern: re.Pattern[str], *examples: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern.pattern}$", "examples": list(examples)})


_durations = _text(DURATION, "90s", "5m", "2h", "30d")
Duration = Annotated[float, BeforeValidator(duration), PlainSerializer(show_duration), _durations]
PositiveDuration = Annotated[float, BeforeValidator(lambda v: positive(duration(v))), PlainSerializer(show_duration), _durations]
Moment = Annotated[
    float, BeforeValidator(moment), PlainSerializer(show_duration), WithJsonSchema({"type": "string", "examples": ["2h", "13:30", "2026-06-01T13:30+09:00"]})
]
Rate = Annotated[float, BeforeValidator(rate), PlainSerializer(show_rate), _text(RATE, "60/s", "5/m")]
PositiveRate = Annotated[float, BeforeValidator(lambda v: positive(rate(v))), PlainSerializer(show_rate), _text(RATE, "60/s", "5/m")]
Size = Annotated[float, BeforeValidator(size), PlainSerializer(show_size), _text(SIZE, "500MB", "100GB")]
Bandwidth = Annotated[float, BeforeValidator(lambda v: positive(bandwidth(v))), PlainSerializer(lambda v: f"{show_size(v)}/s"), _text(BANDWIDTH, "100MB/s")]
Share = Annotated[float, BeforeValidator(lambda v: part_of_one(share(v))), PlainSerializer(show_share), _text(SHARE, "60%")]
PositiveShare = Annotated[float, BeforeValidator(lambda v: positive(part_of_one(share(v)))), PlainSerializer(show_share), _text(SHARE, "60%")]
Percent = Annotated[int, BeforeValidator(percent), PlainSerializer(lambda v: f"{v}%"), WithJsonSchema({"type": "string", "pattern": "^[0-9]+%$"})]
Count = Annotated[int, BeforeValidator(count), WithJsonSchema({"type": "integer", "minimum": 0})]
PositiveCount = Annotated[int, BeforeValidator(positive_count), WithJsonSchema({"type": "integer", "minimum": 1})]
ServerCount = Annotated[int, BeforeValidator(server_count), WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MOST_SERVERS})]
NonNegative = Annotated[
    float, BeforeValidator(lambda v: not_negative(number(v))), PlainSerializer(show_number), WithJsonSchema({"type": "number", "minimum": 0})
]
Number = Annotated[float, BeforeValidator(number), PlainSerializer(show_number), WithJsonSchema({"type": "number"})]
PositiveNumber = Annotated[
    float, BeforeValidator(lambda v: positive(number(v))), PlainSerializer(show_number), WithJsonSchema({"type": "number", "exclusiveMinimum": 0})
]
