"""Machines that fail and are repaired by a few people: pets and a crew."""

from __future__ import annotations

from math import inf

from conformance.cases import Given, Plan
from conformance.kinds.kind import Kind, Measure, NotCovered, broken, law, prompt, seconds
from simulator import Run, Scenario, metrics

FLEET = "machines"


def scenario(model: Given, plan: Plan) -> Scenario:
    """Pets that are all new at the start, or all broken, and a crew that begins at once when it is free."""
    if model.get("start", "all up") not in ("all up", "all down"):
        raise NotCovered(f"start: {model['start']}")
    down = [broken(model["machines"])] if model.get("start") == "all down" else []
    fleet = {"kind": "pets", "servers": model["machines"], "boot": "0s", "repair": prompt("crew", law(model["repair"])), **_spares(model)}
    return Scenario.model_validate(
        {
            "horizon": seconds(plan.horizon or 0),
            "warmup": seconds(plan.warmup),
            "replications": plan.replications,
            "seed": plan.seed,
            "failures": [{"kind": "crash", "of": "process", "time_to_failure": law(model["time_to_failure"]), "age": "new"}, *down],
            "policies": {"pets": {"crew": {"kind": "crew", "people": model["repairers"]}, FLEET: fleet}},
        }
    )


def _spares(model: Given) -> Given:
    """Those beyond the machines that are needed, which take over at once; without a rate of their own they fail as these."""
    if not model.get("spares", 0):
        return {}
    rate = model.get("spare_failure_rate")
    share = 1.0 if rate is None else rate * model["time_to_failure"]["mean"]
    if share > 1:
        raise NotCovered("spares that fail more often than what serves")
    return {"spares": {"servers": model["spares"], "ages": f"{100 * share!r}%", "switch": "0s"}}


def of(column: str) -> Measure:
    """A number that the table of reliability has."""
    return lambda run, model, given: float(metrics.reliability(run)[column][FLEET])


def measured(run: Run) -> float:
    """How long (seconds)."""
    return run.scenario.horizon - run.scenario.warmup


def failures_per_time(run: Run, model: Given, given: Given) -> float:
    return float(metrics.reliability(run)["failures"][FLEET]) / measured(run)


def mean_operating(run: Run, model: Given, given: Given) -> float:
    return metrics.up(run, FLEET).integral(run.scenario.warmup, run.scenario.horizon) / measured(run)


def at_least(run: Run, model: Given, given: Given) -> metrics.AtLeast:
    """As many as the question says, or the model needs."""
    return metrics.at_least(run, FLEET, given.get("k", model.get("need_up", model["machines"])))


def point_availability(run: Run, model: Given, given: Given) -> float:
    return float(metrics.up(run, FLEET).at(given["at"]) / model["machines"]) if given["at"] <= run.scenario.horizon else inf


def interval_availability(run: Run, model: Given, given: Given) -> float:
    return metrics.up(run, FLEET).integral(0, given["at"]) / (model["machines"] * given["at"]) if given["at"] <= run.scenario.horizon else inf


KIND = Kind(
    "machine_repair",
    frozenset({"machines", "spares", "spare_failure_rate", "repairers", "time_to_failure", "repair", "need_up", "start"}),
    scenario,
    {
        "availability": of("availability"),
        "mean_down": of("mean_down"),
        "mean_down_duration": of("mean_down_duration_s"),
        "mean_wait_for_crew": of("mean_wait_for_crew_s"),
        "failures_per_time": failures_per_time,
        "crew_utilization": lambda run, model, given: float(metrics.crews(run)["utilisation"]["crew"]),
        "mean_operating": mean_operating,
        "mean_servers_up": mean_operating,
        "prob_full_service": lambda run, model, given: metrics.at_least(run, FLEET, model["machines"]).share,
        "prob_at_least_k": lambda run, model, given: at_least(run, model, given).share,
        "system_failures_per_time": lambda run, model, given: at_least(run, model, given).failures / measured(run),
        "point_availability": point_availability,
        "interval_availability": interval_availability,
    },
    lambda model, asked: max((given["at"] for given in asked if "at" in given), default=0.0),
)
