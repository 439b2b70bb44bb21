"""Objectives: what recovery and availability are held against."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from simulator.component import Model, assumed, refuse
from simulator.units import Duration, PositiveDuration, PositiveShare, Share


def _below_all(value: float) -> float:
    if value >= 1:
        raise refuse("ConfigRange", "should be below 100%, such as '99.9%'")
    return value


class Latency(Model):
    """An objective: so large a share of what is offered is answered within a time."""

    quantile: Annotated[PositiveShare, AfterValidator(_below_all)]
    below: PositiveDuration


class Objectives(Model):
    """What recovery and availability refer to, for every policy."""

    availability: Annotated[Share, AfterValidator(_below_all), assumed("three nines")] = 0.999
    latency: Latency | None = None
    hold: Annotated[Duration, assumed("a minute: shorter dips are no incident")] = 60.0
    ceiling: Annotated[PositiveShare, assumed("servers may be used to the full")] = 1.0
