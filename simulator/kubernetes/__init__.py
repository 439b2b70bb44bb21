"""Kubernetes' own rules, as pure functions: each in a module named after what it decides, and called by the controllers of a run."""
