"""A year of a large fleet: 10,000 pets that fail once a month, under diurnal traffic; and patched every fortnight, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from time import process_time
from typing import NamedTuple

from benchmarks.alone import peak_mb
from benchmarks.simpy_fleet import fleet
from simulator import loads, metrics, simulate
from simulator.scenario import Scenario

YEAR, MONTH = 365 * 86400.0, 30 * 86400.0


def scenario(servers: int) -> Scenario:
    """Servers, with one person for a hundred of them."""
    return loads(f"""
        horizon: 365d
        sites: {{hosts_per_zone: {max(1, servers // 30)}}}
        traffic: [{{kind: diurnal, mean: {servers * 5}/s, peak: {servers * 8}/s}}]
        failures: [{{kind: crash, time_to_failure: {{law: exponential, mean: 30d}}}}]
        policies: {{pets: {{ops: {{kind: crew, people: {servers // 100}}}, web: {{kind: pets, servers: {servers}}}}}}}
    """)


def ours(servers: int) -> int:
    """Our run; returns the number of repairs."""
    return len(simulate(scenario(servers)).record.tables["work"])


def theirs(servers: int) -> int:
    """The same in SimPy by hand."""
    return fleet(servers, servers // 100, YEAR, MONTH)


class Patched(NamedTuple):
    """What a year with patches took, and how much was done."""

    seconds: float
    metrics_seconds: float
    peak_mb: float
    repairs: int
    patches: int


def patched(servers: int) -> Patched:
    """Measured in a new process, tables included."""
    told = subprocess.run([sys.executable, "-m", "benchmarks.fleet_year", str(servers)], check=True, capture_output=True, text=True)
    return Patched(**json.loads(told.stdout))


def main(servers: int) -> None:
    """Fortnightly patches, as many at a time as there are people: one for 200 pets."""
    people = servers // 200
    year = loads(f"""
        horizon: 365d
        sites: {{hosts_per_zone: {max(1, servers // 30)}}}
        failures: [{{kind: crash, time_to_failure: {{law: exponential, mean: 30d}}}}]
        releases: [{{kind: periodic, every: 14d}}]
        policies:
          pets:
            ops: {{kind: crew, people: {people}}}
            web: {{kind: pets, servers: {servers}, drift: {{convergence: {{}}}}, rollout: {{kind: in_turn, at_once: {people}}}}}
    """)
    start = process_time()
    run = simulate(year)
    seconds = process_time() - start
    metrics.measure(run)
    repairs, patches = (len(run.record.tables[table]) for table in ("pages", "upgrades"))
    print(json.dumps(Patched(seconds, process_time() - start - seconds, peak_mb(), repairs, patches)._asdict()))


if __name__ == "__main__":
    main(int(sys.argv[1]))
