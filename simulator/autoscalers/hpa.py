"""HPA: Kubernetes' Horizontal Pod Autoscaler, to the digit."""

from __future__ import annotations

from collections import deque
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import AfterValidator, Field, model_validator

from simulator.autoscalers.autoscaler import Autoscaler, Decisions, Group, Sight
from simulator.autoscalers.behavior import Behavior
from simulator.component import Model, assumed, published, refuse
from simulator.kubernetes import replica_proposal, scale_events, scaling_policies, stabilization
from simulator.kubernetes.pod_groups import Periods, Pod, Sample
from simulator.kubernetes.replica_proposal import MissingRequest, NoMatchingMetrics, NoMetrics, Proposal, Tolerance
from simulator.kubernetes.scale_events import ScaleEvent
from simulator.kubernetes.scaling_policies import Rules
from simulator.kubernetes.stabilization import Recommendation
from simulator.units import Duration, Percent, PositiveDuration, PositiveNumber, PositiveRate, PositiveShare, Share

MILLI = 1000
EDGE = 1e-9  # seconds: what was measured a lag ago to the moment is there
FLAG = "flag of the controller manager of Kubernetes"


def _some(value: int) -> int:
    if value < 1:
        raise refuse("ConfigRange", "a target of nothing asks for endless servers; give one above zero, such as '60%'")
    return value


Target = Annotated[Percent, AfterValidator(_some)]


class Metric(Model):
    """What it looks at: the CPU of its containers as a share of what they request, how many workers of each are busy, or the requests that come for each."""

    cpu: Target | None = None
    busy: PositiveNumber | None = None
    requests: PositiveRate | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(value is not None for value in (self.cpu, self.busy, self.requests)) != 1:
            raise refuse("ConfigConflict", "a metric takes one of `cpu`, `busy` and `requests`")
        if round(MILLI * (self.busy or self.requests or 1.0)) < 1:
            raise refuse("ConfigRange", "a target of less than a thousandth is nothing to Kubernetes, and asks for endless servers")
        return self


class Seen(NamedTuple):
    """A measurement of the fleet at a time (seconds): the use of each container as a share of what it can do, and the requests that come (a second)."""

    time: float
    used: float
    requests: float


