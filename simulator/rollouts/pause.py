"""Pauses: a halt in the middle of a rollout, in which somebody sees how it does."""

from __future__ import annotations

from simulator.component import Model
from simulator.units import PositiveDuration, PositiveShare


class Pause(Model):
    """When so many servers run the new version nothing more is begun for a while."""

    at: PositiveShare
    lasts: PositiveDuration
