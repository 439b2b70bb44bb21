"""The tables of pods: their order of deletion, their making, restarts, budgets and scores."""

from __future__ import annotations

from typing import Any

from simulator.kubernetes import batches, crash_backoff, deletion_order, disruption_budget, scheduler_scores
from simulator.kubernetes.crash_backoff import Backoff, Limits

Case = dict[str, Any]


def batch_create(case: Case) -> Case:
    return batches.create(case["wanted"], case["calls_that_succeed"], case["first_batch"])._asdict()


def pod(given: Case) -> deletion_order.Pod:
    return deletion_order.Pod(
        given.get("node"),
        given["phase"],
        given["ready"],
        given.get("restarts", 0),
        given.get("ready_ago_s"),
        given.get("created_ago_s"),
        given.get("deletion_cost") or 0,
        given.get("same_node_rank", 0),
        given.get("uid") or "",
    )


def deletion(case: Case) -> Case:
    by_cost = case.get("use_deletion_cost", True)
    if case["op"] == "compare":
        a, b = pod(case["a"]), pod(case["b"])
        first = "a" if deletion_order.before(a, b, by_cost) else "b" if deletion_order.before(b, a, by_cost) else "tie"
        return {"first": first}
    given = case["pods"]
    pods = [pod(one) for one in given]
    related = pods if case.get("related") is None else [pod(one) for one in case["related"] if not one.get("deleting")]
    return {"labels": [given[place]["label"] for place in deletion_order.pick(deletion_order.ranked(pods, related), case["count"], by_cost)]}


def restarts(case: Case) -> Case:
    if case["op"] == "limits":
        return dict(zip(("initial_s", "max_s"), crash_backoff.limits(case["reduced_decay"], case["node_max_s"]), strict=True))
    limits = Limits(case["initial_s"], case["max_s"])
    if case["op"] == "restarts":
        backoff, now, waits = Backoff(limits, case.get("reset_after_s", crash_backoff.FORGIVEN_AFTER)), 0.0, []
        for run in case["run_s"]:
            waits.append(backoff.pause(now + run))
            now += run + waits[-1]
        return {"wait_s": waits}
    backoff = Backoff(limits, case["expire_after_s"], inclusive=case["expire_after_s"] is not None)
    return {"steps": [answer for step in case["steps"] if "ask" in step or "do" in step for answer in [asked(backoff, step)] if "ask" in step]}


def asked(backoff: Backoff, step: Case) -> Any:
    """What a back-off says, or what is done to it."""
    now = step["at_s"]
    if step.get("do") == "failure":
        backoff.fail(now)
    elif step.get("do") == "reset":
        backoff.reset()
    elif step.get("do") == "collect":
        backoff.collect(now)
    elif step["ask"] == "delay":
        return backoff.delay
    elif step["ask"] == "known":
        return backoff.known
    elif step["ask"] == "waiting_since":
        return backoff.waiting(now, step["since_s"])
    elif step["ask"] == "waiting_since_last_failure":
        return backoff.waiting_after(now)
    else:
        raise ValueError(f"no question {step['ask']!r}")
    return None


def budgets(case: Case) -> Case:
    pods = [
        disruption_budget.Pods(given["count"], given["ready"], given.get("controller"), bool(given.get("deleting")), given.get("evicted_ago_s"))
        for given in case["pods"]
    ]
    found = disruption_budget.budget(pods, case["controllers"], case.get("min_available"), case.get("max_unavailable"), case["eviction_timeout_s"])
    return found._asdict()


def scores(case: Case) -> Case:
    return {
        "scores": {
            node["name"]: scheduler_scores.score(case["strategy"], case["weights"], node["capacity"], node["running"], case["pod_containers"])
            for node in case["nodes"]
        }
    }
