"""Steady traffic: always the same rate."""

from __future__ import annotations

from typing import Literal

from simulator.polyline import Polyline
from simulator.traffic.source import Traffic
from simulator.units import Rate


class Steady(Traffic):
    """A constant rate, added to what stands before it."""

    kind: Literal["steady"] = "steady"
    rate: Rate

    def shape(self, before: Polyline, horizon: float) -> Polyline:
        return before + Polyline([(0.0, self.rate)])
