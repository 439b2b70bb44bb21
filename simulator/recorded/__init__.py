"""Recorded: what others measured, as columns read from a file."""

from simulator.recorded.columns import wrong
from simulator.recorded.places import folders
from simulator.recorded.recording import Recording, record_of

__all__ = ["Recording", "folders", "record_of", "wrong"]
