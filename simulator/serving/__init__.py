"""Serving: engines that carry traffic to the servers of a policy."""

from simulator.serving.balancers import Balancer
from simulator.serving.client import Backoff, Client
from simulator.serving.demand import demanded, work
from simulator.serving.health import HealthCheck
from simulator.serving.queues import Constant, Exponential, Patience, Queue
from simulator.serving.rate import Rate
from simulator.serving.serving import Leave, Load, Serving

__all__ = [
    "Backoff",
    "Balancer",
    "Client",
    "Constant",
    "Exponential",
    "HealthCheck",
    "Leave",
    "Load",
    "Patience",
    "Queue",
    "Rate",
    "Serving",
    "demanded",
    "work",
]
