"""Serving: engines that carry traffic to the servers of a policy."""

from simulator.serving.balancers import Balancer
from simulator.serving.cache import Cache
from simulator.serving.client import Backoff, Client
from simulator.serving.demand import asked, demanded, work
from simulator.serving.health import HealthCheck
from simulator.serving.queues import Constant, Exponential, Patience, Queue
from simulator.serving.rate import Rate
from simulator.serving.serving import Leave, Load, Serving

__all__ = [
    "Backoff",
    "Balancer",
    "Cache",
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
    "asked",
    "demanded",
    "work",
]
