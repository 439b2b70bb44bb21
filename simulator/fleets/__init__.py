"""Fleets and what they share: the parts a policy is made of, one file a member."""

from simulator.component import load_members
from simulator.fleets.part import FleetPart, Part

__all__ = ["FleetPart", "Part"]

load_members(__name__, __path__)
