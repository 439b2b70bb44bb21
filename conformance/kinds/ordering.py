"""Orderings: one model under several policies, with the same arrivals and service times, so that they differ by nothing else."""

from __future__ import annotations

from conformance.cases import Given, Plan
from conformance.kinds import balanced_queues, queue
from conformance.kinds.attempts import QUEUE
from conformance.kinds.kind import Kind, Measure, NotCovered
from simulator import Run, Scenario, simulate


def scenario(model: Given, plan: Plan) -> Scenario:
    """One policy of the scenario for each one of the model, in that order."""
    base = model["base"]
    if base["kind"] != balanced_queues.KIND.name:
        raise NotCovered(f"an ordering of {base['kind']}")
    if unknown := base.keys() - balanced_queues.KIND.fields - {"kind"}:
        raise NotCovered(", ".join(sorted(unknown)))
    made = [balanced_queues.scenario({**base, "policy": policy}, plan) for policy in model["policies"]]
    policies = {f"{number}": one.policies["pets"] for number, one in enumerate(made)}
    return made[0].model_copy(update={"policies": policies})


def each(measure: Measure) -> Measure:
    """A number for each policy, of one replication."""

    def measured(run: Run, model: Given, given: Given) -> list[float]:
        runs = (run if policy == run.policy else simulate(run.scenario, policy, run.replication) for policy in run.scenario.policies)
        return [measure(one, model["base"], given) for one in runs]

    return measured


KIND = Kind(
    "ordering",
    frozenset({"base", "policies"}),
    scenario,
    {name: each(measure) for name, measure in QUEUE.items() if not name.endswith("quantile")},
    lambda model, asked: queue.horizon(model["base"], asked),
)
