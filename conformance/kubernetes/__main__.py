"""The command: every table of a folder, a row a table, and how many of its cases passed, failed and were skipped."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from conformance.kubernetes import deployment, hpa, pods
from simulator.kubernetes.fences import BadValue
from simulator.kubernetes.replica_proposal import MissingRequest, NoMatchingMetrics, NoMetrics

Case = dict[str, Any]
TABLES: dict[str, Callable[[Case], Case]] = {
    "batch_create": pods.batch_create,
    "crash_backoff": pods.restarts,
    "deletion_order": pods.deletion,
    "deployment_status": deployment.states,
    "disruption_budget": pods.budgets,
    "hpa_behavior_defaults": hpa.defaults,
    "hpa_pod_groups": hpa.pod_groups,
    "hpa_rate_limits": hpa.rate_limits,
    "hpa_replicas": hpa.replicas,
    "hpa_scale_events": hpa.logged,
    "hpa_stabilization": hpa.stabilized,
    "proportional_scaling": deployment.proportional,
    "rolling_update": deployment.rolling,
    "rollout_sequences": deployment.sequences,
    "scheduler_scores": pods.scores,
    "surge_resolution": deployment.surge_resolution,
}
ERRORS = {BadValue: "bad_value", NoMetrics: "no_metrics", NoMatchingMetrics: "no_matching_metrics", MissingRequest: "missing_request"}
SETS = ("unready", "missing", "ignored")  # of which the order says nothing


class Told(NamedTuple):
    """How many cases of a table passed, and what is to be said of those that failed."""

    passed: int
    failures: list[str]
    skipped: int = 0


def main() -> int:
    """Run the command; returns 1 where something failed, 2 where a table cannot be read."""
    parser = argparse.ArgumentParser(prog="conformance.kubernetes", description="Hold Kubernetes' own cases against the rules of the simulator.")
    parser.add_argument("folder", type=Path, help="a folder of tables")
    given = parser.parse_args()
    try:
        tables = {path.stem: read(path) for path in sorted(given.folder.iterdir()) if path.suffix == ".yaml"}
        if not tables:
            raise ValueError(f"{given.folder} holds no tables")
    except (OSError, ValueError, YAMLError) as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return 2
    passed = failed = skipped = 0
    for name, table in tables.items():
        told = judged(table)
        passed, failed, skipped = passed + told.passed, failed + len(told.failures), skipped + told.skipped
        remark = f": no rule for table {table['table']!r}" if told.skipped else ""
        print(f"{name:32}{told.passed:6} passed{len(told.failures):6} failed{told.skipped:6} skipped{remark}")
        for failure in told.failures:
            print(f"  {failure}")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


def read(path: Path) -> Case:
    """A table; ValueError where it is none."""
    table = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    if not isinstance(table, dict) or not isinstance(table.get("cases"), list) or "table" not in table:
        raise ValueError(f"{path}: a table has a name, `table`, and `cases`")
    return table


def judged(table: Case) -> Told:
    """Every case of a table held against its rule."""
    rule, cases = TABLES.get(table["table"]), table["cases"]
    if rule is None:
        return Told(0, [], len(cases))
    failures = [failure for case in cases if (failure := fault(rule, {**(table.get("parameters") or {}), **case} if isinstance(case, dict) else {}))]
    return Told(len(cases) - len(failures), failures)


def fault(rule: Callable[[Case], Case], case: Case) -> str:
    """What is wrong with one case; empty where nothing is. The rule does not see what is expected of it."""
    wanted, asked = dict(case.get("expect") or {}), {key: value for key, value in case.items() if key not in ("expect", "id", "note", "source")}
    if "steps" in asked:
        wanted["steps"] = [step["expect"] for step in asked["steps"] if "ask" in step]
        asked["steps"] = [{key: value for key, value in step.items() if key != "expect"} for step in asked["steps"]]
    if not wanted:
        return f"{case.get('id')}: nothing is expected"
    try:
        found = rule(asked)
    except tuple(ERRORS) as error:
        found = {"error": ERRORS[type(error)]}
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        return f"{case.get('id')}: not in the schema: {type(error).__name__}: {error}"
    differ = [
        f"{key}: {told(key, value)!r} expected, {found.get(key)!r} found" for key, value in wanted.items() if key not in found or found[key] != told(key, value)
    ]
    return f"{case.get('id')}: {'; '.join(differ)}" if differ else ""


def told(key: str, value: Any) -> Any:
    """An expected value as it is compared."""
    return set(value) if key in SETS else value


if __name__ == "__main__":
    sys.exit(main())
