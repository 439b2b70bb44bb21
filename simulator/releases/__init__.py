"""Releases: when new versions of what servers run come out, one file a member."""

from simulator.component import load_members
from simulator.releases.defect import Defect
from simulator.releases.release import Release

__all__ = ["Defect", "Release"]

load_members(__name__, __path__)
