"""Containers under Kubernetes' rules: a day of scaling with a rollout in it, and many replacements in a large fleet."""

from __future__ import annotations

from simulator import loads, simulate
from simulator.scenario import Scenario


def day(replicas: int) -> Scenario:
    """So many containers at first, with HPA, through a diurnal day with a spike and a release."""
    return loads(f"""
        horizon: 1d
        requests: {{service: 100ms, patience: 10s}}
        traffic:
          - {{kind: diurnal, mean: {6 * replicas}/s, peak: {9 * replicas}/s}}
          - {{kind: spike, at: 14h, factor: 2, rise: 5m, hold: 30m, fall: 15m}}
        releases: [{{version: "1.1", at: 10h}}]
        policies: {{cattle: {{web: {{kind: cattle, replicas: {replicas}, autoscaler: {{kind: hpa, target: 60%, min: {replicas // 2}, max: {3 * replicas}}}}}}}}}
    """)


def replacements(replicas: int, releases: int) -> Scenario:
    """A release a day, each of which replaces the whole fleet."""
    return loads(f"""
        horizon: {releases + 1}d
        releases: [{{kind: periodic, every: 1d, count: {releases}}}]
        policies: {{cattle: {{web: {{kind: cattle, replicas: {replicas}}}}}}}
    """)


def pulled(releases: int) -> Scenario:
    """5,000 containers of an image on 200 hosts, and a release a day."""
    return loads(f"""
        horizon: {releases + 1}d
        sites: {{zones: [a, b, c, d], hosts_per_zone: 50}}
        releases: [{{kind: periodic, every: 1d, count: {releases}}}]
        policies:
          cattle:
            web: {{kind: cattle, replicas: 5000, stack: {{os: "12", runtime: "3"}}, image: {{layers: {{os: 80MB, runtime: 100MB, app: 20MB}}}}}}
    """)


def replaced(scenario: Scenario) -> int:
    """How many containers a run of it has replaced."""
    moves = simulate(scenario).record.frame("transitions")
    return int((moves["state"] == "retired").sum())
