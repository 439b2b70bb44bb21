"""Checks: assertions about a result, which decide the exit code; and the metrics they may speak of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, Protocol, Self

from pydantic import model_validator

from simulator.component import Model, Name, meant, refuse
from simulator.objectives import Objectives
from simulator.prices import Prices
from simulator.requests import Requests
from simulator.steps import Step
from simulator.units import Share, duration, number, share


class Metric(NamedTuple):
    """A number that a run has for each of its fleets: its column in the summary, what it is, how it reads, and whether more of it is better."""

    means: str
    unit: Literal["duration", "share", "number"]
    more_is_better: bool
    of: str = ""  # what a plain number counts
    single: bool = False  # needs every request to be simulated
    nothing: float | None = None  # its value where there is nothing to tell, and a report leaves it out

    def read(self, value: Any) -> float:
        """A threshold as a scenario gives it."""
        return {"duration": duration, "share": share, "number": number}[self.unit](value)


METRICS = {
    "recovery": Metric("time from the start of an incident to full recovery: capacity back at what is needed, backlog gone", "duration", False),
    "availability": Metric("requests served / requests offered", "share", True),
    "burn_rate": Metric("share of requests not served / (1 - objective): at 1 the run spends exactly its error budget", "number", False),
    "availability_by_time": Metric("share of time with at least the needed capacity", "share", True),
    "worst_hour": Metric("least share of requests not lost in any hour of a run, sliding by its windows", "share", True),
    "mean_wait": Metric("time in the queue, of all requests whether they were served in the end or not", "duration", False),
    "longest_wait": Metric("longest time that a request of the run waited in the queue, first come first served", "duration", False),
    "on_time": Metric("requests answered within objectives.latency.below / requests offered", "share", True, single=True),
    "latency_p50": Metric("half of the requests served took no longer from the first attempt to the answer, told to 3 %", "duration", False, single=True),
    "latency_p95": Metric("95 % of the requests served took no longer, likewise", "duration", False, single=True),
    "latency_p99": Metric("99 % of the requests served took no longer, likewise", "duration", False, single=True),
    "latency_p999": Metric("99.9 % of the requests served took no longer, likewise", "duration", False, single=True),
    "attempts_per_request": Metric("attempts made / requests offered", "number", False, single=True),
    "failed": Metric("requests of which the last attempt timed out, was refused, lost, unanswered or an error / requests offered", "share", False),
    "incidents": Metric("incidents a run", "number", False),
    "time_in_incident": Metric("time that a run spends in incidents", "duration", False),
    "shortfall": Metric("integral of needed minus serving capacity where that is positive", "number", False, "requests"),
    "version_drift": Metric("share of live servers not on the newest version, over time", "share", False),
    "rollout": Metric("time from the announcement of a release until every server in service runs it", "duration", False),
    "configuration_drift": Metric("share of live servers not in sync with the declared state, over time", "share", False, nothing=0.0),
    "all_alike": Metric("share of time in which all live servers have the same versions and the same drifted settings", "share", True, nothing=1.0),
    "answer_skew": Metric(
        "probability that two requests in a row meet servers that differ in versions or settings, if any server may take each", "share", False, nothing=0.0
    ),
    "skew_version": Metric("the part of answer skew that is of servers with different versions of software", "share", False, nothing=0.0),
    "skew_configuration": Metric("the part of it that is of servers with one software and different configuration or settings", "share", False, nothing=0.0),
    "environment_drift": Metric(
        "probability that two servers of different environments on the same versions of everything differ in their settings", "share", False, nothing=0.0
    ),
    "exposure": Metric("servers that lack a security release, over time", "number", False, "machine-days", nothing=0.0),
    "deployments_wanted": Metric("releases announced, a run", "number", True, nothing=0.0),
    "deployments": Metric("releases that came to run on all servers in service before the next one, a run", "number", True, nothing=0.0),
    "change_fail_rate": Metric("releases rolled back, with a defect that showed, or that began an incident / releases announced", "share", False, nothing=0.0),
    "lead_time": Metric("time from the announcement of a release until all in service run it, the median of those that came so far", "duration", False),
    "failed_deployment_recovery": Metric("time from the first sign of a bad release until it is mended or gone, in the mean", "duration", False, nothing=0.0),
    "rolled_back": Metric("rollouts that went back to what ran before, a run", "number", False, nothing=0.0),
    "toil": Metric("people's time at the modelled tasks, per 1,000 server-days", "number", False, "person-minutes", nothing=0.0),
    "pages": Metric("how often a person was called, a run", "number", False, nothing=0.0),
    "pages_out_of_hours": Metric("how often that was outside the working hours", "number", False, nothing=0.0),
    "crew_wait": Metric("how long a repair or an upgrade waited for a free person, in the mean", "duration", False, nothing=0.0),
    "data_lost": Metric("age of what was restored after the worst loss of a run; none where nothing had to be restored", "duration", False, nothing=0.0),
    "restore_time": Metric("from the failure to the end of the restore or the rebuilding that took longest in a run", "duration", False, nothing=0.0),
    "found": Metric("steps that read what was last written to the file / steps that read a file after one has written to it", "share", True),
    "sessions_lost": Metric("sessions that were lost with a server, a run", "number", False, nothing=0.0),
    "sessions_lost_share": Metric("sessions that were lost with a server / sessions started", "share", False, nothing=0.0),
    "imbalance": Metric("sessions on the busiest server / mean of the servers in service, over time; 1 is even", "number", False),
    "state_lost": Metric("what users wrote and what was lost with a server or its data, a run", "number", False, "MB", nothing=0.0),
    "found_again": Metric("probability that a client's next request finds what it wrote, over the time in which servers serve", "share", True, nothing=1.0),
    "skew_state": Metric("probability that a client's next request does not find what it wrote", "share", False, nothing=0.0),
    "deaths_noticed": Metric("share of failures of servers with which the service was in an incident", "share", False),
    "idle": Metric("share of the capacity paid for that was not needed", "share", False),
    "disk": Metric("disk in use: layers once a host and what each container writes to its own, or a full copy for each pet; over time", "number", False, "GB"),
    "pulled": Metric("what hosts pulled from the registry, a run", "number", False, "GB"),
    "cold_starts": Metric("share of the starts of containers that waited for a pull", "share", False),
    "hosts_used": Metric("different hosts that one place in the fleet has been on", "number", True),
    "capacity_paid": Metric("servers live, whether they serve or not, over time", "number", False, "server-hours"),
    "cost": Metric("servers, people, storage and platform at the scenario's prices, a run", "number", False),
}
OF_IMAGES = ("disk", "pulled", "cold_starts", "hosts_used")
POOLED = ("recovery", "rollout")  # several values a run, each a duration that may be censored


class Check(Model):
    """One assertion: a metric of a policy is below or above a value, or better than another policy's."""

    metric: Name
    policy: Name
    fleet: Name | None = None
    quantile: Share | None = None
    over: Literal["incidents", "releases", "runs"] = "runs"
    below: Any = None
    above: Any = None
    better_than: Name | None = None

    @model_validator(mode="after")
    def _one_question(self) -> Self:
        if self.metric not in METRICS:
            raise refuse("ConfigChoice", f"no metric {self.metric!r}{meant(self.metric, METRICS)}; known: {', '.join(METRICS)}")
        if sum(x is not None for x in (self.below, self.above, self.better_than)) != 1:
            raise refuse("ConfigConflict", "a check takes one of `below`, `above` and `better_than`")
        self.threshold  # noqa: B018  read here, so that a wrong unit is an error of the file
        if self.over not in {"recovery": ("incidents", "runs"), "rollout": ("releases", "runs")}.get(self.metric, ("runs",)):
            raise refuse("ConfigConflict", f"`over: {self.over}` does not fit {self.metric}, which has one value a run")
        if self.quantile in (0.0, 1.0):
            raise refuse("ConfigRange", "`quantile` should lie between 0% and 100%")
        if self.better_than == self.policy:
            raise refuse("ConfigConflict", "`better_than` names the policy itself")
        if self.better_than and self.metric in POOLED:
            raise refuse(
                "ConfigConflict",
                f"{self.metric} is skewed and may be censored, so means of it are not compared; give a `quantile` that is `below` or `above` a time",
            )
        if self.quantile and self.better_than:
            raise refuse("ConfigConflict", "`better_than` compares means of paired runs; leave out `quantile`")
        if self.metric in POOLED and not self.quantile:
            raise refuse("ConfigMissing", f"{self.metric} is skewed and may be censored, so its mean says little: give a `quantile`, such as '90%'")
        return self

    @property
    def threshold(self) -> float | None:
        """What it is held against, in the metric's unit inside (seconds, share, number)."""
        value = self.above if self.below is None else self.below
        return None if value is None else METRICS[self.metric].read(value)

    def question(self) -> str:
        """`cattle: p95 of recovery over incidents`."""
        what = f"p{100 * self.quantile:g} of {words(self.metric)} over {self.over}" if self.quantile else f"mean {words(self.metric)}"
        return f"{self.policy}{f'/{self.fleet}' if self.fleet else ''}: {what}"

    def target(self) -> str:
        """`below 15m`."""
        if self.better_than:
            return f"{'above' if METRICS[self.metric].more_is_better else 'below'} {self.better_than}"
        return f"below {self.below}" if self.below is not None else f"above {self.above}"


