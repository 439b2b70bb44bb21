"""Rollouts: how a fleet of containers comes to run a new version, one file a member."""

from simulator.component import load_members
from simulator.rollouts.containers import ContainersRollout
from simulator.rollouts.gate import Gate
from simulator.rollouts.rollout import PetsRollout, Rollout, Sets, Size

__all__ = ["ContainersRollout", "Gate", "PetsRollout", "Rollout", "Sets", "Size"]

load_members(__name__, __path__)
