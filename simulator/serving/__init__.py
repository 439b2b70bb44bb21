"""Serving: engines that carry traffic to the servers of a policy."""

from simulator.serving.queues import Constant, Exponential, Patience, Queue
from simulator.serving.rate import Rate
from simulator.serving.serving import Leave, Load, Serving

__all__ = ["Constant", "Exponential", "Leave", "Load", "Patience", "Queue", "Rate", "Serving"]
