"""Rollouts: how a fleet of containers comes to run a new version, one file a member."""

from simulator.component import load_members
from simulator.rollouts.rollout import Rollout, Step

__all__ = ["Rollout", "Step"]

load_members(__name__, __path__)
