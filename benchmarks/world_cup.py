"""Ten days of the World Cup of 1998, 403 million requests, met by pets and by cattle in 20 replications each."""

from __future__ import annotations

from pathlib import Path

DATA = Path(__file__).parents[2] / "shared" / "data" / "traffic"
TRACE = DATA / "worldcup98_group_stage.csv"


def scenario(replications: int) -> str:
    """Its text; the trace lies in DATA."""
    return f"""
        name: world-cup
        horizon: 10d
        replications: {replications}
        traffic: {{kind: trace, file: {TRACE.name}, column: requests, per: 1m, mean: 400/s}}
        failures: {{kind: crash, time_to_failure: {{law: exponential, mean: 30d}}}}
        baseline: pets
        policies:
          pets: {{web: {{kind: pets, servers: 60, concurrency: 2}}}}
          cattle: {{web: {{kind: cattle, replicas: 30, concurrency: 2, autoscaler: {{kind: target_utilisation, target: 60%, min: 20, max: 200}}}}}}
    """
