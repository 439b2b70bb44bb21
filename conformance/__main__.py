"""The command: every case of a file, a row a metric, and how many passed, failed and were skipped."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from math import isnan
from pathlib import Path
from typing import Any

from conformance.cases import CaseError, read
from conformance.look import Finding, findings

WIDTHS = (14, 34, 14, 14, 28, 0)


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
    print(line("case", "metric", "expected", "measured", "interval", "verdict"))
    counts: Counter[str] = Counter()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for case, found in zip(cases, pool.map(findings, cases), strict=True):
            for finding in found:
                counts[finding.verdict] += 1
                print(line(case.name, *row(finding)), flush=True)
    print(f"{counts['pass']} passed, {counts['FAIL']} failed, {counts['not covered']} skipped")
    return 1 if counts["FAIL"] else 0


def line(*texts: str) -> str:
    """A row of the table."""
    return "  ".join(text.ljust(width) for text, width in zip(texts, WIDTHS, strict=True)).rstrip()


def row(finding: Finding) -> tuple[str, ...]:
    """What the table says of one metric: itself, expected, measured, interval, verdict."""
    value, rule, found = finding.expected.value, finding.expected.rule, finding.judgement
    wanted = shown(value) if value is not None else " to ".join(shown(rule[bound]) for bound in ("low", "high") if bound in rule)
    interval = "" if found is None or isnan(found.low) else f"{found.low:.6g} to {found.high:.6g}"
    verdict = finding.verdict + (f": {finding.remark}" if finding.remark else "")
    return finding.expected.question.metric, wanted, "" if found is None else shown(found.found), interval, verdict


def shown(value: Any) -> str:
    """A number in few digits, anything else in few letters."""
    if isinstance(value, float | int) and not isinstance(value, bool):
        return f"{value:.10g}" if abs(value) >= 1e6 and float(value).is_integer() else f"{value:.6g}"
    text = str(value)
    return text if len(text) <= 30 else f"{text[:27]}..."


if __name__ == "__main__":
    sys.exit(main())
