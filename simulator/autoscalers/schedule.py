"""Schedules: the least number of servers at set times, as a cron scaler has it beside an autoscaler."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from math import inf
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, StrictBool, model_validator

from simulator.component import Model, refuse
from simulator.units import Moment, ServerCount

DAY = 86400.0


class Entry(Model):
    """At least `min` servers `from` a time `until` another (or for good), given as offsets or clock times."""

    begin: Moment = Field(alias="from")
    until: Moment | None = None
    min: ServerCount
    daily: StrictBool = Field(False, description="Again every day; so it is where nothing is said and `from` is a time of day.")

    @model_validator(mode="before")
    @classmethod
    def _of_the_day(cls, given: Any) -> Any:
        clock = isinstance(given, dict) and isinstance(given.get("from"), str) and ":" in given["from"] and "T" not in given["from"]
        return {"daily": True, **given} if clock else given

    @model_validator(mode="after")
    def _lasting(self) -> Self:
        if self.daily and self.until is None:
            raise refuse("ConfigMissing", "what is so every day needs its `until`")
        if self.until is not None and (self.lasts <= 0 or self.until == self.begin):
            raise refuse("ConfigConflict", "`until` should come after `from`")
        return self

    @property
    def lasts(self) -> float:
        """How long it holds each time (seconds)."""
        if self.until is None:
            return inf
        return (self.until - self.begin) % DAY if self.daily else self.until - self.begin

    def holds(self, time: float) -> bool:
        """Whether it does at a time (seconds)."""
        since = time - self.begin
        return 0 <= (since % DAY if self.daily else since) < self.lasts

    def turns(self, horizon: float) -> Iterator[float]:
        """When it begins or ends, up to the horizon (seconds)."""
        days = range(-1, int(horizon // DAY) + 2) if self.daily else range(1)
        times = (self.begin % DAY + day * DAY + edge if self.daily else self.begin + edge for day in days for edge in (0.0, self.lasts))
        yield from (time for time in times if 0 <= time <= horizon)

    def dump(self) -> dict[str, Any]:
        """As it is read: `from` is no name that Python would take."""
        return {{"begin": "from"}.get(name, name): value for name, value in super().dump().items()}


def _apart(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    for (number, one), (_, other) in combinations(enumerate(entries), 2):
        if overlap(one, other):
            raise refuse(
                "ConfigConflict", f"schedule[{number}] and one after it are on at the same time, from {other.begin / 3600:g} h on; say one `min` for each time"
            )
    return entries


def overlap(one: Entry, other: Entry) -> bool:
    """Whether both hold at some time: then one of them holds when the other begins."""
    if one.daily and other.daily:
        return one.holds(other.begin) or other.holds(one.begin)
    if one.daily or other.daily:
        each, once = (one, other) if one.daily else (other, one)
        return each.holds(once.begin) or (each.begin - once.begin) % DAY < once.lasts
    return one.holds(other.begin) or other.holds(one.begin)


def least(entries: Sequence[Entry], time: float) -> int:
    """How many there should be at least at a time (seconds)."""
    return max((entry.min for entry in entries if entry.holds(time)), default=0)


Schedule = Annotated[tuple[Entry, ...], AfterValidator(_apart)]
