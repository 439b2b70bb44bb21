"""Releases: new versions of one item of the servers' software."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, StrictBool, model_validator

from simulator.component import Component, Name, assumed, meant, refuse
from simulator.releases.defect import Defect
from simulator.units import Duration


class Release(Component):
    """New versions of an item: `app`, which every fleet has, or one of the fleets' `stack`."""

    drawn: ClassVar[bool] = False  # whether its times differ between replications
    item: Name = "app"
    security: StrictBool = False  # whether it mends a hole, so that who lacks it is exposed
    defect: Defect | None = None
    breaks: StrictBool = False  # whether it and what came before it cannot serve together, as with a change of the database's schema

    promote: Annotated[tuple[Name, ...], Field(description="Environments, in which one after another its fleets want it; without it all do at once.")] = ()
    soak: Annotated[Duration, assumed("a day")] = 86400.0  # for which all servers of one environment have run it before the next gets it

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        twice = next((name for name in self.promote if self.promote.count(name) > 1), None)
        if twice is not None:
            raise refuse("ConfigConflict", f"`promote` names {twice!r} twice; each environment gets a release once")
        return self

    def dump(self) -> dict[str, Any]:
        """What is not promoted soaks nowhere."""
        return {name: value for name, value in super().dump().items() if self.promote or name not in ("promote", "soak")}

    def strangers(self, environments: Collection[str]) -> Iterator[tuple[int, str]]:
        """The environments it is promoted to that no fleet uses: which, and what to say of it."""
        for place, name in enumerate(self.promote):
            if name not in environments:
                known = meant(name, environments) or (f"; known: {', '.join(sorted(environments))}" if environments else "; give a fleet its `environment`")
                yield place, f"no fleet of any policy is in an environment {name!r}{known}"

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
