"""Laws: distributions of durations, one file a member."""

from simulator.component import load_members
from simulator.laws.law import LastingLaw, Law, law

__all__ = ["LastingLaw", "Law", "law"]

load_members(__name__, __path__)
