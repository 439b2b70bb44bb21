"""Releases: when new versions of what servers run come out, one file a member."""

from simulator.component import load_members
from simulator.releases.release import Release

__all__ = ["Release"]

load_members(__name__, __path__)
