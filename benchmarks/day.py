"""A day: 100 million requests in 24 hours, with a crowd that is ten times as large, an autoscaler that follows it, and containers that crash."""

from __future__ import annotations


def scenario(times: int = 1) -> str:
    """Its text; with more requests each takes as much less of a server's time.

    Without a bound to the queues, servers would work on for clients who have left, while these try again: a storm that no number of servers ends.
    """
    return f"""
        horizon: 24h
        traffic:
          - {{kind: steady, rate: {1000 * times}/s}}
          - {{kind: spike, at: 12h, factor: 10, rise: 2m, hold: 20m, fall: 10m}}
        requests:
          detail: requests
          service: {{law: lognormal, mean: {120 / times}ms, cv: 1}}
          timeout: 2s
          attempts: 3
          backoff: 200ms
        failures: [{{kind: crash, time_to_failure: {{law: exponential, mean: 30d}}}}]
        policies:
          cattle:
            web:
              kind: cattle
              replicas: 100
              concurrency: 2
              queue: {30 * times}
              balancer: {{choices: {{d: 2}}}}
              autoscaler: {{kind: target_utilisation, target: 60%, every: 15s, min: 100, max: 1200}}
    """
