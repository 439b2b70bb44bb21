"""Releases: new versions of one item of the servers' software."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from pydantic import StrictBool

from simulator.component import Component, Name
from simulator.releases.defect import Defect


class Release(Component):
    """New versions of an item: `app`, which every fleet has, or one of the fleets' `stack`."""

    drawn: ClassVar[bool] = False  # whether its times differ between replications
    item: Name = "app"
    security: StrictBool = False  # whether it mends a hole, so that who lacks it is exposed
    defect: Defect | None = None
    breaks: StrictBool = False  # whether it and what came before it cannot serve together, as with a change of the database's schema

    @classmethod
    def from_shorthand(cls, value: Any) -> Any:
        """A version at a time need not name its kind."""
        return {"kind": "at", **value} if isinstance(value, dict) else value

    def times(self, uniform: Callable[[int], float]) -> Iterator[float]:
        """When they are announced (seconds), in order, perhaps without end; `uniform(k)` is its k-th number between 0 and 1."""
        raise NotImplementedError

    def expected(self, horizon: float) -> float:
        """About how many there are up to the horizon (seconds)."""
        raise NotImplementedError

    def named(self, k: int) -> tuple[str, str] | None:
        """The key that gives its k-th version, and the version; None where it counts up from the newest."""
        raise NotImplementedError

    @property
    def goes_back(self) -> bool:
        """Whether its version is older than the one before it on purpose."""
        return False
