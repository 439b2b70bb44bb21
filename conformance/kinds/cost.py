"""What containers cost whose number follows a plan."""

from __future__ import annotations

from conformance.cases import Given, Plan
from conformance.kinds.kind import Kind, seconds
from simulator import Scenario, metrics

FLEET = "containers"


def scenario(model: Given, plan: Plan) -> Scenario:
    """A schedule says how many there are at least, and nothing asks for more: each is there at once, and paid for from then on."""
    steps = sorted((float(time), int(replicas)) for time, replicas in model["replica_steps"])
    ends = [*(seconds(time) for time, _ in steps[1:]), None]
    schedule = [
        {"from": seconds(time), "min": replicas, **({"until": end} if end else {})} for (time, replicas), end in zip(steps, ends, strict=True) if replicas
    ]
    most = max(replicas for _, replicas in steps)
    autoscaler = {"kind": "target_utilisation", "min": 1, "max": most, "every": "1s", "shrink_after": "0s", "schedule": schedule}
    return Scenario.model_validate(
        {
            "horizon": seconds(model["horizon"]),
            "replications": plan.replications,
            "seed": plan.seed,
            "prices": {"server_hour": float(model["price_per_hour"])},
            "policies": {"policy": {FLEET: {"kind": "cattle", "replicas": steps[0][1], "start": {"time": "0s", "cached": "0s"}, "autoscaler": autoscaler}}},
        }
    )


KIND = Kind(
    "cost",
    frozenset({"replica_steps", "horizon", "price_per_hour"}),
    scenario,
    {
        "replica_hours": lambda run, model, given: float(metrics.measure(run)["summary"]["capacity_paid"].iloc[0]),
        "cost": lambda run, model, given: float(metrics.cost(run)["cost"][FLEET]),
    },
    lambda model, asked: float(model["horizon"]),
)
