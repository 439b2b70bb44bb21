"""Failures: what strikes servers and the ground they stand on, one file a member."""

from simulator.component import load_members
from simulator.failures.failure import Failure

__all__ = ["Failure"]

load_members(__name__, __path__)
