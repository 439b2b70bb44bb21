"""Traffic: the sources of requests, one file a member."""

from simulator.component import load_members
from simulator.traffic.source import Traffic

__all__ = ["Traffic"]

load_members(__name__, __path__)
