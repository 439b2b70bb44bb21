"""Prices: what an hour of a server or of a person costs; without them nothing is said of money."""

from __future__ import annotations

from collections.abc import Mapping
from math import nan
from typing import Annotated

from pydantic import StringConstraints

from simulator.component import Model, Name
from simulator.units import NonNegative


class Prices(Model):
    """All in one currency. What is left out is not in the cost, and the report says so."""

    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = "USD"
    server_hour: NonNegative | None = None  # of a server that is there, busy or not
    person_hour: NonNegative | None = None
    gb_month: NonNegative | None = None  # of disks and of backups
    platform_month: Mapping[Name, NonNegative] | None = None  # by policy: what runs the fleets, such as a cluster's control plane
    migration: Mapping[Name, NonNegative] | None = None  # by policy, once

    @property
    def absent(self) -> list[str]:
        """What has no price."""
        return [name for name in type(self).model_fields if getattr(self, name) is None]

    def of(self, name: str, policy: str) -> float:
        """What one of it costs under a policy: NaN where no price is given, and nothing where one is given for others only."""
        given = getattr(self, name)
        if given is None:
            return nan
        return float(given.get(policy, 0.0) if isinstance(given, Mapping) else given)
