"""Autoscalers: how many servers a fleet should have, one file a member."""

from simulator.autoscalers.autoscaler import Autoscaler
from simulator.component import load_members

__all__ = ["Autoscaler"]

load_members(__name__, __path__)
