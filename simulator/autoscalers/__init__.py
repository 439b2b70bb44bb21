"""Autoscalers: how many servers a fleet should have, one file a member."""

from simulator.autoscalers.autoscaler import Autoscaler, Decisions, Group, LoadAutoscaler, Sight
from simulator.autoscalers.schedule import least
from simulator.component import load_members

__all__ = ["Autoscaler", "Decisions", "Group", "LoadAutoscaler", "Sight", "least"]

load_members(__name__, __path__)
