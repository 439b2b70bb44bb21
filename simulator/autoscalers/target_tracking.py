"""Target tracking: a scaling group that keeps the mean utilisation of its machines near a target."""

from __future__ import annotations

from math import ceil, inf
from typing import Annotated, Literal

from simulator.autoscalers.alarm import Alarm
from simulator.autoscalers.autoscaler import Autoscaler, Decisions
from simulator.component import assumed, published
from simulator.units import Duration, PositiveCount, PositiveDuration, PositiveShare


class TargetTracking(Autoscaler):
    """It adds when utilisation was above the target for some minutes, and removes when it was below nine tenths of it for a quarter of an hour.

    Both wait for the cooldown after the last change. What it adds to is the number wanted, machines that still start included.
    """

    kind: Literal["target_tracking"] = "target_tracking"
    target: Annotated[PositiveShare, assumed("room for the time a machine takes to start")] = 0.6
    every: Annotated[PositiveDuration, published("period of the alarms of a target tracking policy on EC2 with detailed monitoring: a minute")] = 60.0
    looks_up: Annotated[PositiveCount, published("AlarmHigh of a target tracking policy: 3 data points")] = 3
    looks_down: Annotated[PositiveCount, published("its AlarmLow: 15 data points")] = 15
    below: Annotated[PositiveShare, published("its AlarmLow: 10 % below the target")] = 0.9  # of the target
    cooldown: Annotated[Duration, published("default cooldown of an EC2 Auto Scaling group")] = 300.0

    def decisions(self, replicas: int) -> Decisions:
        sight, changed = (yield replicas), -inf
        high, low = Alarm(self.looks_up), Alarm(self.looks_down)
        while True:
            used, wanted = sight.load.utilisation, sight.replicas
            above, under = high.rings(used > self.target), low.rings(used < self.below * self.target)
            if (above or under) and sight.time - changed >= self.cooldown:
                exact = ceil(sight.replicas * used / self.target - 1e-9)
                wanted = self.bound(max(sight.least, max(exact, sight.replicas) if above else min(exact, sight.replicas)))
                changed = sight.time if wanted != sight.replicas else changed
            sight = yield wanted
