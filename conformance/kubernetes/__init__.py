"""Kubernetes' own cases: tables of inputs and outputs of its unit tests, held against the rules in `simulator.kubernetes`."""
