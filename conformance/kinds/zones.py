"""Replicas that fail and come back by themselves, in zones that do so too: hosts and zones with clocks of their own."""

from __future__ import annotations

from conformance.cases import Given, Plan
from conformance.kinds.kind import Kind, NotCovered, law, seconds
from conformance.kinds.machine_repair import FLEET, mean_operating
from simulator import Run, Scenario, metrics

RUNS_ON = "keeps running while its zone is down"


def scenario(model: Given, plan: Plan) -> Scenario:
    """A server a host, as many hosts a zone as it has replicas; a server is back when its host and its zone both are."""
    if model.get("start", "all up") != "all up":
        raise NotCovered(f"start: {model['start']}")
    if model.get("replica_clock", RUNS_ON) != RUNS_ON:
        raise NotCovered(f"replica_clock: {model['replica_clock']}")
    return Scenario.model_validate(
        {
            "horizon": seconds(plan.horizon or 0),
            "warmup": seconds(plan.warmup),
            "replications": plan.replications,
            "seed": plan.seed,
            "sites": {"zones": [f"z{number}" for number in range(model["zones"])], "hosts_per_zone": model["per_zone"]},
            "failures": [
                {"kind": "crash", "of": of, "time_to_failure": law(model[f"{part}_time_to_failure"]), "lasts": law(model[f"{part}_repair"]), "age": "new"}
                for of, part in (("host", "replica"), ("zone", "zone"))
            ],
            "policies": {"pets": {FLEET: {"kind": "pets", "servers": model["zones"] * model["per_zone"], "boot": "0s"}}},
        }
    )


def prob_at_least_k(run: Run, model: Given, given: Given) -> float:
    """Share of time with as many up as the question says, or the model needs."""
    return metrics.at_least(run, FLEET, given["k"] if "k" in given else model["need_up"]).share


KIND = Kind(
    "zones",
    frozenset(
        {
            "zones",
            "per_zone",
            "zone_time_to_failure",
            "zone_repair",
            "replica_time_to_failure",
            "replica_repair",
            "need_up",
            "replica_clock",
            "start",
        }
    ),
    scenario,
    {
        "prob_at_least_k": prob_at_least_k,
        "mean_operating": mean_operating,
        "mean_servers_up": mean_operating,
    },
)