class Hpa(Autoscaler):
    """It sees ready, unready and missing containers as Kubernetes does, in whole percent, and holds back by windows and policies.

    Its measurement of CPU is of busy workers, at most all of them: a saturated fleet at most doubles at a target of 50 %. Containers request what they can use
    at most, unless `request` says that it is a part of that.
    """

    kind: Literal["hpa"] = "hpa"
    target: Target | None = Field(None, description="Share of CPU; short for `metrics: [{cpu: 60%}]`.")
    metrics: tuple[Metric, ...] = ()
    request: Annotated[PositiveShare, assumed("containers request all they can use")] = 1.0
    tolerance: Annotated[Share, published(FLAG)] = 0.1
    lag: Annotated[Duration, assumed("it sees what is true now")] = 0.0  # of measurements
    window: Annotated[PositiveDuration, published("resolution of metrics-server: 15 s")] = 15.0  # over which they are taken
    cpu_initialization: Annotated[Duration, published(FLAG)] = 300.0
    initial_readiness: Annotated[Duration, published(FLAG)] = 30.0
    downscale_window: Annotated[Duration, published(FLAG)] = 300.0
    behavior: Behavior | None = None

    @model_validator(mode="after")
    def _measured(self) -> Self:
        if (self.target is None) == (not self.metrics):
            raise refuse("ConfigConflict", "give a `target`, such as '60%', or `metrics`, and not both")
        return self

    @property
    def recent(self) -> float:
        return self.lag + self.every + self.window

    @property
    def looked_at(self) -> tuple[Metric, ...]:
        return self.metrics or (Metric.model_validate({"cpu": f"{self.target}%"}),)

    @property
    def tolerances(self) -> Tolerance:
        own = self.behavior or Behavior()
        up, down = own.scale_up.tolerance, own.scale_down.tolerance
        return Tolerance(self.tolerance if up is None else up, self.tolerance if down is None else down)

    def decisions(self, replicas: int) -> Decisions:
        """What the metrics propose is stabilised first, and then limited."""
        sight = yield replicas
        history, ups, downs = [Recommendation(sight.replicas, sight.time)], list[ScaleEvent](), list[ScaleEvent]()
        measured: deque[Seen] = deque()
        while True:
            now, current, wanted = sight.time, sight.replicas, sight.replicas
            measured.append(Seen(now, sight.load.utilisation, sight.load.demand_rps))
            due = now - self.lag + EDGE
            while len(measured) > 1 and measured[1].time <= due:
                measured.popleft()
            if not sight.least <= current <= self.max:
                wanted = self.max if current > self.max else sight.least
            elif (proposed := self.proposed(sight, measured[0] if measured[0].time <= due else None)) is not None:
                wanted = self.held_back(sight, proposed, history, ups, downs)
            if self.behavior and wanted != current:
                log, rules = (ups, self.rules("up")) if wanted > current else (downs, self.rules("down"))
                scale_events.store(log, abs(wanted - current), max((policy.period for policy in rules.policies), default=0.0), now)
            sight = yield wanted

    def rules(self, direction: Literal["up", "down"]) -> Rules:
        own = self.behavior or Behavior()
        return (own.scale_up if direction == "up" else own.scale_down).rules(direction)

    def held_back(self, sight: Sight, proposed: int, history: list[Recommendation], ups: list[ScaleEvent], downs: list[ScaleEvent]) -> int:
        """The replicas, of those proposed, that windows and limits leave."""
        now, current = sight.time, sight.replicas
        if not self.behavior:
            stable = stabilization.legacy(proposed, history, now, self.downscale_window)
            return scaling_policies.legacy(current, stable, sight.least, self.max)[0]
        up, down = self.rules("up"), self.rules("down")
        stable = stabilization.behavior(current, proposed, history, now, up.window or 0.0, self.downscale_window if down.window is None else down.window)
        return scaling_policies.behavior(current, stable, sight.least, self.max, up, down, ups, downs, now)[0]

    def proposed(self, sight: Sight, seen: Seen | None) -> int | None:
        """The most that a metric asks for; nothing where none says anything, or where one does not and the others would shrink."""
        found, failed = [], False
        for metric in self.looked_at:
            try:
                found.append(self.proposal(metric, sight, seen).replicas)
            except (NoMetrics, NoMatchingMetrics, MissingRequest):
                failed = True
        most = max(found, default=None)
        return None if most is None or (failed and most < sight.replicas) else most

    def proposal(self, metric: Metric, sight: Sight, seen: Seen | None) -> Proposal:
        """What one metric asks for."""
        pods = [_pod(f"{number}", group, sight.time) for number, group in enumerate(sight.groups)]
        if seen is None:
            raise NoMetrics("nothing measured yet")
        if metric.requests is not None:
            return replica_proposal.average_value(sight.replicas, round(MILLI * metric.requests), [round(MILLI * seen.requests)], self.tolerances)
        used = round(MILLI * seen.used * (sight.workers if metric.busy else 1 / self.request))
        samples = {pod.name: Sample(used, sight.time - seen.time, self.window) for pod, group in zip(pods, sight.groups, strict=True) if group.measured}
        periods = Periods(self.cpu_initialization, self.initial_readiness)
        if metric.busy is not None:
            return replica_proposal.pods_average(sight.replicas, round(MILLI * metric.busy), pods, samples, "cpu", self.tolerances, periods)
        assert metric.cpu is not None
        return replica_proposal.resource_utilization(sight.replicas, metric.cpu, pods, samples, "cpu", self.tolerances, periods)


def _pod(name: str, group: Group, now: float) -> Pod:
    return Pod(name, "Running" if group.running else "Pending", group.ready, now - group.started, now - group.changed, MILLI, pods=group.servers)
