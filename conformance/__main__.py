"""The command: every case of a file, a row a metric, and how many passed, failed and were skipped."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from math import isnan
from pathlib import Path
from typing import Any, NamedTuple

from conformance.cases import Case, CaseError, Expected, read
from conformance.kinds import KINDS
from conformance.kinds.kind import Kind, NotCovered
from conformance.tolerance import RANDOM, RULES, Judgement, judge
from simulator import Run, simulate

MORE = 4  # times the replications, at the second look
ANOTHER_SEED = 1_000_003
LONGEST = 1e8  # seconds that a replication is run at most


class Row(NamedTuple):
    """One metric of one case."""

    case: str
    metric: str
    expected: str
    measured: str
    interval: str
    verdict: str


def main() -> int:
    """Run the command; returns 1 where something failed, 2 where the file cannot be read."""
    parser = argparse.ArgumentParser(prog="conformance", description="Run cases with known answers through the simulator.")
    parser.add_argument("cases", type=Path, help="a file of cases")
    parser.add_argument("--seed", type=int, default=1, help="another seed for all of them")
    given = parser.parse_args()
    try:
        cases = read(given.cases, given.seed)
    except CaseError as error:
        print(error, file=sys.stderr)
        return 2
    widths = (14, 34, 14, 14, 28, 0)
    print(line(Row(*Row._fields), widths))
    passed = failed = skipped = 0
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for rows in pool.map(run, cases):
            for row in rows:
                print(line(row, widths), flush=True)
                passed += row.verdict.startswith("pass")
                failed += row.verdict.startswith("FAIL")
                skipped += row.verdict.startswith("not covered")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


def line(row: Row, widths: Sequence[int]) -> str:
    """A row of the table."""
    return "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()


def run(case: Case) -> list[Row]:
    """A case's rows; what misses and may have missed by chance is looked at once more, with another seed and more replications."""
    kind = KINDS.get(case.model["kind"])
    rows: list[Row] = []
    asked = [expected for expected in case.expected if kind and expected.question.metric in kind.metrics and expected.rule["rule"] in RULES]
    try:
        if kind is None:
            raise NotCovered(f"kind {case.model['kind']}")
        if unknown := case.model.keys() - kind.fields - {"kind"}:
            raise NotCovered(f"{', '.join(sorted(unknown))}")
        first = dict(zip(map(id, asked), judged(kind, case, asked), strict=True))
        missed = [expected for expected in asked if not first[id(expected)].agrees and expected.rule["rule"] in RANDOM]
        plan = case.plan._replace(replications=MORE * case.plan.replications, seed=case.plan.seed + ANOTHER_SEED)
        second = dict(zip(map(id, missed), judged(kind, case._replace(plan=plan), missed, second=True), strict=True))
    except NotCovered as reason:
        return [row(case, expected, None, f"not covered: {reason}") for expected in case.expected]
    for expected in case.expected:
        found = second.get(id(expected)) or first.get(id(expected))
        if found is None:
            what = expected.question.metric if kind and expected.question.metric not in kind.metrics else f"rule {expected.rule['rule']}"
            rows.append(row(case, expected, None, f"not covered: {what}"))
        else:
            rows.append(row(case, expected, found, ("pass" if found.agrees else "FAIL") + (" at the second look" if id(expected) in second else "")))
    return rows


def judged(kind: Kind, case: Case, asked: list[Expected], second: bool = False) -> list[Judgement]:
    """Each expectation held against all replications."""
    if not asked:
        return []
    measured = [[kind.metrics[one.question.metric](run, case.model, one.question.given) for one in asked] for run in runs(kind, case, asked)]
    return [judge(one, [row[number] for row in measured], second) for number, one in enumerate(asked)]


def runs(kind: Kind, case: Case, asked: list[Expected]) -> Iterator[Run]:
    """Every replication, each run twice as long until what is asked for has happened."""
    horizon = case.plan.horizon
    if horizon is None:
        if kind.horizon is None:
            raise NotCovered("a case without a horizon")
        horizon = kind.horizon(case.model, [one.question.given for one in asked])
    scenario = kind.scenario(case.model, case.plan._replace(horizon=horizon))
    for replication in range(case.plan.replications):
        run = simulate(scenario, replication=replication)
        while not kind.over(run) and run.scenario.horizon < LONGEST:
            run = simulate(kind.scenario(case.model, case.plan._replace(horizon=2 * run.scenario.horizon)), replication=replication)
        yield run


def row(case: Case, expected: Expected, found: Judgement | None, verdict: str) -> Row:
    """What the table says of one metric."""
    answer = expected.answer
    wanted = text(answer["value"]) if "value" in answer else f"{text(answer.get('low', ''))} to {text(answer.get('high', ''))}"
    interval = "" if found is None or isnan(found.low) else f"{found.low:.6g} to {found.high:.6g}"
    return Row(case.name, expected.question.metric, wanted, "" if found is None else text(found.found), interval, verdict)


def text(value: Any) -> str:
    """A number in ten digits at most."""
    if isinstance(value, float | int) and not isinstance(value, bool):
        return f"{value:.6g}" if abs(value) < 1e6 or value != int(value) else f"{value:.10g}"
    shown = str(value)
    return shown if len(shown) <= 30 else f"{shown[:27]}..."


if __name__ == "__main__":
    sys.exit(main())
