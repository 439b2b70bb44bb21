"""A queue whose servers fail, busy or idle, and are repaired by a few people."""

from __future__ import annotations

from conformance.cases import Given, Plan
from conformance.kinds import queue
from conformance.kinds.attempts import FLEET, QUEUE, SOJOURNS, span
from conformance.kinds.kind import Kind, Measure, NotCovered, law, prompt
from simulator import Run, Scenario, metrics

INTERRUPTED = {"resume": "resumed", "lost": "lost"}
LONGER = 1.1  # than the case's horizon: servers fail and come back for those, too, who arrive just before it


def scenario(model: Given, plan: Plan) -> Scenario:
    """Pets that are all new at the start, behind a central queue, and a crew that begins at once when it is free."""
    if model.get("fails_when", "busy or idle") != "busy or idle":
        raise NotCovered(f"fails_when: {model['fails_when']}")
    if model["interrupted"] not in INTERRUPTED:
        raise NotCovered(f"interrupted: {model['interrupted']}")
    pets = {
        **queue.servers(model),
        "balancer": "central",
        "service": law(model["service"]),
        "interrupted": INTERRUPTED[model["interrupted"]],
        "repair": prompt("crew", law(model["repair"])),
    }
    parts = {"crew": {"kind": "crew", "people": model["repairers"]}, FLEET: pets}
    crash = {"kind": "crash", "of": "process", "time_to_failure": law(model["time_to_failure"]), "age": "new"}
    weather = queue.weather(model, plan._replace(horizon=LONGER * (plan.horizon or 0)))
    return Scenario.model_validate({**weather, "failures": [crash], "policies": {"pets": parts}})


def servers_up(run: Run, model: Given, given: Given) -> float:
    """On average over the span."""
    start, end = span(run, given)
    start = max(start, 0.0)
    return metrics.up(run, FLEET).integral(start, end) / (end - start)


def in_one_go(measure: Measure) -> Measure:
    """Of a request that is interrupted and goes on, a row says when it was first served, and not how long it waited in all."""

    def measured(run: Run, model: Given, given: Given) -> object:
        if model["interrupted"] == "resume":
            raise NotCovered("time in the queue where service is interrupted")
        return measure(run, model, given)

    return measured


KIND = Kind(
    "queue_with_failures",
    queue.KIND.fields | {"time_to_failure", "fails_when", "repair", "repairers", "interrupted"},
    scenario,
    {
        **{name: measure if name in SOJOURNS else in_one_go(measure) for name, measure in QUEUE.items()},
        "mean_servers_up": servers_up,
        "availability": lambda run, model, given: servers_up(run, model, given) / model["servers"],
        "mean_down": lambda run, model, given: model["servers"] - servers_up(run, model, given),
    },
    queue.horizon,
)
