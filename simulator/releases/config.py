"""Releases of configuration: the same software with another environment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from simulator.component import Name
from simulator.releases.release import Release
from simulator.units import Moment


class Config(Release):
    """New values of environment variables, from a time on, for the fleets that have an `env`: containers are rolled, pets are edited in place.

    It is a version of the item `config`, which begins at 1 and counts up.
    """

    kind: Literal["config"] = "config"
    item: Literal["config"] = "config"
    at: Moment
    env: Annotated[Mapping[Name, str], Field(min_length=1)]

    def times(self, uniform: Callable[[int], float]) -> Iterator[float]:
        yield self.at

    def expected(self, horizon: float) -> float:
        return float(self.at <= horizon)

    def named(self, k: int) -> None:
        return None
