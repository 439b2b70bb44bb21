"""A look at a case: its replications are run, its questions measured and its answers judged; once more where it misses and chance may be the cause."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from conformance.cases import Case, Expected
from conformance.kinds import KINDS
from conformance.kinds.kind import Kind, NotCovered
from conformance.tolerance import RANDOM, RULES, Judgement, judge
from simulator import Run, simulate

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
        reasons = [_not_covered(kind, one) for one in case.expected]
        covered = [one for one, reason in zip(case.expected, reasons, strict=True) if not reason]
        looked = iter(_looked(kind, case, covered))
    except NotCovered as missing:
        return [Finding(one, "not covered", str(missing)) for one in case.expected]
    except (KeyError, TypeError, ValueError) as error:  # a model that is not in the schema, or of which no scenario can be made
        return [Finding(one, "FAIL", f"{type(error).__name__}: {' '.join(str(error).split()):.200}") for one in case.expected]
    return [Finding(one, "not covered", reason) if reason else next(looked) for one, reason in zip(case.expected, reasons, strict=True)]


def _kind(case: Case) -> Kind:
    """The adapter for a case's model."""
    kind = KINDS.get(case.model["kind"])
    if kind is None:
        raise NotCovered(f"kind {case.model['kind']}")
    if unknown := case.model.keys() - kind.fields - {"kind"}:
        raise NotCovered(", ".join(sorted(unknown)))
    return kind


def _not_covered(kind: Kind, expected: Expected) -> str:
    """Why this cannot be asked of the kind; empty where it can."""
    if expected.question.metric not in kind.metrics:
        return expected.question.metric
    return "" if expected.rule["rule"] in RULES else f"rule {expected.rule['rule']}"


def _looked(kind: Kind, case: Case, asked: list[Expected]) -> list[Finding]:
    """A look at all that is asked, and a second one, with another seed and more replications, at what missed and may have done so by chance."""
    first = _judged(kind, case, asked)
    missed = [number for number, found in enumerate(first) if not found.agrees and asked[number].rule["rule"] in RANDOM]
    plan = case.plan._replace(replications=MORE * case.plan.replications, seed=case.plan.seed + ANOTHER_SEED)
    again = dict(zip(missed, _judged(kind, case._replace(plan=plan), [asked[number] for number in missed], second=True), strict=True))
    found = [again.get(number, judgement) for number, judgement in enumerate(first)]
    return [
        Finding(one, "pass" if judgement.agrees else "FAIL", "at the second look" if number in again else "", judgement)
        for number, (one, judgement) in enumerate(zip(asked, found, strict=True))
    ]


def _judged(kind: Kind, case: Case, asked: list[Expected], second: bool = False) -> list[Judgement]:
    """Each expectation held against all replications."""
    if not asked:
        return []
    measured = [[kind.metrics[one.question.metric](run, case.model, one.question.given) for one in asked] for run in _runs(kind, case, asked)]
    return [judge(one, [replication[number] for replication in measured], second) for number, one in enumerate(asked)]


def _runs(kind: Kind, case: Case, asked: list[Expected]) -> Iterator[Run]:
    """Every replication, each run twice as long until what is asked for has happened."""
    horizon = case.plan.horizon or (kind.horizon and kind.horizon(case.model, [one.question.given for one in asked]))
    if not horizon:
        raise NotCovered("a case without a horizon")
    scenario = cache(lambda horizon: kind.scenario(case.model, case.plan._replace(horizon=horizon)))
    for replication in range(case.plan.replications):
        run = simulate(scenario(horizon), replication=replication)
        while not kind.over(run) and run.scenario.horizon < LONGEST:
            run = simulate(scenario(2 * run.scenario.horizon), replication=replication)
        yield run
