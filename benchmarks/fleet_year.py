"""A year of a large fleet: 10,000 pets that fail once a month, under diurnal traffic."""

from __future__ import annotations

from benchmarks.simpy_fleet import fleet
from simulator import loads, simulate
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
