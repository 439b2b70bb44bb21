"""A run alone: one simulation in a process of its own, whose time and peak memory are those of nothing else."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path
from time import process_time
from typing import NamedTuple

from benchmarks.subject import Outcome
from simulator import Run, loads, simulate

STATUS = Path("/proc/self/status")


class Alone(NamedTuple):
    """What it took, and how much was done."""

    seconds: float
    peak_mb: float
    requests: int
    attempts: int
    served: int


def alone(scenario: str) -> Alone:
    """Simulate a scenario in a new process, where the kernels are compiled and loaded before the clock starts."""
    told = subprocess.run([sys.executable, "-m", "benchmarks.alone"], input=scenario, check=True, capture_output=True, text=True)
    return Alone(**json.loads(told.stdout))


def outcome(run: Run) -> Outcome:
    """Requests, attempts, and the mean sojourn by the middles of the histogram's buckets."""
    windows, latencies = (run.record.tables[table].columns for table in ("windows", "latencies"))
    total = sum(count * middle(bucket) for bucket, count in zip(latencies["bucket"], latencies["count"], strict=True))
    return Outcome(round(sum(windows["offered"])), round(sum(windows["attempts"])), total / sum(windows["served"]))


def middle(bucket: int) -> float:
    """The middle of a bucket (seconds), of which there are 32 a doubling."""
    doubling, step = divmod(bucket, 32)
    return 2.0 ** (doubling - 20) * (1 + (step + 0.5) / 32)


def peak_mb() -> float:
    """The most memory this process ever had (10^6 bytes); what its parent had does not count, as it does for `getrusage` on Linux."""
    if STATUS.exists():
        line = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def main() -> None:
    text = sys.stdin.read()
    simulate(loads(text, ["horizon=1m"]))
    scenario = loads(text, max_events=1e12)
    start = process_time()
    run = simulate(scenario)
    seconds = process_time() - start
    windows = run.record.tables["windows"].columns
    requests, attempts, served = (round(sum(windows[column])) for column in ("offered", "attempts", "served"))
    print(json.dumps(Alone(seconds, peak_mb(), requests, attempts, served)._asdict()))


if __name__ == "__main__":
    main()
