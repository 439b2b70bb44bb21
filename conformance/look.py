"""A look at a case: its replications are run, its questions measured and its answers judged; once more where it misses and chance may be the cause."""

from __future__ import annotations

from functools import cache
from math import inf
from typing import Any, NamedTuple

from conformance.cases import Case, Expected
from conformance.kinds import KINDS
from conformance.kinds.kind import Kind, NotCovered
from conformance.tolerance import RANDOM, RULES, Judgement, judge
from simulator import simulate

MORE = 4  # times the replications, at the second look
ANOTHER_SEED = 1_000_003
LONGEST = 1e8  # seconds that a replication is run at most


class Finding(NamedTuple):
    """What came of one expectation, and what is to be said of it."""

    expected: Expected
    verdict: str  # pass, FAIL or not covered
    remark: str = ""
    judgement: Judgement | None = None


def findings(case: Case) -> list[Finding]:
    """One for each expectation of a case."""
    try:
        kind = _kind(case)
        found = _found(kind, case, case.expected)
        missed = [one.expected for one in found if one.verdict == "FAIL" and one.expected.rule["rule"] in RANDOM]
        plan = case.plan._replace(replications=MORE * case.plan.replications, seed=case.plan.seed + ANOTHER_SEED)
        second = iter(_found(kind, case._replace(plan=plan), missed, "at the second look") if missed else [])
        return [next(second) if one.expected in missed else one for one in found]
    except NotCovered as missing:
        return [Finding(one, "not covered", str(missing)) for one in case.expected]
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:  # a model that is not in the schema, or of which no scenario can be made
        return [Finding(one, "FAIL", f"{type(error).__name__}: {' '.join(str(error).split()):.200}") for one in case.expected]


def _kind(case: Case) -> Kind:
    """The adapter for a case's model."""
    kind = KINDS.get(case.model["kind"])
    if kind is None:
        raise NotCovered(f"kind {case.model['kind']}")
    if unknown := case.model.keys() - kind.fields - {"kind"}:
        raise NotCovered(", ".join(sorted(unknown)))
    return kind


def _found(kind: Kind, case: Case, asked: list[Expected], look: str = "") -> list[Finding]:
    """Each expectation held against all replications."""
    made = []
    for one, measured in zip(asked, zip(*_measured(kind, case, asked), strict=True), strict=True):
        if isinstance(measured[0], NotCovered):
            made.append(Finding(one, "not covered", str(measured[0])))
        else:
            judgement = judge(one, measured, second=bool(look))
            made.append(Finding(one, "pass" if judgement.agrees else "FAIL", look, judgement))
    return made


def _measured(kind: Kind, case: Case, asked: list[Expected]) -> list[list[Any]]:
    """What each replication says to each question: a number, some, or why it is not covered."""
    given = [one.question.given for one in asked]
    horizon = case.plan.horizon
    if horizon is not None:
        given = [{"over": (case.plan.warmup, horizon), **one} for one in given]  # what is measured over, unless a question says so
    elif kind.horizon:
        horizon = kind.horizon(case.model, given)
    if not horizon:
        raise NotCovered("a case without a horizon")
    scenario = cache(lambda horizon: kind.scenario(case.model, case.plan._replace(horizon=horizon)))
    rows = []
    for replication in range(case.plan.replications):
        run = cache(lambda horizon, replication=replication: simulate(scenario(horizon), replication=replication))
        first = horizon
        while case.plan.horizon is None and not kind.over(run(first)) and first < LONGEST:
            first *= 2
        rows.append([_answer(kind, case, run, first, one, more) for one, more in zip(asked, given, strict=True)])
    return rows


def _answer(kind: Kind, case: Case, run: Any, horizon: float, asked: Expected, given: Any) -> Any:
    """One measurement; what has not come by the horizon is looked for in the same replication, run twice as long."""
    metric = asked.question.metric
    if asked.rule["rule"] not in RULES:
        return NotCovered(f"rule {asked.rule['rule']}")
    if metric not in kind.metrics:
        return NotCovered(metric)
    try:
        while isinstance(value := kind.metrics[metric](run(horizon), case.model, given), float) and value == inf and horizon < LONGEST:
            horizon *= 2
    except NotCovered as missing:
        return missing
    return value