class Told(Protocol):
    """What a scenario says that a metric may need."""

    @property
    def requests(self) -> Requests: ...

    @property
    def objectives(self) -> Objectives: ...

    @property
    def steps(self) -> Sequence[Step]: ...

    @property
    def prices(self) -> Prices | None: ...

    @property
    def imaged(self) -> bool: ...


def unmeasured(metric: str, scenario: Told) -> str:
    """Why a run has no such metric, and what would make it have one; empty where it has."""
    if METRICS[metric].single and scenario.requests.detail == "rate":
        return f"{metric} is told of single requests, and traffic is a flow here; add `requests: {{detail: requests}}`"
    if metric == "on_time" and not scenario.objectives.latency:
        return "on_time is held against an objective of latency, and there is none; add `objectives: {latency: {quantile: 99%, below: 800ms}}`"
    if metric == "found" and not any(step.read for step in scenario.steps):
        return "found is told of files that `steps` write and read, and none does; add `steps: [{at: 1m, write: /a/file, on: my-nginx, text: hello}, ...]`"
    if metric == "cost" and scenario.prices is None:
        return "nothing is said of money without prices; add `prices: {server_hour: 0.10, person_hour: 80}`"
    if metric in OF_IMAGES and not scenario.imaged:
        return f"{metric} is told where containers have images, and there are none; give a fleet of cattle `image: {{}}`"
    return ""


def words(metric: str) -> str:
    """The metric's name as prose has it, with what it counts."""
    return metric.replace("_", " ").replace("p999", "p99.9") + (f" ({METRICS[metric].of})" if METRICS[metric].of else "")
