"""Working hours: when people are at work, by the scenario's calendar."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, StringConstraints, model_validator

from simulator.component import Model, assumed, refuse
from simulator.units import PositiveCount

DAY = 86400.0
WEEK = 7  # days


def _clock(value: str) -> str:
    if value > "24:00" or value[3:] > "59":
        raise refuse("ConfigRange", f"{value} is no time of day")
    return value


Clock = Annotated[str, StringConstraints(pattern=r"^[0-2][0-9]:[0-5][0-9]$"), AfterValidator(_clock)]


class Hours(Model):
    """A working week. The calendar is that of the scenario's `start`; a scenario without one begins on a Monday at 00:00."""

    begin: Annotated[Clock, assumed("office hours")] = "09:00"
    end: Annotated[Clock, assumed("office hours")] = "17:00"
    days: Annotated[PositiveCount, assumed("Monday to Friday")] = 5

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not 1 <= self.days <= WEEK:
            raise refuse("ConfigRange", f"`days` are 1 (Mondays only) to 7, not {self.days}")
        if seconds(self.begin) >= seconds(self.end):
            raise refuse("ConfigConflict", "`begin` should come before `end`: these hours never begin")
        return self

    def open(self, week: float) -> bool:
        """Whether people are at work so many seconds after a Monday's 00:00."""
        day, time = divmod(week % (WEEK * DAY), DAY)
        return day < self.days and seconds(self.begin) <= time < seconds(self.end)


def seconds(clock: str) -> float:
    """Since midnight."""
    return 3600.0 * int(clock[:2]) + 60.0 * int(clock[3:])
