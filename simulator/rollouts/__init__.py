"""Rollouts: how a fleet of containers comes to run a new version, one file a member."""

from simulator.component import load_members
from simulator.rollouts.rollout import PetsRollout, Rollout, Step

__all__ = ["PetsRollout", "Rollout", "Step"]

load_members(__name__, __path__)
