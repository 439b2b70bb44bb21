"""Recorded: what others measured, as columns read from a file."""

from simulator.recorded.places import folders
from simulator.recorded.recording import Sha256, record_of, values_of
from simulator.recorded.refusal import wrong
from simulator.recorded.rows import Rows, rows_of

__all__ = ["Rows", "Sha256", "folders", "record_of", "rows_of", "values_of", "wrong"]
