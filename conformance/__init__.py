"""Conformance: cases with known answers, each run through the simulator as a user would."""
