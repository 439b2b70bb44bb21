"""Subjects: the ways in which a request finds its server, each with the load it is measured at and what is wanted of it."""

from __future__ import annotations

from math import inf
from typing import NamedTuple

MEAN = 1.0  # seconds of service, exponential, by the one worker of each server
SIZES = (10, 100, 10_000)


class Subject(NamedTuple):
    """A way of finding a server, and what clients do who find it slow."""

    name: str
    title: str
    balancer: str
    x_simpy: float  # at least so many times as quick as SimPy
    x_c: float  # and as C
    load: float = 0.8  # requests x their mean service time / servers
    timeout: float = inf
    attempts: int = 1
    backoff: float = 0.0  # the base of an exponential one, with full jitter

    def rate(self, servers: int) -> float:
        """Requests per second."""
        return self.load * servers / MEAN


SUBJECTS = (
    Subject("central", "central queue", "central", 100, 0.5),
    Subject("round_robin", "round robin", "round_robin", 200, 0.5),
    Subject("random", "random", "random", 200, 0.5),
    Subject("choices", "two choices", "choices", 200, 0.5),
    Subject("least_connections", "least connections", "least_connections", 70, 0.3),
    # So light that the servers carry it even where each client tries three times; else a storm of retries, once there, would never end.
    Subject("retries", "two choices, timeouts and retries", "choices", 120, 0.5, load=0.3, timeout=1.5, attempts=3, backoff=1.0),
)


class Outcome(NamedTuple):
    """What a side has simulated, by which one sees that all sides simulate the same."""

    requests: int
    attempts: int
    sojourn: float  # seconds from a request to its answer, on average
